//! A tree for people.

use std::fmt::Write as _;

use super::{Branch, Tree};
use crate::jaeger::Span;

impl Tree<'_> {
    /// Names alone, two spaces for each generation: what a test compares.
    pub fn outline(&self) -> String {
        self.lines(|span| span.name.clone())
    }

    /// A line a span: name, duration, these tags if it has them, links. Two spaces for each generation.
    pub fn render(&self, tags: &[&str]) -> String {
        let lines = self.lines(|span| line(span, tags));
        format!("trace {}\n{lines}", self.trace().id)
    }

    /// [`Tree::render`], and what is wrong with it.
    pub fn report(&self, tags: &[&str]) -> String {
        let mut text = self.render(tags);
        for fault in self.faults() {
            // Writing to a string does not fail.
            let _ = writeln!(text, "! {fault}");
        }
        text
    }

    fn lines(&self, show: impl Fn(&Span) -> String) -> String {
        let mut text = String::new();
        for top in self.tops() {
            let mark = if top.is_root() { "" } else { "(no parent) " };
            add(&mut text, &top, 0, mark, &show);
        }
        let reached = self.reached();
        for branch in self.branches() {
            if !reached.contains(&branch.position) {
                let _ = writeln!(text, "(in a circle) {}", show(branch.span()));
            }
        }
        text
    }
}

fn add(
    text: &mut String,
    branch: &Branch<'_>,
    depth: usize,
    mark: &str,
    show: &impl Fn(&Span) -> String,
) {
    let _ = writeln!(text, "{:1$}{mark}{2}", "", depth * 2, show(branch.span()));
    for child in branch.children() {
        add(text, &child, depth + 1, "", show);
    }
}

fn line(span: &Span, tags: &[&str]) -> String {
    let (millis, micros) = (span.duration_us / 1000, span.duration_us % 1000);
    let mut line = format!("{} {millis}.{micros:03} ms", span.name);
    for name in tags {
        let value = span.text(name);
        if !value.is_empty() {
            let _ = write!(line, " {name}={value}");
        }
    }
    for link in span.links() {
        let _ = write!(line, " -> {}/{}", link.trace, link.span);
    }
    line
}
