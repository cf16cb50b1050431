//! Where cgroups are, and which of two says more.

use scoutline_abi::raw::{CGROUP_REMOVED, CGROUP_V1};
use scoutline_abi::{Event, decode};

use super::super::table::GRACE_NS;
use super::*;
use crate::fixture::cgroup;

const ID: &str = "4f6d0e61c9b35a0c2a2e70b7d9f8fbd8c8f1c5a60e2f4f6d0e61c9b35a0c2a2e";

/// What the kernel says of a cgroup, taken in.
pub(super) fn observe(cgroups: &mut Cgroups, id: u64, path: &str, flags: u32, time_ns: u64) {
    let bytes = cgroup(id, path, flags, time_ns);
    match decode(&bytes) {
        Ok(Event::Cgroup(record)) => cgroups.observe(&record),
        other => panic!("{other:?}"),
    }
}

fn ids(v2: u64, v1: u64) -> CgroupIds {
    CgroupIds::of(&TaskInfo {
        cgroup_id: v2,
        cgroup_v1_id: v1,
        ..task(1, 1, 1)
    })
}

fn path(cgroups: &Cgroups, v2: u64, v1: u64) -> Option<String> {
    Some(cgroups.of(ids(v2, v1))?.path.to_string())
}

#[test]
fn a_container_says_more_than_a_unit_and_a_unit_more_than_a_folder() {
    let docker = format!("/docker/{ID}");
    let claimed = format!("/user.slice/user-1.slice/session-1.scope/docker/{ID}");
    let mut cgroups = Cgroups::new();
    let all = ["/", "/folder", "/system.slice/a.service", &docker, &claimed];
    for (number, place) in (1..).zip(all) {
        observe(&mut cgroups, number, place, 0, 1);
        observe(&mut cgroups, number, place, CGROUP_V1, 1);
    }
    for (v2, v1, expected) in [
        (1, 1, Some("/")),
        (1, 2, Some("/folder")),
        (2, 1, Some("/folder")),
        (2, 3, Some("/system.slice/a.service")),
        (3, 4, Some(&*docker)),
        (4, 3, Some(&*docker)),
        // What a user made up hides nothing that the engine said.
        (5, 4, Some(&*docker)),
        (5, 1, Some(&*claimed)),
        (9, 1, Some("/")),
        (9, 9, None),
    ] {
        assert_eq!(path(&cgroups, v2, v1).as_deref(), expected, "{v2} {v1}");
    }
}

#[test]
fn numbers_of_two_hierarchies_are_not_mixed_up() {
    let mut cgroups = Cgroups::new();
    observe(&mut cgroups, 7, "/in-v2", 0, 1);
    observe(&mut cgroups, 7, "/in-v1", CGROUP_V1, 1);
    assert_eq!(path(&cgroups, 7, 0).as_deref(), Some("/in-v2"));
    assert_eq!(path(&cgroups, 0, 7).as_deref(), Some("/in-v1"));
    observe(&mut cgroups, 7, "/in-v1", CGROUP_V1 | CGROUP_REMOVED, 2);
    cgroups.expire(3 + GRACE_NS);
    assert_eq!(path(&cgroups, 7, 7).as_deref(), Some("/in-v2"));
}

#[test]
fn a_removed_one_is_known_while_its_processes_may_still_be_reported() {
    let mut cgroups = Cgroups::new();
    observe(&mut cgroups, 7, "/a", 0, 1);
    observe(&mut cgroups, 7, "/a", CGROUP_REMOVED, 10);
    cgroups.expire(9 + GRACE_NS);
    assert_eq!(path(&cgroups, 7, 0).as_deref(), Some("/a"));
    cgroups.expire(10 + GRACE_NS);
    assert_eq!(path(&cgroups, 7, 0), None);
}

#[test]
fn the_unit_of_a_path_is_the_outermost_that_is_called_so() {
    for (path, expected) in [
        ("/system.slice/a.service", Some("/system.slice/a.service")),
        (
            "/system.slice/a.service/a.service/b",
            Some("/system.slice/a.service"),
        ),
        (
            r"/system.slice/dev-disk\x2dx.service/b",
            Some(r"/system.slice/dev-disk\x2dx.service"),
        ),
        ("/system.slice/_a.service", Some("/system.slice/_a.service")),
        // A name that a terminal would take as an order.
        (
            "/system.slice/\u{1b}[2J.service",
            Some(r"/system.slice/\u{1b}[2J.service"),
        ),
        (
            "/user.slice/user-5.slice/user@5.service/app.slice/b.service/c",
            Some("/user.slice/user-5.slice/user@5.service/app.slice/b.service"),
        ),
        (
            "/user.slice/user-5.slice/session-3.scope",
            Some("/user.slice/user-5.slice/session-3.scope"),
        ),
        ("/init.scope", Some("/init.scope")),
        ("/folder", None),
        ("/", None),
    ] {
        let mut cgroups = Cgroups::new();
        observe(&mut cgroups, 7, path, 0, 1);
        let place = cgroups.of(ids(7, 0)).expect("it was told");
        assert_eq!(place.unit_path(), expected, "{path}");
    }
}
