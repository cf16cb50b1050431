//! The names of everything Scoutline puts on the wire, and the [`Record`] they make up.
//!
//! Only this crate spells an attribute name: detection code, the encoder and tests take them from
//! [`attr`], [`resource`], [`event`] and [`scope`]. Plain data, no I/O, no protobuf.

mod record;
mod severity;
mod span;

pub mod attr;
pub mod event;
pub mod resource;
pub mod scope;

pub use record::{Attribute, Record, Resource, TraceContext, Value, limits};
pub use severity::{ParseSeverityError, Severity};
pub use span::{Link, Span};
