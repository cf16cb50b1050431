//! Whatever the exact matcher accepts passes the sieve.

use std::sync::Arc;

use proptest::prelude::*;
use scoutline_abi::sieve::Class;

use super::super::*;
use super::{matcher, reading};

/// A few paths that a target matches, made of its text alone: symbolic links are not followed.
pub(super) fn instances(target: &Target) -> Vec<String> {
    match target {
        Target::Path(path) => vec![path.clone()],
        Target::Prefix(prefix) => {
            let directory = prefix.trim_end_matches('/');
            ["", "/a", "/b.c/1"]
                .map(|below| format!("{directory}{below}"))
                .into()
        }
        Target::Glob(glob) => expand(glob),
    }
}

/// Replaces the first thing that is not literal by what it may stand for, and goes on with the rest.
fn expand(glob: &str) -> Vec<String> {
    let Some(at) = glob.find(['{', '*', '?', '[']) else {
        return vec![glob.to_owned()];
    };
    let (before, rest) = glob.split_at(at);
    let (choices, after): (Vec<String>, &str) = if let Some(after) = rest.strip_prefix("**/") {
        (["", "a/", "pci0/b-1/"].map(String::from).into(), after)
    } else if let Some(after) = rest.strip_prefix("**") {
        (["a", "b/c"].map(String::from).into(), after)
    } else if let Some(after) = rest.strip_prefix('*') {
        (
            ["7", "eth0", "long-name_of.something"]
                .map(String::from)
                .into(),
            after,
        )
    } else if let Some(after) = rest.strip_prefix('?') {
        (vec!["x".into()], after)
    } else {
        let close = if rest.starts_with('[') { ']' } else { '}' };
        let (inner, after) = rest[1..].split_once(close).expect("it is paired");
        let choices = match inner.strip_prefix('!') {
            Some(_) => vec!["~".into()],
            None if close == ']' => vec![inner[..1].into()],
            None => inner.split(',').map(String::from).collect(),
        };
        (choices, after)
    };
    choices
        .iter()
        .flat_map(|choice| expand(&format!("{before}{choice}\u{0}{after}")))
        .map(|path| path.replace('\u{0}', ""))
        .collect()
}

/// Every way in which the kernel may come by a path: file system and components, leaf first.
fn sightings(path: &str) -> Vec<(Class, String)> {
    let mut all: Vec<_> = ["", "/srv/jail", "/var/lib/docker/overlay2/0a/merged"]
        .map(|root| (Class::Ordinary, format!("{root}{path}")))
        .into();
    for (class, root) in [(Class::Proc, "/proc"), (Class::Sysfs, "/sys")] {
        if let Some(below) = path.strip_prefix(root)
            && below.starts_with('/')
        {
            all.push((class, below.to_owned()));
        }
    }
    let unfolded: Vec<_> = all
        .iter()
        .filter_map(|(class, path)| {
            let (before, below) = match class {
                Class::Proc => ("", path.strip_prefix('/')?),
                Class::Ordinary => ("/proc", path.strip_prefix("/proc/")?),
                Class::Sysfs => return None,
            };
            let (pid, rest) = below.split_once('/').unwrap_or((below, ""));
            pid.parse::<u32>().ok()?;
            let rest = if rest.is_empty() {
                String::new()
            } else {
                format!("/{rest}")
            };
            Some((*class, format!("{before}/{pid}/task/31337{rest}")))
        })
        .collect();
    all.extend(unfolded);
    all
}

/// Fails if a path that the matcher accepts does not pass. Says whether it was accepted.
fn judge(matcher: &Matcher, path: &str) -> bool {
    let paths = [path];
    let accepted = [(true, false), (false, true)]
        .into_iter()
        .flat_map(|(reads, writes)| [false, true].map(|is_directory| (reads, writes, is_directory)))
        .any(|(reads, writes, is_directory)| {
            let mut matches = Vec::new();
            let subject = OpenSubject {
                reads,
                writes,
                is_directory,
                ..reading(&paths)
            };
            matcher.matches_open(&subject, &mut matches);
            !matches.is_empty()
        });
    if accepted {
        for (class, seen) in sightings(path) {
            let components: Vec<_> = seen
                .rsplit('/')
                .filter(|component| !component.is_empty())
                .map(str::as_bytes)
                .collect();
            let passes = matcher.sieve().passes(class, &components);
            assert!(passes, "{path} as {class:?} {seen}");
        }
    }
    accepted
}

fn builtin_matcher() -> Matcher {
    let recipes = builtin().0.into_iter().map(Arc::new);
    compile(recipes, &Options::default()).expect("they compile")
}

#[test]
fn all_that_builtin_recipes_match_passes() {
    let matcher = builtin_matcher();
    for recipe in matcher.recipes() {
        for pattern in &recipe.files {
            // As written, and as resolved.
            let resolved = forms::forms(&pattern.target).expect("it was parsed");
            let resolved = resolved
                .iter()
                .flat_map(|form| form.globs().expect("it was checked"))
                .map(|glob| Target::Glob(glob.glob().to_owned()));
            for target in resolved.chain([pattern.target.clone()]) {
                for path in instances(&target) {
                    assert!(
                        judge(&matcher, &path),
                        "{path} of {target:?} does not match"
                    );
                }
            }
        }
    }
}

#[test]
fn what_programs_do_all_day_does_not_pass() {
    let matcher = builtin_matcher();
    let cases = [
        (Class::Proc, "/4711/stat"),
        (Class::Proc, "/4711/status"),
        (Class::Proc, "/4711/maps"),
        (Class::Proc, "/self/mountinfo"),
        (Class::Proc, "/stat"),
        (Class::Proc, "/meminfo"),
        (Class::Proc, "/cpuinfo"),
        (Class::Proc, "/sys/kernel/pid_max"),
        (Class::Sysfs, "/devices/system/cpu/online"),
        (Class::Sysfs, "/fs/cgroup/system.slice/cpu.max"),
        (Class::Sysfs, "/devices/pci0000:00/0000:00:02.0/config"),
        (Class::Ordinary, "/etc/ld.so.cache"),
        (Class::Ordinary, "/etc/passwd"),
        (Class::Ordinary, "/etc/resolv.conf"),
        (Class::Ordinary, "/usr/lib/x86_64-linux-gnu/libc.so.6"),
        (Class::Ordinary, "/usr/lib/locale/C.utf8/LC_CTYPE"),
        (Class::Ordinary, "/home/me/project/target/debug/build/x"),
        (Class::Ordinary, "/home/me/project/package.json"),
        (Class::Ordinary, "/home/me/.gitconfig"),
    ];
    for (class, path) in cases {
        let components: Vec<_> = path
            .rsplit('/')
            .filter(|component| !component.is_empty())
            .map(str::as_bytes)
            .collect();
        assert!(!matcher.sieve().passes(class, &components), "{path}");
    }
}

const PARTS: [&str; 12] = [
    "proc",
    "sys",
    "etc",
    "net",
    "class",
    "self",
    "task",
    "1",
    "22",
    "devices",
    "a",
    "ab-release",
];

const WILD: [&str; 10] = [
    "*",
    "**",
    "?",
    "a*",
    "*-release",
    "[!b]*",
    "a[b-]*e",
    "{a,1}",
    "*b*",
    "{net,a*}",
];

fn component() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&PARTS).prop_map(String::from),
        2 => prop::sample::select(&WILD).prop_map(String::from),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    let parts = |part| prop::collection::vec(part, 1..6).prop_map(|parts| parts.join("/"));
    let literal = || prop::sample::select(&PARTS).prop_map(String::from);
    prop_oneof![
        3 => parts(component().boxed()).prop_map(|text| Target::Glob(format!("/{text}"))),
        1 => parts(literal().boxed()).prop_map(|text| Target::Path(format!("/{text}"))),
        1 => parts(literal().boxed()).prop_map(|text| Target::Prefix(format!("/{text}/"))),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PARTS), 1..7)
        .prop_map(|parts| format!("/{}", parts.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn all_that_any_pattern_matches_passes(
        targets in prop::collection::vec(target(), 1..8),
        paths in prop::collection::vec(path(), 64),
    ) {
        let sieved: Vec<_> = targets
            .iter()
            .filter(|target| forms::forms(target).and_then(|forms| sieve::signatures(&forms)).is_ok())
            .collect();
        prop_assume!(!sieved.is_empty());
        let patterns: String = sieved
            .iter()
            .map(|target| {
                let key = match target {
                    Target::Path(_) => "path",
                    Target::Prefix(_) => "prefix",
                    Target::Glob(_) => "glob",
                };
                format!("    - {{{key}: '{}', access: any, strength: strong, why: w}}\n", target.text())
            })
            .collect();
        let matcher = matcher(&format!("  files:\n{patterns}"));
        for target in &sieved {
            for path in instances(target) {
                prop_assert!(judge(&matcher, &path), "{} does not match", path);
            }
        }
        for path in &paths {
            judge(&matcher, path);
        }
    }
}
