//! The kernel/user contract in Rust: the mirror of `ebpf/bpf/include/abi.h` and a total decoder.
//!
//! [`raw`] has the `repr(C)` structs, [`decode`] turns ring bytes into an [`Event`] or says why it cannot,
//! [`Path`] gives meaning to the leaf-first paths of the kernel, [`sieve`] builds the tables that the
//! kernel sieves with. For tests, `build` makes records as the kernel does. No aya, no I/O, no unsafe: a recording from another
//! machine decodes anywhere.

mod event;
mod path;

#[cfg(feature = "build")]
pub mod build;
pub mod raw;
pub mod sieve;

pub use event::{DecodeError, Event, Record, Text, decode};
pub use path::Path;
