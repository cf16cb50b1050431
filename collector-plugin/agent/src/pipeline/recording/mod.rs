//! Recordings: every step of a run, so that `replay` gives the same records on any machine.
//!
//! ```text
//! file    = "SCOUTREC" version:u16 length:u32 preamble:JSON frame*
//! frame   = length:u32 kind:u8 boot_to_unix_ns:i64 time_ns:u64 payload
//! payload = the ring record            (kind 1, event;   time: when it was observed, since the Unix epoch)
//!         | (program object count)*    (kind 2, advance; kind 3, finish; time: since boot)
//!         | JSON                       (kind 4, answer; time: since boot)
//!         |                            (kind 5, issue; time: since boot)
//! ```
//! All numbers are little-endian. A sensor that is killed leaves its last frame cut: everything before it can
//! be replayed.

mod recorder;

use std::io::{self, Read, Write};

use scoutline_abi::raw::{self, FoldKey};
use scoutline_detect::{Clock, Facts, Settings};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::judge::Step;
pub use recorder::Recorder;

const MAGIC: &[u8; 8] = b"SCOUTREC";
const VERSION: u16 = 2;
const EVENT: u8 = 1;
const ADVANCE: u8 = 2;
const FINISH: u8 = 3;
const ANSWER: u8 = 4;
const ISSUE: u8 = 5;
/// kind, clock, time.
const FRAME_HEAD: usize = 1 + 8 + 8;
/// More than any record or list of counters has.
const MAX_FRAME: usize = 16 << 20;
const MAX_PREAMBLE: usize = 64 << 20;

/// What a replay has to know before the first step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preamble {
    /// Version of the sensor that recorded.
    pub sensor_version: String,
    /// Version of the kernel/user contract.
    pub abi_version: u16,
    /// The host, as the detector was told.
    pub facts: Facts,
    /// How the detector judged.
    pub settings: Settings,
    /// The Resource of the records, each value as text.
    pub resource: Vec<(String, String)>,
}

/// Writes a recording.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    frame: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Begins a recording.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn new(mut out: W, preamble: &Preamble) -> io::Result<Self> {
        let json = serde_json::to_vec(preamble)?;
        out.write_all(MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        out.write_all(
            &u32::try_from(json.len())
                .map_err(io::Error::other)?
                .to_le_bytes(),
        )?;
        out.write_all(&json)?;
        Ok(Self {
            out,
            frame: Vec::new(),
        })
    }

    /// Appends one step.
    ///
    /// # Errors
    /// If it cannot be written; what was written before can be replayed.
    pub fn write(&mut self, step: &Step<'_>) -> io::Result<()> {
        let (kind, time, clock) = match step {
            Step::Event {
                observed_unix_ns,
                clock,
                ..
            } => (EVENT, *observed_unix_ns, clock),
            Step::Advance { now, clock, .. } => (ADVANCE, *now, clock),
            Step::Answer { now, clock, .. } => (ANSWER, *now, clock),
            Step::Issue { now, clock } => (ISSUE, *now, clock),
            Step::Finish { now, clock, .. } => (FINISH, *now, clock),
        };
        self.frame.clear();
        self.frame.push(kind);
        self.frame.extend(clock.boot_to_unix_ns.to_le_bytes());
        self.frame.extend(time.to_le_bytes());
        match step {
            Step::Event { bytes, .. } => self.frame.extend_from_slice(bytes),
            Step::Answer { answer, .. } => serde_json::to_writer(&mut self.frame, answer)?,
            Step::Issue { .. } => {}
            Step::Advance { counts, .. } | Step::Finish { counts, .. } => {
                for (key, count) in *counts {
                    self.frame.extend(key.program.to_le_bytes());
                    self.frame.extend(key.object.to_le_bytes());
                    self.frame.extend(count.to_le_bytes());
                }
            }
        }
        let len = u32::try_from(self.frame.len()).map_err(io::Error::other)?;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(&self.frame)
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Why a recording cannot be read, or not further.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read the recording: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("this is no recording of scoutline: it does not begin with SCOUTREC")]
    NotARecording,
    /// By a sensor that does it another way.
    #[error(
        "the recording has format {found}, this scoutline reads {VERSION}: replay it with the version that made it"
    )]
    Version {
        /// What it has.
        found: u16,
    },
    /// By a sensor with other kernel records.
    #[error("the recording was made by scoutline {sensor} with kernel records of version {found}, this one reads {expected}", expected = raw::ABI_VERSION)]
    Abi {
        /// The sensor that made it.
        sensor: String,
        /// What it has.
        found: u16,
    },
    /// Its beginning makes no sense.
    #[error("the beginning of the recording is damaged: {0}")]
    Preamble(#[from] serde_json::Error),
    /// A frame makes no sense.
    #[error("the recording is damaged after {steps} steps")]
    Damaged {
        /// Steps before it.
        steps: u64,
    },
    /// It ends in the middle of a frame.
    #[error("the recording was cut off after {steps} steps; what came before was replayed")]
    CutOff {
        /// Steps before it.
        steps: u64,
    },
}

/// Reads a recording.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    frame: Vec<u8>,
    counts: Vec<(FoldKey, u64)>,
    steps: u64,
}

impl<R: Read> Reader<R> {
    /// Reads up to the first step.
    ///
    /// # Errors
    /// If this is no recording, or not one for this version.
    pub fn new(mut input: R) -> Result<(Self, Preamble), ReadError> {
        let mut magic = [0; MAGIC.len()];
        let cut_means_none = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::NotARecording,
            _ => ReadError::Io(error),
        };
        input.read_exact(&mut magic).map_err(cut_means_none)?;
        if magic != *MAGIC {
            return Err(ReadError::NotARecording);
        }
        let found = u16::from_le_bytes(array(&mut input).map_err(cut_means_none)?);
        if found != VERSION {
            return Err(ReadError::Version { found });
        }
        let len = u32::from_le_bytes(array(&mut input).map_err(cut_means_none)?) as usize;
        if len > MAX_PREAMBLE {
            return Err(ReadError::Damaged { steps: 0 });
        }
        let mut json = vec![0; len];
        input.read_exact(&mut json).map_err(cut_means_none)?;
        let preamble: Preamble = serde_json::from_slice(&json)?;
        if preamble.abi_version != raw::ABI_VERSION {
            return Err(ReadError::Abi {
                sensor: preamble.sensor_version,
                found: preamble.abi_version,
            });
        }
        let reader = Self {
            input,
            frame: Vec::new(),
            counts: Vec::new(),
            steps: 0,
        };
        Ok((reader, preamble))
    }

    /// The next step, `None` at the end.
    ///
    /// # Errors
    /// If the rest cannot be read, or was cut off.
    pub fn step(&mut self) -> Result<Option<Step<'_>>, ReadError> {
        let cut = ReadError::CutOff { steps: self.steps };
        let mut len = [0; 4];
        match read_full(&mut self.input, &mut len)? {
            0 => return Ok(None),
            4 => {}
            _ => return Err(cut),
        }
        let len = u32::from_le_bytes(len) as usize;
        let damaged = ReadError::Damaged { steps: self.steps };
        if !(FRAME_HEAD..=MAX_FRAME).contains(&len) {
            return Err(damaged);
        }
        self.frame.resize(len, 0);
        if read_full(&mut self.input, &mut self.frame)? != len {
            return Err(cut);
        }
        let step = parse(&self.frame, &mut self.counts).ok_or(damaged)?;
        self.steps += 1;
        Ok(Some(step))
    }
}

fn parse<'a>(frame: &'a [u8], counts: &'a mut Vec<(FoldKey, u64)>) -> Option<Step<'a>> {
    let (&kind, rest) = frame.split_first()?;
    let (offset, rest) = rest.split_first_chunk()?;
    let (time, payload) = rest.split_first_chunk()?;
    let time = u64::from_le_bytes(*time);
    let clock = Clock {
        boot_to_unix_ns: i64::from_le_bytes(*offset),
    };
    if kind == EVENT {
        return Some(Step::Event {
            bytes: payload,
            observed_unix_ns: time,
            clock,
        });
    }
    if kind == ISSUE && payload.is_empty() {
        return Some(Step::Issue { now: time, clock });
    }
    if kind == ANSWER {
        return Some(Step::Answer {
            now: time,
            answer: serde_json::from_slice(payload).ok()?,
            clock,
        });
    }
    let (words, rest) = payload.as_chunks::<8>();
    let (entries, odd) = words.as_chunks::<3>();
    if !rest.is_empty() || !odd.is_empty() {
        return None;
    }
    counts.clear();
    counts.extend(entries.iter().map(|[program, object, count]| {
        let key = FoldKey {
            program: u64::from_le_bytes(*program),
            object: u64::from_le_bytes(*object),
        };
        (key, u64::from_le_bytes(*count))
    }));
    match kind {
        ADVANCE => Some(Step::Advance {
            now: time,
            counts,
            clock,
        }),
        FINISH => Some(Step::Finish {
            now: time,
            counts,
            clock,
        }),
        _ => None,
    }
}

fn array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// As much as there is.
fn read_full(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
