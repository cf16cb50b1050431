//! What became of everything that came in.

/// Counts since the start, so that nothing is lost unseen.
///
/// At any time:
/// - `opens` = `opens_matched` + `opens_weak` + `opens_unmatched` + `opens_unresolved` + `opens_out_of_scope`
/// - `execs` = `execs_matched` + `execs_weak` + `execs_unmatched` + `execs_unresolved` +
///   `execs_out_of_scope` + `execs_repeated`
/// - `accesses` = the counts of all summaries + `accesses_open`
/// - `detections` = `summaries` + detections whose window is open
///
/// An access that fits several recipes is one of each; one event stands for as many accesses as the
/// kernel folded into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Opens that were observed.
    pub opens: u64,
    /// Of a file that a strong pattern fits.
    pub opens_matched: u64,
    /// Only weak patterns fit: nothing is reported yet.
    pub opens_weak: u64,
    /// No recipe fits; the sieve is coarser than the recipes.
    pub opens_unmatched: u64,
    /// No recipe fits what is known of the path, but part of it is not known.
    pub opens_unresolved: u64,
    /// Not by a process that is watched.
    pub opens_out_of_scope: u64,
    /// Executions that were observed.
    pub execs: u64,
    /// A strong pattern fits.
    pub execs_matched: u64,
    /// Only weak patterns fit: nothing is reported yet.
    pub execs_weak: u64,
    /// No recipe fits.
    pub execs_unmatched: u64,
    /// No recipe fits, but the arguments were cut before they said what is run.
    pub execs_unresolved: u64,
    /// Not by a process that is watched.
    pub execs_out_of_scope: u64,
    /// Reported before.
    pub execs_repeated: u64,
    /// Forks that were observed.
    pub forks: u64,
    /// Exits that were observed.
    pub exits: u64,
    /// Cgroups that were made, removed, or there at the start.
    pub cgroups: u64,
    /// Processes of the scan at start.
    pub tasks: u64,
    /// Accesses that became part of a detection, repeats that only the kernel counted included.
    pub accesses: u64,
    /// Of `accesses`: in detections whose summary is not out yet.
    pub accesses_open: u64,
    /// Detections, one `first` record each.
    pub detections: u64,
    /// Of `detections`: closed, one `summary` record each.
    pub summaries: u64,
    /// Detections closed before their time because too many were open; nothing of them is lost.
    pub windows_closed_early: u64,
    /// Processes beyond what one detection can tell apart: its `process_count` is too low by these or fewer.
    pub processes_uncounted: u64,
    /// Fold keys for which there was no room: their repeats are not counted.
    pub keys_dropped: u64,
    /// Programs forgotten because too many ran at once: lineages are incomplete.
    pub programs_evicted: u64,
    /// Cgroups forgotten because there were too many: detections in them have no workload.
    pub cgroups_evicted: u64,
    /// Slices of sessions that were opened.
    pub slices: u64,
    /// Of `slices`: closed before their time because too many were open; nothing of them is lost.
    pub slices_closed_early: u64,
    /// Questions to the agent.
    pub questions: u64,
    /// Of `questions`: not answered while the record waited.
    pub questions_unanswered: u64,
    /// Programs whose `TRACEPARENT` the kernel sent.
    pub trace_contexts: u64,
    /// Environments with a `TRACEPARENT` that is none.
    pub trace_contexts_malformed: u64,
}
