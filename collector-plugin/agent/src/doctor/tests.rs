use std::path::Path;

use scoutline_loader::hooks::{Family, HOOKS};
use scoutline_loader::{AttachError, Attachment, Outcome};

use super::*;

/// What a loader would report on a kernel that refuses these hooks.
fn attachments(refused: &[&str]) -> Vec<Attachment> {
    let mut families = Vec::new();
    HOOKS
        .iter()
        .map(|hook| {
            let outcome = if families.contains(&hook.family) {
                Outcome::NotNeeded
            } else if refused.contains(&hook.name) {
                Outcome::Failed(AttachError::NoSuchPlace { place: hook.name })
            } else {
                families.push(hook.family);
                Outcome::Attached
            };
            Attachment { hook, outcome }
        })
        .collect()
}

const OPENS: [&str; 3] = [
    "lsm/file_open",
    "fentry/security_file_open",
    "tp_btf/sys_exit",
];
const EXEC: &str = "tp_btf/sched_process_exec";

fn verdict(checks: &[Check], family: Family) -> Verdict {
    let check = checks.iter().find(|check| check.subject == family.name());
    check.expect("every family has a check").verdict
}

#[test]
fn a_kernel_that_shows_executions_or_opens_can_be_watched() {
    for (refused, opens, exit) in [
        (vec![], Verdict::Fine, Exit::Fine),
        (vec!["lsm/file_open"], Verdict::Reduced, Exit::Fine),
        (OPENS.to_vec(), Verdict::Reduced, Exit::Fine),
        (
            [OPENS.as_slice(), &[EXEC]].concat(),
            Verdict::Broken,
            Exit::Unwatchable,
        ),
    ] {
        let checks = hooks(&attachments(&refused));
        assert_eq!(verdict(&checks, Family::FileOpen), opens, "{refused:?}");
        assert_eq!(Report { checks }.exit(), exit, "{refused:?}");
    }
    let blind_to_tools = hooks(&attachments(&[EXEC]));
    assert_eq!(verdict(&blind_to_tools, Family::Exec), Verdict::Reduced);
}

#[test]
fn privileges_say_what_is_missing() {
    let check = |effective: &str| {
        let status = format!("Name:\tx\nCapEff:\t{effective}\nCapBnd:\t0\n");
        privileges(Capabilities::parse(&status).expect("it has them"))
    };
    for (effective, expected, found) in [
        ("000001ffffffffff", Verdict::Fine, None),
        ("000000c000080000", Verdict::Fine, None),
        ("0000000000280000", Verdict::Fine, None),
        (
            "000000c000000000",
            Verdict::Reduced,
            Some("CAP_SYS_PTRACE missing"),
        ),
        ("0000004000080000", Verdict::Broken, Some("CAP_BPF missing")),
        (
            "0000000000000000",
            Verdict::Broken,
            Some("CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE missing"),
        ),
    ] {
        let check = check(effective);
        assert_eq!(check.verdict, expected, "{effective}");
        if let Some(found) = found {
            assert_eq!(check.found, found);
        }
    }
    assert_eq!(Capabilities::parse("Name:\tx\n"), None);
    assert_eq!(Capabilities::parse("CapEff:\tnonsense\n"), None);
}

#[test]
fn a_kernel_without_types_is_useless() {
    let check = checks::kernel_with("5.4.0", Path::new("/nonexistent/btf"));
    assert_eq!(
        (check.verdict, check.exit),
        (Verdict::Broken, Exit::Unwatchable)
    );
    let here = checks::kernel_with("6.1.0", Path::new("/proc/self/status"));
    assert_eq!(here.verdict, Verdict::Fine);
}

#[test]
fn the_gravest_check_decides() {
    let failed = Check::broken("collector", "away", "waits", Exit::Failed);
    let wrong = Check::broken("configuration", "wrong", "does not start", Exit::Usage);
    let less = Check::reduced("hooks", "one", "less");
    let exit = |checks: &[&Check]| {
        let checks = checks.iter().map(|check| (*check).clone()).collect();
        Report { checks }.exit()
    };
    assert_eq!(exit(&[]), Exit::Fine);
    assert_eq!(exit(&[&less]), Exit::Fine);
    assert_eq!(exit(&[&failed, &less]), Exit::Failed);
    assert_eq!(exit(&[&wrong, &failed]), Exit::Usage);
}

fn report() -> Report {
    let mut checks = vec![
        Check::fine("kernel", "6.1.0 with BTF"),
        Check::broken(
            "configuration",
            "a is wrong\nb is wrong",
            "the sensor does not start",
            Exit::Usage,
        )
        .remedy("write c"),
    ];
    checks.extend(hooks(&attachments(&[
        "lsm/file_open",
        "fentry/security_file_open",
    ])));
    Report { checks }
}

#[test]
fn text_for_people() {
    let text = report().to_string();
    insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
ok      kernel             6.1.0 with BTF
missing configuration      a is wrong
                           b is wrong
                           the sensor does not start
                           write c
ok      new cgroups        tp_btf/cgroup_mkdir
ok      removed cgroups    tp_btf/cgroup_rmdir
ok      new processes      tp_btf/sched_process_fork
ok      ended processes    tp_btf/sched_process_exit
ok      executions         tp_btf/sched_process_exec
ok      running processes  iter/task
less    opens of files     tp_btf/sys_exit
                           lsm/file_open: this kernel has no lsm/file_open
                           fentry/security_file_open: this kernel has no fentry/security_file_open
                           not seen: stat, access and readlink, which open nothing; opens through io_uring; a descriptor that another thread replaces before the call returns
"#);
}

#[test]
fn json_for_programs() {
    let json = Report {
        checks: report().checks.into_iter().take(2).collect(),
    };
    insta::assert_snapshot!(json.to_json().expect("JSON"), @r#"
{
  "checks": [
    {
      "subject": "kernel",
      "verdict": "fine",
      "found": "6.1.0 with BTF"
    },
    {
      "subject": "configuration",
      "verdict": "broken",
      "found": "a is wrong\nb is wrong",
      "cost": "the sensor does not start",
      "remedy": "write c"
    }
  ]
}
"#);
}
