//! Records of a ring that wait for others.

/// Records of a round, in one buffer that is used again.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Held {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, &end)| self.bytes.get(start..end))
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        // A storm need not be remembered for good.
        self.bytes.shrink_to(1 << 20);
    }
}
