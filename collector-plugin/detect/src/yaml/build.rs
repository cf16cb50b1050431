//! Parser events to a tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::{Key, Node, Scalar, Value};
use crate::diagnostic::{Diagnostics, Position};

/// Deeper than any file that a person writes; the tree is walked recursively.
const MAX_DEPTH: usize = 64;
/// Nested aliases multiply.
const MAX_ALIASED_NODES: usize = 100_000;

/// Parses one YAML document. `None` if it is empty or no YAML, which is an error then.
pub fn parse(text: &str, found: &mut Diagnostics) -> Option<Node> {
    parse_with(text, found, |_| Ok(None))
}

/// As [`parse`], and replaces every scalar that is no key by what `expand` makes of it, if anything.
///
/// An error of `expand` becomes a diagnostic at the scalar.
pub fn parse_with<F>(text: &str, found: &mut Diagnostics, expand: F) -> Option<Node>
where
    F: FnMut(&str) -> Result<Option<String>, String>,
{
    let mut builder = Builder {
        found,
        expand,
        open: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        documents: 0,
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(Problem {
                at: position(*error.marker()),
                message: format!("not valid YAML: {}", error.info()),
            }),
        };
        if let Err(Problem { at, message }) = step {
            builder.found.error(at, message);
            return None;
        }
    }
    let root = builder.root;
    if root.is_none() && !found.has_errors() {
        found.error(Position::START, "the file is empty");
    }
    root
}

/// Something after which the rest of the text has no meaning.
struct Problem {
    at: Position,
    message: String,
}

struct Builder<'d, F> {
    found: &'d mut Diagnostics,
    expand: F,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    documents: usize,
    root: Option<Node>,
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    anchor: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<(Key, Node)>,
        key: Option<Key>,
    },
}

impl<F> Builder<'_, F>
where
    F: FnMut(&str) -> Result<Option<String>, String>,
{
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = position(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return problem(at, "a second document begins here; a file has one");
                }
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref());
                self.begin(at, anchor, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(at, tag.as_deref());
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.begin(at, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return problem(at, "a collection ends that never began");
                };
                let node = Node {
                    position: open.position,
                    value: match open.content {
                        Content::Sequence(items) => Value::Sequence(items),
                        Content::Mapping { entries, .. } => Value::Mapping(entries),
                    },
                };
                self.add(node, open.anchor);
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(at, tag.as_deref());
                if let Some(key) = self.awaited_key() {
                    *key = Some(Key {
                        position: at,
                        name: text.into_owned(),
                    });
                    return Ok(());
                }
                let value = self.scalar(at, &text, style);
                let node = Node {
                    position: at,
                    value,
                };
                self.add(node, anchor);
                Ok(())
            }
            Event::Alias(anchor) => self.alias(at, anchor),
        }
    }

    fn begin(&mut self, at: Position, anchor: usize, content: Content) -> Result<(), Problem> {
        if self.awaited_key().is_some() {
            return problem(at, "a key is a plain word, not a collection");
        }
        if self.open.len() >= MAX_DEPTH {
            return problem(at, &format!("more than {MAX_DEPTH} levels"));
        }
        self.open.push(Open {
            position: at,
            anchor,
            content,
        });
        Ok(())
    }

    fn scalar(&mut self, at: Position, text: &str, style: ScalarStyle) -> Value {
        let expanded = match (self.expand)(text) {
            Ok(expanded) => expanded,
            Err(message) => {
                self.found.error(at, message);
                return Value::Null;
            }
        };
        let written = expanded.is_some().then(|| text.to_owned());
        let text = expanded.unwrap_or_else(|| text.to_owned());
        let is_null = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        if style == ScalarStyle::Plain && is_null {
            return Value::Null;
        }
        Value::Scalar(Scalar { text, written })
    }

    fn alias(&mut self, at: Position, anchor: usize) -> Result<(), Problem> {
        if self.awaited_key().is_some() {
            return problem(at, "a key is a plain word, not an alias");
        }
        let Some(target) = self.anchors.get(&anchor) else {
            return problem(at, "an alias within its own anchor");
        };
        self.aliased += count(target);
        if self.aliased > MAX_ALIASED_NODES {
            return problem(
                at,
                &format!("aliases make more than {MAX_ALIASED_NODES} nodes"),
            );
        }
        if self.open.len() + depth(target) > MAX_DEPTH {
            return problem(at, &format!("more than {MAX_DEPTH} levels"));
        }
        let node = target.clone();
        self.add(node, 0);
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { entries, key }) => {
                let Some(key) = key.take() else {
                    return;
                };
                match entries.iter().find(|(known, _)| known.name == key.name) {
                    Some((first, _)) => self.found.error(
                        key.position,
                        format!(
                            "duplicate key \"{}\", first on line {}",
                            key.name, first.position.line
                        ),
                    ),
                    None => entries.push((key, node)),
                }
            }
        }
    }

    /// The slot of the key that must come next, if one must.
    fn awaited_key(&mut self) -> Option<&mut Option<Key>> {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(Content::Mapping { key, .. }) if key.is_none() => Some(key),
            _ => None,
        }
    }

    fn check_tag(&mut self, at: Position, tag: Option<&Tag>) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            self.found.error(
                at,
                format!("the tag {}{} means nothing here", tag.handle, tag.suffix),
            );
        }
    }
}

fn problem<T>(at: Position, message: &str) -> Result<T, Problem> {
    Err(Problem {
        at,
        message: message.to_owned(),
    })
}

fn position(marker: Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn children(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.value {
        Value::Null | Value::Scalar(_) => Box::new(std::iter::empty()),
        Value::Sequence(items) => Box::new(items.iter()),
        Value::Mapping(entries) => Box::new(entries.iter().map(|(_, value)| value)),
    }
}

fn count(node: &Node) -> usize {
    1 + children(node).map(count).sum::<usize>()
}

fn depth(node: &Node) -> usize {
    match node.value {
        Value::Null | Value::Scalar(_) => 0,
        Value::Sequence(_) | Value::Mapping(_) => {
            1 + children(node).map(depth).max().unwrap_or_default()
        }
    }
}
