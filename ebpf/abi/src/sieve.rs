//! The tables with which the kernel sieves opens, and the hash that both sides share.
//!
//! A component is hashed by its length and its first [`HASHED_LEN`] bytes. A *signature* is what the
//! compiler of recipes knows for certain about a matching path: the components at the leaf, its parent
//! and its grandparent (a mask says which), the leaf possibly shortened to its first or last bytes; or an
//! *anchor*, a directory and its parent, under which everything passes. The kernel tests a bloom filter
//! first and looks signatures up exactly then. The C side is `ebpf/bpf/include/sieve.h`; a test runs both.

use std::collections::HashSet;

use crate::raw::{
    BLOOM_WORDS, CLASS_SLOTS, GLOB_PREFIX, GLOB_SUFFIX, HASHED_LEN, LEAF_GLOBS, LeafGlob,
    SIEVE_SIGNATURES, SieveTable,
};

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SIGNATURE_SEED: u64 = 0x5c07_71e5_1e7e_0001;

/// Hash of the place above the first component: where the walk ends.
pub const ROOT: u64 = 0;

/// What an entry is for; must equal `SIEVE_*` in `sieve_hash.h`.
const LEAF: u64 = 0;
const ANCHOR: u64 = 1;
const GLOB_DIRECTORY: u64 = 2;

/// Which file systems a signature is for; the discriminants are `SL_CLASS_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// procfs: paths from its root.
    Proc = 0,
    /// sysfs: paths from its root.
    Sysfs = 1,
    /// Everything else.
    Ordinary = 2,
}

/// The leaf of a signature.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// Any leaf.
    Any,
    /// Exactly this.
    Exact(Vec<u8>),
    /// Begins with these 1..=8 bytes.
    Prefix(Vec<u8>),
    /// Ends with these 1..=8 bytes.
    Suffix(Vec<u8>),
}

/// One level above the leaf.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Any component, or none.
    Any,
    /// Exactly this component.
    Exact(Vec<u8>),
    /// The root of the file system (for [`Class::Ordinary`]: of the mount namespace).
    Root,
}

/// What is certain about the paths that a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Signature {
    /// The last three components.
    Tail {
        /// Last component; [`Leaf::Prefix`] and [`Leaf::Suffix`] need `parent` to be [`Level::Exact`].
        leaf: Leaf,
        /// The one above.
        parent: Level,
        /// The one above that.
        grandparent: Level,
    },
    /// A directory; it and everything below it passes.
    Anchor {
        /// Its name.
        name: Vec<u8>,
        /// The level above it; [`Level::Any`] is not allowed.
        parent: Level,
    },
}

/// Why a signature cannot be sieved by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SieveError {
    /// Nothing is known of the path.
    #[error("no component of the last three is literal, so every open would pass the sieve")]
    NothingLiteral,
    /// A shortened leaf without a literal directory.
    #[error("a leaf with wildcards needs a literal directory right above it")]
    GlobWithoutDirectory,
    /// A shortened leaf of a length that does not fit.
    #[error("a leaf with wildcards needs 1 to 8 literal bytes at its beginning or end, not {0}")]
    GlobLength(usize),
    /// An anchor without a parent.
    #[error("a prefix needs a literal directory above its last component")]
    AnchorWithoutParent,
    /// More kinds of shortened leaves than the kernel tests.
    #[error(
        "more than {LEAF_GLOBS} different lengths of literal beginnings and ends in one class of file systems"
    )]
    TooManyGlobs,
    /// More signatures than the kernel's map holds.
    #[error("more than {SIEVE_SIGNATURES} signatures")]
    Full,
}

/// Builds a [`SieveTable`] and the set of exact signatures.
#[derive(Clone)]
pub struct Sieve {
    table: Box<SieveTable>,
    signatures: HashSet<u64>,
}

impl Default for Sieve {
    fn default() -> Self {
        Self {
            table: Box::new(SieveTable {
                bloom: [0; BLOOM_WORDS],
                globs: [LeafGlob { kind: 0, len: 0 }; CLASS_SLOTS * LEAF_GLOBS],
                masks: [0; CLASS_SLOTS],
                classes: std::array::from_fn(|class| class as u32),
            }),
            signatures: HashSet::new(),
        }
    }
}

impl Sieve {
    /// Lets paths of `class` with this signature pass.
    pub fn add(&mut self, class: Class, signature: &Signature) -> Result<(), SieveError> {
        let hash = match signature {
            Signature::Anchor { name, parent } => {
                let parent = parent.hash().ok_or(SieveError::AnchorWithoutParent)?;
                let name = component(name);
                self.bloom(class, ANCHOR, name);
                combine(class, ANCHOR, [name, parent, 0])
            }
            Signature::Tail {
                leaf,
                parent,
                grandparent,
            } => self.tail(class, leaf, parent, grandparent)?,
        };
        self.signatures.insert(hash);
        if self.signatures.len() > SIEVE_SIGNATURES {
            return Err(SieveError::Full);
        }
        Ok(())
    }

    /// What the kernel tests first.
    pub fn table(&self) -> &SieveTable {
        &self.table
    }

    /// What the kernel looks up then, in no order.
    pub fn signatures(&self) -> impl Iterator<Item = u64> + '_ {
        self.signatures.iter().copied()
    }

    /// Whether the kernel lets a path pass; `path` leaf first. For tests, and to explain a recipe.
    pub fn passes(&self, class: Class, path: &[&[u8]]) -> bool {
        let hash = |level: usize| path.get(level).map_or(ROOT, |name| component(name));
        let anchored = (0..path.len())
            .any(|level| self.has(combine(class, ANCHOR, [hash(level), hash(level + 1), 0])));
        anchored
            || self.tail_passes(
                class,
                path.first().copied().unwrap_or_default(),
                [hash(0), hash(1), hash(2)],
            )
    }

    fn tail_passes(&self, class: Class, leaf: &[u8], hashes: [u64; 3]) -> bool {
        let mut leaves = vec![(LEAF, hashes[0])];
        let first = class as usize * LEAF_GLOBS;
        for glob in &self.table.globs[first..first + LEAF_GLOBS] {
            let len = glob.len as usize;
            if glob.kind != 0 && leaf.len() >= len {
                let part = match glob.kind {
                    GLOB_PREFIX => &leaf[..len],
                    _ => &leaf[leaf.len() - len..],
                };
                leaves.push((glob_kind(glob.kind, len), component(part)));
            }
        }
        leaves.into_iter().any(|(kind, leaf)| {
            (1..8_u32)
                .filter(|mask| self.table.masks[class as usize] & (1 << mask) != 0)
                .any(|mask| {
                    self.has(combine_mask(
                        class,
                        kind,
                        mask,
                        [leaf, hashes[1], hashes[2]],
                    ))
                })
        })
    }

    fn has(&self, signature: u64) -> bool {
        self.signatures.contains(&signature)
    }

    fn tail(
        &mut self,
        class: Class,
        leaf: &Leaf,
        parent: &Level,
        grandparent: &Level,
    ) -> Result<u64, SieveError> {
        let mut mask = 0;
        let mut hashes = [0; 3];
        for (level, hash) in [(1, parent.hash()), (2, grandparent.hash())] {
            if let Some(hash) = hash {
                mask |= 1 << level;
                hashes[level] = hash;
            }
        }
        let kind = match leaf {
            Leaf::Any => return Err(SieveError::NothingLiteral),
            Leaf::Exact(name) => {
                hashes[0] = component(name);
                self.bloom(class, LEAF, hashes[0]);
                LEAF
            }
            Leaf::Prefix(bytes) | Leaf::Suffix(bytes) => {
                let Level::Exact(directory) = parent else {
                    return Err(SieveError::GlobWithoutDirectory);
                };
                let is_prefix = matches!(leaf, Leaf::Prefix(_));
                let kind = if is_prefix { GLOB_PREFIX } else { GLOB_SUFFIX };
                self.glob(class, kind, bytes.len())?;
                self.bloom(class, GLOB_DIRECTORY, component(directory));
                hashes[0] = component(bytes);
                let kind = glob_kind(kind, bytes.len());
                self.bloom(class, LEAF, hashes[0] ^ kind);
                kind
            }
        };
        mask |= 1;
        self.table.masks[class as usize] |= 1 << mask;
        Ok(combine_mask(class, kind, mask, hashes))
    }

    fn glob(&mut self, class: Class, kind: u32, len: usize) -> Result<(), SieveError> {
        if !(1..=8).contains(&len) {
            return Err(SieveError::GlobLength(len));
        }
        let wanted = LeafGlob {
            kind,
            len: len as u32,
        };
        let first = class as usize * LEAF_GLOBS;
        let slots = &mut self.table.globs[first..first + LEAF_GLOBS];
        if slots.contains(&wanted) {
            return Ok(());
        }
        let free = slots
            .iter_mut()
            .find(|slot| slot.kind == 0)
            .ok_or(SieveError::TooManyGlobs)?;
        *free = wanted;
        Ok(())
    }

    fn bloom(&mut self, class: Class, usage: u64, hash: u64) {
        let answer = mix(hash ^ class as u64);
        let bits = answer >> (16 + 12 * usage);
        self.table.bloom[answer as usize % BLOOM_WORDS] |= 1 << (bits % 64) | 1 << (bits / 64 % 64);
    }
}

impl Level {
    fn hash(&self) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Exact(name) => Some(component(name)),
            Self::Root => Some(ROOT),
        }
    }
}

/// Hash of one component: its length, and its first [`HASHED_LEN`] bytes as little-endian words.
pub fn component(name: &[u8]) -> u64 {
    let mut padded = [0; HASHED_LEN];
    let hashed = name.len().min(HASHED_LEN);
    padded[..hashed].copy_from_slice(&name[..hashed]);
    let (words, _) = padded.as_chunks::<8>();
    words
        .iter()
        .take(hashed.div_ceil(8))
        .fold(mix(name.len() as u64), |hash, word| {
            mix(hash ^ u64::from_le_bytes(*word))
        })
}

fn mix(value: u64) -> u64 {
    let product = value.wrapping_mul(MULTIPLIER);
    product ^ (product >> 32)
}

fn glob_kind(kind: u32, len: usize) -> u64 {
    LEAF ^ (u64::from(kind) << 8) ^ len as u64
}

fn combine_mask(class: Class, kind: u64, mask: u32, hashes: [u64; 3]) -> u64 {
    let level = |level: usize| {
        if mask & (1 << level) != 0 {
            hashes[level]
        } else {
            0
        }
    };
    combine(
        class,
        kind ^ (u64::from(mask) << 16),
        [level(0), level(1), level(2)],
    )
}

fn combine(class: Class, kind: u64, hashes: [u64; 3]) -> u64 {
    hashes
        .into_iter()
        .fold(mix(SIGNATURE_SEED ^ kind ^ class as u64), |hash, level| {
            mix(hash ^ level)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(name: &str) -> Level {
        Level::Exact(name.into())
    }

    fn tail(leaf: Leaf, parent: Level, grandparent: Level) -> Signature {
        Signature::Tail {
            leaf,
            parent,
            grandparent,
        }
    }

    fn passes(sieve: &Sieve, class: Class, path: &str) -> bool {
        let components: Vec<&[u8]> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::as_bytes)
            .rev()
            .collect();
        sieve.passes(class, &components)
    }

    #[test]
    fn lets_pass_what_fits_and_nothing_else() -> Result<(), SieveError> {
        let mut sieve = Sieve::default();
        sieve.add(
            Class::Proc,
            &tail(Leaf::Exact("version".into()), Level::Root, Level::Any),
        )?;
        sieve.add(
            Class::Proc,
            &Signature::Anchor {
                name: "net".into(),
                parent: exact("sys"),
            },
        )?;
        sieve.add(
            Class::Sysfs,
            &tail(Leaf::Exact("address".into()), Level::Any, exact("net")),
        )?;
        sieve.add(
            Class::Ordinary,
            &tail(Leaf::Suffix("-release".into()), exact("etc"), Level::Any),
        )?;
        sieve.add(
            Class::Ordinary,
            &tail(Leaf::Prefix("config-".into()), exact("boot"), Level::Any),
        )?;
        let cases = [
            (Class::Proc, "/version", true),
            (Class::Proc, "/1/version", false),
            (Class::Ordinary, "/version", false),
            (Class::Proc, "/sys/net", true),
            (Class::Proc, "/sys/net/ipv4/conf/all/forwarding", true),
            (Class::Proc, "/1/net/dev", false),
            (Class::Sysfs, "/devices/virtual/net/lo/address", true),
            (Class::Sysfs, "/devices/virtual/lo/address", false),
            (Class::Ordinary, "/srv/jail/etc/os-release", true),
            (Class::Ordinary, "/etc/release", false),
            (Class::Ordinary, "/boot/config-6.1.0-56-amd64", true),
            (Class::Ordinary, "/boot/grub/config-6.1", false),
        ];
        for (class, path, expected) in cases {
            assert_eq!(passes(&sieve, class, path), expected, "{class:?} {path}");
        }
        Ok(())
    }

    #[test]
    fn refuses_what_would_let_everything_pass() {
        let mut sieve = Sieve::default();
        let cases = [
            (
                tail(Leaf::Any, exact("etc"), Level::Any),
                SieveError::NothingLiteral,
            ),
            (
                tail(Leaf::Suffix(".conf".into()), Level::Any, Level::Any),
                SieveError::GlobWithoutDirectory,
            ),
            (
                tail(Leaf::Prefix("123456789".into()), exact("etc"), Level::Any),
                SieveError::GlobLength(9),
            ),
            (
                Signature::Anchor {
                    name: "etc".into(),
                    parent: Level::Any,
                },
                SieveError::AnchorWithoutParent,
            ),
        ];
        for (signature, error) in cases {
            assert_eq!(sieve.add(Class::Ordinary, &signature), Err(error));
        }
        assert_eq!(sieve.signatures().count(), 0);
    }
}
