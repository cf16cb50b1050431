//! The recipes in use: read, listed, shown and checked.

mod json;
mod text;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scoutline_detect::diagnostic::{Diagnostic, Level, suggestion};
use scoutline_detect::recipe::{self, CompileError, Matcher, Options, Recipe};
use thiserror::Error;

pub use json::{list as list_json, show as show_json};
pub use text::{list as list_text, show as show_text};

/// Longer is no recipe.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Recipes that were read, and what is wrong with the others.
#[derive(Clone, Debug, Default)]
pub struct Recipes {
    /// Those that can be used, built-in ones first.
    pub recipes: Vec<Arc<Recipe>>,
    /// A recipe with an error is not in [`Self::recipes`]: it disables itself alone.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why recipes cannot be read at all.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A directory was named and is not there, or cannot be listed.
    #[error("cannot list the recipes in {path}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read the recipe {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Somebody asked for a recipe that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no recipe \"{name}\": {help}")]
pub struct UnknownRecipe {
    /// The name.
    pub name: String,
    /// What to write instead.
    pub help: String,
}

impl Recipes {
    /// The built-in recipes and every `*.yaml` in these directories, by name.
    ///
    /// # Errors
    /// If a directory or a file in it cannot be read. A recipe that is wrong is no error, but a diagnostic.
    pub fn read(directories: &[PathBuf]) -> Result<Self, ReadError> {
        let (recipes, diagnostics) = recipe::builtin();
        let mut all = Self {
            recipes: recipes.into_iter().map(Arc::new).collect(),
            diagnostics,
        };
        for directory in directories {
            for file in files(directory)? {
                all.add(&file)?;
            }
        }
        Ok(all)
    }

    /// These files alone.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read_files(files: &[PathBuf]) -> Result<Self, ReadError> {
        let mut all = Self::default();
        for file in files {
            all.add(file)?;
        }
        Ok(all)
    }

    /// Runs the tests that each recipe carries and adds what fails to the diagnostics.
    pub fn test(&mut self) {
        for recipe in &self.recipes {
            self.diagnostics.extend(recipe::check_tests(recipe));
        }
    }

    /// Whether any recipe has an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// What the detector judges with.
    ///
    /// # Errors
    /// If recipes contradict each other, or the options name one that is not there.
    pub fn compile(&self, options: &Options) -> Result<Matcher, CompileError> {
        recipe::compile(self.recipes.iter().cloned(), options)
    }

    /// The recipe of this name.
    pub fn get(&self, name: &str) -> Option<&Recipe> {
        self.recipes
            .iter()
            .find(|recipe| recipe.name == name)
            .map(Arc::as_ref)
    }

    /// What to answer to somebody who asked for a recipe that is not there.
    pub fn unknown(&self, name: &str) -> UnknownRecipe {
        let names = self.recipes.iter().map(|recipe| recipe.name.as_str());
        UnknownRecipe {
            name: name.to_owned(),
            help: suggestion(name, names)
                .unwrap_or_else(|| "`scoutline recipes list` shows all".to_owned()),
        }
    }

    fn add(&mut self, file: &Path) -> Result<(), ReadError> {
        let text = read(file).map_err(|source| ReadError::File {
            path: file.to_owned(),
            source,
        })?;
        let (recipe, found) = recipe::parse(&file.to_string_lossy(), &text);
        let is_wrong = found
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Error);
        self.recipes
            .extend(recipe.filter(|_| !is_wrong).map(Arc::new));
        self.diagnostics.extend(found);
        Ok(())
    }
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let unreadable = |source| ReadError::Directory {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    // The order of a directory is chance; the order of recipes is that of matches.
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> io::Result<String> {
    use io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        let message = format!("it is larger than {MAX_FILE_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
