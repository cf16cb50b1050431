//! Paths as the kernel writes them: leaf first, each component followed by `/`.

use crate::Text;

/// A path of a record. `"kernel/sys/"` is `/sys/kernel`, and `""` is the root itself.
///
/// Any bytes but NUL and `/` may be in a component. A partial path lost its far end: its known components
/// are right, what lies above them is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<'a> {
    text: Text<'a>,
}

impl<'a> Path<'a> {
    /// Reads a text of a record as a path.
    pub fn new(text: Text<'a>) -> Self {
        Self { text }
    }

    /// Components from the leaf towards the root.
    pub fn components(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.text
            .bytes
            .split(|byte| *byte == b'/')
            .filter(|component| !component.is_empty())
    }

    /// The last component, `None` for the root.
    pub fn leaf(&self) -> Option<&'a [u8]> {
        self.components().next()
    }

    /// Whether the far end is missing.
    pub fn is_partial(&self) -> bool {
        self.text.is_partial()
    }

    /// The first `bytes` bytes: the path as seen from a directory further down. They are whole even if the far
    /// end of the path is not.
    #[must_use]
    pub fn leading(&self, bytes: usize) -> Path<'a> {
        let all = self.text.bytes;
        Path::new(Text::whole(all.get(..bytes).unwrap_or(all)))
    }

    /// Appends the path from its root on; `"/"` for the root itself.
    ///
    /// A partial path begins with `/…` so that nobody takes it for an absolute one.
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.is_partial() {
            out.extend_from_slice("/\u{2026}".as_bytes());
        } else if self.leaf().is_none() {
            out.push(b'/');
        }
        let components: Vec<_> = self.components().collect();
        for component in components.into_iter().rev() {
            out.push(b'/');
            out.extend_from_slice(component);
        }
    }

    /// The whole path as text, bytes that are no UTF-8 replaced.
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(self.text.bytes.len() + 4);
        self.write(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bytes: &[u8]) -> Path<'_> {
        Path::new(Text::whole(bytes))
    }

    #[test]
    fn turns_leaf_first_around() {
        let cases: [(&[u8], &str); 4] = [
            (b"", "/"),
            (b"version/", "/version"),
            (b"osrelease/kernel/sys/", "/sys/kernel/osrelease"),
            (b"\xff/etc/", "/etc/\u{fffd}"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(path(bytes).to_text(), expected);
        }
    }

    #[test]
    fn takes_the_part_below_a_root() {
        let mut out = Vec::new();
        path(b"issue/etc/jail/srv/")
            .leading(b"issue/etc/".len())
            .write(&mut out);
        assert_eq!(out, b"/etc/issue");
    }
}
