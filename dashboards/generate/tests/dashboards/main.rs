//! What is made from the catalogue is up to date and fits together. Needs no network.

// `cfg(test)` tells clippy that what the tests share is test code too.
#[cfg(test)]
mod generated;
