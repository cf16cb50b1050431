//! What the registry is held to, and that everything made from it is up to date. Needs no network.

// `cfg(test)` tells clippy that what the tests share is test code too.
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod resolve;
#[cfg(test)]
mod upstream;
