//! What records and spans are about.

use serde::Deserialize;
use serde_json::Value;

/// The attributes of a Resource, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Attribute {
    key: String,
    value: Value,
}

impl Resource {
    /// A string, `None` if it is absent or none.
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let attribute = attributes.find(|attribute| attribute.key == name)?;
        attribute.value.get("stringValue")?.as_str()
    }

    /// The names of all its attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes
            .iter()
            .map(|attribute| attribute.key.as_str())
    }
}
