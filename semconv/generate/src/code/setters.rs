//! The trait with a method for each attribute.

use std::fmt::Write as _;

use super::{CODE_WIDTH, CodeError, Wire, constant, doc, enum_name, method, wire};
use crate::model::Attribute;
use crate::registry::{Kind, Registry};

/// What an implementor supplies.
const PRIMITIVES: &str = "\
/// Sets attributes by their names. An implementor supplies the first six methods and decides there how texts from anywhere
/// are cleaned and cut.
pub trait Setters {
    /// Sets a number.
    fn int(&mut self, name: &'static str, value: i64);

    /// Sets a truth value.
    fn flag(&mut self, name: &'static str, value: bool);

    /// Sets a floating point number.
    fn double(&mut self, name: &'static str, value: f64);

    /// Sets a text from anywhere.
    fn text(&mut self, name: &'static str, value: &str);

    /// Sets texts from anywhere; nothing if there are none.
    fn texts<'a>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'a str>);

    /// Sets a word of the registry.
    fn word(&mut self, name: &'static str, value: &'static str);
";

pub(super) fn setters(registry: &Registry) -> Result<String, CodeError> {
    let mut enums = Vec::new();
    let mut methods = String::new();
    let mut is_severity = false;
    for definition in registry.attributes() {
        let attribute = &definition.attribute;
        let is_wanted = |kind: &Kind| matches!(kind, Kind::Event | Kind::Span { .. } | Kind::Link);
        if !registry
            .uses_of(&attribute.key)
            .any(|(signal, _)| is_wanted(&signal.kind))
        {
            continue;
        }
        match enum_name(attribute) {
            Some((_, true)) => is_severity = true,
            Some((name, false)) => enums.push(name),
            None => {}
        }
        one(&mut methods, attribute)?;
    }
    enums.sort();
    let mut out = String::new();
    if is_severity {
        out.push_str("use crate::Severity;\n");
    }
    out.push_str("use crate::attr;\n");
    out.push_str(&import(&enums));
    let _ = write!(out, "\n{PRIMITIVES}{methods}}}\n");
    Ok(out)
}

fn one(out: &mut String, attribute: &Attribute) -> Result<(), CodeError> {
    let (kind, generic, primitive, value) = match wire(attribute)? {
        Wire::Bool => ("bool".to_owned(), "", "flag", "value"),
        Wire::Int => ("i64".to_owned(), "", "int", "value"),
        Wire::Double => ("f64".to_owned(), "", "double", "value"),
        Wire::Text => ("&str".to_owned(), "", "text", "value"),
        Wire::Texts => {
            let kind = "impl IntoIterator<Item = &'a str>".to_owned();
            (kind, "<'a>", "texts", "values")
        }
        Wire::Word(_) => match enum_name(attribute) {
            Some((name, true)) => (name, "", "word", "value.name()"),
            Some((name, false)) => (name, "", "word", "value.as_str()"),
            None => return Ok(()),
        },
    };
    let parameter = value.split('.').next().unwrap_or(value);
    let comment = format!("`{}`: {}", attribute.key, attribute.brief);
    let _ = write!(out, "\n{}", doc("    ", &comment));
    let name = method(&attribute.key);
    let line = format!("    fn {name}{generic}(&mut self, {parameter}: {kind}) {{");
    if line.len() > CODE_WIDTH {
        let _ = writeln!(
            out,
            "    fn {name}{generic}(\n        &mut self,\n        {parameter}: {kind},\n    ) {{"
        );
    } else {
        let _ = writeln!(out, "{line}");
    }
    let constant = constant(&attribute.key);
    let _ = writeln!(
        out,
        "        self.{primitive}(attr::{constant}, {value});\n    }}"
    );
    Ok(())
}

/// A `use` of enums, as rustfmt breaks it.
fn import(names: &[String]) -> String {
    let line = format!("use crate::values::{{{}}};\n", names.join(", "));
    if line.len() <= CODE_WIDTH {
        return line;
    }
    let mut out = "use crate::values::{\n".to_owned();
    let mut line = "   ".to_owned();
    for name in names {
        if line.len() + name.len() + 2 > CODE_WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = "   ".to_owned();
        }
        let _ = write!(line, " {name},");
    }
    out + &line + "\n};\n"
}
