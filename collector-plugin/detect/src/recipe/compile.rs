//! Recipes to a [`Matcher`]: the exact judge of user space, and the sieve for the kernel.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use globset::{Glob, GlobSet};
use scoutline_abi::sieve::{Class, Sieve, SieveError, Signature};
use scoutline_semconv::Severity;
use thiserror::Error;

use super::forms::{Refusal, forms};
use super::model::{Access, FileKind, FilePattern, Recipe};
use super::{ExecSubject, Match, OpenSubject, Strength, executable, sieve};

/// What the configuration changes about recipes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Names of recipes that are left out.
    pub disable: BTreeSet<String>,
    /// Severities instead of a recipe's, its patterns' own included.
    pub severity: BTreeMap<String, Severity>,
}

/// Why recipes cannot be used together.
#[derive(Debug, Error)]
pub enum CompileError {
    /// Two recipes have one name.
    #[error("the recipe \"{name}\" is in {first} and in {second}")]
    Duplicate {
        /// The name.
        name: String,
        /// Where it was read first.
        first: String,
        /// Where it was read again.
        second: String,
    },
    /// An option is about a recipe that is not there.
    #[error("there is no recipe \"{name}\" to disable or to give a severity")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A pattern that [`parse`](super::parse) would have refused.
    #[error("cannot match \"{pattern}\" of the recipe \"{recipe}\": {reason}")]
    Pattern {
        /// Name of the recipe.
        recipe: String,
        /// As written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The exact matcher cannot be built.
    #[error("cannot build a matcher out of the globs of all recipes")]
    Globs(#[from] globset::Error),
    /// Too much for the kernel's tables.
    #[error("cannot build the kernel's sieve out of the patterns of all recipes")]
    Sieve(#[from] SieveError),
}

/// Judges opens and executions by all recipes at once.
///
/// A path costs one hash lookup, one more for each of its directories, and one pass of an automaton for all
/// globs; a name costs a hash lookup for each of its shortenings. Nothing is allocated unless a glob matches.
pub struct Matcher {
    recipes: Vec<Arc<Recipe>>,
    paths: Table<FileRule>,
    prefixes: Table<FileRule>,
    globs: GlobSet,
    /// By index of the glob.
    glob_rules: Vec<FileRule>,
    executables: Table<Verdict>,
    sieve: Sieve,
}

type Table<T> = HashMap<String, Vec<T>, foldhash::fast::RandomState>;

/// What a pattern says when it fits.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    /// Index into the recipes.
    recipe: usize,
    strength: Strength,
    severity: Severity,
}

#[derive(Clone, Copy, Debug)]
struct FileRule {
    verdict: Verdict,
    access: Access,
    kind: FileKind,
}

impl FileRule {
    fn covers(&self, subject: &OpenSubject<'_>) -> bool {
        self.access.covers(subject.reads, subject.writes) && self.kind.covers(subject.is_directory)
    }
}

/// Compiles recipes. The order of recipes is the order of matches.
pub fn compile(
    recipes: impl IntoIterator<Item = Arc<Recipe>>,
    options: &Options,
) -> Result<Matcher, CompileError> {
    let recipes: Vec<_> = recipes.into_iter().collect();
    check_names(&recipes, options)?;
    let mut builder = Builder::default();
    for recipe in recipes {
        if !options.disable.contains(&recipe.name) {
            builder.add(recipe, options)?;
        }
    }
    builder.finish()
}

fn check_names(recipes: &[Arc<Recipe>], options: &Options) -> Result<(), CompileError> {
    let mut paths = HashMap::new();
    for recipe in recipes {
        if let Some(first) = paths.insert(recipe.name.as_str(), recipe.path.as_str()) {
            return Err(CompileError::Duplicate {
                name: recipe.name.clone(),
                first: first.to_owned(),
                second: recipe.path.clone(),
            });
        }
    }
    let mut named = options.disable.iter().chain(options.severity.keys());
    match named.find(|name| !paths.contains_key(name.as_str())) {
        Some(name) => Err(CompileError::Unknown { name: name.clone() }),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Builder {
    recipes: Vec<Arc<Recipe>>,
    paths: Table<FileRule>,
    prefixes: Table<FileRule>,
    globs: Vec<Glob>,
    glob_rules: Vec<FileRule>,
    executables: Table<Verdict>,
    signatures: Vec<(Class, Signature)>,
}

impl Builder {
    fn add(&mut self, recipe: Arc<Recipe>, options: &Options) -> Result<(), CompileError> {
        let index = self.recipes.len();
        let configured = options.severity.get(&recipe.name).copied();
        let verdict = |strength, severity: Option<Severity>| Verdict {
            recipe: index,
            strength,
            severity: configured.or(severity).unwrap_or(recipe.severity),
        };
        for pattern in &recipe.files {
            let rule = FileRule {
                verdict: verdict(pattern.strength, pattern.severity),
                access: pattern.access,
                kind: pattern.kind,
            };
            self.add_file(&recipe, pattern, rule)?;
        }
        for pattern in &recipe.executables {
            let name = executable::fold(&pattern.name).into_owned();
            let verdict = verdict(pattern.strength, pattern.severity);
            self.executables.entry(name).or_default().push(verdict);
        }
        self.recipes.push(recipe);
        Ok(())
    }

    fn add_file(
        &mut self,
        recipe: &Recipe,
        pattern: &FilePattern,
        rule: FileRule,
    ) -> Result<(), CompileError> {
        let refused = |refusal: Refusal| CompileError::Pattern {
            recipe: recipe.name.clone(),
            pattern: pattern.target.text().to_owned(),
            reason: refusal.message,
        };
        let forms = forms(&pattern.target).map_err(refused)?;
        self.signatures
            .extend(sieve::signatures(&forms).map_err(refused)?);
        for form in forms {
            match form.literal() {
                Some(path) if form.with_subtree => {
                    self.prefixes.entry(path).or_default().push(rule);
                }
                Some(path) => self.paths.entry(path).or_default().push(rule),
                None => {
                    for glob in form.globs().map_err(refused)? {
                        self.globs.push(glob);
                        self.glob_rules.push(rule);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Matcher, CompileError> {
        Ok(Matcher {
            recipes: self.recipes,
            paths: self.paths,
            prefixes: self.prefixes,
            globs: GlobSet::new(&self.globs)?,
            glob_rules: self.glob_rules,
            executables: self.executables,
            sieve: sieve::build(&self.signatures)?,
        })
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("recipes", &self.recipes.len())
            .finish_non_exhaustive()
    }
}

impl Matcher {
    /// The recipes that are in force.
    pub fn recipes(&self) -> &[Arc<Recipe>] {
        &self.recipes
    }

    /// What the kernel sieves by: every path that can match passes it.
    pub fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    /// Appends what recipes say about an open, at most one match for each recipe.
    pub fn matches_open(&self, subject: &OpenSubject<'_>, out: &mut Vec<Match>) {
        let begin = out.len();
        for (index, path) in subject.paths.iter().enumerate() {
            let literal = self.paths.get(*path).into_iter().flatten();
            let below = directories(path).filter_map(|directory| self.prefixes.get(directory));
            for rule in literal.chain(below.flatten()) {
                if rule.covers(subject) {
                    self.add(begin, rule.verdict, index, out);
                }
            }
            for glob in self.globs.matches(path) {
                if let Some(rule) = self.glob_rules.get(glob)
                    && rule.covers(subject)
                {
                    self.add(begin, rule.verdict, index, out);
                }
            }
        }
    }

    /// Appends what recipes say about an execution, at most one match for each recipe.
    pub fn matches_exec(&self, subject: &ExecSubject<'_>, out: &mut Vec<Match>) {
        let begin = out.len();
        for (index, name) in subject.names.iter().enumerate() {
            let folded = executable::fold(name);
            for name in executable::shortenings(&folded) {
                for verdict in self.executables.get(name).into_iter().flatten() {
                    self.add(begin, *verdict, index, out);
                }
            }
        }
    }

    /// Adds a match, or raises the one that the recipe already has since `begin`.
    fn add(&self, begin: usize, verdict: Verdict, subject: usize, out: &mut Vec<Match>) {
        let Some(recipe) = self.recipes.get(verdict.recipe) else {
            return;
        };
        let found = Match {
            recipe: Arc::clone(recipe),
            strength: verdict.strength,
            severity: verdict.severity,
            subject,
        };
        let known = out
            .iter_mut()
            .skip(begin)
            .find(|known| Arc::ptr_eq(&known.recipe, recipe));
        match known {
            Some(known) => {
                if (found.strength, found.severity) > (known.strength, known.severity) {
                    *known = found;
                }
            }
            None => out.push(found),
        }
    }
}

/// An absolute path and every directory above it but the root, deepest first.
fn directories(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        path.rsplit_once('/').map(|(above, _)| above)
    })
    .filter(|path| !path.is_empty())
}
