//! Recipes: what to look for and why it matters.

mod matches;

pub use matches::{ExecSubject, Match, OpenSubject, Strength};

/// One recipe.
#[derive(Debug, PartialEq)]
pub struct Recipe {}
