//! The repository as data, for the rules in `tests/tidy`: its files, its Rust code, its crates.

mod crates;
mod repository;
mod rust;

pub use crates::{Crates, CratesError};
pub use repository::{File, Repository, RepositoryError};
pub use rust::{Code, CodeError, Token};
