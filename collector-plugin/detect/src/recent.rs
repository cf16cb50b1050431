//! A map that forgets what is oldest.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _};

/// At most so many entries; one more, and the one that was inserted first is forgotten.
#[derive(Debug)]
pub struct Recent<K, V> {
    entries: HashMap<K, V>,
    /// Every key once, the oldest first.
    order: VecDeque<K>,
    capacity: usize,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    /// An empty one with room for `capacity` entries, which is taken as it is needed.
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            capacity,
        }
    }

    /// The value of a key that is remembered.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    /// Remembers a value; the one that the key had, if it was remembered. The key stays as old as it was.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let before = self.entries.insert(key.clone(), value);
        if before.is_none() {
            self.order.push_back(key);
            if self.order.len() > self.capacity
                && let Some(oldest) = self.order.pop_front()
            {
                self.entries.remove(&oldest);
            }
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut recent = Recent::new(2);
        assert_eq!(recent.insert(1, 'a'), None);
        assert_eq!(recent.insert(2, 'b'), None);
        assert_eq!(recent.insert(1, 'c'), Some('a'), "as old as it was");
        assert_eq!(recent.insert(3, 'd'), None);
        assert_eq!(
            [1, 2, 3].map(|key| recent.get(&key).copied()),
            [None, Some('b'), Some('d')]
        );
    }
}
