//! The rules of the repository. Needs neither root nor a network.

// `cfg(test)` tells clippy that what the rules share is test code too.
#[cfg(test)]
mod documents;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod names;
#[cfg(test)]
mod recipes;
#[cfg(test)]
mod size;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod walls;
