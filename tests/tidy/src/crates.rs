use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::Repository;

/// What cargo knows about the crates, built for this machine's kind.
#[derive(Debug)]
pub struct Crates {
    metadata: Metadata,
}

/// Why a question about crates has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CratesError {
    /// Cargo does not answer.
    #[error("cannot ask cargo for the crates")]
    Ask(#[from] cargo_metadata::Error),
    /// The workspace has no such crate.
    #[error("there is no crate {0} in the workspace")]
    Unknown(String),
}

impl Crates {
    /// Asks cargo, without the network: whoever runs a test has built it.
    ///
    /// # Errors
    /// If cargo does not answer.
    pub fn ask() -> Result<Self, CratesError> {
        let options = ["--locked", "--offline", "--filter-platform", "host-tuple"];
        let metadata = MetadataCommand::new()
            .current_dir(Repository::root())
            .other_options(options.map(str::to_owned))
            .exec()?;
        Ok(Self { metadata })
    }

    /// Name and folder of each crate of the workspace.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        let root = &self.metadata.workspace_root;
        self.metadata
            .workspace_packages()
            .into_iter()
            .filter_map(move |package| {
                let folder = package.manifest_path.parent()?.strip_prefix(root).ok()?;
                Some((package.name.as_str(), folder.as_str()))
            })
    }

    /// Everything that is linked into `name`, itself left out. What only its tests or its build need is no part of it.
    ///
    /// # Errors
    /// If the workspace has no such crate.
    pub fn linked_into(&self, name: &str) -> Result<BTreeSet<&str>, CratesError> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![self.id(name)?];
        while let Some(id) = waiting.pop() {
            for next in self.direct(id) {
                if found.insert(next) {
                    waiting.push(next);
                }
            }
        }
        Ok(found.into_iter().filter_map(|id| self.name(id)).collect())
    }

    /// What the code of `name` itself can refer to, its tests left out.
    ///
    /// # Errors
    /// If the workspace has no such crate.
    pub fn used_by(&self, name: &str) -> Result<BTreeSet<&str>, CratesError> {
        Ok(self
            .direct(self.id(name)?)
            .filter_map(|id| self.name(id))
            .collect())
    }

    fn direct<'a>(&'a self, id: &'a PackageId) -> impl Iterator<Item = &'a PackageId> {
        self.metadata
            .resolve
            .iter()
            .flat_map(|resolve| &resolve.nodes)
            .filter(move |node| node.id == *id)
            .flat_map(|node| &node.deps)
            .filter(|dependency| {
                dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal)
            })
            .map(|dependency| &dependency.pkg)
    }

    fn id(&self, name: &str) -> Result<&PackageId, CratesError> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .find(|package| package.name == name)
            .map(|package| &package.id)
            .ok_or_else(|| CratesError::Unknown(name.to_owned()))
    }

    fn name(&self, id: &PackageId) -> Option<&str> {
        self.metadata
            .packages
            .iter()
            .find(|package| package.id == *id)
            .map(|package| package.name.as_str())
    }
}
