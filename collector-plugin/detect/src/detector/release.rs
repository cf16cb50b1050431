//! From a detection to its record: what the agent is asked for, how long that is waited for, and the span.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use scoutline_semconv::TraceContext;

use crate::detection::{Detection, Learned, Moment, Phase, Subject};
use crate::enrich::{Answer, Executable, PATIENCE_NS, Question, SessionQuestion};
use crate::facts::{Clock, Facts};
use crate::output::{Issued, Output, Reported, Trace};
use crate::process::{ProcessId, ProgramId, Session, Table};
use crate::recipe::Environment;
use crate::report::{Context, Reporter};
use crate::seen::Seen;
use crate::sessions::{Job, SessionFacts, Sessions};
use crate::slices::{Closed, End, JournalEntry, Raise, Raised, Slices, spans};
use crate::workload::{Workload, traceparent};
use crate::{BootNanos, Counters, Recent};

/// Detections that wait for an answer. Beyond, the first goes out without one.
const MAX_WAITING: usize = 4096;

/// Programs whose place in a trace is remembered; the first match of each comes right after.
const MAX_APPLICATIONS: usize = 4096;

/// Holds detections back until what belongs to them is known, and makes records and spans of them.
#[derive(Debug)]
pub(super) struct Release {
    reporter: Reporter,
    identities: crate::identity::Identities,
    slices: Option<Slices>,
    sessions: Sessions,
    seen: Option<Seen>,
    /// In the order in which they are reported.
    waiting: VecDeque<Waiting>,
    /// Subjects that were asked about, by ticket.
    asked: HashMap<u64, Arc<Subject>>,
    questions: Vec<Question>,
    next_ticket: u64,
    asks: bool,
    environment: Environment,
    is_environment_configured: bool,
    /// Where programs said that they belong to.
    applications: Recent<ProgramId, TraceContext>,
    /// What the summary of an open detection has in common with its first record.
    open: HashMap<Arc<str>, Mark>,
    closed: Vec<Closed>,
    questions_asked: u64,
    unanswered: u64,
    malformed_trace_contexts: u64,
}

#[derive(Debug)]
struct Waiting {
    detection: Detection,
    observed_unix_ns: u64,
    until: BootNanos,
    ticket: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    trace: Option<TraceContext>,
    is_first_seen: Option<bool>,
}

/// What is known of processes by now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now<'a> {
    pub(super) table: &'a Table,
    pub(super) clock: Clock,
    pub(super) boot_ns: BootNanos,
}

impl Now<'_> {
    fn moment(&self) -> Moment {
        Moment {
            boot_ns: self.boot_ns,
            unix_ns: self.clock.unix(self.boot_ns),
        }
    }
}

impl Release {
    pub(super) fn new(
        facts: Facts,
        identities: crate::identity::Identities,
        settings: &crate::Settings,
    ) -> Self {
        let mut sessions = Sessions::new();
        if let Some(job) = facts.job.clone() {
            sessions.of_exec(SessionFacts {
                job: Some(Job {
                    job,
                    is_trusted: true,
                }),
                login: None,
            });
        }
        Self {
            identities: identities.clone(),
            slices: settings.spans.then(|| Slices::new(identities.clone())),
            sessions,
            seen: facts.seen.clone().map(Seen::new),
            waiting: VecDeque::new(),
            asked: HashMap::new(),
            questions: Vec::new(),
            next_ticket: 1,
            asks: settings.asks,
            environment: facts.environment,
            is_environment_configured: facts.is_environment_configured,
            applications: Recent::new(MAX_APPLICATIONS),
            open: HashMap::new(),
            closed: Vec::new(),
            questions_asked: 0,
            unanswered: 0,
            malformed_trace_contexts: 0,
            reporter: Reporter::new(facts, identities, settings.command_args),
        }
    }

    /// Takes a detection; its record follows at once or once the agent answered.
    pub(super) fn take(
        &mut self,
        detection: Detection,
        observed_unix_ns: u64,
        now: Now<'_>,
        out: &mut Output,
    ) {
        let ticket = match detection.phase {
            Phase::First => self.ask(&detection.first.subject),
            Phase::Summary { .. } => None,
        };
        self.waiting.push_back(Waiting {
            detection,
            observed_unix_ns,
            until: now.boot_ns.saturating_add(PATIENCE_NS),
            ticket,
        });
        while self.waiting.len() > MAX_WAITING {
            self.send_first(now, out);
        }
        self.send_ready(now, out);
    }

    /// Questions since the last call.
    pub(super) fn take_questions(&mut self) -> Vec<Question> {
        std::mem::take(&mut self.questions)
    }

    /// Learns what was asked for; a late answer still tells the summary.
    pub(super) fn answer(&mut self, answer: Answer, now: Now<'_>, out: &mut Output) {
        let Some(subject) = self.asked.remove(&answer.ticket) else {
            return;
        };
        if let Some(session) = answer.session {
            self.sessions.learn(subject.session.clone(), session.into());
        }
        let program = ProgramId::of(&subject.task);
        // What the kernel copied needs no second look.
        let application = match self.applications.get(&program) {
            Some(application) => Some(*application),
            None => answer.traceparent.and_then(|text| self.application(&text)),
        };
        let learned = Learned {
            sha256: answer.sha256.map(Into::into),
            application,
            session: self.sessions.known(&subject.session),
        };
        if let (Some(application), Some(slices)) = (learned.application, &mut self.slices) {
            slices.link(ProcessId::of(&subject.task), application);
        }
        // Only answered once.
        let _ = subject.learned.set(learned);
        for waiting in &mut self.waiting {
            waiting.ticket = waiting.ticket.filter(|ticket| *ticket != answer.ticket);
        }
        self.send_ready(now, out);
    }

    /// Notes where a program says that it belongs to.
    pub(super) fn trace_context(&mut self, program: ProgramId, value: &[u8]) {
        let Some(application) = self.application(&String::from_utf8_lossy(value)) else {
            return;
        };
        self.applications.insert(program, application);
    }

    /// What a `TRACEPARENT` says; one that is none is counted.
    fn application(&mut self, text: &str) -> Option<TraceContext> {
        match traceparent::parse(text) {
            Ok(parsed) => Some(TraceContext {
                trace_id: parsed.trace_id,
                span_id: parsed.span_id,
            }),
            Err(_) => {
                self.malformed_trace_contexts += 1;
                None
            }
        }
    }

    /// A process ended.
    pub(super) fn exit(&mut self, process: ProcessId, status: u32, unix_ns: u64) {
        if let Some(slices) = &mut self.slices {
            slices.exit(process, End::of(status, unix_ns));
        }
    }

    /// Sends what has waited long enough, and closes slices that are due.
    pub(super) fn advance(&mut self, now: Now<'_>, out: &mut Output) {
        self.send_ready(now, out);
        if let Some(slices) = &mut self.slices {
            slices.advance(now.moment(), &mut self.closed);
        }
        self.close(out);
    }

    /// Sends everything.
    pub(super) fn finish(&mut self, now: Now<'_>, out: &mut Output) {
        while !self.waiting.is_empty() {
            self.send_first(now, out);
        }
        if let Some(slices) = &mut self.slices {
            slices.finish(now.moment(), &mut self.closed);
        }
        self.close(out);
    }

    pub(super) fn next_deadline(&self) -> Option<BootNanos> {
        let waiting = self.waiting.front().map(|waiting| waiting.until);
        let slices = self.slices.as_ref().and_then(Slices::next_deadline);
        waiting.into_iter().chain(slices).min()
    }

    pub(super) fn restore(
        &mut self,
        journal: impl IntoIterator<Item = JournalEntry>,
        now: Now<'_>,
    ) {
        if let Some(slices) = &mut self.slices {
            slices.restore(journal, |process| now.table.is_alive(process), now.moment());
        }
    }

    pub(super) fn close_earlier(
        &mut self,
        journal: impl IntoIterator<Item = JournalEntry>,
        clock: Clock,
        out: &mut Output,
    ) {
        let started = Moment {
            boot_ns: 0,
            unix_ns: clock.unix(0),
        };
        if let Some(slices) = &mut self.slices {
            slices.close_earlier(journal, started, &mut self.closed);
        }
        self.close(out);
    }

    pub(super) fn snapshot(&self) -> Vec<JournalEntry> {
        self.slices.as_ref().map_or_else(Vec::new, Slices::snapshot)
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn has_open_slices(&self) -> bool {
        self.slices
            .as_ref()
            .is_some_and(|slices| !slices.is_empty())
    }

    pub(super) fn sequence(&self) -> u64 {
        self.reporter.sequence()
    }

    pub(super) fn issue(&mut self) -> Issued {
        self.reporter.issue()
    }

    pub(super) fn count(&self, counters: &mut Counters) {
        counters.questions = self.questions_asked;
        counters.questions_unanswered = self.unanswered;
        counters.trace_contexts_malformed = self.malformed_trace_contexts;
        if let Some(slices) = &self.slices {
            (counters.slices, counters.slices_closed_early) = slices.counts();
        }
    }

    /// The ticket of the question, `None` if nothing has to be asked.
    fn ask(&mut self, subject: &Arc<Subject>) -> Option<u64> {
        if !self.asks || subject.learned.get().is_some() {
            return None;
        }
        let same = |asked: &&Arc<Subject>| Arc::ptr_eq(asked, subject);
        if let Some((ticket, _)) = self.asked.iter().find(|(_, asked)| same(asked)) {
            return Some(*ticket);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.questions_asked += 1;
        let is_known = self.sessions.get(&subject.session).is_some();
        self.questions.push(Question {
            ticket,
            process: ProcessId::of(&subject.task).into(),
            executable: subject
                .image
                .as_ref()
                .filter(|image| image.inode != 0)
                .map(|image| Executable {
                    path: image.path.to_string(),
                    device: image.device,
                    inode: image.inode,
                }),
            session: (!is_known).then(|| self.about_session(subject)),
        });
        self.asked.insert(ticket, Arc::clone(subject));
        Some(ticket)
    }

    fn about_session(&self, subject: &Subject) -> SessionQuestion {
        let root = subject.root.process;
        let above = subject.lineage.ancestors.iter();
        let mut below: Vec<_> = above
            .map(|ancestor| ancestor.process)
            .take_while(|process| *process != root)
            .map(Into::into)
            .collect();
        below.reverse();
        let own = ProcessId::of(&subject.task);
        if own != root {
            below.push(own.into());
        }
        SessionQuestion {
            root: root.into(),
            below,
            login: match subject.session {
                Session::Login(number) => Some(number),
                _ => None,
            },
        }
    }

    fn send_ready(&mut self, now: Now<'_>, out: &mut Output) {
        while self
            .waiting
            .front()
            .is_some_and(|waiting| waiting.ticket.is_none() || waiting.until <= now.boot_ns)
        {
            self.send_first(now, out);
        }
    }

    fn send_first(&mut self, now: Now<'_>, out: &mut Output) {
        let Some(waiting) = self.waiting.pop_front() else {
            return;
        };
        if let Some(ticket) = waiting.ticket {
            self.unanswered += 1;
            self.give_up(ticket);
        }
        let detection = &waiting.detection;
        let subject = &detection.first.subject;
        let learned = subject.learned.get().cloned().unwrap_or_else(|| Learned {
            session: self.sessions.known(&subject.session),
            ..Learned::default()
        });
        let environment = self.environment(&learned);
        let workload = Workload::of(subject.place.as_deref(), environment);
        let mark = match detection.phase {
            Phase::First => {
                let mark = self.mark(detection, &learned, &workload, now);
                self.open.insert(Arc::clone(&detection.uid), mark);
                mark
            }
            Phase::Summary { .. } => self.open.remove(&detection.uid).unwrap_or(Mark {
                trace: None,
                is_first_seen: None,
            }),
        };
        let context = Context {
            learned: &learned,
            environment,
            trace: mark.trace,
            is_first_seen: mark.is_first_seen,
        };
        let record = self
            .reporter
            .report(detection, context, waiting.observed_unix_ns);
        out.records.push(Reported { record, workload });
        self.close(out);
    }

    /// Nobody waits for this answer any longer; those that come after the patience are of use to summaries.
    fn give_up(&mut self, ticket: u64) {
        for waiting in &mut self.waiting {
            waiting.ticket = waiting.ticket.filter(|other| *other != ticket);
        }
        // Tickets count up, so those of questions that nobody will ever answer go first.
        if self.asked.len() > MAX_WAITING
            && let Some(oldest) = self.asked.keys().min().copied()
        {
            self.asked.remove(&oldest);
        }
    }

    fn mark(
        &mut self,
        detection: &Detection,
        learned: &Learned,
        workload: &Arc<Workload>,
        now: Now<'_>,
    ) -> Mark {
        let subject = &*detection.first.subject;
        let recipe = &detection.first.recipe;
        let is_first_seen = self.seen.as_mut().map(|seen| {
            let executable = subject.executable();
            seen.insert(self.identities.seen(&recipe.uuid, executable))
        });
        let reporter = &self.reporter;
        let process = ProcessId::of(&subject.task);
        let ancestors: Vec<_> = subject
            .lineage
            .ancestors
            .iter()
            .map(|it| it.process)
            .collect();
        let (closed, applications) = (&mut self.closed, &self.applications);
        let trace = self.slices.as_mut().map(|slices| {
            let raise = Raise {
                session: &subject.session_uid,
                kind: subject.session.kind(),
                root: &|| reporter.root(subject, now.clock),
                opener: &|| reporter.opener(subject, learned),
                workload,
                program: &|| reporter.program(subject),
                process,
                ancestors: &ancestors,
                raised: Raised {
                    detections: 1,
                    severity: detection.severity,
                    recipes: vec![recipe.name.as_str().into()],
                    techniques: recipe
                        .attack
                        .iter()
                        .map(|attack| attack.technique.id.into())
                        .collect(),
                },
                at: detection.first_at,
            };
            let context = slices.raise(&raise, closed);
            let copied = applications.get(&ProgramId::of(&subject.task)).copied();
            if let Some(application) = learned.application.or(copied) {
                slices.link(process, application);
            }
            if let Some((ended_ns, status)) = now.table.end_of(process) {
                slices.exit(process, End::of(status, now.clock.unix(ended_ns)));
            }
            context
        });
        Mark {
            trace,
            is_first_seen,
        }
    }

    /// The configuration's, else that of a CI job that can be believed, else the host's.
    fn environment(&self, learned: &Learned) -> Environment {
        let job = learned.session.job.as_ref();
        if !self.is_environment_configured && job.is_some_and(|job| job.is_trusted) {
            Environment::Ci
        } else {
            self.environment
        }
    }

    fn close(&mut self, out: &mut Output) {
        out.traces.extend(self.closed.drain(..).map(|closed| Trace {
            spans: spans(&closed),
            workload: closed.head.workload,
        }));
        if let Some(slices) = &mut self.slices {
            out.journal.extend(slices.take_entries());
        }
        if let Some(seen) = &mut self.seen {
            out.seen.extend(seen.take_fresh());
        }
    }
}
