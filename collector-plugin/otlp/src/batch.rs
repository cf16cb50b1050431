//! Records gathered until they are worth a request, and what a request is made of.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use scoutline_semconv::{Record, Resource, attr, limits, scope};

use crate::encode::{self, EncodeError, Envelope, REQUEST_ENTRY_OVERHEAD};
use crate::signal::Signal;

/// The instrumentation scope that records, spans or instruments belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Scope name.
    pub name: &'static str,
    /// Version of what emits them.
    pub version: &'static str,
    /// Schema that their attributes follow.
    pub schema_url: &'static str,
}

impl Scope {
    /// Scope of detections.
    pub const DETECTIONS: Self = Self {
        name: scope::DETECTIONS,
        version: scope::VERSION,
        schema_url: scope::SCHEMA_URL,
    };

    /// Scope of what the sensor says about itself.
    pub const SENSOR: Self = Self {
        name: scope::SENSOR,
        ..Self::DETECTIONS
    };
}

/// Numbers of records, both ends included: of all records between there may be others than those that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequences {
    /// The lowest.
    pub first: u64,
    /// The highest.
    pub last: u64,
}

impl Sequences {
    /// The smallest range around both.
    #[must_use]
    pub fn around(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self {
                first: one.first.min(other.first),
                last: one.last.max(other.last),
            }),
            (one, other) => one.or(other),
        }
    }

    /// That of one record, if it has a number.
    pub fn of(record: &Record) -> Option<Self> {
        let number = u64::try_from(record.int(attr::SCOUTLINE_SEQUENCE)?).ok()?;
        Some(Self {
            first: number,
            last: number,
        })
    }
}

/// How a queue treats a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Care {
    /// Dropped when the queue is full.
    #[default]
    Ordinary,
    /// Finds room above the capacity of a full queue: it says what was lost.
    Reserved,
    /// Not worth waiting for, since the next one says more: it never waits behind others, is tried once, and one that
    /// still waits makes room for the next.
    Passing,
}

/// When a batch is sealed, whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Bytes of the request before compression. Only a batch of a single record or span may exceed it.
    pub bytes: usize,
    /// Records or spans, at least 1.
    pub records: u32,
    /// Time since the first record came in.
    pub age: Duration,
}

impl BatchLimits {
    /// A quarter of the 4 MiB that a gRPC server takes unless told otherwise.
    pub const DEFAULT_BYTES: usize = 1024 * 1024;
    /// As in the Collector's batcher.
    pub const DEFAULT_RECORDS: u32 = 8192;
    /// Short enough that a person does not notice, long enough to gather a burst.
    pub const DEFAULT_AGE: Duration = Duration::from_millis(50);
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self {
            bytes: Self::DEFAULT_BYTES,
            records: Self::DEFAULT_RECORDS,
            age: Self::DEFAULT_AGE,
        }
    }
}

/// A sealed `ExportLogsServiceRequest` or `ExportTraceServiceRequest`: encoded once, shared by all exporters, sent and
/// sent again as the same bytes. A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct Batch {
    signal: Signal,
    bytes: Bytes,
    items: u32,
    sequences: Option<Sequences>,
    care: Care,
}

impl Batch {
    pub(crate) fn new(signal: Signal, bytes: Bytes, items: u32) -> Self {
        Self {
            signal,
            bytes,
            items,
            sequences: None,
            care: Care::Ordinary,
        }
    }

    /// One record as a batch of its own.
    ///
    /// # Errors
    /// [`EncodeError`] if it can not be encoded.
    pub fn of_record(
        resource: &Arc<Resource>,
        scope: Scope,
        record: &Record,
        care: Care,
    ) -> Result<Self, EncodeError> {
        let envelope = Envelope::new(resource, &scope);
        let mut entry = envelope.open(0);
        encode::put_record(&mut entry, record)?;
        Ok(Self {
            sequences: Sequences::of(record),
            care,
            ..Self::new(Signal::Logs, envelope.close(entry), 1)
        })
    }

    /// Numbers of the records in it; `None` if they have none.
    pub fn sequences(&self) -> Option<Sequences> {
        self.sequences
    }

    /// How it is treated.
    pub fn care(&self) -> Care {
        self.care
    }

    /// What it is a request of.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// The request in protobuf, not compressed.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Records or spans in it, at least 1.
    pub fn items(&self) -> u32 {
        self.items
    }
}

/// Gathers records into batches. It has no clock and no thread: the caller says what time it is, and asks with
/// [`Self::seal_due`] (at [`Self::due_at`]) for what has waited long enough.
///
/// Keeps no records between batches, only how long the last ones were.
#[derive(Debug)]
pub struct Batcher {
    limits: BatchLimits,
    groups: Vec<Group>,
    /// Index of the group that took the last record: most likely the next one's too.
    latest: usize,
    /// Upper bound of the request's length, were it sealed now.
    bytes: usize,
    records: u32,
    sequences: Option<Sequences>,
    oldest: Option<Instant>,
}

/// The records of one resource and scope.
#[derive(Debug)]
struct Group {
    /// Held, so that its address stays its own.
    resource: Arc<Resource>,
    scope: Scope,
    envelope: Envelope,
    /// Opened by the envelope; `None` while there are no records.
    entry: Option<BytesMut>,
    /// Bytes to make room for: the next entry is likely about as long as the last.
    expected: usize,
}

impl Batcher {
    /// An empty batcher.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            limits,
            groups: Vec::new(),
            latest: 0,
            bytes: 0,
            records: 0,
            sequences: None,
            oldest: None,
        }
    }

    /// Adds a record, and returns the batch that this sealed, if any: the one before, when the record no longer
    /// fits, or the one it completes.
    ///
    /// Records are grouped by the identity of `resource`, not by its content: share one `Arc` for each workload.
    ///
    /// # Errors
    /// [`EncodeError`] if the record can not be encoded. It is lost then, and the batch is as it was.
    pub fn push(
        &mut self,
        now: Instant,
        resource: &Arc<Resource>,
        scope: Scope,
        record: &Record,
    ) -> Result<Option<Batch>, EncodeError> {
        let mut sealed = None;
        let groups = self.groups.len();
        let mut index = self.group(resource, scope);
        let mut added = self
            .put(index, |entry| encode::put_record(entry, record))
            .inspect_err(|_| self.groups.truncate(groups))?;
        if self.records > 0 && self.bytes + added.request > self.limits.bytes {
            let moved = self.take_back(index, added.entry);
            sealed = self.seal();
            index = self.group(resource, scope);
            added = self.put(index, |entry| {
                entry.put_slice(&moved);
                Ok(moved.len())
            })?;
        }
        self.bytes += added.request;
        self.latest = index;
        self.records += 1;
        self.sequences = Sequences::around(self.sequences, Sequences::of(record));
        self.oldest.get_or_insert(now);
        if self.records >= self.limits.records || self.bytes >= self.limits.bytes {
            // With a record in it that did not fit the one before, this one is only full if a single record
            // fills it. That one waits for the next record or its time, since one batch is returned at a time.
            sealed = sealed.or_else(|| self.seal());
        }
        Ok(sealed)
    }

    /// Numbers of the records that wait; `None` if there are none.
    pub fn sequences(&self) -> Option<Sequences> {
        self.sequences
    }

    /// When the batch is due at the latest, `None` while it is empty.
    pub fn due_at(&self) -> Option<Instant> {
        self.oldest.map(|oldest| oldest + self.limits.age)
    }

    /// The batch, if its first record has waited for [`BatchLimits::age`].
    pub fn seal_due(&mut self, now: Instant) -> Option<Batch> {
        if self.due_at()? > now {
            return None;
        }
        self.seal()
    }

    /// The batch as it is, `None` if it is empty.
    pub fn seal(&mut self) -> Option<Batch> {
        if self.records == 0 {
            return None;
        }
        // A workload that had nothing to say since the last batch is likely gone.
        self.groups.retain(|group| group.entry.is_some());
        let mut entries: Vec<Bytes> = Vec::with_capacity(self.groups.len());
        for group in &mut self.groups {
            if let Some(entry) = group.entry.take() {
                // An eighth more, or every other batch would outgrow its buffer and be copied into a larger one. The
                // record that no longer fits is in it for a moment, too.
                let len = group.envelope.records_len(&entry);
                group.expected =
                    (len + len / 8).min(self.limits.bytes.saturating_add(limits::RECORD_BYTES));
                entries.push(group.envelope.close(entry));
            }
        }
        let bytes = match entries.as_mut_slice() {
            // Nearly always there is one workload: its entry is the request.
            [entry] => std::mem::take(entry),
            entries => entries.concat().into(),
        };
        let batch = Batch {
            sequences: self.sequences.take(),
            ..Batch::new(Signal::Logs, bytes, self.records)
        };
        self.latest = 0;
        self.bytes = 0;
        self.records = 0;
        self.oldest = None;
        Some(batch)
    }

    /// Index of the group, which is made if there is none. A linear search over pointers: groups are the
    /// workloads that raised a detection within one batch, a handful.
    fn group(&mut self, resource: &Arc<Resource>, scope: Scope) -> usize {
        let is_it = |group: &Group| Arc::ptr_eq(&group.resource, resource) && group.scope == scope;
        if self.groups.get(self.latest).is_some_and(is_it) {
            return self.latest;
        }
        if let Some(index) = self.groups.iter().position(is_it) {
            return index;
        }
        self.groups.push(Group {
            resource: Arc::clone(resource),
            scope,
            envelope: Envelope::new(resource, &scope),
            entry: None,
            expected: 0,
        });
        self.groups.len() - 1
    }

    /// Has `write` append a record to a group's entry. If it fails the entry is as it was.
    fn put(
        &mut self,
        index: usize,
        write: impl FnOnce(&mut BytesMut) -> Result<usize, EncodeError>,
    ) -> Result<Added, EncodeError> {
        let Some(group) = self.groups.get_mut(index) else {
            return Ok(Added::default());
        };
        if let Some(entry) = &mut group.entry {
            let len = write(entry)?;
            return Ok(Added {
                entry: len,
                request: len,
            });
        }
        let mut entry = group.envelope.open(group.expected);
        let len = write(&mut entry)?;
        group.entry = Some(entry);
        Ok(Added {
            entry: len,
            request: group.envelope.len() + REQUEST_ENTRY_OVERHEAD + len,
        })
    }

    /// Takes the last `len` bytes, a record, out of a group's entry again.
    fn take_back(&mut self, index: usize, len: usize) -> Bytes {
        let Some(group) = self.groups.get_mut(index) else {
            return Bytes::new();
        };
        let Some(mut entry) = group.entry.take() else {
            return Bytes::new();
        };
        let begin = entry.len().saturating_sub(len);
        let record = Bytes::copy_from_slice(entry.get(begin..).unwrap_or_default());
        entry.truncate(begin);
        group.entry = (group.envelope.records_len(&entry) > 0).then_some(entry);
        record
    }
}

/// Bytes that a record adds.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    /// To the entry of its group.
    entry: usize,
    /// To the request at most: the first record of a group brings the envelope along.
    request: usize,
}
