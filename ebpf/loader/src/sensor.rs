//! The loaded object: its maps, rings and counters.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use aya::maps::{Array, HashMap, Map, MapData, MapError, PerCpuArray};
use aya::programs::Program;
use aya::{Btf, Ebpf, EbpfError, EbpfLoader};
use scoutline_abi::raw::{self, FoldKey, Stats};
use scoutline_abi::sieve::Sieve;
use thiserror::Error;
use zerocopy::{FromBytes, IntoBytes};

use crate::attach::{Attachment, FileOpen};
use crate::hooks::{self, Family};
use crate::ring::RingBuffer;

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/sensor.bpf.o"));

const STATS_WORDS: usize = size_of::<Stats>() / 8;
const SIEVE_WORDS: usize = size_of::<raw::SieveTable>() / 8;

/// Bytes of the list of running processes that are read before they are handed out.
const TASKS_AT_ONCE: u64 = 256 << 10;

type Words<const N: usize> = [u64; N];

/// Which ring to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// exec, fork, exit.
    Lifecycle,
    /// Opens that passed the sieve.
    Opens,
}

/// The sensor in the kernel. Dropping it detaches everything.
pub struct Sensor {
    pub(crate) programs: Ebpf,
    lifecycle: RingBuffer,
    opens: RingBuffer,
    stats: PerCpuArray<MapData, Words<STATS_WORDS>>,
    fold: HashMap<MapData, Words<2>, Words<2>>,
    quota: HashMap<MapData, u64, u32>,
    sensor_self: Array<MapData, Words<3>>,
}

/// Why the sensor cannot be loaded at all.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The kernel has no BTF, or it cannot be read.
    #[error("cannot read the kernel's type information at /sys/kernel/btf/vmlinux: {0}")]
    NoBtf(#[source] aya::BtfError),
    /// `bpf()` is not allowed.
    #[error("the kernel does not allow this process to use eBPF")]
    NotPermitted,
    /// Something else is wrong with object or kernel.
    #[error("cannot create the sensor's maps: {0}")]
    Object(#[source] EbpfError),
    /// A map of the object is missing or of another kind: object and loader do not belong together.
    #[error("cannot use the map {name} of the sensor's object: {source}")]
    Map {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        source: MapError,
    },
    /// The sieve could not be written to the kernel.
    #[error("cannot hand the recipes' sieve to the kernel: {0}")]
    Sieve(#[source] MapError),
}

/// Why something could not be read from the kernel.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A map could not be read.
    #[error("cannot read the map {map}: {source}")]
    Map {
        /// Its name.
        map: &'static str,
        /// What is wrong.
        source: MapError,
    },
    /// The iterator could not be started or read.
    #[error("cannot list the running processes: {0}")]
    Tasks(#[source] io::Error),
}

impl Sensor {
    /// Creates the maps, hands over the sieve, then attaches every family with the best hook that works.
    ///
    /// `secret` keys the fold, so that nobody can aim at one of its keys. Memory for the kernel's BTF
    /// is freed on return; call [`crate::trim_heap`] to give it back.
    pub fn load(
        sieve: &Sieve,
        secret: [u64; 2],
        file_open: FileOpen,
    ) -> Result<(Self, Vec<Attachment>), LoadError> {
        let btf = Btf::from_sys_fs().map_err(LoadError::NoBtf)?;
        let mut sensor = Self::create(&btf, secret)?;
        sensor.set_sieve(sieve).map_err(LoadError::Sieve)?;
        let attachments = sensor.attach_all(&btf, file_open);
        Ok((sensor, attachments))
    }

    fn create(btf: &Btf, secret: [u64; 2]) -> Result<Self, LoadError> {
        let mut programs = EbpfLoader::new()
            .btf(Some(btf))
            .override_global("fold_secret", &secret, true)
            .load(OBJECT)
            .map_err(|error| {
                if is_not_permitted(&error) {
                    LoadError::NotPermitted
                } else {
                    LoadError::Object(error)
                }
            })?;
        Ok(Self {
            lifecycle: take(&mut programs, "lifecycle")?,
            opens: take(&mut programs, "opens")?,
            stats: take(&mut programs, "stats")?,
            fold: take(&mut programs, "fold")?,
            quota: take(&mut programs, "quota")?,
            sensor_self: take(&mut programs, "sensor_self")?,
            programs,
        })
    }

    fn set_sieve(&mut self, sieve: &Sieve) -> Result<(), MapError> {
        let mut words = Box::new([0; SIEVE_WORDS]);
        words
            .as_mut_slice()
            .as_mut_bytes()
            .copy_from_slice(sieve.table().as_bytes());
        let mut signatures: HashMap<_, u64, u8> =
            HashMap::try_from(map(&mut self.programs, "signatures")?)?;
        for signature in sieve.signatures() {
            signatures.insert(signature, 1, 0)?;
        }
        // Last, since the kernel looks here first.
        let mut table: Array<_, Words<SIEVE_WORDS>> =
            Array::try_from(map(&mut self.programs, "sieve")?)?;
        table.set(0, *words, 0)
    }

    /// Reads every process that runs now, as records of kind [`raw::EVENT_TASK`], and learns the
    /// sensor's own pid, whose opens are ignored from then on. Call it right after [`Sensor::load`].
    pub fn tasks(&mut self, mut take: impl FnMut(&[u8])) -> Result<(), ReadError> {
        let failed =
            |error: &dyn std::fmt::Display| ReadError::Tasks(io::Error::other(error.to_string()));
        let Some(hook) = hooks::of(Family::Tasks).next() else {
            return Ok(());
        };
        let Some(Program::Iter(iterator)) = self.programs.program_mut(hook.program) else {
            return Err(failed(&"the object has no such iterator"));
        };
        let link = iterator.attach().map_err(|error| failed(&error))?;
        let link = iterator.take_link(link).map_err(|error| failed(&error))?;
        let mut file = link.into_file().map_err(|error| failed(&error))?;
        // Not all at once: there may be tens of thousands.
        let mut bytes = Vec::new();
        loop {
            let mut some = file.by_ref().take(TASKS_AT_ONCE);
            if some.read_to_end(&mut bytes).map_err(ReadError::Tasks)? == 0 {
                return Ok(());
            }
            let taken = hand_out(&bytes, &mut take);
            bytes.drain(..taken);
        }
    }

    /// The sensor's tgid in the initial pid namespace, 0 before [`Sensor::tasks`] was called.
    pub fn own_tgid(&self) -> u32 {
        let words = self.sensor_self.get(&0, 0).unwrap_or_default();
        let own: raw::SensorSelf = zerocopy::transmute!(words);
        own.tgid
    }

    /// Hands up to `limit` records of a ring to `take`, oldest first; returns how many.
    pub fn drain(&mut self, ring: Ring, limit: usize, mut take: impl FnMut(&[u8])) -> usize {
        let ring = match ring {
            Ring::Lifecycle => &mut self.lifecycle,
            Ring::Opens => &mut self.opens,
        };
        let mut records = 0;
        while records < limit {
            if !ring.next(|record| take(filled(record))) {
                break;
            }
            records += 1;
        }
        records
    }

    /// Becomes readable when a ring has something new.
    pub fn ring_fd(&self, ring: Ring) -> BorrowedFd<'_> {
        match ring {
            Ring::Lifecycle => self.lifecycle.as_fd(),
            Ring::Opens => self.opens.as_fd(),
        }
    }

    /// The current counts of folded opens; a key that the kernel does not have is left out.
    pub fn counts(
        &self,
        keys: &[FoldKey],
        counts: &mut Vec<(FoldKey, u64)>,
    ) -> Result<(), ReadError> {
        for key in keys {
            match self.fold.get(&words(key), 0) {
                Ok([count, _]) => counts.push((*key, count)),
                Err(MapError::KeyNotFound) => {}
                Err(source) => {
                    return Err(ReadError::Map {
                        map: "fold",
                        source,
                    });
                }
            }
        }
        Ok(())
    }

    /// Deletes fold keys, and the quotas of programs, that have ended.
    pub fn forget(&mut self, keys: &[FoldKey], programs: &[u64]) -> Result<(), ReadError> {
        let keys = keys
            .iter()
            .map(|key| ("fold", self.fold.remove(&words(key))));
        let programs = programs
            .iter()
            .map(|program| ("quota", self.quota.remove(program)));
        for (map, removed) in keys.chain(programs) {
            match removed {
                Ok(()) | Err(MapError::KeyNotFound) => {}
                Err(source) => return Err(ReadError::Map { map, source }),
            }
        }
        Ok(())
    }

    /// The counters, summed over all CPUs.
    pub fn stats(&self) -> Result<Stats, ReadError> {
        let per_cpu = self.stats.get(&0, 0).map_err(|source| ReadError::Map {
            map: "stats",
            source,
        })?;
        let mut total: Words<STATS_WORDS> = [0; STATS_WORDS];
        for words in per_cpu.iter() {
            for (sum, word) in total.iter_mut().zip(words) {
                *sum = sum.wrapping_add(*word);
            }
        }
        Ok(zerocopy::transmute!(total))
    }
}

/// Hands out the records that are there as a whole; how many bytes these are.
fn hand_out(bytes: &[u8], take: &mut impl FnMut(&[u8])) -> usize {
    let mut rest = bytes;
    while let Ok((header, _)) = raw::EventHeader::read_from_prefix(rest) {
        let size = usize::try_from(header.size).unwrap_or(usize::MAX);
        let Some((record, next)) = rest.split_at_checked(size).filter(|_| size > 0) else {
            break;
        };
        take(record);
        rest = next;
    }
    bytes.len() - rest.len()
}

/// The part of a record that was filled: room is reserved in two sizes only.
fn filled(record: &[u8]) -> &[u8] {
    let size = raw::EventHeader::read_from_prefix(record).map_or(0, |(header, _)| header.size);
    usize::try_from(size)
        .ok()
        .and_then(|size| record.get(..size))
        .unwrap_or(record)
}

fn words(key: &FoldKey) -> Words<2> {
    [key.program, key.object]
}

fn map<'a>(programs: &'a mut Ebpf, name: &'static str) -> Result<&'a mut Map, MapError> {
    programs
        .map_mut(name)
        .ok_or_else(|| MapError::InvalidName { name: name.into() })
}

fn take<T: TryFrom<Map, Error = MapError>>(
    programs: &mut Ebpf,
    name: &'static str,
) -> Result<T, LoadError> {
    programs
        .take_map(name)
        .ok_or_else(|| MapError::InvalidName { name: name.into() })
        .and_then(T::try_from)
        .map_err(|source| LoadError::Map { name, source })
}

fn is_not_permitted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES));
        }
        cause = error.source();
    }
    false
}
