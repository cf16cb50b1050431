//! Which executable has fired which recipe on this host before.

use crate::Recent;

/// Pairs that are remembered. A host that has more forgets the oldest, and says of it once more that it is new.
pub(crate) const CAPACITY: usize = 65_536;

/// A bounded set of hashes of (recipe, executable).
#[derive(Debug)]
pub(crate) struct Seen {
    pairs: Recent<u64, ()>,
    fresh: Vec<u64>,
}

impl Seen {
    pub(crate) fn new(known: impl IntoIterator<Item = u64>) -> Self {
        let mut seen = Self {
            pairs: Recent::new(CAPACITY),
            fresh: Vec::new(),
        };
        for pair in known {
            seen.insert(pair);
        }
        seen.fresh.clear();
        seen
    }

    /// Whether the pair is new.
    pub(crate) fn insert(&mut self, pair: u64) -> bool {
        let is_new = self.pairs.insert(pair, ()).is_none();
        if is_new {
            self.fresh.push(pair);
        }
        is_new
    }

    /// Pairs that were new since the last call.
    pub(crate) fn take_fresh(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_new_once_and_the_oldest_is_forgotten() {
        let mut seen = Seen::new([1, 2]);
        assert!(!seen.insert(1) && seen.insert(3) && !seen.insert(3));
        assert_eq!(seen.take_fresh(), [3]);
        assert!(seen.take_fresh().is_empty());
        for pair in 4..=u64::try_from(CAPACITY).unwrap_or(0) + 1 {
            assert!(seen.insert(pair));
        }
        assert!(seen.insert(1), "the oldest was forgotten");
        assert!(!seen.insert(3));
    }
}
