//! What belongs to a record beyond what the kernel says of an access.

use std::collections::BTreeMap;

use scoutline_abi::raw::{CGROUP_REMOVED, TaskInfo};
use scoutline_semconv::{Record, Span, Value, attr};

use super::CLOCK;
use crate::fixture::{self, Exec, Open};
use crate::recipe::Environment;
use crate::{
    Answer, Detector, Login, Output, PATIENCE_NS, Question, Reported, SessionAnswer, Settings,
};

const CONTAINER: &str = "4a6e0e9ab2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d";

fn detector(asks: bool) -> Detector {
    let settings = Settings {
        asks,
        ..Settings::default()
    };
    Detector::new(fixture::matcher(), fixture::facts(), settings)
}

fn observe(detector: &mut Detector, bytes: &[u8]) -> Output {
    let mut out = Output::default();
    let event = scoutline_abi::decode(bytes).expect("a fixture decodes");
    detector.observe(&event, 1, CLOCK, &mut out);
    out
}

fn cat() -> TaskInfo {
    TaskInfo {
        session_id: 90,
        ..fixture::task(100, 1_000, 2)
    }
}

/// Its execution, and its open of /proc/version.
fn read_version(detector: &mut Detector, task: TaskInfo) -> Output {
    observe(detector, &Exec::of(task, 1_000, "/usr/bin/cat").bytes());
    let open = Open {
        task,
        time_ns: 2_000,
        ..Open::default()
    };
    observe(detector, &open.bytes())
}

fn finish(detector: &mut Detector) -> Output {
    let mut out = Output::default();
    detector.finish(9_000, &[], CLOCK, &mut out);
    out
}

fn only(questions: Vec<Question>) -> Question {
    let mut questions = questions.into_iter();
    let question = questions.next().expect("a question");
    assert!(questions.next().is_none(), "one question");
    question
}

fn links(out: &Output) -> Vec<[u8; 16]> {
    let spans = out.traces.iter().flat_map(|trace| &trace.spans);
    let links = spans.flat_map(|span: &Span| &span.links);
    links.map(|link| link.context.trace_id).collect()
}

fn text(record: &Record, name: &str) -> String {
    record.text(name).unwrap_or_default().to_owned()
}

#[test]
fn a_record_waits_for_its_answer() {
    let mut detector = detector(true);
    assert!(read_version(&mut detector, cat()).records.is_empty());
    assert!(detector.is_waiting());
    let question = only(detector.questions());
    assert_eq!(question.process.pid, 100);
    let executable = question.executable.expect("it runs something");
    assert_eq!(executable.path, "/usr/bin/cat");
    let answer = Answer {
        ticket: question.ticket,
        sha256: Some("ab".to_owned()),
        session: Some(SessionAnswer {
            variables: BTreeMap::from([
                ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
                ("GITHUB_RUN_ID".to_owned(), "42".to_owned()),
            ]),
            are_of_root: true,
            login: Some(Login {
                host: Some("192.0.2.7".to_owned()),
                ..Login::default()
            }),
        }),
        ..Answer::default()
    };
    let mut out = Output::default();
    detector.answer(answer.clone(), 2_500, CLOCK, &mut out);
    let [Reported { record, workload }] = &out.records[..] else {
        panic!("{out:?}");
    };
    assert_eq!(
        text(record, attr::SCOUTLINE_PROCESS_EXECUTABLE_SHA256),
        "ab"
    );
    assert_eq!(text(record, attr::CICD_PIPELINE_RUN_ID), "42");
    assert_eq!(text(record, attr::SCOUTLINE_CI_SYSTEM), "github_actions");
    assert_eq!(
        record.get(attr::SCOUTLINE_CI_TRUSTED),
        Some(&Value::Bool(true))
    );
    assert_eq!(
        text(record, attr::SCOUTLINE_SESSION_LOGIN_HOST),
        "192.0.2.7"
    );
    assert_eq!(text(record, attr::SCOUTLINE_DETECTION_ENVIRONMENT), "ci");
    assert_eq!(workload.environment, Environment::Ci);
    assert!(record.trace.is_some());

    // The session is known now: another process of it is asked for itself only.
    let other = TaskInfo {
        session_id: 90,
        ..fixture::task(101, 1_500, 2)
    };
    observe(
        &mut detector,
        &Exec::of(other, 3_000, "/usr/bin/nmap").bytes(),
    );
    assert_eq!(only(detector.questions()).session, None);
    // Nobody asked for this.
    let mut out = Output::default();
    detector.answer(answer, 3_500, CLOCK, &mut out);
    assert_eq!(out, Output::default());
}

#[test]
fn an_answer_that_does_not_come_is_waited_for_no_longer_than_said() {
    let mut detector = detector(true);
    read_version(&mut detector, cat());
    let until = 2_000 + PATIENCE_NS;
    assert_eq!(detector.next_deadline(), Some(until));
    let mut out = Output::default();
    detector.advance(until - 1, &[], CLOCK, &mut out);
    assert!(out.records.is_empty());
    detector.advance(until, &[], CLOCK, &mut out);
    assert_eq!(out.records.len(), 1);
    assert_eq!(detector.counters().questions_unanswered, 1);
    // A late answer still tells the summary.
    let late = Answer {
        ticket: only(detector.questions()).ticket,
        sha256: Some("cd".to_owned()),
        ..Answer::default()
    };
    detector.answer(late, until + 1, CLOCK, &mut Output::default());
    let out = finish(&mut detector);
    let summary = &out.records[0].record;
    let sha256 = text(summary, attr::SCOUTLINE_PROCESS_EXECUTABLE_SHA256);
    assert_eq!(sha256, "cd");
}

#[test]
fn a_job_that_could_have_said_so_itself_changes_nothing() {
    let mut detector = detector(true);
    read_version(&mut detector, cat());
    let answer = Answer {
        ticket: only(detector.questions()).ticket,
        session: Some(SessionAnswer {
            variables: BTreeMap::from([("GITLAB_CI".to_owned(), "true".to_owned())]),
            are_of_root: false,
            login: None,
        }),
        ..Answer::default()
    };
    let mut out = Output::default();
    detector.answer(answer, 2_500, CLOCK, &mut out);
    let record = &out.records[0].record;
    assert_eq!(
        record.get(attr::SCOUTLINE_CI_TRUSTED),
        Some(&Value::Bool(false))
    );
    let environment = text(record, attr::SCOUTLINE_DETECTION_ENVIRONMENT);
    assert_eq!(environment, "staging");
}

#[test]
fn what_the_kernel_copied_becomes_a_link_of_that_program_only() {
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let of_trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let earlier = TaskInfo {
        exec_id: 1,
        ..cat()
    };
    for (owner, value, expected, malformed) in [
        (cat(), good, vec![of_trace], 0),
        (earlier, good, vec![], 0),
        (cat(), "00-zz", vec![], 1),
        (cat(), "", vec![], 1),
    ] {
        let mut detector = detector(false);
        observe(&mut detector, &fixture::trace_context(&owner, 1_900, value));
        read_version(&mut detector, cat());
        let out = finish(&mut detector);
        assert_eq!(links(&out), expected, "{value:?}");
        let counters = detector.counters();
        assert_eq!(counters.trace_contexts_malformed, malformed, "{value:?}");
        assert_eq!(counters.trace_contexts, 1);
    }
}

#[test]
fn a_container_is_a_workload_and_a_session_while_its_cgroup_is_known() {
    let mut detector = detector(false);
    let path = format!("/system.slice/docker-{CONTAINER}.scope");
    observe(&mut detector, &fixture::cgroup(77, &path, 0, 10));
    let inside = TaskInfo {
        cgroup_id: 77,
        ..cat()
    };
    let out = read_version(&mut detector, inside);
    let Reported { record, workload } = &out.records[0];
    assert_eq!(workload.container_id.as_deref(), Some(CONTAINER));
    assert_eq!(workload.container_runtime.as_deref(), Some("docker"));
    assert_eq!(text(record, attr::SCOUTLINE_SESSION_KIND), "container");
    assert_eq!(text(record, attr::PROCESS_LINUX_CGROUP), path);

    // A moment after its end processes of it are still reported, later it is forgotten.
    observe(
        &mut detector,
        &fixture::cgroup(77, &path, CGROUP_REMOVED, 3_000),
    );
    let late = |tgid, time_ns| {
        let task = TaskInfo {
            cgroup_id: 77,
            ..fixture::task(tgid, time_ns, 2)
        };
        Exec::of(task, time_ns, "/usr/bin/nmap").bytes()
    };
    let out = observe(&mut detector, &late(101, 4_000));
    assert!(out.records[0].workload.container_id.is_some());
    detector.advance(3_900_000_000, &[], CLOCK, &mut Output::default());
    let out = observe(&mut detector, &late(102, 4_000_000_000));
    assert!(out.records[0].workload.container_id.is_none());
}

#[test]
fn a_host_that_remembers_says_what_it_never_saw() {
    let mut facts = fixture::facts();
    facts.seen = Some(Vec::new());
    let first_seen = |out: &Output| {
        let record = &out.records[0].record;
        record.get(attr::SCOUTLINE_DETECTION_FIRST_SEEN).cloned()
    };
    let settings = Settings::default();
    let mut detector = Detector::new(fixture::matcher(), facts.clone(), settings);
    let out = read_version(&mut detector, cat());
    assert_eq!(first_seen(&out), Some(Value::Bool(true)));
    assert_eq!(out.seen.len(), 1);
    facts.seen = Some(out.seen);
    let mut next_run = Detector::new(fixture::matcher(), facts, settings);
    let out = read_version(&mut next_run, cat());
    assert_eq!(first_seen(&out), Some(Value::Bool(false)));
    assert!(out.seen.is_empty());
    let forgetful = read_version(&mut self::detector(false), cat());
    assert_eq!(first_seen(&forgetful), None);
}
