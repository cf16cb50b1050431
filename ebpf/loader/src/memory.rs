//! The heap: keeping what is used again and again, giving back what only the start needed.

/// A batch, with what the transport copies it into: a handful of these are under way at once.
#[cfg(target_env = "gnu")]
const BUFFER_BYTES: libc::c_int = 4 << 20;
#[cfg(target_env = "gnu")]
const KEPT_BYTES: libc::c_int = 16 << 20;

/// Lets the heap keep freed buffers of up to 4 MiB, 16 MiB in all, instead of giving each back to the system and
/// getting fresh pages for the next: page faults were a quarter of what sending cost.
///
/// Call it before there are threads. Does nothing where the C library is not glibc.
pub fn keep_buffers() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "mallopt has no safe wrapper")]
        // SAFETY: mallopt takes no pointer; these two parameters accept any size.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, BUFFER_BYTES);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES);
        }
    }
}

/// Returns the free pages of the heap to the system.
///
/// Parsing the kernel's BTF takes some 20 MB once, the list of what runs nearly as much on a large host; without this they
/// stay resident for good.
pub fn trim_heap() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "malloc_trim has no safe wrapper")]
        // SAFETY: malloc_trim takes no pointer and may be called at any time from any thread.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
