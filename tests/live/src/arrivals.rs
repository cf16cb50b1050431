//! Things that arrive while somebody waits for them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An ever growing list; one thread pushes, any number wait.
#[derive(Debug)]
pub struct Arrivals<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    items: Vec<T>,
    has_ended: bool,
}

impl<T> Default for Arrivals<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                items: Vec::new(),
                has_ended: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<T> Arrivals<T> {
    /// Adds one.
    pub fn push(&self, item: T) {
        self.lock().items.push(item);
        self.changed.notify_all();
    }

    /// Nothing more arrives: whoever waits need not any longer.
    pub fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until `look` finds something in all that has arrived; `None` if it never does or `limit` is over.
    pub fn wait<R>(&self, limit: Duration, mut look: impl FnMut(&[T]) -> Option<R>) -> Option<R> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            let found = look(&state.items);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || state.has_ended || left.is_zero() {
                return found;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// What has arrived so far.
    pub fn with<R>(&self, look: impl FnOnce(&[T]) -> R) -> R {
        look(&self.lock().items)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A list that is only pushed to is whole even if a waiter panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
