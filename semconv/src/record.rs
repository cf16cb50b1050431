//! The log record of Scoutline before it is encoded.

use std::sync::Arc;

use crate::event;
use crate::values::RecordKind;

/// Bounds of what is put on the wire, from the budgets of the backends (Loki keeps 128 entries and 64 KiB).
pub mod limits {
    /// Attributes of record and resource together.
    pub const ATTRIBUTES: usize = 110;
    /// Attributes of a heartbeat: every sensor sends one every few minutes, whether anything happened or not.
    pub const HEARTBEAT_ATTRIBUTES: usize = 20;
    /// Bytes of one string; a longer one is cut at a character and ends in [`CUT_MARK`].
    pub const STRING_BYTES: usize = 1024;
    /// Elements of one array.
    pub const ARRAY_LEN: usize = 16;
    /// Spans of one trace.
    pub const SPANS: usize = 500;
    /// Bytes of one encoded record or span.
    pub const RECORD_BYTES: usize = 32 * 1024;
    /// Last character of a string that was cut.
    pub const CUT_MARK: char = '\u{2026}';
}

/// An attribute value: a scalar, or a flat array of strings for evidence. Never a map.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// UTF-8 text that is known while compiling.
    Static(&'static str),
    /// UTF-8 text shared by many records (a path, a name).
    Shared(Arc<str>),
    /// UTF-8 text.
    String(String),
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A floating point number.
    Double(f64),
    /// An array of strings.
    Strings(Vec<Arc<str>>),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<Vec<Arc<str>>> for Value {
    fn from(values: Vec<Arc<str>>) -> Self {
        Self::Strings(values)
    }
}

impl RecordKind {
    /// `event_name` of records of this kind.
    pub const fn event_name(self) -> &'static str {
        match self {
            Self::Detection => event::DETECTION,
            Self::Heartbeat => event::HEARTBEAT,
            Self::Loss => event::LOSS,
            Self::Sensor => event::SENSOR,
        }
    }
}

/// A count as the wire has numbers; one beyond is as high as that.
pub fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A name, one of the constants of this crate, and its value.
pub type Attribute = (&'static str, Value);

/// Which span a record belongs to. Absent as a whole or exactly 16 and 8 bytes, never all zero: a
/// Collector refuses the whole request otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Trace id.
    pub trace_id: [u8; 16],
    /// Span id.
    pub span_id: [u8; 8],
}

/// One OpenTelemetry log record, an *event* in OpenTelemetry's sense since it has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// One of [`crate::event`].
    pub event_name: &'static str,
    /// When it happened, nanoseconds since the Unix epoch.
    pub time_unix_nano: u64,
    /// When user space took it off the ring, nanoseconds since the Unix epoch.
    pub observed_time_unix_nano: u64,
    /// `severity_number`, 1..=24.
    pub severity_number: u8,
    /// `severity_text`.
    pub severity_text: &'static str,
    /// One sentence for people, never empty.
    pub body: String,
    /// The episode's span, once there are spans.
    pub trace: Option<TraceContext>,
    /// Each name at most once.
    pub attributes: Vec<Attribute>,
}

impl Record {
    /// The value of an attribute, `None` if the record has no such.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find_map(|(key, value)| (*key == name).then_some(value))
    }

    /// The text of a string attribute, `None` if there is no such or it is not a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Static(text) => Some(text),
            Value::Shared(text) => Some(text),
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Strings(_) => None,
        }
    }

    /// The number of an integer attribute.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

/// What a record is about: an OpenTelemetry Resource. Keys may come from the user's configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Each name at most once.
    pub attributes: Vec<(Arc<str>, Value)>,
}
