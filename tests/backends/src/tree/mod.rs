//! A trace as the tree that it should be.

mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::jaeger::{Span, SpanId, Trace};

/// The spans of a trace by their parents. A broken trace is a tree as well, one with [`Tree::faults`].
#[derive(Debug)]
pub struct Tree<'a> {
    trace: &'a Trace,
    /// Of each span: its parent and its children, by their positions in the trace. Children by start.
    parents: Vec<Parent>,
    children: Vec<Vec<usize>>,
}

/// What is wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// Nothing to start from.
    #[error("no span is without a parent")]
    NoRoot,
    /// More than one thing to start from.
    #[error("{0} spans are without a parent")]
    SeveralRoots(usize),
    /// A parent is named, and not there.
    #[error("{span}: its parent {parent} is not in the trace")]
    MissingParent {
        /// Who names it.
        span: SpanId,
        /// What is named.
        parent: SpanId,
    },
    /// Two spans are not the same, and have the same id.
    #[error("{0}: more than one span has this id")]
    DuplicateSpanId(SpanId),
    /// Following parents from here never ends.
    #[error("{0}: is its own ancestor, or has one that is")]
    Cycle(SpanId),
    /// It begins before its parent, or ends after it.
    #[error("{span}: is not within the time of its parent {parent}")]
    OutsideParent {
        /// The child.
        span: SpanId,
        /// The parent.
        parent: SpanId,
    },
    /// Jaeger says that something is wrong.
    #[error("Jaeger warns: {0}")]
    Warning(String),
}

/// A span at its place.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    tree: &'a Tree<'a>,
    position: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    None,
    At(usize),
    Missing(SpanId),
}

impl<'a> Tree<'a> {
    /// Sorts the spans of a trace.
    pub fn of(trace: &'a Trace) -> Self {
        let mut positions = BTreeMap::new();
        for (position, span) in trace.spans.iter().enumerate() {
            positions.entry(span.id).or_insert(position);
        }
        let parents: Vec<_> = trace
            .spans
            .iter()
            .map(|span| match span.parent(trace.id) {
                None => Parent::None,
                Some(id) => positions
                    .get(&id)
                    .map_or(Parent::Missing(id), |&position| Parent::At(position)),
            })
            .collect();
        let mut children = vec![Vec::new(); trace.spans.len()];
        for position in by_start(trace, 0..trace.spans.len()) {
            if let Some(Parent::At(parent)) = parents.get(position)
                && let Some(siblings) = children.get_mut(*parent)
            {
                siblings.push(position);
            }
        }
        Self {
            trace,
            parents,
            children,
        }
    }

    /// Everything that is wrong with it; each once.
    pub fn faults(&self) -> Vec<Fault> {
        let mut warnings = self.trace.warnings.clone();
        for span in &self.trace.spans {
            let at_span = |warning| format!("{}: {warning}", span.id);
            warnings.extend(span.warnings.iter().map(at_span));
        }
        let mut faults: Vec<_> = warnings.into_iter().map(Fault::Warning).collect();

        match self
            .parents
            .iter()
            .filter(|&&it| it == Parent::None)
            .count()
        {
            0 => faults.push(Fault::NoRoot),
            1 => {}
            roots => faults.push(Fault::SeveralRoots(roots)),
        }
        let mut count = BTreeMap::<_, usize>::new();
        for span in &self.trace.spans {
            *count.entry(span.id).or_default() += 1;
        }
        let twice = count.into_iter().filter(|&(_, times)| times > 1);
        faults.extend(twice.map(|(id, _)| Fault::DuplicateSpanId(id)));

        let is_reached = self.reached();
        for branch in self.branches() {
            let span = branch.span();
            if !is_reached.contains(&branch.position) {
                faults.push(Fault::Cycle(span.id));
            }
            match (self.parents.get(branch.position), branch.parent()) {
                (Some(&Parent::Missing(parent)), _) => faults.push(Fault::MissingParent {
                    span: span.id,
                    parent,
                }),
                (_, Some(parent)) if !is_within(span, parent.span()) => {
                    faults.push(Fault::OutsideParent {
                        span: span.id,
                        parent: parent.span().id,
                    });
                }
                _ => {}
            }
        }
        faults.sort();
        faults.dedup();
        faults
    }

    /// Nothing is wrong with it.
    ///
    /// # Errors
    /// Says what is, and shows the tree with these tags.
    pub fn check(&self, tags: &[&str]) -> Result<()> {
        ensure!(self.faults().is_empty(), "{}", self.report(tags));
        Ok(())
    }

    /// The trace.
    pub fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// The only span without a parent.
    pub fn root(&self) -> Option<Branch<'_>> {
        let mut roots = self.branches().filter(Branch::is_root);
        let root = roots.next()?;
        roots.next().is_none().then_some(root)
    }

    /// All spans, by start.
    pub fn branches(&self) -> impl Iterator<Item = Branch<'_>> {
        by_start(self.trace, 0..self.trace.spans.len())
            .into_iter()
            .map(|position| Branch {
                tree: self,
                position,
            })
    }

    /// All spans with this name, by start.
    pub fn named(&self, name: &str) -> impl Iterator<Item = Branch<'_>> {
        self.branches().filter(move |it| it.span().name == name)
    }

    /// Spans from which a tree can be shown: roots, and those whose parent is missing.
    fn tops(&self) -> impl Iterator<Item = Branch<'_>> {
        self.branches().filter(|it| it.parent().is_none())
    }

    /// Positions that are under one of the [`Tree::tops`]. The others go round in circles.
    fn reached(&self) -> Vec<usize> {
        let mut waiting: Vec<_> = self.tops().map(|it| it.position).collect();
        let mut reached = Vec::new();
        while let Some(position) = waiting.pop() {
            reached.push(position);
            waiting.extend(self.children.get(position).into_iter().flatten());
        }
        reached
    }
}

impl<'a> Branch<'a> {
    /// The span.
    pub fn span(&self) -> &'a Span {
        &self.tree.trace.spans[self.position]
    }

    /// Its parent, if that is in the trace.
    pub fn parent(&self) -> Option<Self> {
        match self.tree.parents.get(self.position)? {
            Parent::At(position) => Some(self.at(*position)),
            Parent::None | Parent::Missing(_) => None,
        }
    }

    /// Its children, by start.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let branch = *self;
        let children = self.tree.children.get(self.position);
        children
            .into_iter()
            .flatten()
            .map(move |&position| branch.at(position))
    }

    fn is_root(&self) -> bool {
        self.tree.parents.get(self.position) == Some(&Parent::None)
    }

    fn at(&self, position: usize) -> Self {
        Self {
            tree: self.tree,
            position,
        }
    }
}

fn by_start(trace: &Trace, positions: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut positions: Vec<_> = positions.collect();
    positions.sort_by_key(|&position| {
        let span = &trace.spans[position];
        (span.start_us, span.id, position)
    });
    positions
}

/// Rounding down start and duration may put a parent's end up to one microsecond before its child's.
fn is_within(child: &Span, parent: &Span) -> bool {
    child.start_us >= parent.start_us && child.end_us() <= parent.end_us() + 1
}
