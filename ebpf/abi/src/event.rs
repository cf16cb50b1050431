//! Ring bytes to [`Event`]: total, and it believes nothing.

use thiserror::Error;
use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::raw;

/// One record of a ring, borrowed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A program was executed.
    Exec(Box<Record<'a, raw::ExecEvent>>),
    /// A process was there before the sensor.
    Task(Box<Record<'a, raw::ExecEvent>>),
    /// A process was forked; threads are not reported.
    Fork(raw::ForkEvent),
    /// The last thread of a process is gone. May be reported twice when two threads end at once.
    Exit(raw::ExitEvent),
    /// Where a cgroup is, or that it is gone.
    Cgroup(Record<'a, raw::CgroupEvent>),
    /// A program that is about to be reported says which trace it is part of.
    TraceContext(Record<'a, raw::TraceContextEvent>),
    /// A file was opened that passed the sieve.
    Open(Box<Record<'a, raw::OpenEvent>>),
}

impl Event<'_> {
    /// What all events begin with.
    pub fn header(&self) -> &raw::EventHeader {
        match self {
            Self::Exec(record) | Self::Task(record) => &record.fixed.header,
            Self::Fork(event) => &event.header,
            Self::Exit(event) => &event.header,
            Self::Cgroup(record) => &record.fixed.header,
            Self::TraceContext(record) => &record.fixed.header,
            Self::Open(record) => &record.fixed.header,
        }
    }
}

/// The fixed part of a record, copied so that bytes need no alignment, and its tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a, T> {
    /// The fixed part.
    pub fixed: T,
    tail: &'a [u8],
}

impl<'a, T> Record<'a, T> {
    /// The bytes that a [`raw::Text`] of this record points to. [`decode`] has checked the bounds.
    pub fn text(&self, text: raw::Text) -> Text<'a> {
        let start = usize::from(text.offset);
        Text {
            bytes: self
                .tail
                .get(start..start + usize::from(text.len))
                .unwrap_or_default(),
            flags: text.flags,
        }
    }
}

/// Bytes that a process or a file system chose, and whether they are all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// Any bytes; paths are leaf first (see [`crate::Path`]).
    pub bytes: &'a [u8],
    flags: u32,
}

impl<'a> Text<'a> {
    /// Text from elsewhere than a ring, whole.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, flags: 0 }
    }

    /// Whether a bound or a failed read cut it short.
    pub fn is_partial(&self) -> bool {
        self.flags & (raw::TEXT_TRUNCATED | raw::TEXT_UNREADABLE) != 0
    }
}

/// Why bytes are not an event.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Fewer bytes than the record's fixed part.
    #[error("record of {got} bytes is shorter than the {needed} its kind {kind} has")]
    TooShort {
        /// `kind` of the header, 0 if even that is missing.
        kind: u16,
        /// Bytes there.
        got: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The header's size is not the record's.
    #[error("record says it has {said} bytes, but {got} came")]
    SizeMismatch {
        /// `size` of the header.
        said: u32,
        /// Bytes there.
        got: usize,
    },
    /// Written by another version of the programs.
    #[error("record has ABI version {0}, this program reads {version}", version = raw::ABI_VERSION)]
    Version(u16),
    /// A kind that this version does not know.
    #[error("record has the unknown kind {0}")]
    UnknownKind(u16),
    /// A string lies outside of the record.
    #[error(
        "a string of a record of kind {kind} lies at {offset}+{len}, outside of its tail of {tail} bytes"
    )]
    TextOutside {
        /// `kind` of the header.
        kind: u16,
        /// Offset in the tail.
        offset: u16,
        /// Length.
        len: u16,
        /// Bytes of the tail.
        tail: usize,
    },
}

/// Decodes one ring record.
///
/// Trailing bytes of the fixed-size records and a wrong `size` are errors, so that a recording cannot be
/// misread. Never panics, whatever the bytes.
pub fn decode(bytes: &[u8]) -> Result<Event<'_>, DecodeError> {
    let (header, _) = prefix::<raw::EventHeader>(0, bytes)?;
    if header.version != raw::ABI_VERSION {
        return Err(DecodeError::Version(header.version));
    }
    if usize::try_from(header.size) != Ok(bytes.len()) {
        return Err(DecodeError::SizeMismatch {
            said: header.size,
            got: bytes.len(),
        });
    }
    match header.kind {
        raw::EVENT_EXEC => Ok(Event::Exec(Box::new(exec(bytes)?))),
        raw::EVENT_TASK => Ok(Event::Task(Box::new(exec(bytes)?))),
        raw::EVENT_FORK => Ok(Event::Fork(whole(header.kind, bytes)?)),
        raw::EVENT_EXIT => Ok(Event::Exit(whole(header.kind, bytes)?)),
        raw::EVENT_CGROUP => {
            let record = record::<raw::CgroupEvent>(header.kind, bytes)?;
            check(header.kind, record.tail, &[record.fixed.path])?;
            Ok(Event::Cgroup(record))
        }
        raw::EVENT_TRACE_CONTEXT => {
            let record = record::<raw::TraceContextEvent>(header.kind, bytes)?;
            check(header.kind, record.tail, &[record.fixed.value])?;
            Ok(Event::TraceContext(record))
        }
        raw::EVENT_OPEN => {
            let record = record::<raw::OpenEvent>(header.kind, bytes)?;
            let file = &record.fixed.file;
            check(header.kind, record.tail, &[file.path_fs, file.path_mount])?;
            Ok(Event::Open(Box::new(record)))
        }
        kind => Err(DecodeError::UnknownKind(kind)),
    }
}

fn exec(bytes: &[u8]) -> Result<Record<'_, raw::ExecEvent>, DecodeError> {
    let record = record::<raw::ExecEvent>(raw::EVENT_EXEC, bytes)?;
    let raw::ExecEvent {
        file,
        cwd,
        filename,
        interpreter,
        argv,
        ..
    } = record.fixed;
    let texts = [
        file.path_fs,
        file.path_mount,
        cwd,
        filename,
        interpreter,
        argv,
    ];
    check(raw::EVENT_EXEC, record.tail, &texts)?;
    Ok(record)
}

fn prefix<T: FromBytes + KnownLayout + Immutable>(
    kind: u16,
    bytes: &[u8],
) -> Result<(T, &[u8]), DecodeError> {
    T::read_from_prefix(bytes).map_err(|_| DecodeError::TooShort {
        kind,
        got: bytes.len(),
        needed: size_of::<T>(),
    })
}

fn record<T: FromBytes + KnownLayout + Immutable>(
    kind: u16,
    bytes: &[u8],
) -> Result<Record<'_, T>, DecodeError> {
    let (fixed, tail) = prefix(kind, bytes)?;
    Ok(Record { fixed, tail })
}

fn whole<T: FromBytes + KnownLayout + Immutable>(
    kind: u16,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let (event, rest) = prefix(kind, bytes)?;
    if rest.is_empty() {
        Ok(event)
    } else {
        Err(DecodeError::SizeMismatch {
            said: u32::try_from(size_of::<T>()).unwrap_or(u32::MAX),
            got: bytes.len(),
        })
    }
}

fn check(kind: u16, tail: &[u8], texts: &[raw::Text]) -> Result<(), DecodeError> {
    for text in texts {
        if usize::from(text.offset) + usize::from(text.len) > tail.len() {
            return Err(DecodeError::TextOutside {
                kind,
                offset: text.offset,
                len: text.len,
                tail: tail.len(),
            });
        }
    }
    Ok(())
}
