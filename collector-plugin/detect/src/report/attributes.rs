//! Attributes of one record, within the budgets of the wire.

use std::sync::Arc;

use scoutline_semconv::{Attribute, Value, attr, limits};

use crate::text::{cut, readable};

/// Bytes that protobuf adds to a string, at most: two nested messages with tag and length.
const FRAMING: usize = 20;

/// Bytes of a record besides body and attributes.
const FIXED: usize = 128;

/// Attributes in the order in which they are set; each name is set once.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    attributes: Vec<Attribute>,
}

impl Attributes {
    /// A value that is known to be short and harmless.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name, value.into()));
    }

    /// A number; one beyond what the wire can carry is as high as that.
    pub(crate) fn number(&mut self, name: &'static str, number: u64) {
        self.set(name, i64::try_from(number).unwrap_or(i64::MAX));
    }

    /// A text from anywhere.
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.set(name, cut(readable(text.as_bytes())));
    }

    /// Texts from anywhere, the first [`limits::ARRAY_LEN`]; nothing is set if there are none.
    pub(crate) fn texts<'a>(
        &mut self,
        name: &'static str,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        let texts: Vec<Arc<str>> = texts
            .into_iter()
            .take(limits::ARRAY_LEN)
            .map(|text| cut(readable(text.as_bytes())).into())
            .collect();
        if !texts.is_empty() {
            self.set(name, texts);
        }
    }

    /// A time, nanoseconds since the Unix epoch, as RFC 3339 with nine digits.
    pub(crate) fn time(&mut self, name: &'static str, unix_ns: u64) {
        if let Ok(time) = jiff::Timestamp::from_nanosecond(unix_ns.into()) {
            self.set(name, format!("{time:.9}"));
        }
    }

    /// The attributes, as they are.
    pub(crate) fn finish(self) -> Vec<Attribute> {
        self.attributes
    }

    /// The attributes, the longest arrays shortened until the record fits, which is then said.
    pub(crate) fn within_budget(mut self, body: usize) -> Vec<Attribute> {
        while FIXED + body + self.size() > limits::RECORD_BYTES {
            let Some(name) = self.shorten() else {
                break;
            };
            let mark = if name == attr::SCOUTLINE_PROCESS_ANCESTORS {
                attr::SCOUTLINE_PROCESS_LINEAGE_INCOMPLETE
            } else {
                attr::SCOUTLINE_DETECTION_EVIDENCE_TRUNCATED
            };
            for (name, value) in &mut self.attributes {
                if *name == mark {
                    *value = Value::Bool(true);
                }
            }
        }
        self.attributes
    }

    /// Takes the last element of the array that needs most bytes. None left: `None`.
    fn shorten(&mut self) -> Option<&'static str> {
        let (name, value) = self
            .attributes
            .iter_mut()
            .filter(|(_, value)| matches!(value, Value::Strings(texts) if !texts.is_empty()))
            .max_by_key(|(_, value)| size_of_value(value))?;
        if let Value::Strings(texts) = value {
            texts.pop();
        }
        Some(*name)
    }

    fn size(&self) -> usize {
        self.attributes
            .iter()
            .map(|(name, value)| name.len() + FRAMING + size_of_value(value))
            .sum()
    }
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::Static(text) => text.len(),
        Value::Shared(text) => text.len(),
        Value::String(text) => text.len(),
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => 10,
        Value::Strings(texts) => texts.iter().map(|text| text.len() + FRAMING).sum(),
    }
}
