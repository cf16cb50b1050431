//! What was done after the login, and by whom.

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, span};

use super::*;

/// An episode, its process and what it raised.
struct Episode<'a> {
    pid: i64,
    parent_pid: i64,
    start_s: u64,
    path: &'a str,
    args: &'a [&'a str],
    directory: &'a str,
    user: (i64, &'a str),
    ancestors: &'a [&'a str],
    detections: i64,
    severity: &'a str,
    recipes: &'a [&'a str],
    techniques: &'a [&'a str],
    /// Only of episodes.
    exit: Option<Option<i64>>,
}

impl Episode<'_> {
    fn attributes(&self, found: &[KeyValue]) -> Vec<KeyValue> {
        let created = format!("2026-01-01T00:00:{}.000000000Z", self.start_s);
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let mut meant = vec![
            ("scoutline.session.uid", Id),
            ("scoutline.session.kind", Text("login")),
            ("scoutline.session.user.id", Int(1000)),
            ("scoutline.session.user.name", Text("ada")),
            ("scoutline.session.login.host", Text("192.0.2.7")),
            ("scoutline.session.login.tty", Text("pts/1")),
            ("scoutline.session.login.service", Text("sshd")),
            ("scoutline.slice.number", Int(1)),
            ("process.pid", Int(self.pid)),
            ("process.parent_pid", Int(self.parent_pid)),
            ("process.creation.time", Text(&created)),
            ("process.executable.path", Text(self.path)),
            ("process.executable.name", Text(name)),
            ("process.command_args", Texts(self.args)),
            ("process.working_directory", Text(self.directory)),
            ("process.user.id", Int(self.user.0)),
            ("process.user.name", Text(self.user.1)),
            ("scoutline.process.uid", Id),
            ("scoutline.process.parent.uid", Id),
        ];
        if !self.ancestors.is_empty() {
            meant.push(("scoutline.process.ancestors", Texts(self.ancestors)));
        }
        meant.extend([
            ("scoutline.episode.detections", Int(self.detections)),
            ("scoutline.episode.severity", Text(self.severity)),
            ("scoutline.episode.recipes", Texts(self.recipes)),
            ("scoutline.attack.techniques", Texts(self.techniques)),
        ]);
        if let Some(code) = self.exit {
            meant.push(("scoutline.episode.running", Flag(code.is_none())));
            meant.extend(code.map(|code| ("process.exit.code", Int(code))));
        }
        attributes(&meant, found)
    }
}

#[test]
fn a_trace_has_the_session_its_episodes_and_where_an_application_says_it_belongs() {
    let bash = Episode {
        pid: 1000,
        parent_pid: 900,
        start_s: 20,
        path: "/usr/bin/bash",
        args: &["-bash"],
        directory: "/srv",
        user: (1000, "ada"),
        // They are beyond the session.
        ancestors: &[],
        detections: 3,
        severity: "critical",
        recipes: &[
            "machine_fingerprint",
            "os_fingerprint",
            "net_scan_tool_exec",
        ],
        techniques: &["T1082", "T1046"],
        exit: None,
    };
    let dash = Episode {
        pid: 1010,
        parent_pid: 1000,
        start_s: 30,
        path: "/usr/bin/dash",
        args: &["sh", "/tmp/look.sh"],
        user: (0, "root"),
        ancestors: &ANCESTORS[1..],
        detections: 1,
        severity: "medium",
        recipes: &["machine_fingerprint"],
        techniques: &["T1082"],
        exit: Some(None),
        ..bash
    };
    let cat = Episode {
        pid: 1011,
        parent_pid: 1010,
        start_s: 31,
        path: "/usr/bin/cat",
        args: &["cat", "/proc/version"],
        directory: "/srv/www",
        ancestors: &ANCESTORS,
        recipes: &["os_fingerprint"],
        exit: Some(Some(1)),
        ..dash
    };
    let nmap = Episode {
        pid: 1012,
        start_s: 32,
        path: "/tmp/nmap",
        args: &["nmap", "-sS", "10.0.0.0/16"],
        directory: "/tmp",
        severity: "critical",
        recipes: &["net_scan_tool_exec"],
        techniques: &["T1046"],
        exit: Some(Some(0)),
        ..cat
    };
    let found = spans();
    assert_eq!(found.len(), 4);
    let [root, script] = [0, 1].map(|number| found[number].span_id.clone());
    // A slice is over a minute after its last detection, which was at 32.001 s.
    let closed = BOOT + 92 * SECOND + MILLISECOND;
    let application = span::Link {
        trace_id: b"\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c".to_vec(),
        span_id: b"\xb7\xad\x6b\x71\x69\x20\x33\x31".to_vec(),
        trace_state: String::new(),
        attributes: attributes(
            &[
                ("scoutline.trace_context.source", Text("environment")),
                ("scoutline.trace_context.trusted", Flag(false)),
            ],
            &[],
        ),
        dropped_attributes_count: 0,
        // Sampled; it is known that it is remote, and it is.
        flags: 0x301,
    };
    let none = Vec::new();
    let meant = [
        // Since the slice began, with its first process.
        (bash, &none, 30 * SECOND, closed, vec![]),
        (dash, &root, 30 * SECOND, closed, vec![]),
        (
            cat,
            &script,
            31 * SECOND,
            BOOT + 31_500 * MILLISECOND,
            vec![application],
        ),
        (nmap, &script, 32 * SECOND, BOOT + 33 * SECOND, vec![]),
    ];
    let spans = meant.into_iter().zip(&found);
    let spans = spans.map(|((episode, parent, start, end, links), found)| Span {
        trace_id: found.trace_id.clone(),
        span_id: found.span_id.clone(),
        trace_state: String::new(),
        parent_span_id: parent.clone(),
        // Sampled; that the parent is not remote is known of those that have one.
        flags: if parent.is_empty() { 0x001 } else { 0x101 },
        name: episode
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
        kind: span::SpanKind::Internal.into(),
        start_time_unix_nano: BOOT + start,
        end_time_unix_nano: end,
        attributes: episode.attributes(&found.attributes),
        dropped_attributes_count: 0,
        events: vec![],
        dropped_events_count: 0,
        links,
        dropped_links_count: 0,
        status: None,
    });
    let meant = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: resource("scoutline", LOGIN),
            scope_spans: vec![ScopeSpans {
                scope: scope("scoutline.detections"),
                spans: spans.collect(),
                schema_url: SCHEMA.to_owned(),
            }],
            schema_url: UPSTREAM.to_owned(),
        }],
    };
    let message = ExportTraceServiceRequest::decode(&trace().body[..]).expect("it is OTLP");
    assert_eq!(message, meant);
    let uid = |span: &Span, name: &str| id(&span.attributes, name).to_owned();
    for (child, parent) in [(1, 0), (2, 1), (3, 1)] {
        assert_eq!(
            uid(&found[child], "scoutline.process.parent.uid"),
            uid(&found[parent], "scoutline.process.uid")
        );
    }
    for span in &found {
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8));
        assert_eq!(span.trace_id, found[0].trace_id);
        assert_ne!(span.span_id, [0; 8]);
        let of_root = id(&found[0].attributes, "scoutline.session.uid");
        assert_eq!(id(&span.attributes, "scoutline.session.uid"), of_root);
    }
}
