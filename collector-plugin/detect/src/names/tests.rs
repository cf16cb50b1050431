use proptest::prelude::*;
use scoutline_abi::Event;

use super::*;
use crate::fixture;

/// Mapped file (A, B), argv, and the names expected after the mapped file's and argv[0]'s.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (
        "/usr/bin/nmap",
        "/usr/bin/nmap",
        &["nmap", "-sS"],
        &["nmap"],
    ),
    // Bound over a dull name, and lying in argv[0].
    (
        "/usr/bin/nmap",
        "/tmp/foo",
        &["/bin/true"],
        &["nmap", "foo", "true"],
    ),
    ("/usr/bin/bash", "/usr/bin/bash", &["-bash"], &["bash"]),
    ("/memfd:nmap", "/memfd:nmap", &["x"], &["nmap", "x"]),
    // Multi-call programs.
    (
        "/bin/busybox",
        "/bin/busybox",
        &["/usr/bin/arping", "-h"],
        &["busybox", "arping"],
    ),
    (
        "/bin/busybox",
        "/bin/busybox",
        &["busybox", "nc", "-l"],
        &["busybox", "nc"],
    ),
    (
        "/bin/busybox",
        "/bin/busybox",
        &["busybox", "sh", "/opt/scan.sh"],
        &["busybox", "sh", "scan.sh"],
    ),
    ("/bin/busybox", "/bin/busybox", &["busybox"], &["busybox"]),
    // Interpreters.
    (
        "/usr/bin/python3.11",
        "/usr/bin/python3.11",
        &["python3", "/opt/scapy.py", "nmap"],
        &["python3.11", "python3", "scapy.py"],
    ),
    (
        "/usr/bin/python3.11",
        "/usr/bin/python3.11",
        &[
            "python3",
            "-W",
            "ignore",
            "-X",
            "dev",
            "-m",
            "impacket.examples",
        ],
        &["python3.11", "python3", "impacket.examples", "impacket"],
    ),
    (
        "/usr/bin/python3.11",
        "/usr/bin/python3.11",
        &["python3", "-Wignore", "-ISmscapy"],
        &["python3.11", "python3", "scapy"],
    ),
    (
        "/usr/bin/python3.11",
        "/usr/bin/python3.11",
        &["python3", "-c", "import scapy", "nmap"],
        &["python3.11", "python3"],
    ),
    (
        "/usr/bin/python3.11",
        "/usr/bin/python3.11",
        &["python3", "-", "nmap"],
        &["python3.11", "python3"],
    ),
    (
        "/usr/bin/perl",
        "/usr/bin/perl",
        &["perl", "-MSocket", "-I", "lib", "-w", "nikto.pl"],
        &["perl", "nikto.pl"],
    ),
    (
        "/usr/bin/perl",
        "/usr/bin/perl",
        &["perl", "-ne", "print", "nikto.pl"],
        &["perl"],
    ),
    (
        "/usr/bin/ruby3.1",
        "/usr/bin/ruby3.1",
        &["ruby", "-r", "socket", "bettercap"],
        &["ruby3.1", "ruby", "bettercap"],
    ),
    (
        "/usr/bin/node",
        "/usr/bin/node",
        &["node", "--require", "x", "--no-warnings", "scan.js"],
        &["node", "scan.js"],
    ),
    (
        "/usr/bin/bash",
        "/usr/bin/bash",
        &["bash", "-eo", "pipefail", "linenum.sh"],
        &["bash", "linenum.sh"],
    ),
    (
        "/usr/bin/bash",
        "/usr/bin/bash",
        &["bash", "-lc", "nmap"],
        &["bash"],
    ),
    (
        "/usr/bin/java",
        "/usr/bin/java",
        &["java", "-Xmx1g", "-cp", "a:b", "-jar", "/opt/scanner.jar"],
        &["java", "scanner.jar"],
    ),
    (
        "/usr/bin/pwsh",
        "/usr/bin/pwsh",
        &[
            "pwsh",
            "-NoProfile",
            "-ExecutionPolicy",
            "Bypass",
            "-File",
            "/x/scan.ps1",
        ],
        &["pwsh", "scan.ps1"],
    ),
    (
        "/usr/bin/lua5.3",
        "/usr/bin/lua5.3",
        &["lua", "-l", "x", "--", "scan.lua"],
        &["lua5.3", "lua", "scan.lua"],
    ),
    // The loader as a program, and an interpreter below it.
    (
        "/usr/lib/ld-linux-x86-64.so.2",
        "/usr/lib/ld-linux-x86-64.so.2",
        &[
            "ld.so",
            "--library-path",
            "/x",
            "--inhibit-cache",
            "/usr/bin/nmap",
        ],
        &["ld-linux-x86-64.so.2", "ld.so", "nmap"],
    ),
    (
        "/lib/ld-musl-x86_64.so.1",
        "/lib/ld-musl-x86_64.so.1",
        &["ld", "--library-path=/x", "/usr/bin/python3", "-m", "scapy"],
        &["ld-musl-x86_64.so.1", "ld", "python3", "scapy"],
    ),
    // Not interpreters, although they begin like one.
    (
        "/usr/bin/shuf",
        "/usr/bin/shuf",
        &["shuf", "nmap"],
        &["shuf"],
    ),
    (
        "/usr/bin/python-config",
        "/usr/bin/python-config",
        &["python-config", "nmap"],
        &["python-config"],
    ),
];

fn names_of(bytes: &[u8]) -> Names {
    match scoutline_abi::decode(bytes).expect("a fixture decodes") {
        Event::Exec(record) => Names::of(&record),
        other => panic!("not an exec: {other:?}"),
    }
}

#[test]
fn finds_every_name() {
    for (path_fs, path_mount, argv, expected) in CASES {
        let exec = fixture::Exec {
            path_fs,
            path_mount,
            argv: argv
                .iter()
                .map(|argument| argument.as_bytes().to_vec())
                .collect(),
            ..fixture::Exec::default()
        };
        let names = names_of(&exec.bytes());
        assert_eq!(names.names, *expected, "{argv:?}");
        assert!(!names.is_unresolved, "{argv:?}");
    }
}

#[test]
fn a_script_goes_by_what_was_typed() {
    let exec = fixture::Exec {
        path_fs: "/usr/bin/python3.11",
        path_mount: "/usr/bin/python3.11",
        filename: "/usr/bin/zenmap",
        is_script: true,
        argv: vec![b"/usr/bin/python3".to_vec(), b"/usr/bin/zenmap".to_vec()],
        ..fixture::Exec::default()
    };
    assert_eq!(
        names_of(&exec.bytes()).names,
        ["python3.11", "python3", "zenmap"]
    );
}

#[test]
fn a_cut_command_line_is_unresolved_and_its_last_argument_no_name() {
    let mut argv = vec![b"python3".to_vec()];
    for _ in 0..500 {
        argv.extend([b"-W".to_vec(), b"ignore".to_vec()]);
    }
    argv.push(b"nmap".to_vec());
    for (cut, expected) in [(4, false), (argv.len(), true)] {
        let exec = fixture::Exec {
            path_fs: "/usr/bin/python3",
            path_mount: "/usr/bin/python3",
            argv: if cut == 4 {
                vec![b"python3".to_vec(), b"x.py".to_vec(), b"y".to_vec()]
            } else {
                argv.clone()
            },
            is_argv_cut: true,
            ..fixture::Exec::default()
        };
        let names = names_of(&exec.bytes());
        assert_eq!(names.is_unresolved, expected);
        assert!(!names.names.contains(&"nmap".to_owned()));
    }
}

proptest! {
    #[test]
    fn any_arguments_give_harmless_names(
        argv in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12),
        program in prop::sample::select(vec!["/bin/busybox", "/usr/bin/python3", "/lib/ld-linux.so.2", "/bin/sh", "/usr/bin/java"]),
        is_argv_cut in any::<bool>(),
    ) {
        let exec = fixture::Exec { path_fs: program, path_mount: program, argv, is_argv_cut, ..fixture::Exec::default() };
        let names = names_of(&exec.bytes());
        prop_assert!(!names.names.is_empty());
        for name in &names.names {
            prop_assert!(!name.is_empty() && !name.chars().any(char::is_control));
        }
    }
}
