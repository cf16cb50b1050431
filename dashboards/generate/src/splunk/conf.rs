//! Files of Splunk's configuration.

use std::fmt::Write as _;

/// What is at the top of what nobody edits.
pub(super) const HEADER: &str =
    "# Generated from dashboards/catalogue, do not edit: make content\n";

/// A file of stanzas, in the order in which they are added.
#[derive(Debug)]
pub(super) struct Conf(String);

impl Conf {
    pub(super) fn new() -> Self {
        Self(HEADER.to_owned())
    }

    /// A comment, which goes on until the next stanza.
    pub(super) fn note(&mut self, text: &str) {
        self.0.push('\n');
        for line in text.lines() {
            let _ = writeln!(self.0, "# {line}");
        }
    }

    pub(super) fn stanza(&mut self, name: &str) {
        // Under its comment, or apart from the stanza before.
        let is_under_a_comment = self
            .0
            .lines()
            .next_back()
            .is_some_and(|it| it.starts_with('#'));
        if !is_under_a_comment || self.0 == HEADER {
            self.0.push('\n');
        }
        let _ = writeln!(self.0, "[{name}]");
    }

    /// A value on one line, as Splunk reads it without further marks.
    pub(super) fn set(&mut self, key: &str, value: &str) {
        let value: Vec<_> = value.split_whitespace().collect();
        let _ = writeln!(self.0, "{key} = {}", value.join(" "));
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_stand_apart_and_values_are_one_line() {
        let mut conf = Conf::new();
        conf.stanza("a");
        conf.set("search", "index=main\n  | stats count");
        conf.note("why");
        conf.stanza("b");
        assert_eq!(
            conf.text().strip_prefix(HEADER),
            Some("\n[a]\nsearch = index=main | stats count\n\n# why\n[b]\n")
        );
    }
}
