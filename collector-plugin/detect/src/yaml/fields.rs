//! A mapping with known keys.

use super::{Key, Node};
use crate::diagnostic::{Diagnostics, Position, suggestion};

/// The keys of a mapping while it is read. Asking for a key makes it known; whatever was not asked for in
/// the end is an error with a suggestion.
#[derive(Debug)]
pub struct Fields<'n, 'd> {
    position: Position,
    entries: &'n [(Key, Node)],
    known: Vec<&'static str>,
    refused: Vec<&'static str>,
    found: &'d mut Diagnostics,
}

impl<'n, 'd> Fields<'n, 'd> {
    pub(super) fn read<T>(
        position: Position,
        entries: &'n [(Key, Node)],
        found: &'d mut Diagnostics,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let mut fields = Self {
            position,
            entries,
            known: Vec::new(),
            refused: Vec::new(),
            found,
        };
        let value = read(&mut fields);
        fields.finish();
        value
    }

    /// The value of a key, `None` if it is absent, empty or cannot be read.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key).filter(|node| !node.is_null())?;
        read(node, self.found)
    }

    /// The value of a key that has to be there. `None` if it is absent or cannot be read, which is an error.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        if let Some(node) = self.node(key) {
            return read(node, self.found);
        }
        self.found
            .error(self.position, format!("the key \"{key}\" is missing"));
        None
    }

    /// The node of a key, also if it is empty.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.entries
            .iter()
            .find(|(entry, _)| entry.name == key)
            .map(|(_, node)| node)
    }

    /// A key that others know and that this version refuses; `help` says what to do without it.
    pub fn unsupported(&mut self, key: &'static str, help: &str) {
        self.refused.push(key);
        if let Some((entry, _)) = self.entries.iter().find(|(entry, _)| entry.name == key) {
            let message = format!("\"{key}\" is not supported by this version");
            self.found.error_with_help(entry.position, message, help);
        }
    }

    /// Where the mapping begins.
    pub fn position(&self) -> Position {
        self.position
    }

    /// For what a single value cannot know of the others.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        self.found
    }

    fn finish(self) {
        for (key, _) in self.entries {
            let name = key.name.as_str();
            if self.known.contains(&name) || self.refused.contains(&name) {
                continue;
            }
            let message = format!("unknown key \"{}\"", key.name);
            match suggestion(&key.name, self.known.iter().copied()) {
                Some(help) => self.found.error_with_help(key.position, message, help),
                None => self.found.error_with_help(
                    key.position,
                    message,
                    format!("known here: {}", self.known.join(", ")),
                ),
            }
        }
    }
}
