//! What the kernel can be told about a pattern: a superset of its paths, by a few components.
//!
//! The rule that everything rests on: every path that the exact matcher accepts passes the sieve, whichever
//! file system it is on, and for ordinary files also below a directory that became somebody's root.

use std::collections::BTreeSet;

use scoutline_abi::raw::LEAF_GLOBS;
use scoutline_abi::sieve::{Class, Leaf, Level, Sieve, SieveError, Signature};

use super::forms::{Component, Form, Refusal};

/// Longest beginning or end of a leaf that the kernel hashes, in bytes.
const MAX_PART: usize = 8;

/// The signatures of all forms of a pattern.
pub(crate) fn signatures(forms: &[Form]) -> Result<Vec<(Class, Signature)>, Refusal> {
    let mut signatures = Vec::new();
    for form in forms {
        for (class, components) in places(&form.components) {
            signatures.push((class, signature(class, &components, form.with_subtree)?));
        }
    }
    Ok(signatures)
}

/// Builds the sieve. The lengths of literal beginnings and ends are shortened until they fit the kernel's few
/// slots, which only lets more pass.
pub(crate) fn build(signatures: &[(Class, Signature)]) -> Result<Sieve, SieveError> {
    let mut sieve = Sieve::default();
    for class in [Class::Proc, Class::Sysfs, Class::Ordinary] {
        let of_class = || {
            signatures
                .iter()
                .filter(move |(of, _)| *of == class)
                .map(|(_, signature)| signature)
        };
        let lengths = PartLengths::of(of_class());
        for signature in of_class() {
            sieve.add(class, &lengths.shorten(signature.clone()))?;
        }
    }
    Ok(sieve)
}

/// Where a path of this form can lie, as the kernel sees it: in which class, and by which components.
///
/// The pseudo file systems are sieved from their own root, but others are mounted within them (lxcfs binds FUSE
/// files over /proc; securityfs, tracefs and efivarfs lie below /sys), so that their paths are ordinary too.
fn places(components: &[Component]) -> Vec<(Class, Vec<Component>)> {
    let mut places = vec![(Class::Ordinary, components.to_vec())];
    for below in below(components, "sys") {
        places.push((Class::Sysfs, below.to_vec()));
    }
    for below in below(components, "proc") {
        if let Some(unfolded) = unfold(below) {
            places.push((Class::Ordinary, [&[literal("proc")], &*unfolded].concat()));
            places.push((Class::Proc, unfolded));
        }
        places.push((Class::Proc, below.to_vec()));
    }
    places
}

/// Matching folds `/proc/<pid>/task/<tid>/` onto `/proc/<pid>/`, the kernel does not.
fn unfold(below_proc: &[Component]) -> Option<Vec<Component>> {
    let (first, rest) = below_proc.split_first()?;
    let is_pid = match first {
        Component::Literal(name) => name.bytes().all(|byte| byte.is_ascii_digit()),
        Component::Wild(_) => true,
        // Where it stands for a process it stands for its threads as well; it may also stand for nothing.
        Component::AnyDepth => return unfold(rest),
    };
    let task = [literal("task"), Component::Wild("*".to_owned())];
    is_pid.then(|| [std::slice::from_ref(first), &task, rest].concat())
}

/// The components below a root directory, if a form can lie there.
fn below<'c>(components: &'c [Component], root: &str) -> Vec<&'c [Component]> {
    match components.split_first() {
        Some((Component::Literal(name), rest)) if name == root => vec![rest],
        Some((Component::Literal(_), _)) | None => Vec::new(),
        Some((Component::Wild(_), rest)) => vec![rest],
        Some((Component::AnyDepth, rest)) => {
            let mut all = vec![components];
            all.extend(below(rest, root));
            all
        }
    }
}

fn signature(
    class: Class,
    components: &[Component],
    with_subtree: bool,
) -> Result<Signature, Refusal> {
    let Some((leaf, above)) = components.split_last() else {
        return Err(Refusal::new(
            "the root of a pseudo file system cannot be watched",
            "name what is in it",
        ));
    };
    if with_subtree {
        return anchor(class, components, true).ok_or_else(|| {
            Refusal::new(
                "a prefix needs two directories without wildcards at its end, and must not go through \
                 a symbolic link to many places, or far too much would have to be looked at",
                "name a deeper directory, or the files in it with a path or a glob",
            )
        });
    }
    let parent = level(class, above.last());
    let leaf = match leaf {
        Component::Literal(name) => Leaf::Exact(name.clone().into_bytes()),
        Component::Wild(glob) if matches!(parent, Level::Exact(_)) => part(glob),
        Component::Wild(_) | Component::AnyDepth => Leaf::Any,
    };
    if leaf == Leaf::Any {
        return anchor(class, above, false).ok_or_else(|| {
            Refusal::new(
                "nothing is known of the file's name and too little of its directory, so that far too \
                 much would have to be looked at",
                "end the glob with a literal name, or with a literal directory and a name that begins \
                 or ends literally, or put two literal directories before the wildcards",
            )
        });
    }
    let grandparent = match above.split_last() {
        Some((Component::AnyDepth, _)) | None => Level::Any,
        Some((_, above)) => level(class, above.last()),
    };
    Ok(Signature::Tail {
        leaf,
        parent,
        grandparent,
    })
}

/// What is known of the level at a component, or above the first one.
///
/// The root of an ordinary file system is never demanded: the path may lie in a container or a chroot.
fn level(class: Class, component: Option<&Component>) -> Level {
    match component {
        Some(Component::Literal(name)) => Level::Exact(name.clone().into_bytes()),
        Some(Component::Wild(_) | Component::AnyDepth) => Level::Any,
        None if class == Class::Ordinary => Level::Any,
        None => Level::Root,
    }
}

/// The deepest directory that is literal and whose parent is known, as an anchor.
///
/// A first-level directory of a pseudo file system would be most of it: it serves only where the author named
/// just that (`is_named`).
fn anchor(class: Class, components: &[Component], is_named: bool) -> Option<Signature> {
    (0..components.len()).rev().find_map(|at| {
        let Component::Literal(name) = components.get(at)? else {
            return None;
        };
        let above = at.checked_sub(1).and_then(|above| components.get(above));
        let parent = level(class, above);
        let is_deep_enough = at > 0 || (is_named && components.len() == 1);
        (parent != Level::Any && is_deep_enough).then(|| Signature::Anchor {
            name: name.clone().into_bytes(),
            parent,
        })
    })
}

/// The longer of a glob's literal beginning and end.
fn part(glob: &str) -> Leaf {
    let beginning = glob.split(['*', '?', '[']).next().unwrap_or_default();
    let end = glob.rsplit(['*', '?', ']']).next().unwrap_or_default();
    if beginning.is_empty() && end.is_empty() {
        Leaf::Any
    } else if beginning.len() > end.len() {
        Leaf::Prefix(beginning.into())
    } else {
        Leaf::Suffix(end.into())
    }
}

fn literal(name: &str) -> Component {
    Component::Literal(name.to_owned())
}

/// The lengths in which one class's literal beginnings and ends are hashed.
#[derive(Debug, Default)]
struct PartLengths {
    beginnings: BTreeSet<usize>,
    ends: BTreeSet<usize>,
}

impl PartLengths {
    fn of<'s>(signatures: impl Iterator<Item = &'s Signature>) -> Self {
        let mut lengths = Self::default();
        for signature in signatures {
            match signature {
                Signature::Tail {
                    leaf: Leaf::Prefix(bytes),
                    ..
                } => lengths.beginnings.insert(bytes.len().min(MAX_PART)),
                Signature::Tail {
                    leaf: Leaf::Suffix(bytes),
                    ..
                } => lengths.ends.insert(bytes.len().min(MAX_PART)),
                Signature::Tail { .. } | Signature::Anchor { .. } => false,
            };
        }
        while lengths.beginnings.len() + lengths.ends.len() > LEAF_GLOBS {
            lengths.give_up_one();
        }
        lengths
    }

    /// Drops the length whose literals lose the fewest bytes.
    fn give_up_one(&mut self) {
        let closest = |lengths: &BTreeSet<usize>| {
            lengths
                .iter()
                .zip(lengths.iter().skip(1))
                .map(|(shorter, longer)| (longer - shorter, *longer))
                .min()
        };
        match (closest(&self.beginnings), closest(&self.ends)) {
            (Some(beginning), Some(end)) if beginning <= end => {
                self.beginnings.remove(&beginning.1)
            }
            (_, Some((_, end))) => self.ends.remove(&end),
            (Some((_, beginning)), None) => self.beginnings.remove(&beginning),
            (None, None) => false,
        };
    }

    fn shorten(&self, mut signature: Signature) -> Signature {
        let fitting = |lengths: &BTreeSet<usize>, len: usize| {
            lengths.range(..=len).next_back().copied().unwrap_or(len)
        };
        if let Signature::Tail { leaf, .. } = &mut signature {
            match leaf {
                Leaf::Prefix(bytes) => bytes.truncate(fitting(&self.beginnings, bytes.len())),
                Leaf::Suffix(bytes) => {
                    let len = fitting(&self.ends, bytes.len());
                    bytes.drain(..bytes.len() - len);
                }
                Leaf::Any | Leaf::Exact(_) => {}
            }
        }
        signature
    }
}
