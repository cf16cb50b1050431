//! Answers to what the detector asks: reads /proc, logind and executables, on a thread of its own.
//!
//! A process can make whoever reads its environment or its executable wait, so the thread that reads the kernel never
//! does: records wait for an answer for a moment, and go out without it.

mod executable;
mod login;
mod process;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustix::event::{EventfdFlags, eventfd};
use scoutline_detect::workload::ci::{self, CI_VARIABLES};
use scoutline_detect::workload::traceparent;
use scoutline_detect::{Answer, Pid, Question, SessionAnswer, SessionQuestion};

use executable::Hasher;
use process::Process;

/// Questions that wait. Beyond, a record goes out without an answer, which the detector counts.
const WAITING: usize = 256;

/// Asks the thread that answers.
#[derive(Debug)]
pub struct Enricher {
    questions: SyncSender<Question>,
    answers: Receiver<Answer>,
    ready: OwnedFd,
}

impl Enricher {
    /// Starts the thread. It ends when the last [`Enricher`] is dropped, or as soon as it can then.
    ///
    /// # Errors
    /// If there can be no more threads or descriptors.
    pub fn start() -> io::Result<Self> {
        let ready = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let bell = ready.try_clone()?;
        let (questions, asked) = sync_channel(WAITING);
        // As many as can be asked: who answers never waits for who asked.
        let (answer, answers) = sync_channel(WAITING + 1);
        thread::Builder::new()
            .name("enricher".to_owned())
            .spawn(move || answer_all(&asked, &answer, &bell))?;
        Ok(Self {
            questions,
            answers,
            ready,
        })
    }

    /// Asks. A question that finds no room stays without an answer.
    pub fn ask(&self, question: Question) {
        if self.questions.try_send(question).is_err() {
            tracing::debug!("a question about a process found no room");
        }
    }

    /// Becomes readable when there are answers.
    pub fn ready_fd(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }

    /// Answers since the last call.
    pub fn answers(&self) -> Vec<Answer> {
        // Emptied first: an answer that comes meanwhile rings again.
        let _ = rustix::io::read(&self.ready, &mut [0_u8; 8]);
        self.answers.try_iter().collect()
    }
}

fn answer_all(asked: &Receiver<Question>, answers: &SyncSender<Answer>, bell: &OwnedFd) {
    let mut hasher = Hasher::default();
    while let Ok(question) = asked.recv() {
        let answer = answer(&question, &mut hasher);
        if answers.send(answer).is_err() {
            return;
        }
        // Full would mean that it is readable anyway.
        let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
    }
}

fn answer(question: &Question, hasher: &mut Hasher) -> Answer {
    let process = Process::open(question.process);
    let environment = process.as_ref().map(Process::environment);
    let executable = question.executable.as_ref();
    Answer {
        ticket: question.ticket,
        sha256: executable.and_then(|it| hasher.sha256(it, process.as_ref())),
        traceparent: environment.and_then(|mut it| it.remove(traceparent::VARIABLE)),
        session: question.session.as_ref().map(about_session),
    }
}

fn about_session(question: &SessionQuestion) -> SessionAnswer {
    let job = |pid: &Pid| {
        let mut variables = Process::open(*pid)?.environment();
        variables.retain(|name, _| CI_VARIABLES.contains(&name.as_str()));
        ci::job(&variables).map(|_| variables)
    };
    let of_root = job(&question.root);
    SessionAnswer {
        are_of_root: of_root.is_some(),
        variables: of_root
            .or_else(|| question.below.iter().find_map(job))
            .unwrap_or_default(),
        login: login::find(question),
    }
}
