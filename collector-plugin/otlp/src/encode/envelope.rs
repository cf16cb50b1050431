//! What surrounds the records of one resource and scope in an `ExportLogsServiceRequest`. What surrounds spans in an
//! `ExportTraceServiceRequest` has the same numbers, so that it is the same bytes.

use bytes::{BufMut, Bytes, BytesMut};
use scoutline_semconv::{Resource, scope};

use super::value::{attribute_len, put_attribute};
use super::wire::{DELIMITED, delimited_len, optional_len, put_header, put_optional, tag};
use crate::batch::Scope;

// ExportLogsServiceRequest, and ExportTraceServiceRequest.resource_spans.
const RESOURCE_LOGS: u8 = tag(1, DELIMITED);

// ResourceLogs and ResourceSpans.
const RESOURCE: u8 = tag(1, DELIMITED);
const SCOPE_LOGS: u8 = tag(2, DELIMITED);

// Resource.
const RESOURCE_ATTRIBUTES: u8 = tag(1, DELIMITED);

// ScopeLogs and ScopeSpans.
const SCOPE: u8 = tag(1, DELIMITED);

// InstrumentationScope.
const NAME: u8 = tag(1, DELIMITED);
const VERSION: u8 = tag(2, DELIMITED);

// All four.
const SCHEMA_URL: u8 = tag(3, DELIMITED);

/// Tag and longest length of the two messages that surround the records of one group.
pub(crate) const REQUEST_ENTRY_OVERHEAD: usize = 2 * (1 + 5);

/// Everything but the records of one `ResourceLogs` with one `ScopeLogs`, or the same for spans, encoded once.
#[derive(Debug)]
pub(crate) struct Envelope {
    resource: Bytes,
    scope: Bytes,
    scope_schema: Bytes,
    resource_schema: Bytes,
}

impl Envelope {
    pub(crate) fn new(resource: &Resource, of: &Scope) -> Self {
        Self {
            resource: encode_resource(resource),
            scope: encode_scope(of),
            scope_schema: encode_schema_url(of.schema_url),
            resource_schema: encode_schema_url(scope::UPSTREAM_SCHEMA_URL),
        }
    }

    /// Bytes of the envelope alone, without the headers that depend on the records
    /// ([`REQUEST_ENTRY_OVERHEAD`] at most).
    pub(crate) fn len(&self) -> usize {
        self.resource.len()
            + self.scope.len()
            + self.scope_schema.len()
            + self.resource_schema.len()
    }

    /// Room for records, behind a gap that [`Self::close`] fills: what stands before them depends on their length.
    pub(crate) fn open(&self, capacity: usize) -> BytesMut {
        let after = self.scope_schema.len() + self.resource_schema.len();
        let mut entry = BytesMut::with_capacity(self.gap() + capacity + after);
        entry.put_bytes(0, self.gap());
        entry
    }

    /// Bytes of the records in an entry that was opened here.
    pub(crate) fn records_len(&self, entry: &BytesMut) -> usize {
        entry.len().saturating_sub(self.gap())
    }

    /// Turns records or spans into one element of a request, without copying them.
    pub(crate) fn close(&self, mut entry: BytesMut) -> Bytes {
        let records = self.records_len(&entry);
        let mut head = BytesMut::with_capacity(self.gap());
        put_header(&mut head, RESOURCE_LOGS, self.resource_logs_len(records));
        head.put_slice(&self.resource);
        put_header(&mut head, SCOPE_LOGS, self.scope_logs_len(records));
        head.put_slice(&self.scope);
        let start = self.gap().saturating_sub(head.len());
        if let Some(gap) = entry.get_mut(start..self.gap()) {
            gap.copy_from_slice(&head);
        }
        entry.put_slice(&self.scope_schema);
        entry.put_slice(&self.resource_schema);
        entry.freeze().slice(start..)
    }

    /// Longest that what stands before the records can be.
    fn gap(&self) -> usize {
        REQUEST_ENTRY_OVERHEAD + self.resource.len() + self.scope.len()
    }

    fn scope_logs_len(&self, records: usize) -> usize {
        self.scope.len() + records + self.scope_schema.len()
    }

    fn resource_logs_len(&self, records: usize) -> usize {
        self.resource.len()
            + delimited_len(self.scope_logs_len(records))
            + self.resource_schema.len()
    }
}

fn encode_resource(resource: &Resource) -> Bytes {
    let len = resource
        .attributes
        .iter()
        .map(|(key, value)| delimited_len(attribute_len(key, value)))
        .sum();
    let mut out = BytesMut::with_capacity(delimited_len(len));
    put_header(&mut out, RESOURCE, len);
    for (key, value) in &resource.attributes {
        put_attribute(&mut out, RESOURCE_ATTRIBUTES, key, value);
    }
    out.freeze()
}

fn encode_scope(scope: &Scope) -> Bytes {
    let len = optional_len(scope.name.as_bytes()) + optional_len(scope.version.as_bytes());
    let mut out = BytesMut::with_capacity(delimited_len(len));
    put_header(&mut out, SCOPE, len);
    put_optional(&mut out, NAME, scope.name.as_bytes());
    put_optional(&mut out, VERSION, scope.version.as_bytes());
    out.freeze()
}

fn encode_schema_url(url: &str) -> Bytes {
    let mut out = BytesMut::with_capacity(optional_len(url.as_bytes()));
    put_optional(&mut out, SCHEMA_URL, url.as_bytes());
    out.freeze()
}
