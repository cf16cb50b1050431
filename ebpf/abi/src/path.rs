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

    /// Appends `/component/leaf` to `out`, at most the last `depth` components; `"/"` for the root.
    ///
    /// A partial path begins with `/…` so that nobody takes it for an absolute one.
    pub fn write(&self, depth: usize, out: &mut Vec<u8>) {
        let components: Vec<_> = self.components().take(depth).collect();
        if self.is_partial() && depth >= components.len() {
            out.extend_from_slice("/\u{2026}".as_bytes());
        }
        if components.is_empty() && !self.is_partial() {
            out.push(b'/');
        }
        for component in components.into_iter().rev() {
            out.push(b'/');
            out.extend_from_slice(component);
        }
    }

    /// The whole path as text, bytes that are no UTF-8 replaced.
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(self.text.bytes.len() + 4);
        self.write(usize::MAX, &mut bytes);
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
        path(b"issue/etc/jail/srv/").write(2, &mut out);
        assert_eq!(out, b"/etc/issue");
    }
}
