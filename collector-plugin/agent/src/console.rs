//! A record as a person at a terminal wants to read it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use scoutline_semconv::{Record, Severity, attr};

use crate::terminal::Safe;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// Prints records for people, two lines for a detection, a dim one for its summary.
///
/// The lines carry ANSI styles: write to an [`anstream::AutoStream`], which takes them out where they are not
/// wanted. Nothing that a process chose (paths, names) reaches the terminal unescaped.
#[derive(Clone, Debug)]
pub struct Console {
    time_zone: TimeZone,
}

impl Console {
    /// Times are shown in this zone.
    pub fn new(time_zone: TimeZone) -> Self {
        Self { time_zone }
    }

    /// Prints one record.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write(&self, record: &Record, out: &mut impl Write) -> io::Result<()> {
        let time = self.time(record.time_unix_nano);
        match record.text(attr::SCOUTLINE_DETECTION_PHASE) {
            Some("first") => detection(&time, record, out),
            _ => writeln!(out, "{DIM}{time} {}{DIM:#}", Safe(&record.body)),
        }
    }

    fn time(&self, unix_nanos: u64) -> String {
        match Timestamp::from_nanosecond(unix_nanos.into()) {
            Ok(time) => time
                .to_zoned(self.time_zone.clone())
                .strftime("%H:%M:%S")
                .to_string(),
            Err(_) => "--:--:--".to_owned(),
        }
    }
}

/// The style of a severity, the same wherever one is shown.
pub fn severity_style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Informational => return DIM,
        Severity::Low => AnsiColor::Cyan,
        Severity::Medium => AnsiColor::Yellow,
        Severity::High => AnsiColor::Red,
        Severity::Critical => return AnsiColor::BrightRed.on_default().bold(),
    };
    color.on_default()
}

/// A severity in capitals, in at most eight.
pub fn severity_label(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "INFO",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

fn detection(time: &str, record: &Record, out: &mut impl Write) -> io::Result<()> {
    let text = |name| record.text(name).unwrap_or_default();
    let severity = text(attr::SCOUTLINE_DETECTION_SEVERITY)
        .parse()
        .unwrap_or(Severity::Informational);
    let style = severity_style(severity);
    writeln!(
        out,
        "{DIM}{time}{DIM:#} {style}{:<8}{style:#} {BOLD}{}{BOLD:#} {DIM}{} {}{DIM:#}",
        severity_label(severity),
        Safe(text(attr::SECURITY_RULE_NAME)),
        Safe(text(attr::THREAT_TECHNIQUE_ID)),
        Safe(text(attr::THREAT_TECHNIQUE_NAME)),
    )?;

    let executable = text(attr::PROCESS_EXECUTABLE_PATH);
    write!(out, "{:>17} {}", "", Safe(executable))?;
    if let Some(pid) = record.int(attr::PROCESS_PID) {
        write!(out, " ({pid}, {})", user(record))?;
    }
    match record.text(attr::FILE_PATH) {
        Some(path) => write!(out, " {} {}", opened(record), Safe(path))?,
        None => {
            if let Some(script) = record.text(attr::SCOUTLINE_PROCESS_SCRIPT) {
                write!(out, " running {}", Safe(script))?;
            }
        }
    }
    if let Some(parent) = record.text(attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH) {
        write!(out, " {DIM}from {}{DIM:#}", Safe(parent))?;
    }
    writeln!(out)
}

fn user(record: &Record) -> String {
    match record.text(attr::PROCESS_USER_NAME) {
        Some(name) => Safe(name).to_string(),
        None => match record.get(attr::PROCESS_USER_ID) {
            Some(scoutline_semconv::Value::Int(id)) => format!("uid {id}"),
            _ => match record.text(attr::PROCESS_USER_ID) {
                Some(id) => format!("uid {}", Safe(id)),
                None => "unknown user".to_owned(),
            },
        },
    }
}

fn opened(record: &Record) -> &'static str {
    let flags = record
        .text(attr::SCOUTLINE_FILE_REQUESTED_FLAGS)
        .unwrap_or_default();
    match flags.split('|').next() {
        Some("O_RDONLY") => "read",
        Some("O_WRONLY") => "wrote",
        _ => "opened",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use scoutline_semconv::{Attribute, event};

    use super::*;

    /// A detection's record with these attributes, one second after the epoch.
    pub(crate) fn record(body: &str, attributes: Vec<Attribute>) -> Record {
        Record {
            event_name: event::DETECTION,
            time_unix_nano: 1_000_000_000,
            observed_time_unix_nano: 1_000_000_000,
            severity_number: Severity::Medium.number(),
            severity_text: Severity::Medium.text(),
            body: body.to_owned(),
            trace: None,
            attributes,
        }
    }

    fn open() -> Vec<Attribute> {
        vec![
            (attr::SCOUTLINE_DETECTION_PHASE, "first".into()),
            (attr::SCOUTLINE_DETECTION_SEVERITY, "medium".into()),
            (attr::SECURITY_RULE_NAME, "os_fingerprint".into()),
            (attr::THREAT_TECHNIQUE_ID, "T1082".into()),
            (
                attr::THREAT_TECHNIQUE_NAME,
                "System Information Discovery".into(),
            ),
            (attr::PROCESS_EXECUTABLE_PATH, "/usr/bin/cat".into()),
            (attr::PROCESS_PID, 4242_u32.into()),
            (attr::PROCESS_USER_NAME, "root".into()),
            (attr::FILE_PATH, "/proc/version".into()),
            (
                attr::SCOUTLINE_FILE_REQUESTED_FLAGS,
                "O_RDONLY|O_CLOEXEC".into(),
            ),
            (
                attr::SCOUTLINE_PROCESS_PARENT_EXECUTABLE_PATH,
                "/usr/bin/bash".into(),
            ),
        ]
    }

    fn execution() -> Vec<Attribute> {
        vec![
            (attr::SCOUTLINE_DETECTION_PHASE, "first".into()),
            (attr::SCOUTLINE_DETECTION_SEVERITY, "critical".into()),
            (attr::SECURITY_RULE_NAME, "net_scan_tool_exec".into()),
            (attr::THREAT_TECHNIQUE_ID, "T1046".into()),
            (
                attr::THREAT_TECHNIQUE_NAME,
                "Network Service Discovery".into(),
            ),
            (attr::PROCESS_EXECUTABLE_PATH, "/usr/bin/python3.11".into()),
            (attr::PROCESS_PID, 7_u32.into()),
            (attr::PROCESS_USER_ID, 1000_u32.into()),
            (attr::SCOUTLINE_PROCESS_SCRIPT, "./scan.py".into()),
        ]
    }

    fn with(
        mut attributes: Vec<Attribute>,
        name: &'static str,
        value: &'static str,
    ) -> Vec<Attribute> {
        attributes.retain(|(known, _)| *known != name);
        attributes.push((name, value.into()));
        attributes
    }

    fn styled(record: &Record) -> String {
        let mut out = Vec::new();
        Console::new(TimeZone::UTC)
            .write(record, &mut out)
            .expect("a Vec takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    fn plain(record: &Record) -> String {
        anstream::adapter::strip_str(&styled(record)).to_string()
    }

    #[test]
    fn two_lines_for_a_detection_one_for_its_summary() {
        let summary = record(
            "os_fingerprint: /usr/bin/cat read 3 files 1204 times in 60 s",
            vec![(attr::SCOUTLINE_DETECTION_PHASE, "summary".into())],
        );
        let shown = [record("x", open()), record("x", execution()), summary]
            .iter()
            .map(plain)
            .collect::<String>();
        insta::assert_snapshot!(shown, @r#"
00:00:01 MEDIUM   os_fingerprint T1082 System Information Discovery
                  /usr/bin/cat (4242, root) read /proc/version from /usr/bin/bash
00:00:01 CRITICAL net_scan_tool_exec T1046 Network Service Discovery
                  /usr/bin/python3.11 (7, uid 1000) running ./scan.py
00:00:01 os_fingerprint: /usr/bin/cat read 3 files 1204 times in 60 s
"#);
    }

    #[test]
    fn severity_has_a_colour() {
        insta::assert_snapshot!(styled(&record("x", open())).replace('\u{1b}', "ESC"), @r#"
ESC[2m00:00:01ESC[0m ESC[33mMEDIUM  ESC[0m ESC[1mos_fingerprintESC[0m ESC[2mT1082 System Information DiscoveryESC[0m
                  /usr/bin/cat (4242, root) read /proc/version ESC[2mfrom /usr/bin/bashESC[0m
"#);
    }

    #[test]
    fn hostile_names_stay_on_their_line_and_move_no_cursor() {
        for (name, hostile) in [
            (attr::FILE_PATH, "/tmp/\u{1b}[2J\u{1b}]0;owned\u{7}"),
            (
                attr::PROCESS_EXECUTABLE_PATH,
                "/tmp/a\nb\r00:00:00 LOW nothing",
            ),
            (attr::PROCESS_USER_NAME, "ro\u{202e}ot\u{9b}31m"),
            (attr::SECURITY_RULE_NAME, "\u{1b}c"),
        ] {
            let shown = plain(&record("x", with(open(), name, hostile)));
            assert_eq!(shown.lines().count(), 2, "{shown:?}");
            assert!(
                !shown
                    .chars()
                    .any(|character| character.is_control() && character != '\n'
                        || character == '\u{202e}'),
                "{shown:?}"
            );
        }
        let body = record("a\n\u{1b}[1Ab", vec![]);
        assert_eq!(plain(&body), "00:00:01 a\\n\\u{1b}[1Ab\n");
    }

    #[test]
    fn a_record_without_anything_is_no_reason_to_stop() {
        let bare = record("", vec![(attr::SCOUTLINE_DETECTION_PHASE, "first".into())]);
        assert_eq!(plain(&bare).lines().count(), 2);
        let far = Record {
            time_unix_nano: u64::MAX,
            ..record("late", vec![])
        };
        assert!(plain(&far).ends_with(" late\n"));
    }
}
