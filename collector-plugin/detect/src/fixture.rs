//! What tests have in common: recipes, a host, and kernel records.

use std::sync::Arc;

pub(crate) use scoutline_abi::build::{
    Exec, Open, cgroup, child_of, exit, fork, task, trace_context,
};

use crate::recipe::{Environment, Matcher, Options, compile, parse};
use crate::{Facts, Mount};

/// Two recipes: strong for `/proc/version` and everything below `/etc/secret/`, weak for `/proc/dull`; strong
/// for `nmap`, weak for `gulp`.
pub(crate) fn matcher() -> Matcher {
    let recipes = [
        (
            "file_recipe",
            "11111111-2222-4333-8444-555555555555",
            "{technique: T1082, tactics: [TA0007]}, {technique: T1016, tactics: [TA0007]}",
            r#"{files: [
                {path: /proc/version, strength: strong, why: w},
                {prefix: /etc/secret/, strength: strong, severity: high, why: w},
                {path: /proc/dull, strength: weak, why: w}]}"#,
        ),
        (
            "tool_recipe",
            "11111111-2222-4333-8444-666666666666",
            "{technique: T1046, tactics: [TA0007]}",
            r#"{executables: [
                {name: nmap, class: c, strength: strong, why: w},
                {name: gulp, class: c, strength: weak, why: w}]}"#,
        ),
    ]
    .map(|(name, uuid, attack, patterns)| {
        let (path, tool) = ("/proc/version", "/usr/bin/nmap");
        let guidance = |what: &str| format!("{{implication: i, actions: [{what} first, then]}}");
        let (fires, quiet) = if name == "file_recipe" {
            (
                format!("executable: /usr/bin/cat, path: {path}"),
                "executable: /usr/bin/cat, path: /tmp/x".to_owned(),
            )
        } else {
            (
                format!("executable: {tool}"),
                "executable: /usr/bin/cat".to_owned(),
            )
        };
        let text = format!(
            r#"
name: {name}
uuid: {uuid}
version: 3
title: t
severity: medium
attack: [{attack}]
description: d
environments:
  ci: {}
  staging: {}
  production: {}
match: {patterns}
tests:
  fires: [{{name: f, access: {{{fires}}}}}]
  quiet: [{{name: q, access: {{{quiet}}}}}]
"#,
            guidance("ci"),
            guidance("staging"),
            guidance("production"),
        );
        let (recipe, found) = parse(&format!("{name}.yaml"), &text);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        Arc::new(recipe.unwrap_or_else(|| panic!("{}", found.join("; "))))
    });
    compile(recipes, &Options::default()).expect("the recipes of tests compile")
}

/// A host.
pub(crate) fn facts() -> Facts {
    Facts {
        boot_id: "b7a2".to_owned(),
        start_id: "s1".to_owned(),
        id_key: [7; 16],
        users: [(0, "root".to_owned())].into(),
        mounts: vec![Mount {
            device: 0x10_0001,
            root: "/".to_owned(),
            mount_point: "/".to_owned(),
        }],
        environment: Environment::Staging,
        is_environment_configured: false,
        job: None,
        seen: None,
        sensor_tgid: 50,
        hook_open: "tp_btf/sys_exit".to_owned(),
        hook_exec: "tp_btf/sched_process_exec".to_owned(),
    }
}
