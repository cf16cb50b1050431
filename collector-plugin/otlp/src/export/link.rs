//! What is known of the way to one receiver, so that it is told once.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use scoutline_semconv::attr;
use tracing::{debug, warn};

use super::error::SendError;
use crate::signal::Signal;

/// What the consumers of one exporter share, so that an outage is told once and not by each of them.
#[derive(Debug)]
pub(crate) struct Link {
    exporter: String,
    is_down: AtomicBool,
    /// One bit for each [`Signal`] that the receiver does not take.
    unserved: AtomicU8,
    durations: Durations,
}

/// Where the durations of an exporter's requests go, once somebody wants them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durations(Arc<OnceLock<Histogram<f64>>>);

impl Durations {
    /// To this instrument, if there is none yet.
    pub(crate) fn record_with(&self, histogram: Histogram<f64>) {
        // The first stays: it counts what the others would.
        let _ = self.0.set(histogram);
    }

    fn record(&self, exporter: &str, took: Duration, error: Option<&SendError>) {
        let Some(histogram) = self.0.get() else {
            return;
        };
        let name = KeyValue::new(attr::SCOUTLINE_EXPORTER_NAME, exporter.to_owned());
        let error = error.map(|error| KeyValue::new(attr::ERROR_TYPE, error.kind()));
        let attributes: Vec<_> = [Some(name), error].into_iter().flatten().collect();
        histogram.record(took.as_secs_f64(), &attributes);
    }
}

impl Link {
    /// Of the exporter with this name, and up.
    pub(crate) fn new(exporter: String) -> Self {
        Self {
            exporter,
            is_down: AtomicBool::new(false),
            unserved: AtomicU8::new(0),
            durations: Durations::default(),
        }
    }

    /// The same, and requests are timed.
    pub(crate) fn timed(self, durations: Durations) -> Self {
        Self { durations, ..self }
    }

    /// Its name.
    pub(crate) fn exporter(&self) -> &str {
        &self.exporter
    }

    /// Whether it was up before.
    pub(crate) fn goes_down(&self) -> bool {
        !self.is_down.swap(true, Ordering::Relaxed)
    }

    /// How long a request took, and what went wrong with it.
    pub(super) fn record(&self, took: Duration, error: Option<&SendError>) {
        self.durations.record(&self.exporter, took, error);
    }

    /// Tells that the receiver does not take a signal, and what to do: once, until it took some.
    pub(crate) fn tell_unserved(&self, signal: Signal, items: u64, message: &str) {
        let exporter = self.exporter();
        if self.is_first_unserved(signal) {
            warn!(exporter, %signal, items, message, "{}", remedy(signal));
        } else {
            debug!(exporter, %signal, items, message, "receiver still does not take these");
        }
    }

    fn is_first_unserved(&self, signal: Signal) -> bool {
        let bit = 1 << signal as u8;
        self.unserved.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Notes that the receiver takes a signal.
    pub(crate) fn serves(&self, signal: Signal) {
        self.unserved
            .fetch_and(!(1 << signal as u8), Ordering::Relaxed);
    }

    /// Whether it was down before.
    pub(crate) fn comes_up(&self) -> bool {
        self.is_down.swap(false, Ordering::Relaxed)
    }
}

/// What it means that a receiver does not take a signal, and what to do.
fn remedy(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => {
            "detections are lost: give the Collector a logs pipeline with this receiver, or correct the endpoint"
        }
        Signal::Traces => {
            "traces are lost: give the Collector a traces pipeline with this receiver, or set detection.spans: false"
        }
        Signal::Metrics => {
            "metrics are lost: give the Collector a metrics pipeline with this receiver, or set telemetry.metrics_interval: 0s"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link::new("test".to_owned())
    }

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let link = link();
        assert!(!link.comes_up());
        assert_eq!([link.goes_down(), link.goes_down()], [true, false]);
        assert_eq!([link.comes_up(), link.comes_up()], [true, false]);
        assert!(link.goes_down());
    }

    #[test]
    fn a_signal_that_is_not_taken_is_told_once_and_again_after_it_was_taken() {
        let link = link();
        assert!(link.is_first_unserved(Signal::Traces) && link.is_first_unserved(Signal::Logs));
        assert!(!link.is_first_unserved(Signal::Traces));
        link.serves(Signal::Traces);
        assert!(link.is_first_unserved(Signal::Traces) && !link.is_first_unserved(Signal::Logs));
    }
}
