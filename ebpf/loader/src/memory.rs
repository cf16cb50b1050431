//! Giving memory back that only the start needed.

/// Returns the free top and the free pages of the heap to the system.
///
/// Parsing the kernel's BTF takes some 20 MB once; without this they stay resident for good.
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
