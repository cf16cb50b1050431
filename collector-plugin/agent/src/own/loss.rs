//! What was lost and is to be told.

use std::borrow::Cow;
use std::sync::Arc;

use scoutline_detect::Issued;
use scoutline_otlp::Sequences;
use scoutline_semconv::values::{LossStage, RecordKind};
use scoutline_semconv::{Record, Setters as _, Severity, number};

use super::record;
use crate::losses::Reason;
use crate::state::{LastRun, Untold};

/// What the last run may have had in memory when it ended.
const CRASH: &str = "crash";

/// Losses of one stage for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) stage: LossStage,
    pub(super) word: Cow<'static, str>,
    /// What or why, for people.
    pub(super) sentence: Cow<'static, str>,
    pub(super) exporter: Option<Arc<str>>,
    /// Of the run that lost it, if it was not this one.
    pub(super) start_id: Option<String>,
    pub(super) count: u64,
    pub(super) sequences: Option<Sequences>,
    /// It is to be told at once. What is not are records about losses: a receiver that refuses everything would get
    /// one for each of them, for ever. They are told with the next loss.
    pub(super) is_urgent: bool,
}

impl Loss {
    /// In this run.
    pub(super) fn of(reason: &Reason, count: u64, sequences: Option<Sequences>) -> Self {
        Self {
            stage: reason.stage,
            word: reason.word.into(),
            sentence: reason.sentence.into(),
            exporter: None,
            start_id: None,
            count,
            sequences,
            is_urgent: true,
        }
    }

    /// What was lost with the last run, or that nobody was told of.
    pub(super) fn of_last_run(last: &LastRun) -> Vec<Self> {
        let LastRun::Known(run) = last else {
            return Vec::new();
        };
        let loss = |word: &str, sentence: String, count, sequences: Option<(u64, u64)>| Self {
            stage: LossStage::PreviousRun,
            word: word.to_owned().into(),
            sentence: sentence.into(),
            exporter: None,
            start_id: Some(run.start_id.clone()),
            count,
            sequences: sequences.map(|(first, last)| Sequences { first, last }),
            is_urgent: true,
        };
        let untold = run.untold.iter().map(|it| {
            let sentence = format!("{} of the last run, not told until now", it.reason);
            loss(&it.reason, sentence, it.count, it.sequences)
        });
        let crashed = (!run.is_over && run.issued > run.delivered).then(|| {
            let sentence = "at most so many records that the last run had in memory".to_owned();
            let range = (run.delivered + 1, run.issued);
            loss(CRASH, sentence, run.issued - run.delivered, Some(range))
        });
        crashed.into_iter().chain(untold).collect()
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.stage, &self.word) == (other.stage, &other.word)
            && self.exporter == other.exporter
            && self.start_id == other.start_id
    }

    /// The record that tells it.
    pub(super) fn record(&self, issued: &Issued, start_id: &str, unix_ns: u64) -> Record {
        let kind = RecordKind::Loss;
        let mut draft = record::numbered(kind, issued, start_id);
        draft.scoutline_loss_stage(self.stage);
        draft.scoutline_loss_reason(&self.word);
        draft.scoutline_loss_count(number(self.count));
        if let Some(sequences) = self.sequences {
            draft.scoutline_loss_first_sequence(number(sequences.first));
            draft.scoutline_loss_last_sequence(number(sequences.last));
        }
        if let Some(start_id) = &self.start_id {
            draft.scoutline_loss_start_id(start_id);
        }
        if let Some(exporter) = &self.exporter {
            draft.scoutline_exporter_name(exporter);
        }
        record::finish(draft, kind, Severity::High, unix_ns, self.body())
    }

    fn body(&self) -> String {
        let Self {
            count, sentence, ..
        } = self;
        let what = match self.stage {
            LossStage::Kernel => "in the kernel".into(),
            LossStage::Detector => "in the detector".into(),
            LossStage::Encoder => "on the way out".into(),
            LossStage::Queue | LossStage::Export => {
                let exporter = self.exporter.as_deref().unwrap_or("an exporter");
                let is_span = self.word.starts_with("span_");
                let items = match (is_span, count) {
                    (true, 1) => "span",
                    (true, _) => "spans",
                    (false, 1) => "record",
                    (false, _) => "records",
                };
                Cow::from(format!("{items} on the way to {exporter}"))
            }
            LossStage::PreviousRun => "with the last run".into(),
        };
        format!("Lost {count} {what}: {sentence}.")
    }
}

/// What is not told yet. It has at most one entry for each reason and exporter.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pending: Vec<Loss>,
    total: u64,
}

impl Ledger {
    /// Adds a loss to those of its kind.
    pub(super) fn add(&mut self, loss: Loss) {
        if loss.start_id.is_none() {
            self.total += loss.count;
        }
        match self.pending.iter_mut().find(|it| it.is_same(&loss)) {
            Some(pending) => {
                pending.count += loss.count;
                pending.sequences = Sequences::around(pending.sequences, loss.sequences);
                pending.is_urgent |= loss.is_urgent;
            }
            None => self.pending.push(loss),
        }
    }

    /// All that is to be told, if any of it is urgent.
    pub(super) fn take(&mut self) -> Vec<Loss> {
        if self.pending.iter().any(|it| it.is_urgent) {
            std::mem::take(&mut self.pending)
        } else {
            Vec::new()
        }
    }

    /// Lost in this run so far, told or not.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// What the next run has to tell, should this one not come to it. What this run was to tell of the one before is
    /// told with a reason of its own, but not whose numbers these were.
    pub(super) fn untold(&self) -> Vec<Untold> {
        let untold = self.pending.iter().map(|it| Untold {
            reason: it.word.clone().into_owned(),
            count: it.count,
            sequences: it
                .sequences
                .filter(|_| it.start_id.is_none())
                .map(|range| (range.first, range.last)),
        });
        untold.collect()
    }
}

#[cfg(test)]
mod tests {
    use scoutline_otlp::{LostReason, Signal};

    use super::*;
    use crate::losses::{REFUSED_RECORDS, of_queue};
    use crate::own::record::tests::assert_specified;
    use crate::state::Run;

    fn range(first: u64, last: u64) -> Option<Sequences> {
        Some(Sequences { first, last })
    }

    fn issued() -> Issued {
        Issued {
            sequence: 9,
            uid: "u".to_owned(),
        }
    }

    fn of_exporter(exporter: &str, count: u64, sequences: Option<Sequences>) -> Loss {
        let reason = of_queue(Signal::Logs, LostReason::QueueFull).expect("a loss");
        Loss {
            exporter: Some(exporter.into()),
            ..Loss::of(reason, count, sequences)
        }
    }

    #[test]
    fn losses_of_one_reason_and_exporter_are_one() {
        let mut ledger = Ledger::default();
        ledger.add(of_exporter("a", 2, range(5, 6)));
        ledger.add(of_exporter("b", 1, range(6, 6)));
        ledger.add(Loss::of(&REFUSED_RECORDS, 1, range(7, 7)));
        ledger.add(of_exporter("a", 1, range(3, 3)));
        assert_eq!(ledger.total(), 5);
        let told = ledger.take();
        let expected = [
            of_exporter("a", 3, range(3, 6)),
            of_exporter("b", 1, range(6, 6)),
            Loss::of(&REFUSED_RECORDS, 1, range(7, 7)),
        ];
        assert_eq!(told, expected);
        assert_eq!((ledger.take(), ledger.total()), (vec![], 5));
    }

    #[test]
    fn a_lost_record_about_a_loss_waits_for_the_next_loss() {
        let mut ledger = Ledger::default();
        let quiet = Loss {
            is_urgent: false,
            ..of_exporter("a", 1, range(5, 5))
        };
        ledger.add(quiet.clone());
        assert_eq!((ledger.take(), ledger.total()), (vec![], 1));
        assert_eq!(ledger.untold().len(), 1);
        ledger.add(Loss::of(&REFUSED_RECORDS, 1, None));
        assert_eq!(ledger.take(), [quiet, Loss::of(&REFUSED_RECORDS, 1, None)]);
    }

    #[test]
    fn a_loss_says_where_why_how_many_and_which() {
        let record = of_exporter("otlp_grpc", 3, range(4, 9)).record(&issued(), "s", 17);
        assert_specified(&record);
        assert_eq!(
            (record.severity_number, record.severity_text),
            (17, "ERROR")
        );
        assert_eq!(
            record.body,
            "Lost 3 records on the way to otlp_grpc: without room in the queue."
        );
        let text = |name| record.text(name).expect("it is there");
        use scoutline_semconv::attr;
        assert_eq!(text(attr::SCOUTLINE_LOSS_STAGE), "queue");
        assert_eq!(text(attr::SCOUTLINE_LOSS_REASON), "queue_full");
        assert_eq!(text(attr::SCOUTLINE_EXPORTER_NAME), "otlp_grpc");
        let number = |name| record.int(name);
        assert_eq!(number(attr::SCOUTLINE_SEQUENCE), Some(9));
        assert_eq!(number(attr::SCOUTLINE_LOSS_COUNT), Some(3));
        assert_eq!(number(attr::SCOUTLINE_LOSS_FIRST_SEQUENCE), Some(4));
        assert_eq!(number(attr::SCOUTLINE_LOSS_LAST_SEQUENCE), Some(9));
    }

    #[test]
    fn a_crash_costs_at_most_what_was_issued_and_not_delivered() {
        let mut run = Run {
            start_id: "before".to_owned(),
            issued: 20,
            delivered: 17,
            ..Run::default()
        };
        let losses = Loss::of_last_run(&LastRun::Known(run.clone()));
        let [crash] = losses.as_slice() else {
            panic!("{losses:?}");
        };
        assert_eq!((crash.count, crash.sequences), (3, range(18, 20)));
        let record = crash.record(&issued(), "now", 1);
        assert_specified(&record);
        use scoutline_semconv::attr;
        assert_eq!(record.text(attr::SCOUTLINE_LOSS_START_ID), Some("before"));
        assert_eq!(record.text(attr::SCOUTLINE_LOSS_REASON), Some("crash"));
        // Nothing of it counts as lost by this run.
        let mut ledger = Ledger::default();
        ledger.add(crash.clone());
        assert_eq!(ledger.total(), 0);

        run.is_over = true;
        assert_eq!(Loss::of_last_run(&LastRun::Known(run.clone())), []);
        run.is_over = false;
        run.delivered = 20;
        assert_eq!(Loss::of_last_run(&LastRun::Known(run)), []);
        assert_eq!(Loss::of_last_run(&LastRun::Damaged), []);
    }

    #[test]
    fn what_a_run_could_not_tell_the_next_one_does() {
        let mut ledger = Ledger::default();
        ledger.add(of_exporter("a", 2, range(5, 6)));
        let run = Run {
            start_id: "before".to_owned(),
            issued: 6,
            delivered: 6,
            is_over: true,
            untold: ledger.untold(),
            ..Run::default()
        };
        let losses = Loss::of_last_run(&LastRun::Known(run));
        assert_eq!(losses.len(), 1);
        assert_eq!((losses[0].count, losses[0].sequences), (2, range(5, 6)));
        let record = losses[0].record(&issued(), "now", 1);
        assert_specified(&record);
        assert_eq!(
            record.body,
            "Lost 2 with the last run: queue_full of the last run, not told until now."
        );
    }
}
