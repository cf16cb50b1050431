//! Attributes of one record, span or link, within the budgets of the wire.

use std::sync::Arc;

use scoutline_semconv::{Attribute, Setters, Value, attr, limits};

use crate::enrich::Login;
use crate::text::{cut, readable};

/// Bytes that protobuf adds to a string, at most: two nested messages with tag and length.
const FRAMING: usize = 20;

/// Bytes of a record besides body and attributes.
const FIXED: usize = 128;

/// Attributes in the order in which they are set; each name is set once.
///
/// Texts from anywhere are made fit for a terminal and cut at [`limits::STRING_BYTES`], arrays at
/// [`limits::ARRAY_LEN`]: what does not fit is left out, the cut is marked.
#[derive(Debug, Default)]
pub struct Attributes {
    attributes: Vec<Attribute>,
}

impl Setters for Attributes {
    fn int(&mut self, name: &'static str, value: i64) {
        self.set(name, value);
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.set(name, value);
    }

    fn double(&mut self, name: &'static str, value: f64) {
        self.set(name, Value::Double(value));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.set(name, cut(readable(value.as_bytes())));
    }

    fn texts<'a>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'a str>) {
        let texts: Vec<Arc<str>> = values
            .into_iter()
            .take(limits::ARRAY_LEN)
            .map(|text| cut(readable(text.as_bytes())).into())
            .collect();
        if !texts.is_empty() {
            self.set(name, texts);
        }
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.set(name, value);
    }
}

impl Attributes {
    /// Calls a setter with a text, if there is one.
    pub(crate) fn known(&mut self, setter: fn(&mut Self, &str), text: Option<&str>) {
        if let Some(text) = text {
            setter(self, text);
        }
    }

    /// Calls a setter with a time, nanoseconds since the Unix epoch, as RFC 3339 with nine digits.
    pub(crate) fn time(&mut self, setter: fn(&mut Self, &str), unix_ns: u64) {
        if let Ok(time) = jiff::Timestamp::from_nanosecond(unix_ns.into()) {
            setter(self, &format!("{time:.9}"));
        }
    }

    /// Where somebody logged in from, as far as known.
    pub(crate) fn login(&mut self, login: &Login) {
        let Login { host, tty, service } = login;
        self.known(Self::scoutline_session_login_host, host.as_deref());
        self.known(Self::scoutline_session_login_tty, tty.as_deref());
        self.known(Self::scoutline_session_login_service, service.as_deref());
    }

    /// The attributes, as they are.
    pub fn finish(self) -> Vec<Attribute> {
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

    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name, value.into()));
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
