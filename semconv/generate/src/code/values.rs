//! Enums.

use std::fmt::Write as _;

use super::{camel, doc, enum_name};
use crate::model::{Member, Type};
use crate::registry::Registry;

/// Columns of an array that stays on one line.
const ARRAY_WIDTH: usize = 60;

pub(super) fn enums(registry: &Registry) -> String {
    let mut out = String::from("use serde::{Deserialize, Serialize};\n");
    for definition in registry.attributes() {
        let attribute = &definition.attribute;
        if let Type::Members { members } = &attribute.kind
            && let Some((name, false)) = enum_name(attribute)
        {
            out.push('\n');
            let comment = format!("`{}`: {}", attribute.key, attribute.brief);
            one(&mut out, &comment, &name, members);
        }
    }
    out
}

fn one(out: &mut String, comment: &str, name: &str, members: &[Member]) {
    out.push_str(&doc("", comment));
    out.push_str("#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]\n");
    // What serde makes of the names is what is on the wire.
    let is_plain = members.iter().all(|member| member.id == member.value);
    if is_plain {
        out.push_str("#[serde(rename_all = \"snake_case\")]\n");
    }
    let _ = writeln!(out, "pub enum {name} {{");
    for member in members {
        out.push_str(&doc("    ", &member.brief));
        if !is_plain {
            let _ = writeln!(out, "    #[serde(rename = \"{}\")]", member.value);
        }
        let _ = writeln!(out, "    {},", camel(&member.id));
    }
    let _ = writeln!(out, "}}\n\nimpl {name} {{");
    out.push_str("    /// All of them, in the order of the registry.\n");
    let _ = write!(out, "    pub const ALL: [Self; {}] = [", members.len());
    let paths: Vec<_> = members
        .iter()
        .map(|member| format!("Self::{}", camel(&member.id)))
        .collect();
    let line = paths.join(", ");
    if line.len() <= ARRAY_WIDTH {
        out.push_str(&line);
    } else {
        for path in paths {
            let _ = write!(out, "\n        {path},");
        }
        out.push_str("\n    ");
    }
    out.push_str("];\n\n    /// The word on the wire.\n");
    out.push_str("    pub const fn as_str(self) -> &'static str {\n        match self {\n");
    for member in members {
        let _ = writeln!(
            out,
            "            Self::{} => \"{}\",",
            camel(&member.id),
            member.value
        );
    }
    out.push_str("        }\n    }\n}\n");
}
