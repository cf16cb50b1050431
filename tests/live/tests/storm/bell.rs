//! The ring of lifecycle events is read in long pauses, which the kernel cuts short before it is full.

use std::io::Error;
use std::process::Command;

use libtest_mimic::Failed;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use scoutline_abi::sieve::Sieve;
use scoutline_loader::{FileOpen, Ring, Sensor};

pub(crate) const NAME: &str = "a ring that fills up wakes its reader";

/// Far more than the ring holds.
const PROCESSES: u32 = 8_000;
const AT_A_TIME: u32 = 100;

/// With a sieve that lets no open pass, only the bell makes the ring of opens readable.
pub(crate) fn a_ring_that_fills_up_wakes() -> Result<(), Failed> {
    let (mut sensor, _) = Sensor::load(&Sieve::default(), [1, 2], FileOpen::default())?;
    let mut processes = 0;
    while !is_readable(&sensor)? {
        if processes == PROCESSES {
            return Err(format!("nothing after {processes} processes").into());
        }
        let script = format!("i=0; while [ $i -lt {AT_A_TIME} ]; do /bin/true; i=$((i+1)); done");
        let status = Command::new("sh").args(["-c", &script]).status()?;
        if !status.success() {
            return Err(format!("sh: {status}").into());
        }
        processes += AT_A_TIME;
    }
    let stats = sensor.stats()?;
    let lost = stats.exec_ring_full + stats.fork_ring_full + stats.exit_ring_full;
    if lost > 0 {
        return Err(format!("{lost} events did not fit the ring").into());
    }
    let opens = sensor.drain(Ring::Opens, usize::MAX, |_| ());
    if opens > 0 {
        return Err(format!("{opens} records of opens, where the bell leaves none").into());
    }
    let lifecycle = sensor.drain(Ring::Lifecycle, usize::MAX, |_| ());
    // An execution, a fork and an exit each.
    if lifecycle < processes as usize {
        return Err(format!("{lifecycle} lifecycle events of {processes} processes").into());
    }
    if is_readable(&sensor)? {
        return Err("the bell goes on after the ring was read".into());
    }
    Ok(())
}

fn is_readable(sensor: &Sensor) -> Result<bool, Error> {
    let ring = sensor.ring_fd(Ring::Opens);
    let mut polled = [PollFd::from_borrowed_fd(ring, PollFlags::IN)];
    Ok(poll(&mut polled, Some(&Timespec::default()))? > 0)
}
