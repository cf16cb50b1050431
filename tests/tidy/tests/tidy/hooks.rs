//! The table of hooks and the eBPF programs are one.

use std::collections::BTreeSet;

use scoutline_loader::hooks::HOOKS;
use scoutline_tidy::{File, Repository};

use crate::sources::repository;

/// Bytes of a program's name that the kernel keeps.
const NAME_LIMIT: usize = 15;

/// Benchmarks have a program of their own to compare with, which no sensor loads.
fn sensor_sources(repository: &Repository) -> impl Iterator<Item = &File> {
    repository
        .ending(&[".bpf.c"])
        .filter(|file| file.path.starts_with("ebpf/bpf/"))
}

#[test]
fn every_program_is_in_the_table_and_back() {
    let repository = repository();
    let mut programs = BTreeSet::new();
    for file in sensor_sources(&repository) {
        let mut lines = file.text.lines();
        while let Some(line) = lines.next() {
            let Some(place) = line
                .strip_prefix("SEC(\"")
                .and_then(|rest| rest.strip_suffix("\")"))
            else {
                continue;
            };
            let function = lines.next().unwrap_or_default();
            let name = function
                .strip_prefix("int BPF_PROG(")
                .or_else(|| function.strip_prefix("int "))
                .and_then(|rest| rest.split([',', '(', ')']).next());
            let name = name.unwrap_or_else(|| panic!("{}: no program after {line}", file.path));
            assert!(
                name.len() <= NAME_LIMIT,
                "{}: {name} is too long",
                file.path
            );
            assert!(programs.insert((place, name)), "{name} is there twice");
        }
    }
    let table: BTreeSet<_> = HOOKS.iter().map(|hook| (hook.name, hook.program)).collect();
    assert_eq!(programs, table);
}

#[test]
fn every_part_of_the_object_is_included() {
    let repository = repository();
    let object = repository
        .text("ebpf/bpf/sensor.bpf.c")
        .expect("the object has a source");
    for file in sensor_sources(&repository) {
        let name = file.path.trim_start_matches("ebpf/bpf/");
        let included = object.contains(&format!("#include \"{name}\""));
        assert!(included || name == "sensor.bpf.c", "{name} is in no object");
    }
}

#[test]
fn every_ebpf_file_says_its_licence() {
    const LINE: &str = "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n";
    let repository = repository();
    let silent: Vec<_> = repository
        .files()
        .iter()
        .filter(|file| file.path.starts_with("ebpf/bpf/") && !file.text.starts_with(LINE))
        .map(|file| &file.path)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}
