//! The spans of a slice.

use std::collections::BTreeMap;
use std::sync::Arc;

use scoutline_semconv::{Attribute, Link, Span, TraceContext, attr};

use super::{Closed, Episode, Head, Program, Raised};
use crate::process::ProcessId;
use crate::report::Attributes;

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
        attributes.number(attr::SCOUTLINE_SLICE_NUMBER, previous.number.into());
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
    attributes.text(attr::SCOUTLINE_SESSION_UID, &head.session);
    attributes.text(attr::SCOUTLINE_SESSION_KIND, &head.kind);
    attributes.number(attr::SCOUTLINE_SLICE_NUMBER, head.number.into());
    attributes.set(attr::PROCESS_PID, program.process.tgid);
    attributes.set(attr::PROCESS_PARENT_PID, program.parent_pid);
    if program.start_unix_ns != 0 {
        attributes.time(attr::PROCESS_CREATION_TIME, program.start_unix_ns);
    }
    if let Some(path) = &program.path {
        attributes.text(attr::PROCESS_EXECUTABLE_PATH, path);
        attributes.text(attr::PROCESS_EXECUTABLE_NAME, &program.name);
    }
    attributes.texts(
        attr::PROCESS_COMMAND_ARGS,
        program.args.iter().map(|text| &**text),
    );
    if let Some(directory) = &program.working_directory {
        attributes.text(attr::PROCESS_WORKING_DIRECTORY, directory);
    }
    attributes.set(attr::PROCESS_USER_ID, program.user_id);
    if let Some(name) = &program.user_name {
        attributes.text(attr::PROCESS_USER_NAME, name);
    }
    attributes.text(attr::SCOUTLINE_PROCESS_UID, &program.uid);
    attributes.texts(
        attr::SCOUTLINE_PROCESS_ANCESTORS,
        program.ancestors.iter().map(|text| &**text),
    );
}

fn raised(raised: &Raised, attributes: &mut Attributes) {
    attributes.number(attr::SCOUTLINE_EPISODE_DETECTIONS, raised.detections);
    attributes.set(attr::SCOUTLINE_EPISODE_SEVERITY, raised.severity.name());
    attributes.texts(
        attr::SCOUTLINE_EPISODE_RECIPES,
        raised.recipes.iter().map(|text| &**text),
    );
    attributes.texts(
        attr::SCOUTLINE_ATTACK_TECHNIQUES,
        raised.techniques.iter().map(|text| &**text),
    );
}

fn ended(episode: &Episode, attributes: &mut Attributes) {
    attributes.set(attr::SCOUTLINE_EPISODE_RUNNING, episode.end.is_none());
    if let Some(code) = episode.end.and_then(|end| end.code) {
        attributes.set(attr::PROCESS_EXIT_CODE, u32::from(code));
    }
}

/// Anybody can put anything into an environment.
fn application(episode: &Episode) -> Vec<Link> {
    let link = |application: super::episode::Application| {
        let attributes: Vec<Attribute> = vec![
            (attr::SCOUTLINE_TRACE_CONTEXT_SOURCE, "environment".into()),
            (attr::SCOUTLINE_TRACE_CONTEXT_TRUSTED, false.into()),
        ];
        Link {
            context: TraceContext {
                trace_id: application.trace_id,
                span_id: application.span_id,
            },
            is_remote: true,
            attributes,
        }
    };
    episode.application.map(link).into_iter().collect()
}
