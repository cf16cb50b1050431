//! Sends one batch until it is taken, refused for good, or no longer worth it.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::Transmit;
use super::error::{Advice, chain};
use super::link::Link;
use crate::queue::{Delivery, Outcome};

/// Longest time that a receiver can make us wait. It protects against a clock that is wrong, when the time is
/// given as a date, and against a receiver that means us ill.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Exponential backoff. Names follow the Collector's `retry_on_failure`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Before the second attempt.
    pub initial_interval: Duration,
    /// What each interval is multiplied by to get the next, at least 1.
    pub multiplier: f32,
    /// 0 to 1: an interval is drawn from `interval * (1 - factor)` to `interval * (1 + factor)`, so that the
    /// sensors of a fleet do not come back in step.
    pub randomization_factor: f64,
    /// Upper bound of the intervals before randomization.
    pub max_interval: Duration,
    /// Since the first attempt; zero is for ever.
    pub max_elapsed: Duration,
}

impl Default for Retry {
    /// The Collector's, but for never giving up: the queue bounds what waits.
    fn default() -> Self {
        Self {
            initial_interval: Duration::from_secs(5),
            multiplier: 1.5,
            randomization_factor: 0.5,
            max_interval: Duration::from_secs(30),
            max_elapsed: Duration::ZERO,
        }
    }
}

impl Retry {
    fn intervals(&self, first: Duration) -> ExponentialBackoff {
        // backon's own jitter only ever lengthens an interval, so randomization is ours.
        ExponentialBuilder::new()
            .with_min_delay(first)
            .with_factor(self.multiplier)
            .with_max_delay(self.max_interval)
            .without_max_times()
            .build()
    }

    fn randomize(&self, interval: Duration) -> Duration {
        let factor = self.randomization_factor.clamp(0.0, 1.0);
        interval.mul_f64(1.0 - factor + 2.0 * factor * fastrand::f64())
    }
}

/// Sends the batch and settles it. Once `stopping` is set, there is one attempt and no waiting.
pub(super) async fn deliver<T: Transmit>(
    link: &Link,
    transport: &T,
    delivery: Delivery,
    retry: Option<&Retry>,
    stopping: &mut watch::Receiver<bool>,
) {
    let exporter = link.exporter();
    let started = Instant::now();
    let signal = delivery.signal();
    let items = delivery.items();
    let mut intervals = retry.map(|retry| retry.intervals(retry.initial_interval));
    let mut attempts = 0u32;
    let outcome = loop {
        if attempts > 0 {
            delivery.count_retry();
        }
        attempts = attempts.saturating_add(1);
        // Read before sending: a stop in between leaves one more attempt.
        let last = *stopping.borrow();
        let sent = Instant::now();
        let answer = transport.send(signal, delivery.bytes()).await;
        let took = sent.elapsed();
        link.record(took, answer.as_ref().err());
        let error = match answer {
            Ok(taken) => {
                if taken.rejected > 0 {
                    warn!(
                        exporter,
                        %signal,
                        items,
                        rejected = taken.rejected,
                        message = taken.message,
                        "receiver took a part of a batch only"
                    );
                } else if !taken.message.is_empty() {
                    warn!(exporter, %signal, items, message = taken.message, "receiver warns");
                }
                link.serves(signal);
                if link.comes_up() {
                    info!(exporter, %signal, items, attempts, "exporting again");
                }
                break Outcome::Exported {
                    rejected: taken.rejected,
                    message: taken.message,
                };
            }
            Err(error) => error,
        };
        if delivery.is_passing() {
            debug!(exporter, %signal, items, error = chain(&error), "not sent, the next one says more");
            break Outcome::Superseded;
        }
        let asked = match error.advice() {
            Advice::GiveUp => {
                let message = chain(&error);
                if error.is_unserved() {
                    link.tell_unserved(signal, items.into(), &message);
                } else {
                    warn!(exporter, %signal, items, message, "receiver refused a batch");
                }
                break Outcome::Refused { message };
            }
            Advice::Retry => None,
            Advice::RetryAfter(delay) => Some(delay.min(MAX_RETRY_AFTER)),
        };
        if last && retry.is_some() {
            warn!(
                exporter,
                %signal,
                items,
                error = chain(&error),
                "batch lost in the shutdown"
            );
            break Outcome::Shutdown;
        }
        let wait = retry
            .zip(intervals.as_mut())
            .and_then(|(retry, intervals)| {
                let wait = match asked {
                    // Growth goes on from what the receiver asked for; and never sooner than that.
                    Some(delay) => {
                        *intervals = retry.intervals(delay.max(retry.initial_interval));
                        delay.max(retry.randomize(intervals.next()?))
                    }
                    None => retry.randomize(intervals.next()?),
                };
                let limit = retry.max_elapsed;
                (limit.is_zero() || started.elapsed() + wait <= limit).then_some(wait)
            });
        let Some(wait) = wait else {
            warn!(
                exporter,
                %signal,
                items,
                attempts,
                error = chain(&error),
                "batch given up"
            );
            break Outcome::GaveUp;
        };
        if link.goes_down() {
            warn!(
                exporter,
                %signal,
                items,
                ?wait,
                error = chain(&error),
                "export failed, retrying"
            );
        } else {
            debug!(
                exporter,
                %signal,
                items,
                ?wait,
                attempts,
                error = chain(&error),
                "export failed again"
            );
        }
        tokio::select! {
            () = sleep(wait) => {}
            // Also when the exporter is gone: the task is about to be aborted then.
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    };
    delivery.settle(outcome);
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use bytes::Bytes;
    use tonic::Code;

    use super::super::{Acknowledgement, SendError, Transmit};
    use super::*;
    use crate::batch::Care;
    use crate::counts::Tally;
    use crate::queue::queue;
    use crate::queue::tests::{batch, numbered};
    use crate::signal::Signal;

    const SECOND: Duration = Duration::from_secs(1);

    /// Fails as the script says, then takes everything; keeps when and what.
    struct Script {
        failures: Mutex<VecDeque<SendError>>,
        attempts: Mutex<Vec<(Duration, Bytes)>>,
        started: Instant,
    }

    impl Script {
        fn new(failures: impl IntoIterator<Item = SendError>) -> Self {
            Self {
                failures: Mutex::new(failures.into_iter().collect()),
                attempts: Mutex::default(),
                started: Instant::now(),
            }
        }

        /// Seconds from the first attempt on, rounded: tokio's clock ticks in milliseconds.
        fn times(&self) -> Vec<f64> {
            let attempts = self.attempts.lock().unwrap();
            attempts
                .iter()
                .map(|(at, _)| (at.as_secs_f64() * 100.0).round() / 100.0)
                .collect()
        }
    }

    impl Transmit for Script {
        async fn send(
            &self,
            _signal: Signal,
            request: Bytes,
        ) -> Result<Acknowledgement, SendError> {
            let attempt = (self.started.elapsed(), request);
            self.attempts.lock().unwrap().push(attempt);
            match self.failures.lock().unwrap().pop_front() {
                Some(failure) => Err(failure),
                None => Ok(Acknowledgement::default()),
            }
        }
    }

    fn unavailable(retry_after: Option<Duration>) -> SendError {
        SendError::Grpc {
            endpoint: "test".to_owned(),
            code: Code::Unavailable,
            message: "away".to_owned(),
            retry_after,
        }
    }

    fn refusal() -> SendError {
        SendError::Grpc {
            endpoint: "test".to_owned(),
            code: Code::InvalidArgument,
            message: "bad id".to_owned(),
            retry_after: None,
        }
    }

    fn link() -> Link {
        Link::new("test".to_owned())
    }

    fn exact() -> Retry {
        Retry {
            randomization_factor: 0.0,
            ..Retry::default()
        }
    }

    /// Sends a batch of three records as the script says.
    async fn run(script: &Script, retry: Option<Retry>) -> Tally {
        let (_stop, mut stopping) = watch::channel(false);
        let (sender, receiver) = queue(usize::MAX);
        sender.push(batch(3)).unwrap();
        let delivery = receiver.next().await.unwrap();
        deliver(&link(), script, delivery, retry.as_ref(), &mut stopping).await;
        sender.counts().records
    }

    #[tokio::test(start_paused = true)]
    async fn intervals_grow_up_to_the_largest_and_the_bytes_stay_the_same() {
        let script = Script::new((0..7).map(|_| unavailable(None)));
        let counts = run(&script, Some(exact())).await;
        let expected = [0.0, 5.0, 12.5, 23.75, 40.63, 65.94, 95.94, 125.94];
        assert_eq!(script.times(), expected);
        let attempts = script.attempts.lock().unwrap();
        assert!(attempts.iter().all(|(_, bytes)| bytes == batch(3).bytes()));
        assert_eq!((counts.exported, counts.retried), (3, 7 * 3));
    }

    #[test]
    fn a_collector_without_a_pipeline_is_told_from_one_that_refuses() {
        let http = |status| SendError::Http {
            endpoint: "test".to_owned(),
            status,
            message: String::new(),
            retry_after: None,
        };
        let grpc = |code| SendError::Grpc {
            endpoint: "test".to_owned(),
            code,
            message: String::new(),
            retry_after: None,
        };
        assert!(grpc(Code::Unimplemented).is_unserved());
        assert!(http(http::StatusCode::NOT_FOUND).is_unserved());
        assert!(!refusal().is_unserved() && !http(http::StatusCode::BAD_REQUEST).is_unserved());
    }

    #[tokio::test(start_paused = true)]
    async fn randomization_stays_within_its_factor() {
        let script = Script::new((0..200).map(|_| unavailable(None)));
        let retry = Retry {
            multiplier: 1.0,
            initial_interval: 4 * SECOND,
            ..Retry::default()
        };
        run(&script, Some(retry)).await;
        let times = script.times();
        let intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            intervals
                .iter()
                .all(|seconds| (1.99..=6.02).contains(seconds))
        );
        assert!(intervals.iter().any(|&seconds| seconds < 3.0));
        assert!(intervals.iter().any(|&seconds| seconds > 5.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_asks_for_time_gets_it_and_growth_goes_on_from_there() {
        let script = Script::new([
            unavailable(None),
            unavailable(Some(10 * SECOND)),
            unavailable(None),
            unavailable(Some(SECOND)),
            unavailable(Some(100_000 * SECOND)),
        ]);
        run(&script, Some(exact())).await;
        assert_eq!(script.times(), [0.0, 5.0, 15.0, 30.0, 35.0, 335.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_when_its_time_is_over() {
        let script = Script::new((0..100).map(|_| unavailable(None)));
        let retry = Retry {
            max_elapsed: 20 * SECOND,
            ..exact()
        };
        let counts = run(&script, Some(retry)).await;
        assert_eq!(script.times(), [0.0, 5.0, 12.5]);
        assert_eq!((counts.dropped.gave_up, counts.dropped.total()), (3, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn without_retrying_one_failure_is_the_end() {
        let script = Script::new([unavailable(None)]);
        let counts = run(&script, None).await;
        assert_eq!((counts.dropped.gave_up, counts.retried), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_heartbeat_is_tried_once_and_is_no_loss() {
        for failure in [unavailable(None), refusal()] {
            let script = Script::new([failure]);
            let (_stop, mut stopping) = watch::channel(false);
            let (sender, receiver) = queue(usize::MAX);
            sender.push(numbered(None, Care::Passing)).unwrap();
            let delivery = receiver.next().await.unwrap();
            deliver(&link(), &script, delivery, Some(&exact()), &mut stopping).await;
            assert_eq!(script.times(), [0.0]);
            let counts = sender.counts().records;
            assert_eq!((counts.superseded, counts.dropped.total()), (1, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_for_good_is_never_retried() {
        let script = Script::new([refusal()]);
        let counts = run(&script, Some(exact())).await;
        assert_eq!(script.times(), [0.0]);
        assert_eq!(counts.dropped.refused, 3);
        assert!(counts.last_refusal.unwrap().contains("bad id"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_cuts_the_wait_short_for_one_last_attempt() {
        for (failures, exported, lost) in [(1, 3, 0), (2, 0, 3)] {
            let script = Script::new((0..failures).map(|_| unavailable(None)));
            let (stop, mut stopping) = watch::channel(false);
            let (sender, receiver) = queue(usize::MAX);
            sender.push(batch(3)).unwrap();
            let delivery = receiver.next().await.unwrap();
            let (retry, link) = (exact(), link());
            let sending = deliver(&link, &script, delivery, Some(&retry), &mut stopping);
            let stopping = async {
                sleep(SECOND).await;
                stop.send_replace(true);
            };
            tokio::join!(sending, stopping);
            assert_eq!(script.times(), [0.0, 1.0]);
            let counts = sender.counts().records;
            assert_eq!((counts.exported, counts.dropped.shutdown), (exported, lost));
        }
    }
}
