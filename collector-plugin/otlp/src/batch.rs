//! Records gathered until they are worth a request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use scoutline_semconv::{Record, Resource, scope};

use crate::encode::{self, EncodeError, Envelope, REQUEST_ENTRY_OVERHEAD};

/// The instrumentation scope that records belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Scope name.
    pub name: &'static str,
    /// Version of what emits the records.
    pub version: &'static str,
    /// Schema that the attributes of the records follow.
    pub schema_url: &'static str,
}

impl Scope {
    /// Scope of detections.
    pub const DETECTIONS: Self = Self {
        name: scope::DETECTIONS,
        version: scope::VERSION,
        schema_url: scope::SCHEMA_URL,
    };
}

/// When a batch is sealed, whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Bytes of the request before compression. Only a batch of a single record may exceed it.
    pub bytes: usize,
    /// Records, at least 1.
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

/// A sealed `ExportLogsServiceRequest`: encoded once, shared by all exporters, sent and sent again as the same
/// bytes. A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct Batch {
    bytes: Bytes,
    records: u32,
}

impl Batch {
    /// The request in protobuf, not compressed.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Records in it, at least 1.
    pub fn records(&self) -> u32 {
        self.records
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
    /// Length of the last entry: the next is likely as long.
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
        let measured = encode::measure(record)?;
        let mut sealed = None;
        let mut index = self.group(resource, scope);
        if self.bytes + self.cost(index, measured.encoded_len()) > self.limits.bytes {
            sealed = self.seal();
            index = self.group(resource, scope);
        }
        self.bytes += self.cost(index, measured.encoded_len());
        if let Some(group) = self.groups.get_mut(index) {
            let (envelope, expected) = (&group.envelope, group.expected);
            let entry = group.entry.get_or_insert_with(|| envelope.open(expected));
            measured.put(entry);
        }
        self.latest = index;
        self.records += 1;
        self.oldest.get_or_insert(now);
        if self.records >= self.limits.records || self.bytes >= self.limits.bytes {
            // With a record in it that did not fit the one before, this one is only full if a single record
            // fills it. That one waits for the next record or its time, since one batch is returned at a time.
            sealed = sealed.or_else(|| self.seal());
        }
        Ok(sealed)
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
                group.expected = group.envelope.records_len(&entry);
                entries.push(group.envelope.close(entry));
            }
        }
        let bytes = match entries.as_mut_slice() {
            // Nearly always there is one workload: its entry is the request.
            [entry] => std::mem::take(entry),
            entries => entries.concat().into(),
        };
        let batch = Batch {
            bytes,
            records: self.records,
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

    /// Bytes that a record of `len` bytes adds: the first of its group brings the envelope along.
    fn cost(&self, index: usize, len: usize) -> usize {
        match self.groups.get(index) {
            Some(group) if group.entry.is_none() => {
                group.envelope.len() + REQUEST_ENTRY_OVERHEAD + len
            }
            _ => len,
        }
    }
}
