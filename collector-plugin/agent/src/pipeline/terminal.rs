//! Lines for a terminal that may be slow, blocked or gone.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::LINES;

/// What happens to a line when too many wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is dropped and counted: nobody may hold up the sensor.
    Drop,
    /// The caller waits: a replay has all the time in the world.
    Wait,
}

/// Prints from a thread of its own. Dropping it leaves what waits unprinted; [`Lines::finish`] does not.
#[derive(Debug)]
pub struct Lines {
    lines: SyncSender<Vec<u8>>,
    when_full: WhenFull,
    dropped: u64,
    printer: JoinHandle<()>,
    ended: Receiver<()>,
}

impl Lines {
    /// Longest that [`Lines::finish`] waits for a terminal that takes nothing.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Starts the thread; it writes to `out` and stops silently when that is gone, as `head` expects.
    ///
    /// # Errors
    /// If there can be no more threads.
    pub fn start(
        mut out: impl Write + Send + 'static,
        when_full: WhenFull,
    ) -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel::<Vec<u8>>(LINES);
        let (end, ended) = sync_channel(1);
        let printer = std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                for line in waiting {
                    if out.write_all(&line).and_then(|()| out.flush()).is_err() {
                        break;
                    }
                }
                // Nobody listens if nobody waits for the end.
                let _ = end.send(());
            })?;
        Ok(Self {
            lines,
            when_full,
            dropped: 0,
            printer,
            ended,
        })
    }

    /// Hands over one line, newline included.
    pub fn push(&mut self, line: Vec<u8>) {
        let sent = match self.when_full {
            WhenFull::Wait => self.lines.send(line).is_ok(),
            WhenFull::Drop => !matches!(self.lines.try_send(line), Err(TrySendError::Full(_))),
        };
        self.dropped += u64::from(!sent);
    }

    /// Prints what waits and returns how many lines were dropped.
    pub fn finish(self) -> u64 {
        drop(self.lines);
        if self.when_full == WhenFull::Wait || self.ended.recv_timeout(Self::PATIENCE).is_ok() {
            // A printer that panicked has nothing more to say.
            let _ = self.printer.join();
        }
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Barrier, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes nothing before it is told to.
    struct Blocked(Arc<Barrier>);

    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.wait();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn prints_everything_in_order() -> io::Result<()> {
        let out = Shared::default();
        let mut lines = Lines::start(out.clone(), WhenFull::Wait)?;
        for number in 0..10_000 {
            lines.push(format!("{number}\n").into_bytes());
        }
        assert_eq!(lines.finish(), 0);
        let printed = out.0.lock().expect("printed");
        let expected: String = (0..10_000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8_lossy(&printed), expected);
        Ok(())
    }

    #[test]
    fn a_blocked_terminal_costs_lines_and_nothing_else() -> io::Result<()> {
        let barrier = Arc::new(Barrier::new(2));
        let mut lines = Lines::start(Blocked(Arc::clone(&barrier)), WhenFull::Drop)?;
        // One line may be with the printer, LINES wait, the others are dropped.
        for _ in 0..LINES + 3 {
            lines.push(b"line\n".to_vec());
        }
        assert!((2..=3).contains(&lines.dropped), "{}", lines.dropped);
        Ok(())
    }

    #[test]
    fn a_terminal_that_is_gone_is_no_error() -> io::Result<()> {
        let (reader, writer) = io::pipe()?;
        drop(reader);
        let mut lines = Lines::start(writer, WhenFull::Drop)?;
        lines.push(b"line\n".to_vec());
        lines.finish();
        Ok(())
    }
}
