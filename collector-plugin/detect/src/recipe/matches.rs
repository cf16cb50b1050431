//! What is judged, and what a judgement is: the seam between recipes and everything after them.

use std::sync::Arc;

use scoutline_semconv::Severity;

/// An open, in the words of a recipe.
#[derive(Clone, Copy, Debug)]
pub struct OpenSubject<'a> {
    /// Every path under which the file is known, absolute and under the usual mount points
    /// (`/proc/version`, also from a second procfs); the one a person would want to read first.
    /// `/proc/<pid>/task/<tid>/` is already folded onto `/proc/<pid>/`.
    pub paths: &'a [&'a str],
    /// The open can read (or list).
    pub reads: bool,
    /// The open can write.
    pub writes: bool,
    /// It is a directory.
    pub is_directory: bool,
}

/// An execution, in the words of a recipe.
#[derive(Clone, Copy, Debug)]
pub struct ExecSubject<'a> {
    /// Every name under which the program is known, without directories, most trustworthy first: the mapped
    /// file's, `argv[0]`'s, the script's, the applet's, the module's. As found, not yet normalised.
    pub names: &'a [&'a str],
}

/// One recipe fits. At most one per recipe and subject: its strongest, then most severe pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The recipe.
    pub recipe: Arc<crate::recipe::Recipe>,
    /// Fires alone, or only counts towards a burst.
    pub strength: Strength,
    /// What the configuration says, else the pattern, else the recipe.
    pub severity: Severity,
    /// Index into `paths` or `names` of the subject: the one that fits.
    pub subject: usize,
}

/// How much one access says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Says something only together with others.
    Weak,
    /// Says enough.
    Strong,
}
