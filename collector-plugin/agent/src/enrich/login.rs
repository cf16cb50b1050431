//! Where somebody logged in from: logind knows it, else utmp.

use std::fs;

use scoutline_detect::{Login, SessionQuestion};

use super::process::Process;

/// logind's own files, which are not documented but have been the same since it exists.
const LOGIND: &str = "/run/systemd/sessions";
const UTMP: [&str; 2] = ["/run/utmp", "/var/run/utmp"];

/// `struct utmp` of glibc on 64-bit architectures.
const UTMP_LEN: usize = 384;
const USER_PROCESS: u16 = 7;

/// Major number of pseudo terminals, of which there are 256 to a major.
const PTS_MAJOR: std::ops::RangeInclusive<u32> = 136..=143;

/// How the session's root got in, `None` if nobody knows.
pub(super) fn find(question: &SessionQuestion) -> Option<Login> {
    let of_logind = || {
        // The audit session's number is the name of logind's session.
        let path = format!("{LOGIND}/{}", question.login?);
        logind(&fs::read_to_string(path).ok()?)
    };
    let of_utmp = || {
        let pids = std::iter::once(&question.root).chain(&question.below);
        let terminal = pids
            .filter_map(|pid| Process::open(*pid))
            .find_map(|process| terminal(process.terminal()))?;
        let bytes = UTMP.iter().find_map(|path| fs::read(path).ok())?;
        utmp(&bytes, &terminal)
    };
    of_logind().or_else(of_utmp)
}

/// `KEY=value` lines.
fn logind(text: &str) -> Option<Login> {
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let login = Login {
        host: value("REMOTE_HOST"),
        tty: value("TTY"),
        service: value("SERVICE"),
    };
    (login != Login::default()).then_some(login)
}

/// Name of a terminal as utmp has it.
fn terminal(device: u32) -> Option<String> {
    let (major, minor) = (device >> 20, device & 0xf_ffff);
    if PTS_MAJOR.contains(&major) {
        return Some(format!("pts/{}", (major - PTS_MAJOR.start()) * 256 + minor));
    }
    (major == 4 && (1..=63).contains(&minor)).then(|| format!("tty{minor}"))
}

fn utmp(bytes: &[u8], terminal: &str) -> Option<Login> {
    let text = |record: &[u8; UTMP_LEN], at: std::ops::Range<usize>| {
        let bytes = record.get(at)?.split(|byte| *byte == 0).next()?;
        let text = std::str::from_utf8(bytes).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (records, _) = bytes.as_chunks::<UTMP_LEN>();
    let record = records.iter().find(|record| {
        let [low, high, ..] = *record;
        u16::from_le_bytes([*low, *high]) == USER_PROCESS
            && text(record, 8..40).as_deref() == Some(terminal)
    })?;
    Some(Login {
        host: text(record, 76..332),
        tty: Some(terminal.to_owned()),
        service: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logind_says_where_from() {
        let text = "# This is private data. Do not parse.\nUID=1000\nUSER=ann\nACTIVE=1\nREMOTE=1\n\
                    TYPE=tty\nREMOTE_HOST=192.0.2.7\nSERVICE=sshd\nTTY=pts/3\n";
        let login = logind(text).expect("a login");
        assert_eq!(login.host.as_deref(), Some("192.0.2.7"));
        assert_eq!(login.tty.as_deref(), Some("pts/3"));
        assert_eq!(login.service.as_deref(), Some("sshd"));
        assert_eq!(logind("UID=0\n"), None);
    }

    #[test]
    fn utmp_is_searched_by_terminal() {
        let record = |kind: u16, line: &str, host: &str| {
            let mut record = [0; UTMP_LEN];
            record[..2].copy_from_slice(&kind.to_le_bytes());
            record[8..8 + line.len()].copy_from_slice(line.as_bytes());
            record[76..76 + host.len()].copy_from_slice(host.as_bytes());
            record
        };
        let bytes = [
            record(8, "pts/1", "old.example"),
            record(USER_PROCESS, "pts/11", "other.example"),
            record(USER_PROCESS, "pts/1", "192.0.2.9"),
        ]
        .concat();
        let login = utmp(&bytes, "pts/1").expect("a login");
        assert_eq!(login.host.as_deref(), Some("192.0.2.9"));
        assert_eq!(utmp(&bytes, "tty1"), None);
        assert_eq!(utmp(&bytes[..100], "pts/1"), None);
    }

    #[test]
    fn terminals_have_names() {
        for (device, name) in [
            (136 << 20 | 3, Some("pts/3")),
            (137 << 20 | 1, Some("pts/257")),
            (4 << 20 | 1, Some("tty1")),
            (4 << 20 | 64, None),
            (0, None),
        ] {
            assert_eq!(terminal(device).as_deref(), name, "{device:x}");
        }
    }
}
