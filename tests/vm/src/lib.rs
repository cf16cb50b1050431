//! Boots another kernel under QEMU, runs programs of ours in it as root, and hands back what they printed.
//!
//! The guest is a kernel and an initramfs with busybox, nothing else: programs in it have to be linked statically. On
//! request it has this machine's systemd as its init, with the libraries of that.
//! QEMU emulates the processor, so that it works where there is no KVM; a boot takes 5 to 15 seconds.

mod guest;
mod initramfs;
mod kernel;
mod systemd;

pub use guest::{BOOT_LIMIT, BootError, Guest, Output};
pub use initramfs::InitramfsError;
pub use kernel::{FetchError, Kernel};
