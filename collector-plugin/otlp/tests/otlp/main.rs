//! The crate as others use it, against opentelemetry-proto and against receivers that misbehave.

// `cfg(test)` tells clippy that what the tests share is test code too.
#[cfg(test)]
mod collector;
#[cfg(test)]
mod encode;
#[cfg(test)]
mod file;
#[cfg(test)]
mod grpc;
#[cfg(test)]
mod http;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod records;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod tls;
