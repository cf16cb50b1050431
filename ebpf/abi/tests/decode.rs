//! The decoder is total: whatever the bytes, it gives an event or says why not.

use proptest::prelude::*;
use scoutline_abi::raw::{
    self, CgroupEvent, EventHeader, ExecEvent, ExitEvent, ForkEvent, OpenEvent, TraceContextEvent,
};
use scoutline_abi::{DecodeError, Event, decode};
use zerocopy::IntoBytes;

const KINDS: [(u16, usize); 7] = [
    (raw::EVENT_TRACE_CONTEXT, size_of::<TraceContextEvent>()),
    (raw::EVENT_CGROUP, size_of::<CgroupEvent>()),
    (raw::EVENT_EXEC, size_of::<ExecEvent>()),
    (raw::EVENT_TASK, size_of::<ExecEvent>()),
    (raw::EVENT_FORK, size_of::<ForkEvent>()),
    (raw::EVENT_EXIT, size_of::<ExitEvent>()),
    (raw::EVENT_OPEN, size_of::<OpenEvent>()),
];

/// A right header before any bytes.
fn with_header(kind: u16, body: &[u8]) -> Vec<u8> {
    let size = size_of::<EventHeader>() + body.len();
    let header = EventHeader {
        kind,
        version: raw::ABI_VERSION,
        size: u32::try_from(size).unwrap_or(u32::MAX),
        time_ns: 1,
    };
    [header.as_bytes(), body].concat()
}

/// Reads every text of an event, so that a wrong bound would show.
fn read_all(event: &Event<'_>) -> usize {
    let texts = match event {
        Event::Exec(record) | Event::Task(record) => {
            let exec = &record.fixed;
            let file = [exec.file.path_fs, exec.file.path_mount];
            let own = [exec.cwd, exec.filename, exec.interpreter, exec.argv];
            [file.as_slice(), &own]
                .concat()
                .into_iter()
                .map(|text| (text.len, record.text(text).bytes.len()))
                .collect()
        }
        Event::Open(record) => [record.fixed.file.path_fs, record.fixed.file.path_mount]
            .into_iter()
            .map(|text| (text.len, record.text(text).bytes.len()))
            .collect(),
        Event::TraceContext(record) => {
            let value = record.fixed.value;
            vec![(value.len, record.text(value).bytes.len())]
        }
        Event::Cgroup(record) => {
            let path = record.fixed.path;
            vec![(path.len, record.text(path).bytes.len())]
        }
        Event::Fork(_) | Event::Exit(_) => Vec::new(),
    };
    for (said, got) in &texts {
        assert_eq!(usize::from(*said), *got, "a text is as long as it says");
    }
    texts.len()
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        if let Ok(event) = decode(&bytes) {
            read_all(&event);
        }
    }

    #[test]
    fn any_bytes_behind_a_right_header(
        kind in 0..KINDS.len(),
        extra in 0..64_usize,
        bytes in proptest::collection::vec(any::<u8>(), 4096),
        small in any::<bool>(),
    ) {
        let (kind, size) = KINDS[kind];
        let mut body = bytes[..size - size_of::<EventHeader>() + extra].to_vec();
        if small {
            // Texts that begin and end early are likelier to lie inside.
            body.iter_mut().for_each(|byte| *byte %= 2);
        }
        match decode(&with_header(kind, &body)) {
            Ok(event) => {
                prop_assert_eq!(event.header().kind, kind);
                read_all(&event);
            }
            Err(DecodeError::TextOutside { .. } | DecodeError::SizeMismatch { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

#[test]
fn says_what_is_wrong() {
    let exit = with_header(raw::EVENT_EXIT, &[0; 24]);
    assert!(matches!(decode(&exit), Ok(Event::Exit(_))));
    let mut other_version = exit.clone();
    other_version[2] = 0xff;
    let cases: [(&[u8], DecodeError); 5] = [
        (
            &exit[..15],
            DecodeError::TooShort {
                kind: 0,
                got: 15,
                needed: 16,
            },
        ),
        (&exit[..39], DecodeError::SizeMismatch { said: 40, got: 39 }),
        (&other_version, DecodeError::Version(0x00ff)),
        (&with_header(99, &[]), DecodeError::UnknownKind(99)),
        (
            &with_header(raw::EVENT_OPEN, &[]),
            DecodeError::TooShort {
                kind: raw::EVENT_OPEN,
                got: 16,
                needed: size_of::<OpenEvent>(),
            },
        ),
    ];
    for (bytes, error) in cases {
        assert_eq!(decode(bytes), Err(error));
    }
}
