use super::*;

fn globs(target: &Target) -> Vec<String> {
    let mut globs: Vec<_> = forms(target)
        .expect("the target is fine")
        .iter()
        .flat_map(|form| form.globs().expect("it was checked"))
        .map(|glob| glob.glob().to_owned())
        .collect();
    globs.sort();
    globs
}

#[test]
fn follows_the_links_that_every_system_has() {
    let cases: [(&str, &[&str]); 10] = [
        ("/proc/version", &["/proc/version"]),
        ("/proc/net/route", &["/proc/*/net/route", "/proc/net/route"]),
        (
            "/proc/self/net/route",
            &["/proc/*/net/route", "/proc/self/net/route"],
        ),
        ("/etc/mtab", &["/etc/mtab", "/proc/*/mounts"]),
        ("/sys/class/net", &["/sys/class/net"]),
        (
            "/sys/class/net/eth0/address",
            &[
                "/sys/class/net/eth0/address",
                "/sys/devices/**/net/eth0/address",
            ],
        ),
        (
            "/sys/block/vda/serial",
            &[
                "/sys/block/vda/serial",
                "/sys/devices/**/block/vda/serial",
                "/sys/devices/**/nvme/*/vda/serial",
                "/sys/devices/virtual/nvme-subsystem/*/vda/serial",
            ],
        ),
        (
            "/sys/class/dmi/id/sys_vendor",
            &[
                "/sys/class/dmi/id/sys_vendor",
                "/sys/devices/virtual/dmi/id/sys_vendor",
            ],
        ),
        (
            "/etc/os-release",
            &["/etc/os-release", "/usr/lib/os-release"],
        ),
        ("/lib/modules/x", &["/lib/modules/x", "/usr/lib/modules/x"]),
    ];
    for (path, expected) in cases {
        assert_eq!(globs(&Target::Path(path.into())), expected, "{path}");
    }
    assert_eq!(
        globs(&Target::Prefix("/proc/device-tree/".into())),
        [
            "/proc/device-tree",
            "/proc/device-tree/**",
            "/sys/firmware/devicetree/base",
            "/sys/firmware/devicetree/base/**",
        ]
    );
}

#[test]
fn expands_braces_also_nested_ones() {
    let cases: [(&str, &[&str]); 4] = [
        ("/a/{b,c}", &["/a/b", "/a/c"]),
        ("/a/x{,.net}", &["/a/x", "/a/x.net"]),
        ("/{a,b{1,2}}/*", &["/a/*", "/b1/*", "/b2/*"]),
        ("/a/**/**/b", &["/a/**/b"]),
    ];
    for (glob, expected) in cases {
        assert_eq!(globs(&Target::Glob(glob.into())), expected, "{glob}");
    }
}

#[test]
fn a_class_never_matches_a_separator() {
    assert_eq!(globs(&Target::Glob("/a[!b]c".into())), ["/a[!/b]c"]);
    assert_eq!(globs(&Target::Glob("/a[]x]c".into())), ["/a[]x]c"]);
}

#[test]
fn refuses_what_has_no_meaning() {
    let path = |text: &str| Target::Path(text.to_owned());
    let prefix = |text: &str| Target::Prefix(text.to_owned());
    let glob = |text: &str| Target::Glob(text.to_owned());
    let many = format!("/{}x", "{a,b}".repeat(9));
    let cases = [
        (path("etc/issue"), "is no absolute path"),
        (path("/etc//issue"), "empty component"),
        (path("/etc/issue/"), "empty component"),
        (path("/etc/../issue"), "empty component"),
        (path("/"), "empty component"),
        (prefix("/etc/ssl"), "ends with /"),
        (prefix("/"), "matches every file"),
        (glob("/etc/[a-"), "a [ without a ]"),
        (glob("/etc/a]"), "a ] without a ["),
        (glob("/etc[+-9]issue"), "a class with / in it"),
        (glob("/etc[a/b]issue"), "a [ without a ]"),
        (glob("/etc/[[:alpha:]]"), "a [ in a class"),
        (glob("/etc/[z-a]"), "is no glob: invalid range"),
        (
            path(&format!("/{}", "a".repeat(4096))),
            "more than 4096 bytes",
        ),
        (glob("/etc/{a,b"), "brace without its partner"),
        (glob("/etc/a,b}"), "brace without its partner"),
        (glob(r"/etc/\*"), "no escapes"),
        (glob(&many), "more than 256 alternatives"),
        (path("/sys/class/net/eth0/device/vendor"), "symbolic link"),
    ];
    for (target, expected) in cases {
        let refusal = forms(&target).expect_err(target.text());
        assert!(
            refusal.message.contains(expected),
            "{target:?}: {refusal:?}"
        );
    }
}
