//! YAML as people write it: every value knows its place, every problem is told, none is guessed away.
//!
//! [`parse`] makes a tree of [`Node`]s; what is expected of a node is said by reading it: [`Node::mapping`],
//! [`Node::sequence`], [`Node::string`], [`Node::duration`] and so on. A reader that finds something else
//! adds to the [`Diagnostics`](crate::diagnostic::Diagnostics) and returns `None`; reading goes on with the
//! next value, so that one run finds all problems. A scalar has no type of its own until it is read: `1.2` is
//! a string to whoever wants one.
//!
//! The tree is built from the events of the parser, because the trees that come with it know neither the
//! place of a second `key:` nor a limit of depth. Bounds: 64 levels, 100 000 nodes out of aliases; beyond is an error.
//!
//! ```
//! use scoutline_detect::diagnostic::Diagnostics;
//! use scoutline_detect::yaml;
//!
//! let mut found = Diagnostics::new("queue.yaml");
//! let queue = yaml::parse("queue_size: 64MiB\ntimout: 5s\n", &mut found).and_then(|root| {
//!     root.mapping(&mut found, |fields| {
//!         let size = fields.required("queue_size", yaml::Node::size);
//!         let timeout = fields.optional("timeout", yaml::Node::duration);
//!         Some((size?, timeout))
//!     })
//! });
//! assert_eq!(queue, Some((64 << 20, None)));
//! assert_eq!(
//!     found.into_vec()[0].to_string(),
//!     "queue.yaml:2:1: error: unknown key \"timout\"\n  help: did you mean \"timeout\"?"
//! );
//! ```

mod build;
mod fields;
mod read;

pub use build::{parse, parse_with};
pub use fields::Fields;

use crate::diagnostic::Position;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub value: Value,
}

/// A value as written.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Any other scalar.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in its order; no key twice.
    Mapping(Vec<(Key, Node)>),
}

/// A scalar before anybody said what it should be.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text without quotes, expanded.
    pub text: String,
    /// The text before it was expanded, if it was: diagnostics show this, since it may stand for a
    /// secret.
    pub written: Option<String>,
}

impl Scalar {
    /// The text as its author knows it, for diagnostics and for `config show`.
    pub fn written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.text)
    }
}

/// A key and its place.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it begins.
    pub position: Position,
    /// The key.
    pub name: String,
}

#[cfg(test)]
mod tests;
