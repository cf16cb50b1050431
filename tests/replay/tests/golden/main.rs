//! OTLP as it leaves the sensor, byte for byte, from inputs that never change, and that it says all that the registry
//! defines.

// `cfg(test)` tells clippy that what the tests share is test code too.
#[cfg(test)]
mod bytes;
#[cfg(test)]
mod file;
#[cfg(test)]
mod host;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod meant;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod sent;
#[cfg(test)]
mod wire;
