//! Ways to open that must be seen.

use scoutline_semconv::attr;

use crate::row::{Fact, HIGH, LOW, MACHINE, NETWORK, OS, Row, Who};

const VERSION: &str = "/proc/version";

/// What people and scripts use.
pub(crate) fn by_tools() -> Vec<Row> {
    let reads = |name, deed: &[&'static str]| {
        let executable = deed[0];
        Row::new(name, deed).finds(OS.opened(VERSION, executable))
    };
    vec![
        reads("cat", &["cat", VERSION]),
        reads("head", &["head", "-c", "10", VERSION]),
        reads("tail", &["tail", "-n", "1", VERSION]),
        reads("grep", &["grep", "-q", "Linux", VERSION]),
        reads("awk", &["awk", "{ print $3 }", VERSION]),
        reads("sed", &["sed", "-n", "1p", VERSION]),
        reads("perl", &["perl", "-ne", "print", VERSION]).needs(&["perl", "-e1"]),
        reads(
            "python3",
            &["python3", "-c", "open('/proc/version').read()"],
        )
        .needs(&["python3", "--version"]),
        reads("dd", &["dd", "if=/proc/version", "of=/dev/null"]),
        reads("cp", &["cp", VERSION, "copy"]),
        reads(
            "bash reads it itself",
            &["bash", "-c", "echo $(</proc/version)"],
        ),
        reads(
            "sh redirects from it",
            &["sh", "-c", "read line </proc/version"],
        ),
        reads("busybox", &["busybox", "cat", VERSION]).needs(&["busybox", "true"]),
        Row::new("cat reads the distribution", &["cat", "/etc/issue"])
            .finds(OS.opened("/etc/issue", "cat").severity(LOW)),
        Row::new(
            "cat reads whether the host forwards",
            &["cat", "/proc/sys/net/ipv4/ip_forward"],
        )
        .finds(NETWORK.opened("/proc/sys/net/ipv4/ip_forward", "cat")),
        Row::new("ls lists network settings", &["ls", "/proc/sys/net"])
            .finds(NETWORK.opened("/proc/sys/net", "ls")),
        Row::new("grep in the routes", &["grep", "-c", "", "/proc/net/route"])
            .finds(NETWORK.opened("/proc/*/net/route", "grep")),
        Row::new("cat reads the I/O ports", &["cat", "/proc/ioports"])
            .finds(MACHINE.opened("/proc/ioports", "cat")),
        Row::new("ls lists the interfaces", &["ls", "/sys/class/net"])
            .finds(MACHINE.opened("/sys/class/net", "ls")),
        Row::new(
            "head reads the loopback's address",
            &["head", "-c1", "/sys/class/net/lo/address"],
        )
        .finds(MACHINE.opened("/sys/devices/virtual/net/lo/address", "head")),
        Row::new("two recipes at once", &["cat", VERSION, "/proc/interrupts"])
            .finds(OS.opened(VERSION, "cat"))
            .finds(MACHINE.opened("/proc/interrupts", "cat")),
        // The highest severity is that of the summary.
        Row::new("two files of one recipe", &["cat", "/etc/issue", VERSION])
            .finds(OS.opened("/etc/issue", "cat").severity(LOW).times(2, 1)),
        Row::shell("from the root directory", "cd / && exec cat proc/version").finds(
            OS.opened(VERSION, "cat")
                .fact(attr::PROCESS_WORKING_DIRECTORY, Fact::Text("/")),
        ),
        Row::shell("a relative path", "cd /proc && exec cat version").finds(
            OS.opened(VERSION, "cat")
                .fact(attr::PROCESS_WORKING_DIRECTORY, Fact::Text("/proc")),
        ),
        Row::shell("a link", "ln -s /proc/version dull && exec cat dull")
            .finds(OS.opened(VERSION, "cat")),
        Row::shell(
            "a chain of links",
            "ln -s /proc a && ln -s a/version b && ln -s b c && exec cat c",
        )
        .finds(OS.opened(VERSION, "cat")),
        Row::shell("dots and slashes", "exec cat /proc/./sys/..//version")
            .finds(OS.opened(VERSION, "cat")),
    ]
}

/// What only a program can ask for.
pub(crate) fn by_calls() -> Vec<Row> {
    let way = |name, deed: &[&'static str]| Row::new(name, deed).finds(OS.opened(VERSION, "ways"));
    let issue = |name, deed: &[&'static str]| {
        Row::new(name, deed).finds(OS.opened("/etc/issue", "ways").severity(LOW))
    };
    vec![
        way("open", &["ways", "open", VERSION]),
        way("openat", &["ways", "openat", "/proc", "version"]),
        way("as the last descriptor of a small table", &["ways", "open-as", "63", VERSION]),
        way("as the first descriptor that needs a large table", &["ways", "open-as", "64", VERSION]),
        way("as a large descriptor", &["ways", "open-as", "300", VERSION]),
        way("beside a large descriptor", &["ways", "open-beside", "300", VERSION]),
        way("openat2 within a root", &["ways", "openat2-in-root", "/proc", "/version"]),
        way("openat2 without links", &["ways", "openat2-no-links", "/proc", "version"]),
        way("a 32-bit call", &["ways", "compat", VERSION])
            .needs(&["ways", "compat", "/etc/hostname"]),
        way("read and write", &["ways", "read-write", VERSION])
            .needs(&["ways", "read-write", "/proc/self/comm"]),
        way("O_PATH, then again through /proc/self/fd", &["ways", "path-reopened", VERSION]),
        issue("open_by_handle_at", &["ways", "by-handle", "/etc", "issue"])
            .needs(&["ways", "by-handle", "/etc", "hostname"]),
        issue("mapped into memory", &["ways", "mapped", "/etc/issue"]),
        way("duplicated descriptors count once", &["ways", "duplicated", VERSION]),
        way("a thread is its process", &["ways", "thread", VERSION]),
        Row::new("through /proc/thread-self", &["ways", "thread", "/proc/thread-self/net/arp"])
            .finds(NETWORK.opened("/proc/*/net/arp", "ways")),
        Row::new("through /proc/<pid>/task/<tid>", &["ways", "task-directory", "net/arp"])
            .finds(NETWORK.opened("/proc/*/net/arp", "ways")),
        Row::new("a fork without exec", &["ways", "forked", VERSION])
            .finds(OS.opened(VERSION, "ways").by(Who::Told, "ways")),
        Row::new("a vfork without exec", &["ways", "vforked", VERSION])
            .finds(OS.opened(VERSION, "ways").by(Who::Told, "ways")),
        Row::new("a subshell", &["bash", "-c", "(echo $BASHPID; read line </proc/version); :"])
            .finds(OS.opened(VERSION, "bash").by(Who::Told, "bash")),
        Row::shell("a child of a shell", "cat /proc/version; :")
            .finds(OS.opened(VERSION, "cat").by(Who::Child, "sh")),
        Row::new("a pid that is used again", &["ways", "pid-reused", "head", "tail", VERSION])
            .needs(&["ways", "pid-reused", "head", "tail", "/etc/hostname"])
            .finds(OS.opened(VERSION, "head").by(Who::Child, "ways"))
            .finds(OS.opened(VERSION, "tail").by(Who::Child, "ways")),
        Row::shell(
            "a script that is gone",
            "printf '#!/bin/sh\\nrm dull\\nread line </proc/version\\n' >dull && chmod +x dull && exec ./dull",
        )
        .finds(
            OS.opened(VERSION, "sh")
                .argv0("/bin/sh")
                .fact(attr::SCOUTLINE_PROCESS_SCRIPT, Fact::Text("./dull")),
        ),
    ]
}

/// A recipe asks for `/etc/*-release`. The kernel compares the end of a name by words of eight bytes, and names of more
/// than some forty bytes do not lie where others do.
pub(crate) fn by_length() -> Vec<Row> {
    macro_rules! named {
        ($name:literal) => {
            Row::shell(
                $name,
                concat!(
                    "mkdir -p jail/etc && echo x >jail/etc/",
                    $name,
                    " && exec ways below-chroot jail /etc/",
                    $name
                ),
            )
            .finds(
                OS.opened(concat!("./jail/etc/", $name), "ways")
                    .severity(LOW),
            )
        };
    }
    vec![
        named!("9-release"),
        named!("fifteen-release"),
        named!("sixteen_-release"),
        named!("seventeen-release"),
        named!("twenty-four-byte-release"),
        named!("thirty-nine-bytes-and-so-inside-release"),
        named!("a-name-that-is-forty-nine-bytes-and-outside-release"),
    ]
}

/// Where other paths lead to the same files.
pub(crate) fn in_namespaces() -> Vec<Row> {
    const MOUNTS: &[&str] = &["unshare", "--mount", "true"];
    vec![
        Row::shell(
            "below a chroot",
            "mkdir -p jail/etc && echo x >jail/etc/issue && exec ways below-chroot jail /etc/issue",
        )
        .finds(OS.opened("./jail/etc/issue", "ways").severity(LOW)),
        Row::new(
            "a directory bound elsewhere",
            &["unshare", "--mount", "sh", "-ec", "mkdir e; mount --bind /etc e; exec cat e/issue"],
        )
        .needs(MOUNTS)
        .finds(OS.opened("/etc/issue", "cat").severity(LOW)),
        Row::new(
            "a file bound over a dull one",
            &["unshare", "--mount", "sh", "-ec", ": >dull; mount --bind /etc/issue dull; exec cat dull"],
        )
        .needs(MOUNTS)
        .finds(OS.opened("/etc/issue", "cat").severity(LOW)),
        Row::new(
            "a procfs of its own",
            &["unshare", "--mount", "sh", "-ec", "mkdir p; mount -t proc proc p; exec cat p/version"],
        )
        .needs(MOUNTS)
        .finds(OS.opened(VERSION, "cat")),
        Row::new(
            "another file bound over one that is looked for",
            &["unshare", "--mount", "sh", "-ec", "echo x >own; mount --bind own /etc/issue; exec cat /etc/issue"],
        )
        .needs(MOUNTS)
        .finds(OS.opened("/etc/issue", "cat").severity(LOW)),
        Row::new("a pid namespace", &["unshare", "--pid", "--fork", "cat", VERSION])
            .needs(&["unshare", "--pid", "--fork", "true"])
            .finds(
                OS.opened(VERSION, "cat")
                    .by(Who::Child, "unshare")
                    .fact(attr::PROCESS_VPID, Fact::Number(1)),
            ),
        Row::new("a user namespace", &["unshare", "--user", "--map-root-user", "cat", VERSION])
            .needs(&["unshare", "--user", "--map-root-user", "true"])
            .finds(OS.opened(VERSION, "cat").fact(attr::PROCESS_USER_ID, Fact::Number(0))),
        Row::new("a user without rights", &["setpriv", "--reuid=65534", "--clear-groups", "cat", VERSION])
            .needs(&["setpriv", "--version"])
            .finds(
                OS.opened(VERSION, "cat")
                    .fact(attr::PROCESS_USER_ID, Fact::Number(65534))
                    .fact(attr::PROCESS_REAL_USER_ID, Fact::Number(65534)),
            ),
        Row::shell("a serial number", "f=$(find /sys/devices -path '*/block/*/serial' | head -n1); test \"$f\"; exec cat \"$f\"")
            .needs(&["sh", "-c", "test \"$(find /sys/devices -path '*/block/*/serial' | head -n1)\""])
            .finds(MACHINE.opened("/sys/devices/*/serial", "cat").severity(HIGH)),
    ]
}
