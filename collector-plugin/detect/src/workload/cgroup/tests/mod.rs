mod table;

use proptest::prelude::*;
use scoutline_semconv::limits::STRING_BYTES;

use super::*;
use table::{A, B, CASES, POD};

fn words(workload: &Cgroup) -> String {
    let mut words = Vec::new();
    if let Some(Container { id, runtime }) = &workload.container {
        words.push(format!("{}:{id}", runtime.map_or("?", Runtime::name)));
    }
    if workload.is_claimed {
        words.push("claimed".to_owned());
    }
    if let Some(Pod { uid, qos }) = &workload.pod {
        words.push(format!("pod={uid}/{}", qos.name()));
    }
    if let Some(Unit { name, manager }) = &workload.unit {
        words.push(format!("unit={name}"));
        if let Manager::User { uid } = manager {
            words.push(format!("of={uid}"));
        }
    }
    if let Some(slice) = &workload.slice {
        words.push(format!("slice={slice}"));
    }
    match &workload.login {
        Some(Login::Session { id, uid }) => {
            let uid = uid.map_or("?".to_owned(), |uid| uid.to_string());
            words.push(format!("session={id} uid={uid}"));
        }
        Some(Login::Manager { uid }) => words.push(format!("manager={uid}")),
        None => {}
    }
    if let Some(inside) = &workload.inside {
        words.push(format!("inside({})", self::words(inside)));
    }
    words.join(" ")
}

#[test]
fn reads_what_engines_write() {
    let fill = |text: &str| {
        text.replace("{A}", A)
            .replace("{B}", B)
            .replace("{P}", POD)
            .replace("{p}", &POD.replace('-', "_"))
    };
    for (path, expected) in CASES {
        let shown = words(&parse(fill(path).as_bytes()))
            .replace(A, "A")
            .replace(B, "B")
            .replace(POD, "P");
        assert_eq!(
            shown,
            expected.replace("{p}", &POD.replace('-', "_")),
            "{path}"
        );
    }
}

#[test]
fn refuses_what_no_kernel_writes() {
    let long = format!("/docker/{A}/{}", "x".repeat(MAX_BYTES));
    assert_eq!(parse(long.as_bytes()), Cgroup::default());
    let found = parse(b"/lxc/\xff\xfe/x");
    assert_eq!(words(&found), "lxc:\\xff\\xfe");
    let long = format!("/system.slice/{}.service", "\u{202e}".repeat(600));
    let unit = parse(long.as_bytes()).unit.expect("it is a unit");
    assert!(unit.name.len() <= STRING_BYTES);
}

#[test]
fn nests_to_a_bound() {
    let path = format!("/docker/{A}").repeat(40);
    let mut found = parse(path.as_bytes());
    let mut depth = 1;
    while let Some(inside) = found.inside {
        found = *inside;
        depth += 1;
    }
    assert_eq!(depth, MAX_DEPTH);
}

fn component() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "docker",
        "lxc",
        "lxc.payload",
        "ecs",
        "garden",
        "buildkit",
        "kubepods",
        "burstable",
        "kubepods.slice",
        "system.slice",
        "machine.slice",
        "user.slice",
        "user-1000.slice",
        "user@1000.service",
        "session-1.scope",
        "x.service",
        "init.scope",
        "..",
        "default",
        "lxc.payload.x",
        "machine-x.scope",
        "runc-x.scope",
        "a:b:c",
        "crio-conmon-",
    ]);
    prop_oneof![
        known.prop_map(|known| known.as_bytes().to_vec()),
        Just(A.as_bytes().to_vec()),
        Just(format!("pod{POD}").into_bytes()),
        Just(format!("docker-{A}.scope").into_bytes()),
        Just(format!("kubepods-pod{POD}.slice:docker:{A}").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..30),
    ]
}

fn strings(workload: &Cgroup) -> Vec<&str> {
    let mut strings = Vec::new();
    let mut next = Some(workload);
    while let Some(workload) = next {
        strings.extend(
            workload
                .container
                .iter()
                .map(|container| container.id.as_str()),
        );
        strings.extend(workload.pod.iter().map(|pod| pod.uid.as_str()));
        strings.extend(workload.unit.iter().map(|unit| unit.name.as_str()));
        strings.extend(workload.slice.iter().map(String::as_str));
        if let Some(Login::Session { id, .. }) = &workload.login {
            strings.push(id);
        }
        next = workload.inside.as_deref();
    }
    strings
}

proptest! {
    #[test]
    fn is_total_and_bounded(components in prop::collection::vec(component(), 0..14)) {
        let path = components.join(&b'/');
        let found = parse(&path);
        for string in strings(&found) {
            prop_assert!(string.len() <= STRING_BYTES);
            prop_assert_eq!(readable(string.as_bytes()), string);
        }
    }

    #[test]
    fn takes_any_bytes(path in prop::collection::vec(any::<u8>(), 0..5000)) {
        parse(&path);
    }

    #[test]
    fn what_a_user_makes_hides_no_login(components in prop::collection::vec(component(), 0..6)) {
        for (start, login) in [
            ("user.slice/user-7.slice/session-4.scope", Login::Session { id: "4".to_owned(), uid: Some(7) }),
            ("user.slice/user-7.slice/user@7.service", Login::Manager { uid: 7 }),
        ] {
            let mut path = start.as_bytes().to_vec();
            for component in &components {
                prop_assume!(!component.split(|byte| *byte == b'/').any(|part| part == b".."));
                path.push(b'/');
                path.extend(component);
            }
            let found = parse(&path);
            prop_assert_eq!(found.login, Some(login));
            prop_assert!(found.is_claimed || (found.container.is_none() && found.pod.is_none()));
        }
    }
}
