//! The spans of a slice.

use std::collections::BTreeMap;
use std::sync::Arc;

use scoutline_semconv::values::TraceContextSource;
use scoutline_semconv::{Link, Setters as _, Span, TraceContext, number};

use super::{Closed, Episode, Head, Opener, Program, Raised};
use crate::Attributes;
use crate::process::ProcessId;

/// Backends drop or hide spans that take no time, and one of them knows microseconds only.
const SHORTEST_NS: u64 = 1_000;

/// All spans of a slice, the root first. Every parent that is named is among them, every child lies within its
/// parent, and no time is before the epoch.
pub(crate) fn spans(closed: &Closed) -> Vec<Span> {
    let Closed { head, episodes, .. } = closed;
    let root = head.root.process;
    let places: BTreeMap<ProcessId, usize> = episodes
        .iter()
        .enumerate()
        .map(|(place, episode)| (episode.program.process, place))
        .collect();
    let parents: Vec<Option<usize>> = episodes
        .iter()
        .map(|episode| {
            let of_root = |process: &&ProcessId| **process != root;
            let mut between = episode.ancestors.iter().take_while(of_root);
            between.find_map(|process| places.get(process).copied())
        })
        .collect();
    let times = times(closed, &parents);
    let mut spans = vec![root_span(closed, &places, &times)];
    for (place, episode) in episodes.iter().enumerate() {
        if episode.program.process == root {
            continue;
        }
        let parent = parents
            .get(place)
            .copied()
            .flatten()
            .and_then(|parent| episodes.get(parent))
            .map_or(head.root_span, |parent| parent.span_id);
        let (start, end) = times.get(place).copied().unwrap_or_default();
        let mut attributes = Attributes::default();
        about(head, &episode.program, &mut attributes);
        raised(&episode.raised, &mut attributes);
        ended(episode, &mut attributes);
        spans.push(Span {
            context: TraceContext {
                trace_id: head.trace_id,
                span_id: episode.span_id,
            },
            parent_span_id: Some(parent),
            name: Arc::clone(&episode.program.name),
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            attributes: attributes.finish(),
            links: application(episode),
        });
    }
    spans
}

/// Start and end of each episode; an end covers those of the children, and a start is not after theirs.
fn times(closed: &Closed, parents: &[Option<usize>]) -> Vec<(u64, u64)> {
    let mut times: Vec<(u64, u64)> = closed
        .episodes
        .iter()
        .map(|episode| {
            let end = episode.end.map_or(closed.closed_unix_ns, |end| end.unix_ns);
            let start = match episode.program.start_unix_ns {
                0 => end,
                start => start,
            };
            (start, end.max(start.saturating_add(SHORTEST_NS)))
        })
        .collect();
    // As many rounds as the tree can be deep; nearly always the second changes nothing.
    for _ in 0..times.len() {
        let mut is_settled = true;
        for (child, parent) in parents.iter().enumerate() {
            let Some((start, end)) = times.get(child).copied() else {
                continue;
            };
            if let Some(parent) = parent.and_then(|parent| times.get_mut(parent))
                && (parent.0 > start || parent.1 < end)
            {
                *parent = (parent.0.min(start), parent.1.max(end));
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    times
}

/// The span of the session, with what the whole slice raised. It begins with the slice, or with the first process in
/// it, not with a login days ago.
fn root_span(closed: &Closed, places: &BTreeMap<ProcessId, usize>, times: &[(u64, u64)]) -> Span {
    let head = &closed.head;
    let start = times
        .iter()
        .map(|(start, _)| *start)
        .chain([head.opened.unix_ns])
        .min()
        .unwrap_or_default();
    let end = times
        .iter()
        .map(|(_, end)| *end)
        .chain([start.saturating_add(SHORTEST_NS)])
        .max()
        .unwrap_or_default();
    let episode = places
        .get(&head.root.process)
        .and_then(|place| closed.episodes.get(*place));
    let mut attributes = Attributes::default();
    about(
        head,
        episode.map_or(&head.root, |episode| &episode.program),
        &mut attributes,
    );
    let mut links = Vec::new();
    if let Some(previous) = &head.previous {
        let mut attributes = Attributes::default();
        attributes.scoutline_slice_number(previous.number.into());
        links.push(Link {
            context: TraceContext {
                trace_id: previous.trace_id,
                span_id: previous.span_id,
            },
            is_remote: false,
            attributes: attributes.finish(),
        });
    }
    let mut all = Raised::NOTHING;
    for episode in &closed.episodes {
        all.add(&episode.raised);
    }
    raised(&all, &mut attributes);
    if let Some(episode) = episode {
        links.extend(application(episode));
    }
    Span {
        context: TraceContext {
            trace_id: head.trace_id,
            span_id: head.root_span,
        },
        parent_span_id: None,
        name: Arc::clone(&head.root.name),
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        attributes: attributes.finish(),
        links,
    }
}

fn about(head: &Head, program: &Program, attributes: &mut Attributes) {
    attributes.scoutline_session_uid(&head.session);
    attributes.scoutline_session_kind(head.kind);
    opened(&head.opener, attributes);
    attributes.scoutline_slice_number(head.number.into());
    attributes.process_pid(program.process.tgid.into());
    attributes.process_parent_pid(program.parent_pid.into());
    if program.start_unix_ns != 0 {
        attributes.time(Attributes::process_creation_time, program.start_unix_ns);
    }
    if let Some(path) = &program.path {
        attributes.process_executable_path(path);
        attributes.process_executable_name(&program.name);
    }
    attributes.process_command_args(program.args.iter().map(|text| &**text));
    attributes.known(
        Attributes::process_working_directory,
        program.working_directory.as_deref(),
    );
    attributes.process_user_id(program.user_id.into());
    attributes.known(Attributes::process_user_name, program.user_name.as_deref());
    attributes.scoutline_process_uid(&program.uid);
    attributes.known(
        Attributes::scoutline_process_parent_uid,
        program.parent_uid.as_deref(),
    );
    attributes.scoutline_process_ancestors(program.ancestors.iter().map(|text| &**text));
}

fn opened(opener: &Opener, attributes: &mut Attributes) {
    if let Some(user) = opener.user_id {
        attributes.scoutline_session_user_id(user.into());
    }
    attributes.known(
        Attributes::scoutline_session_user_name,
        opener.user_name.as_deref(),
    );
    if let Some(login) = &opener.login {
        attributes.login(login);
    }
}

fn raised(raised: &Raised, attributes: &mut Attributes) {
    attributes.scoutline_episode_detections(number(raised.detections));
    attributes.scoutline_episode_severity(raised.severity);
    attributes.scoutline_episode_recipes(raised.recipes.iter().map(|text| &**text));
    attributes.scoutline_attack_techniques(raised.techniques.iter().map(|text| &**text));
}

fn ended(episode: &Episode, attributes: &mut Attributes) {
    attributes.scoutline_episode_running(episode.end.is_none());
    if let Some(code) = episode.end.and_then(|end| end.code) {
        attributes.process_exit_code(code.into());
    }
}

fn application(episode: &Episode) -> Vec<Link> {
    let link = |application: super::episode::Application| {
        let mut attributes = Attributes::default();
        attributes.scoutline_trace_context_source(TraceContextSource::Environment);
        // Anybody can put anything into an environment.
        attributes.scoutline_trace_context_trusted(false);
        Link {
            context: TraceContext {
                trace_id: application.trace_id,
                span_id: application.span_id,
            },
            is_remote: true,
            attributes: attributes.finish(),
        }
    };
    episode.application.map(link).into_iter().collect()
}
