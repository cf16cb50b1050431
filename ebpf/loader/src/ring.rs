//! One of the kernel's rings, read in place.
//!
//! The kernel offers a ring's bytes twice in a row, so that a record that wraps around lies in one piece. Whatever is
//! mapped counts as resident, the same page once more each time it is mapped: the rings were half of what the sensor at
//! rest had. Mapped once, one record in each turn of the ring has to be put together.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};

use aya::maps::{Map, MapData, MapError, MapType};
use aya::sys::SyscallError;

/// Of `linux/bpf.h`: in the length before each record.
const BUSY: u32 = 1 << 31;
const DISCARDED: u32 = 1 << 30;
const HEADER: usize = 8;

/// A map of type `BPF_MAP_TYPE_RINGBUF`, and how far it was read.
pub(crate) struct RingBuffer {
    map: MapData,
    reader: Reader,
}

impl RingBuffer {
    /// Hands the oldest record to `take`; false if there is none.
    pub(crate) fn next(&mut self, take: impl FnOnce(&[u8])) -> bool {
        self.reader.next(take)
    }
}

impl AsFd for RingBuffer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.fd().as_fd()
    }
}

impl TryFrom<Map> for RingBuffer {
    type Error = MapError;

    fn try_from(map: Map) -> Result<Self, MapError> {
        let Map::RingBuf(map) = map else {
            let map_type = MapType::Unspecified as u32;
            return Err(MapError::InvalidMapType { map_type });
        };
        let size = usize::try_from(map.info()?.max_entries()).unwrap_or(usize::MAX);
        let reader = Reader::new(map.fd().as_fd(), size).map_err(|io_error| SyscallError {
            call: "mmap",
            io_error,
        })?;
        Ok(Self { map, reader })
    }
}

struct Reader {
    /// A page: how far this side got, which the kernel reads.
    consumer: Mapping,
    /// A page: how far the kernel got. Behind it the bytes.
    producer: Mapping,
    page: usize,
    /// Bytes, a power of two.
    size: usize,
    /// The same as `consumer` says.
    consumed: usize,
    /// As it was when it was last looked at.
    produced: usize,
    /// The kernel may have held back a wake-up since it was last looked whether there is more.
    may_have_missed: bool,
    /// The last record that wrapped around.
    whole: Vec<u8>,
}

impl Reader {
    fn new(fd: BorrowedFd<'_>, size: usize) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let consumer = Mapping::new(fd, 0, page, libc::PROT_READ | libc::PROT_WRITE)?;
        let producer = Mapping::new(fd, page, page.saturating_add(size), libc::PROT_READ)?;
        let consumed = consumer.position().load(Ordering::Acquire);
        let produced = producer.position().load(Ordering::Acquire);
        Ok(Self {
            consumer,
            producer,
            page,
            size,
            consumed,
            produced,
            may_have_missed: false,
            whole: Vec::new(),
        })
    }

    fn next(&mut self, take: impl FnOnce(&[u8])) -> bool {
        while self.has_more() {
            let at = self.consumed & (self.size - 1);
            // Headers are aligned, and so do not wrap. What the kernel wrote before the length is visible after it.
            let head = self.producer.word(self.page + at).load(Ordering::Acquire);
            let len = (head & !(BUSY | DISCARDED)) as usize;
            if head & BUSY != 0 {
                // Once it is done, its writer wakes nobody who has not come as far as that.
                if !self.look_again() {
                    return false;
                }
                continue;
            }
            if head & DISCARDED != 0 {
                self.consume(len);
                continue;
            }
            take(self.record((at + HEADER) & (self.size - 1), len));
            self.consume(len);
            return true;
        }
        false
    }

    fn has_more(&mut self) -> bool {
        if self.consumed == self.produced {
            self.look_again();
            self.produced = self.producer.position().load(Ordering::Acquire);
        }
        self.consumed != self.produced
    }

    /// Before the last look: either that sees what was written meanwhile, or its writer sees how far this side got, and
    /// wakes it. Whether another look is needed.
    fn look_again(&mut self) -> bool {
        if self.may_have_missed {
            fence(Ordering::SeqCst);
        }
        std::mem::take(&mut self.may_have_missed)
    }

    fn record(&mut self, at: usize, len: usize) -> &[u8] {
        // No record is longer than the ring.
        let len = len.min(self.size);
        let before_end = len.min(self.size - at);
        let begin = self.producer.bytes(self.page + at, before_end);
        if before_end == len {
            return begin;
        }
        self.whole.clear();
        self.whole.extend_from_slice(begin);
        let rest = self.producer.bytes(self.page, len - before_end);
        self.whole.extend_from_slice(rest);
        &self.whole
    }

    fn consume(&mut self, len: usize) {
        let taken = (HEADER + len).next_multiple_of(HEADER);
        self.consumed = self.consumed.wrapping_add(taken);
        // After the record was read: the kernel may write there now.
        let position = self.consumer.position();
        position.store(self.consumed, Ordering::Release);
        self.may_have_missed = true;
    }
}

/// Memory that is shared with the kernel.
struct Mapping {
    begin: NonNull<u8>,
    len: usize,
}

#[expect(unsafe_code, reason = "a raw pointer is in the way")]
// SAFETY: the memory is this value's alone, and no thread's in particular.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(fd: BorrowedFd<'_>, offset: usize, len: usize, protection: i32) -> io::Result<Self> {
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        #[expect(unsafe_code, reason = "mmap has no safe wrapper")]
        // SAFETY: without an address to be at, the mapping takes the place of no other.
        let begin = unsafe {
            let fd = fd.as_raw_fd();
            libc::mmap(
                ptr::null_mut(),
                len,
                protection,
                libc::MAP_SHARED,
                fd,
                offset,
            )
        };
        if begin == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let begin = NonNull::new(begin.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { begin, len })
    }

    /// At its beginning.
    fn position(&self) -> &AtomicUsize {
        debug_assert!(self.len >= size_of::<usize>());
        #[expect(unsafe_code, reason = "the kernel writes it meanwhile")]
        // SAFETY: a page is mapped there at least, for as long as `self` lives; nobody changes it but atomically.
        unsafe {
            self.begin.cast().as_ref()
        }
    }

    /// Length and state of a record.
    fn word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(4) && at < self.len, "{at} is no header");
        #[expect(unsafe_code, reason = "the kernel writes it meanwhile")]
        // SAFETY: as checked, it is inside and aligned, since pages are; nobody changes it but atomically.
        unsafe {
            self.begin.add(at).cast().as_ref()
        }
    }

    /// A record, or a part of one: one that is neither busy nor consumed.
    fn bytes(&self, at: usize, len: usize) -> &[u8] {
        assert!(at <= self.len && len <= self.len - at, "{at} is no record");
        #[expect(unsafe_code, reason = "they are the kernel's")]
        // SAFETY: as checked, they are inside; the kernel changes them only after they were consumed.
        unsafe {
            slice::from_raw_parts(self.begin.add(at).as_ptr(), len)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "munmap has no safe wrapper")]
        // SAFETY: nothing that borrowed from it is left.
        unsafe {
            libc::munmap(self.begin.as_ptr().cast(), self.len);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;

    use rustix::fs::{MemfdFlags, memfd_create};

    use super::*;

    /// The kernel's side of a ring of one page.
    struct Kernel {
        file: File,
        page: usize,
        produced: usize,
    }

    impl Kernel {
        fn new() -> (Self, Reader) {
            let file = File::from(memfd_create("ring", MemfdFlags::CLOEXEC).unwrap());
            let page = rustix::param::page_size();
            file.set_len(3 * page as u64).unwrap();
            let reader = Reader::new(file.as_fd(), page).unwrap();
            let kernel = Self {
                file,
                page,
                produced: 0,
            };
            (kernel, reader)
        }

        fn write(&mut self, at: usize, bytes: &[u8]) {
            for (place, byte) in (at..).zip(bytes) {
                let place = 2 * self.page + place % self.page;
                self.file.write_all_at(&[*byte], place as u64).unwrap();
            }
        }

        /// Returns where its header is.
        fn produce(&mut self, record: &[u8], state: u32) -> usize {
            let at = self.produced;
            self.write(at, &(record.len() as u32 | state).to_ne_bytes());
            self.write(at + HEADER, record);
            self.produced += (HEADER + record.len()).next_multiple_of(HEADER);
            let position = self.produced.to_ne_bytes();
            self.file.write_all_at(&position, self.page as u64).unwrap();
            at
        }

        fn consumed(&self) -> usize {
            let mut position = [0; size_of::<usize>()];
            self.file.read_exact_at(&mut position, 0).unwrap();
            usize::from_ne_bytes(position)
        }
    }

    fn next(reader: &mut Reader) -> Option<Vec<u8>> {
        let mut record = None;
        let found = reader.next(|bytes| record = Some(bytes.to_vec()));
        assert_eq!(found, record.is_some());
        record
    }

    #[test]
    fn records_are_whole_wherever_the_ring_ends() {
        let (mut kernel, mut reader) = Kernel::new();
        // Of all lengths, so that headers and records end everywhere that they can.
        for turn in 0..2_000_usize {
            let record: Vec<u8> = (0..turn % 700).map(|at| (turn + at) as u8).collect();
            kernel.produce(&record, 0);
            assert_eq!(next(&mut reader), Some(record), "record {turn}");
            assert_eq!(kernel.consumed(), kernel.produced);
        }
        assert!(kernel.produced > 100 * kernel.page);
        assert_eq!(next(&mut reader), None);
    }

    #[test]
    fn nothing_is_read_before_it_is_written_and_nothing_that_was_thrown_away() {
        let (mut kernel, mut reader) = Kernel::new();
        kernel.produce(b"thrown away", DISCARDED);
        let busy = kernel.produce(b"a", BUSY);
        kernel.produce(b"b", 0);
        assert_eq!(next(&mut reader), None);
        assert_eq!(kernel.consumed(), busy);
        kernel.write(busy, &1_u32.to_ne_bytes());
        assert_eq!(next(&mut reader), Some(b"a".to_vec()));
        assert_eq!(next(&mut reader), Some(b"b".to_vec()));
        assert_eq!(next(&mut reader), None);
        assert_eq!(kernel.consumed(), kernel.produced);
    }
}
