//! Ways to execute that must be seen.

use scoutline_semconv::attr;

use crate::row::{Fact, Row, SCAN, SNIFF, Who};

/// What people and scripts use.
pub(crate) fn by_tools() -> Vec<Row> {
    const NMAP: &[&str] = &["nmap", "--version"];
    const BUSYBOX: &[&str] = &["busybox", "true"];
    const PYTHON: &[&str] = &["python3", "--version"];
    vec![
        Row::new("nmap", NMAP)
            .needs(NMAP)
            .finds(SCAN.executed("nmap")),
        Row::new("nping", &["nping", "--version"])
            .needs(&["nping", "--version"])
            .finds(SCAN.executed("nping")),
        Row::new("tcpdump", &["tcpdump", "--version"])
            .needs(&["tcpdump", "--version"])
            .finds(SNIFF.executed("tcpdump")),
        Row::new("by env", &["env", "nmap", "--version"])
            .needs(NMAP)
            .finds(SCAN.executed("nmap")),
        Row::new("by nice", &["nice", "nmap", "--version"])
            .needs(NMAP)
            .finds(SCAN.executed("nmap")),
        Row::new("by timeout", &["timeout", "60", "nmap", "--version"])
            .needs(NMAP)
            .finds(SCAN.executed("nmap").by(Who::Child, "timeout")),
        Row::shell(
            "by xargs",
            "echo --version >arguments && exec xargs -a arguments nmap",
        )
        .needs(NMAP)
        .finds(SCAN.executed("nmap").by(Who::Child, "xargs")),
        Row::shell("by a shell that stays", "nmap --version; :")
            .needs(NMAP)
            .finds(SCAN.executed("nmap").by(Who::Child, "sh")),
        Row::shell(
            "by the dynamic loader",
            "exec /lib64/ld-linux-x86-64.so.2 \"$(command -v nmap)\" --version",
        )
        .needs(&[
            "sh",
            "-c",
            "/lib64/ld-linux-x86-64.so.2 \"$(command -v nmap)\" --version",
        ])
        .finds(SCAN.executed("/lib64/ld-linux-x86-64.so.2")),
        Row::shell("a relative path", "cp /bin/true nmap && exec ./nmap")
            .finds(SCAN.executed("./nmap")),
        Row::shell(
            "a copy elsewhere",
            "mkdir a && cp /bin/true a/tcpdump && exec a/tcpdump",
        )
        .finds(SNIFF.executed("./a/tcpdump").argv0("a/tcpdump")),
        Row::shell(
            "a link by a dull name",
            "cp /bin/true nmap && ln -s nmap dull && exec ./dull",
        )
        .finds(SCAN.executed("./nmap").argv0("./dull")),
        Row::shell(
            "a link to a dull file",
            "cp /bin/true dull && ln -s dull nmap && exec ./nmap",
        )
        .finds(SCAN.executed("./dull").argv0("./nmap")),
        Row::shell(
            "a version in the name",
            "cp /bin/true nmap-7.94 && exec ./nmap-7.94",
        )
        .finds(SCAN.executed("./nmap-7.94")),
        Row::shell(
            "a script",
            "printf '#!/bin/sh\\n:\\n' >nmap && chmod +x nmap && exec ./nmap",
        )
        .finds(
            SCAN.executed("sh")
                .argv0("/bin/sh")
                .fact(attr::SCOUTLINE_PROCESS_SCRIPT, Fact::Text("./nmap")),
        ),
        Row::shell(
            "a script by its interpreter",
            "echo : >nmap.sh && exec sh nmap.sh",
        )
        .finds(SCAN.executed("sh")),
        Row::shell(
            "a module of Python",
            "echo >PCredz.py && exec python3 -m PCredz",
        )
        .needs(PYTHON)
        .finds(SNIFF.executed("python3")),
        Row::shell(
            "a program of Python",
            "echo >Responder.py && exec python3 -I Responder.py -I lo",
        )
        .needs(PYTHON)
        .finds(SNIFF.executed("python3")),
        // It fails, but only after it was executed.
        Row::shell(
            "a link to busybox",
            "ln -s \"$(command -v busybox)\" tcpdump; ./tcpdump || exit 0",
        )
        .needs(BUSYBOX)
        .finds(
            SNIFF
                .executed("busybox")
                .argv0("./tcpdump")
                .by(Who::Child, "sh"),
        ),
        Row::shell("an applet of busybox", "busybox masscan || exit 0")
            .needs(BUSYBOX)
            .finds(SCAN.executed("busybox").by(Who::Child, "sh")),
        Row::new(
            "bound over a dull file",
            &[
                "unshare",
                "--mount",
                "sh",
                "-ec",
                "cp /bin/true nmap; : >dull; mount --bind nmap dull; exec ./dull",
            ],
        )
        .needs(&["unshare", "--mount", "true"])
        .finds(SCAN.executed("./dull")),
        Row::new(
            "a pid namespace",
            &["unshare", "--pid", "--fork", "nmap", "--version"],
        )
        .needs(&["unshare", "--pid", "--fork", "nmap", "--version"])
        .finds(
            SCAN.executed("nmap")
                .by(Who::Child, "unshare")
                .fact(attr::PROCESS_VPID, Fact::Number(1)),
        ),
        Row::shell(
            "a scan and a capture",
            "nmap --version && tcpdump --version",
        )
        .needs(NMAP)
        .needs(&["tcpdump", "--version"])
        .finds(SCAN.executed("nmap").by(Who::Child, "sh"))
        .finds(SNIFF.executed("tcpdump").by(Who::Child, "sh")),
    ]
}

/// What only a program can ask for. `ways` takes FILE ARGV0.
pub(crate) fn by_calls() -> Vec<Row> {
    vec![
        Row::new(
            "a lie in argv[0]",
            &["ways", "execute", "/bin/true", "/opt/nmap"],
        )
        .finds(SCAN.executed("true").argv0("/opt/nmap")),
        Row::shell(
            "another lie in argv[0]",
            "cp /bin/true nmap && exec ways execute nmap true",
        )
        .finds(SCAN.executed("./nmap").argv0("true")),
        Row::shell(
            "execveat of a descriptor",
            "cp /bin/true nmap && exec ways execute-descriptor nmap dull",
        )
        .finds(SCAN.executed("./nmap").argv0("dull")),
        Row::shell(
            "a deleted executable",
            "cp /bin/true nmap && exec ways execute-deleted nmap dull",
        )
        .finds(
            SCAN.executed("./nmap")
                .argv0("dull")
                .fact(attr::SCOUTLINE_PROCESS_EXECUTABLE_DELETED, Fact::Is(true))
                .fact(attr::SCOUTLINE_PROCESS_EXECUTABLE_MEMFD, Fact::Is(false)),
        ),
        Row::new(
            "a program in memory",
            &["ways", "execute-memory", "/bin/true", "nmap", "dull"],
        )
        .finds(
            SCAN.executed("/memfd:nmap")
                .argv0("dull")
                .fact(attr::SCOUTLINE_PROCESS_EXECUTABLE_MEMFD, Fact::Is(true)),
        ),
        Row::shell(
            "from a thread",
            "cp /bin/true nmap && exec ways execute-in-thread nmap dull",
        )
        .finds(SCAN.executed("./nmap").argv0("dull")),
        Row::shell(
            "after a vfork",
            "cp /bin/true nmap && exec ways execute-vforked nmap dull",
        )
        .finds(SCAN.executed("./nmap").argv0("dull").by(Who::Told, "ways")),
        // Arguments are bounded; what is judged first is not what was cut.
        Row::shell(
            "more arguments than are kept",
            "exec ways execute /bin/true nmap $(seq 4000)",
        )
        .finds(SCAN.executed("true").argv0("nmap")),
    ]
}
