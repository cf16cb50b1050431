//! Events in, records out: what the agent calls.

mod release;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use scoutline_abi::raw::{ExecEvent, FoldKey, OPEN_QUOTA, OPEN_UNFOLDED, OpenEvent, TaskInfo};
use scoutline_abi::{Event, Record as KernelRecord};

use crate::aggregate::{Aggregator, Announcement, Forgotten, Key, Verdict};
use crate::detection::{Access, Deed, Detection, Moment, OpenedFile, Root, Subject};
use crate::enrich::{Answer, Question};
use crate::facts::{Clock, Facts, Scope, Settings};
use crate::identity::Identities;
use crate::names::Names;
use crate::output::{Issued, Output};
use crate::paths::Mounts;
use crate::process::{CgroupIds, Cgroups, Images, ProcessId, ProgramId, Session, Table};
use crate::recipe::{ExecSubject, Match, Matcher, OpenSubject, Strength};
use crate::slices::JournalEntry;
use crate::{BootNanos, Counters};
use release::{Now, Release};

const MODE_READ: u32 = 1;
const MODE_WRITE: u32 = 2;
/// `S_IFMT` and `S_IFDIR`.
const TYPE_MASK: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;

/// Judges kernel events and sums them up to detections.
///
/// Pure: it reads no clock and does no I/O, so the same calls give the same records. The agent:
/// - [observes](Detector::observe) events. Of one batch, lifecycle events that happened before an open come
///   before that open;
/// - at [`next_deadline`](Detector::next_deadline) asks what is [`due`](Detector::due), reads those counters in
///   the kernel, and with the same time and nothing observed in between [`advance`](Detector::advance)s;
/// - then deletes in the kernel what the detector [`forget`](Detector::forget)s;
/// - at the end [`finish`](Detector::finish)es with the counters that are due at [`BootNanos::MAX`].
///
/// Every table is bounded; [`Counters`] says what became of everything.
#[derive(Debug)]
pub struct Detector {
    matcher: Matcher,
    scope: Scope,
    table: Table,
    images: Images,
    cgroups: Cgroups,
    mounts: Mounts,
    aggregator: Aggregator,
    release: Release,
    identities: Identities,
    counters: Counters,
    /// The latest time that anything said.
    now: BootNanos,
    /// Reused from event to event.
    matches: Vec<Match>,
    detections: Vec<Detection>,
}

impl Detector {
    /// A detector that has seen nothing yet.
    pub fn new(matcher: Matcher, facts: Facts, settings: Settings) -> Self {
        let identities = Identities::new(facts.id_key, facts.boot_id.clone());
        Self {
            matcher,
            scope: settings.scope,
            table: Table::new(facts.sensor_tgid),
            images: Images::new(),
            cgroups: Cgroups::new(),
            mounts: Mounts::new(&facts.mounts),
            aggregator: Aggregator::new(settings.window_ns, identities.clone()),
            release: Release::new(facts, identities.clone(), &settings),
            identities,
            counters: Counters::default(),
            now: 0,
            matches: Vec::new(),
            detections: Vec::new(),
        }
    }

    /// Takes one event and appends the records that go out at once to `out`.
    ///
    /// `observed_unix_ns` is when it was taken off the ring, nanoseconds since the Unix epoch.
    pub fn observe(
        &mut self,
        event: &Event<'_>,
        observed_unix_ns: u64,
        clock: Clock,
        out: &mut Output,
    ) {
        let time_ns = event.header().time_ns;
        // Of an event that came while the ring was read the clocks were read before.
        let observed_unix_ns = observed_unix_ns.max(clock.unix(time_ns));
        match event {
            Event::Exec(record) => self.exec(record, clock),
            Event::Task(record) => {
                self.counters.tasks += 1;
                let image = self.images.of(record);
                self.table.scan(&record.fixed.task, time_ns, image);
            }
            Event::Fork(fork) => {
                self.counters.forks += 1;
                let forker = ProcessId {
                    tgid: fork.forker_tgid,
                    start_ns: fork.forker_start_ns,
                };
                self.table.fork(&fork.task, forker, time_ns);
            }
            Event::Exit(exit) => {
                self.counters.exits += 1;
                self.table.exit(exit);
                let process = ProcessId {
                    tgid: exit.tgid,
                    start_ns: exit.start_ns,
                };
                self.release
                    .exit(process, exit.exit_code, clock.unix(time_ns));
            }
            Event::Cgroup(record) => {
                self.counters.cgroups += 1;
                self.cgroups.observe(record);
            }
            Event::TraceContext(record) => {
                self.counters.trace_contexts += 1;
                let event = &record.fixed;
                let program = ProgramId {
                    process: ProcessId {
                        tgid: event.tgid,
                        start_ns: event.start_ns,
                    },
                    exec_id: event.exec_id,
                };
                self.release
                    .trace_context(program, record.text(event.value).bytes);
            }
            Event::Open(record) => self.open(record, clock),
        }
        for (at, program) in self.table.take_over() {
            self.aggregator.program_over(program, at);
        }
        self.pass(time_ns);
        self.report(observed_unix_ns, clock, out);
    }

    /// Fold keys whose counters [`Detector::advance`] or [`Detector::finish`] wants for this `now`, ascending.
    /// Empty if nothing is due, or if what is due needs no counter.
    pub fn due(&self, now: BootNanos) -> Vec<FoldKey> {
        self.aggregator.due(now)
    }

    /// Accounts what the kernel counted, closes the detections that end by `now`, and appends their records.
    ///
    /// A key of [`Detector::due`] that is missing in `counts` counts as unchanged.
    pub fn advance(
        &mut self,
        now: BootNanos,
        counts: &[(FoldKey, u64)],
        clock: Clock,
        out: &mut Output,
    ) {
        self.pass(now);
        self.aggregator
            .advance(now, counts, clock, &mut self.detections);
        self.report(clock.unix(now), clock, out);
        let (release, now) = self.release(clock);
        release.advance(now, out);
    }

    /// Whether records wait for answers.
    pub fn is_waiting(&self) -> bool {
        self.release.is_waiting()
    }

    /// What the detector would like to know since the last call; see [`Settings::asks`].
    pub fn questions(&mut self) -> Vec<Question> {
        self.release.take_questions()
    }

    /// Takes an answer, in any order and at any time; one to a question that was never asked is ignored.
    pub fn answer(&mut self, answer: Answer, now: BootNanos, clock: Clock, out: &mut Output) {
        self.pass(now);
        let (release, now) = self.release(clock);
        release.answer(answer, now, out);
    }

    /// Goes on with the slices that a journal says were left open. To be called after the processes of the scan at
    /// start were observed: those that are not among them have ended.
    pub fn restore(
        &mut self,
        journal: impl IntoIterator<Item = JournalEntry>,
        now: BootNanos,
        clock: Clock,
    ) {
        self.pass(now);
        let (release, now) = self.release(clock);
        release.restore(journal, now);
    }

    /// Closes every detection, at shutdown. Nothing may be observed afterwards.
    pub fn finish(
        &mut self,
        now: BootNanos,
        counts: &[(FoldKey, u64)],
        clock: Clock,
        out: &mut Output,
    ) {
        self.pass(now);
        self.aggregator
            .finish(now, counts, clock, &mut self.detections);
        self.report(clock.unix(now), clock, out);
        let (release, now) = self.release(clock);
        release.finish(now, out);
    }

    /// What the kernel need not remember any longer, each once.
    pub fn forget(&mut self) -> Forgotten {
        self.aggregator.forget()
    }

    /// When [`Detector::advance`] has something to do, `None` if only an event can change that.
    pub fn next_deadline(&self) -> Option<BootNanos> {
        self.aggregator
            .next_deadline()
            .into_iter()
            .chain(self.release.next_deadline())
            .min()
    }

    /// What became of everything so far.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters.programs_evicted = self.table.evictions();
        counters.cgroups_evicted = self.cgroups.evictions();
        self.release.count(&mut counters);
        self.aggregator.count(&mut counters);
        counters
    }

    /// `scoutline.sequence` of the last record, 0 before the first.
    pub fn sequence(&self) -> u64 {
        self.release.sequence()
    }

    /// Issues the next number, for a record that the agent makes: there is one series for all records of a run.
    pub fn issue(&mut self) -> Issued {
        self.release.issue()
    }

    /// Closes the slices that a journal says were open when the host went down. To be called before any other event.
    pub fn close_earlier(
        &mut self,
        journal: impl IntoIterator<Item = JournalEntry>,
        clock: Clock,
        out: &mut Output,
    ) {
        self.release.close_earlier(journal, clock, out);
    }

    /// Whether anything that a journal says is still needed.
    pub fn has_open_slices(&self) -> bool {
        self.release.has_open_slices()
    }

    /// What a journal that is written anew has to begin with.
    pub fn open_slices(&self) -> Vec<JournalEntry> {
        self.release.snapshot()
    }

    /// What judges, for its sieve.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    fn exec(&mut self, record: &KernelRecord<'_, ExecEvent>, clock: Clock) {
        self.counters.execs += 1;
        let task = &record.fixed.task;
        let at = moment(record.fixed.header.time_ns, clock);
        let image = self.images.of(record);
        if !self.table.exec(task, at.boot_ns, image) {
            self.counters.execs_repeated += 1;
            return;
        }
        let Some(session) = self.session(task) else {
            self.counters.execs_out_of_scope += 1;
            return;
        };
        let names = Names::of(record);
        let texts: Vec<&str> = names.names.iter().map(String::as_str).collect();
        let mut matches = std::mem::take(&mut self.matches);
        self.matcher
            .matches_exec(&ExecSubject { names: &texts }, &mut matches);
        let is_weak = !matches.is_empty();
        let evidence = |matched: &Match| texts.get(matched.subject).copied();
        let accesses = self.accesses(&mut matches, Deed::Exec, session, task, clock, evidence);
        self.matches = matches;

        let counter = if !accesses.is_empty() {
            &mut self.counters.execs_matched
        } else if is_weak {
            &mut self.counters.execs_weak
        } else if names.is_unresolved {
            &mut self.counters.execs_unresolved
        } else {
            &mut self.counters.execs_unmatched
        };
        *counter += 1;
        self.aggregator.exec(&accesses, at, &mut self.detections);
    }

    fn open(&mut self, record: &KernelRecord<'_, OpenEvent>, clock: Clock) {
        self.counters.opens += 1;
        let event = &record.fixed;
        let task = &event.task;
        let at = moment(event.header.time_ns, clock);
        self.table.open(task, at.boot_ns);

        let key = (event.flags & OPEN_UNFOLDED == 0).then(|| Key::from(event.key));
        // A key that objects share says nothing about this one.
        let known = key
            .filter(|_| event.flags & OPEN_QUOTA == 0)
            .and_then(|key| self.aggregator.verdict(key));
        let verdict = known.unwrap_or_else(|| self.judge_open(record, clock));
        let counter = match &verdict {
            Verdict::Matched(_) => &mut self.counters.opens_matched,
            Verdict::Weak => &mut self.counters.opens_weak,
            Verdict::Unmatched => &mut self.counters.opens_unmatched,
            Verdict::Unresolved => &mut self.counters.opens_unresolved,
            Verdict::OutOfScope => &mut self.counters.opens_out_of_scope,
        };
        *counter += 1;

        let program = ProgramId::of(task);
        let announcement = Announcement {
            key,
            program,
            over_since: self.table.over_since(program),
            count: event.count,
            at,
        };
        self.aggregator
            .open(&announcement, &verdict, &mut self.detections);
    }

    fn judge_open(&mut self, record: &KernelRecord<'_, OpenEvent>, clock: Clock) -> Verdict {
        let event = &record.fixed;
        let Some(session) = self.session(&event.task) else {
            return Verdict::OutOfScope;
        };
        let paths = self.mounts.paths(record);
        let texts: Vec<&str> = paths.paths.iter().map(String::as_str).collect();
        let file = OpenedFile {
            inode: event.file.inode,
            open_flags: event.open_flags,
            reads: event.file_mode & MODE_READ != 0,
            is_directory: event.file.mode & TYPE_MASK == DIRECTORY,
        };
        let subject = OpenSubject {
            paths: &texts,
            reads: file.reads,
            writes: event.file_mode & MODE_WRITE != 0,
            is_directory: file.is_directory,
        };
        let mut matches = std::mem::take(&mut self.matches);
        self.matcher.matches_open(&subject, &mut matches);
        let is_weak = !matches.is_empty();
        let evidence = |matched: &Match| paths.shown(matched.subject);
        let deed = Deed::Open(file);
        let accesses = self.accesses(&mut matches, deed, session, &event.task, clock, evidence);
        self.matches = matches;

        if !accesses.is_empty() {
            Verdict::Matched(accesses.into())
        } else if is_weak {
            Verdict::Weak
        } else if paths.is_partial {
            Verdict::Unresolved
        } else {
            Verdict::Unmatched
        }
    }

    /// One access for each strong match; empties `matches`.
    fn accesses<'a>(
        &mut self,
        matches: &mut Vec<Match>,
        deed: Deed,
        session: Session,
        task: &TaskInfo,
        clock: Clock,
        evidence: impl Fn(&Match) -> Option<&'a str>,
    ) -> Vec<Arc<Access>> {
        matches.retain(|matched| matched.strength == Strength::Strong);
        if matches.is_empty() {
            return Vec::new();
        }
        let subject = Arc::new(self.subject(task, session, clock));
        matches
            .drain(..)
            .map(|matched| {
                Arc::new(Access {
                    evidence: evidence(&matched).unwrap_or_default().into(),
                    severity: matched.severity,
                    recipe: matched.recipe,
                    deed,
                    subject: Arc::clone(&subject),
                })
            })
            .collect()
    }

    fn subject(&mut self, task: &TaskInfo, session: Session, clock: Clock) -> Subject {
        let id = ProcessId::of(task);
        let parent = ProcessId::parent_of(task);
        let lineage = self.table.lineage(id);
        // What the parent was when it forked; it may have run something else since, or be another one.
        let forker = lineage
            .ancestors
            .first()
            .filter(|ancestor| ancestor.process == parent);
        let parent_executable = match forker {
            Some(ancestor) => ancestor.executable.clone(),
            None => self
                .table
                .current_image(parent)
                .map(|image| Arc::clone(&image.path)),
        };
        let root = self.root(task, &session);
        Subject {
            task: *task,
            created_unix_ns: clock.unix(task.start_ns),
            image: self.table.image(ProgramId::of(task)),
            lineage,
            parent_executable,
            leader: self.table.leader(id).unwrap_or(id),
            root,
            session_uid: self.identities.session(&session).into(),
            session,
            place: self.cgroups.of(CgroupIds::of(task)).cloned(),
            learned: OnceLock::new(),
        }
    }

    fn root(&mut self, task: &TaskInfo, session: &Session) -> Root {
        let process = self
            .table
            .session_root(session, ProcessId::of(task), &self.cgroups);
        let login_user = (task.login_uid != u32::MAX).then_some(task.login_uid);
        Root {
            process,
            image: self.table.current_image(process),
            user: login_user.or_else(|| self.table.user(process)),
            parent: self.table.parent(process),
        }
    }

    /// The session that detections are grouped by, `None` if the process is not watched.
    fn session(&self, task: &TaskInfo) -> Option<Session> {
        let id = ProcessId::of(task);
        match self.scope {
            Scope::Host => Some(self.table.session(task, &self.cgroups)),
            Scope::Tree => self.table.tree(id).map(Session::Exec),
        }
    }

    fn pass(&mut self, time_ns: BootNanos) {
        self.now = self.now.max(time_ns);
        self.table.expire(self.now);
        self.cgroups.expire(self.now);
    }

    fn report(&mut self, observed_unix_ns: u64, clock: Clock, out: &mut Output) {
        let mut detections = std::mem::take(&mut self.detections);
        let (release, now) = self.release(clock);
        for detection in detections.drain(..) {
            release.take(detection, observed_unix_ns, now, out);
        }
        self.detections = detections;
    }

    fn release(&mut self, clock: Clock) -> (&mut Release, Now<'_>) {
        let now = Now {
            table: &self.table,
            clock,
            boot_ns: self.now,
        };
        (&mut self.release, now)
    }
}

fn moment(boot_ns: BootNanos, clock: Clock) -> Moment {
    Moment {
        boot_ns,
        unix_ns: clock.unix(boot_ns),
    }
}
