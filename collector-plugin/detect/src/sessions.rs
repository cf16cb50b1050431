//! What is known of sessions beyond what the kernel says.

use std::sync::Arc;

use crate::Recent;
use crate::enrich::{Login, SessionAnswer};
use crate::process::Session;
use crate::workload::ci::{self, CiJob};

/// Sessions that are remembered at once; of a forgotten one it is asked again.
const CAPACITY: usize = 16_384;

/// What the agent found out about a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SessionFacts {
    pub(crate) job: Option<Job>,
    pub(crate) login: Option<Login>,
}

/// The CI job that a session is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) job: CiJob,
    /// Nothing that the job itself started could have said so.
    pub(crate) is_trusted: bool,
}

impl From<SessionAnswer> for SessionFacts {
    fn from(answer: SessionAnswer) -> Self {
        let is_trusted = answer.are_of_root;
        Self {
            job: ci::job(&answer.variables).map(|job| Job { job, is_trusted }),
            login: answer.login,
        }
    }
}

/// Facts by session.
#[derive(Debug)]
pub(crate) struct Sessions {
    facts: Recent<Session, Arc<SessionFacts>>,
    /// Of what the sensor itself starts.
    of_exec: Arc<SessionFacts>,
    nothing: Arc<SessionFacts>,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self {
            facts: Recent::new(CAPACITY),
            of_exec: Arc::default(),
            nothing: Arc::default(),
        }
    }

    /// Tells about what the sensor itself starts.
    pub(crate) fn of_exec(&mut self, facts: SessionFacts) {
        self.of_exec = Arc::new(facts);
    }

    pub(crate) fn get(&self, session: &Session) -> Option<&Arc<SessionFacts>> {
        match session {
            Session::Exec(_) => Some(&self.of_exec),
            session => self.facts.get(session),
        }
    }

    /// What is known, which may be nothing.
    pub(crate) fn known(&self, session: &Session) -> Arc<SessionFacts> {
        Arc::clone(self.get(session).unwrap_or(&self.nothing))
    }

    pub(crate) fn learn(&mut self, session: Session, facts: SessionFacts) {
        self.facts.insert(session, Arc::new(facts));
    }
}
