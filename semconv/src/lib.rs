//! The names of everything Scoutline puts on the wire, and the [`Record`] they make up.
//!
//! Only this crate spells an attribute name: detection code, the encoder and tests take them from
//! [`attr`], [`resource`], [`event`], [`metric`] and [`scope`]. These, the enums in [`values`], the typed
//! [`Setters`] and the table in [`registry`] are generated from the registry beside this crate's sources.
//! Plain data, no I/O, no protobuf.

mod measure;
mod record;
mod setters;
mod severity;
mod span;

pub mod attr;
pub mod collector;
pub mod event;
pub mod metric;
pub mod registry;
pub mod resource;
pub mod scope;
pub mod values;

pub use measure::Metric;
pub use record::{Attribute, Record, Resource, TraceContext, Value, limits, number};
pub use setters::Setters;
pub use severity::{ParseSeverityError, Severity};
pub use span::{Link, Span};
