//! Deeds that nobody wants to hear about. Each is followed by one that is loud, in the same process: when that
//! has arrived, everything before it would have.

use crate::row::{Find, OS, Row};

/// Written by the shell after each deed; `head` does nothing else in these rows.
macro_rules! quiet {
    ($name:literal, $script:literal) => {
        Row::shell(
            $name,
            concat!($script, " >out 2>&1; exec head -c1 /proc/version"),
        )
        .finds(alarm())
    };
}

fn alarm() -> Find {
    OS.opened("/proc/version", "head")
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        quiet!("cat reads the host's name", "cat /etc/hostname"),
        quiet!("cat reads os-release", "cat /etc/os-release"),
        quiet!("ls of the root", "ls /"),
        quiet!("ls of /proc", "ls /proc"),
        quiet!("git", "git --version").needs(&["git", "--version"]),
        quiet!("the C compiler", "cc --version"),
        quiet!("a shell", "sh -c true"),
        quiet!("python3", "python3 -c pass").needs(&["python3", "--version"]),
        quiet!("nproc", "nproc"),
        quiet!("free", "free").needs(&["free"]),
        quiet!("its own status", "cat /proc/self/status"),
        quiet!("ps", "ps").needs(&["ps"]),
        quiet!("stat, access and readlink", "ways examined /proc/version"),
        quiet!("stat by a tool", "stat /proc/version"),
        quiet!(
            "writing a network setting",
            "ways write-only /proc/sys/net/core/somaxconn"
        ),
        quiet!(
            "creating",
            "mkdir -p jail/etc; ways create-below-chroot jail /etc/issue"
        ),
        quiet!("O_PATH", "ways path-only /proc/version"),
        quiet!("an open that fails", "cat /proc/version/none || true"),
        quiet!(
            "the same name elsewhere",
            "mkdir proc; echo x >proc/version; cat proc/version"
        ),
        quiet!(
            "a jail's dull file",
            "mkdir -p jail/etc; echo x >jail/etc/hostname; ways below-chroot jail /etc/hostname"
        ),
        quiet!("a weak pattern", "cat /proc/tty/drivers"),
        quiet!("a tool as an argument", "echo nmap; ls nmap || true"),
        quiet!("a tool that is not there", "./nmap || true"),
        quiet!("an ambiguous name", "cp /bin/true gulp; ./gulp"),
        quiet!(
            "a name that only begins like one",
            "cp /bin/true nmapper; ./nmapper"
        ),
        // Nothing but the inode is that of a file that is looked for, and opens are judged by path.
        quiet!(
            "unseen: a hard link by a dull name",
            "ln /etc/debian_version dull; cat dull"
        )
        .needs(&["sh", "-c", "ln /etc/debian_version dull"]),
    ]
}
