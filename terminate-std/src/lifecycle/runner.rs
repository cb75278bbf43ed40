//! [`Runner`]: the token that only the thread which runs the hooks holds, and what it does from the first hook on.
//!
//! ```text
//!   Running: every hook → Chaining: the previous handler → Closed: the hooks that came last, other threads' calls → Done
//! ```
//!
//! A runner that was replaced finds another epoch in the word, and stops. So does the copy of a runner in a child that one of
//! its hooks forked: there the process is another one.

use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};

use terminate_core::{Cause, Context, Triggers};

use super::process::Process;
use super::state::{End, Event, Stage, State};
use super::{calls, fork, outcome};
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// Held by the thread that runs the hooks. It stays there.
pub(crate) struct Runner {
    pub(crate) process: &'static Process,
    epoch: u32,
    thread: usize,
    _not_send: PhantomData<*const ()>,
}

/// Why a runner does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It has a successor.
    Replaced,
    /// This is a child that one of its hooks forked.
    Forked,
}

impl Runner {
    /// The calling thread runs the hooks from now on, as the runner of that epoch.
    pub(crate) fn new(process: &'static Process, epoch: u32) -> Self {
        let thread = sys::thread_token();
        process.seat_runner(thread, sys::thread_id(), epoch);
        Self { process, epoch, thread, _not_send: PhantomData }
    }

    /// The calling thread's, if it runs the hooks: for `exit`, panics and signals in the middle of one.
    pub(crate) fn here(process: &'static Process) -> Option<Self> {
        let thread = sys::thread_token();
        let epoch = process.epoch_of_runner(thread)?;
        Some(Self { process, epoch, thread, _not_send: PhantomData })
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// # Errors
    ///
    /// If it must not go on.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        if !fork::is_current(self.process) {
            Err(Stopped::Forked)
        } else if self.process.state().epoch() != self.epoch {
            Err(Stopped::Replaced)
        } else {
            Ok(())
        }
    }

    /// Moves the word, and wakes the threads that wait for it.
    fn advance(&self, event: Event) -> Result<State, Stopped> {
        self.check()?;
        let moved = self.process.advance(event).map_err(|_| Stopped::Replaced)?;
        sys::wake(self.process.word());
        Ok(moved)
    }

    /// Runs the hooks that want one of these causes, on a thread.
    pub(crate) fn run(&self, wanted: Triggers, cause: Cause) {
        let registry = &self.process.table().registry;
        let goes_on = || self.check().is_ok();
        // A hook's panic is caught where it is called; this is for what it captured, whose destructor may panic.
        while panic::catch_unwind(AssertUnwindSafe(|| registry.run_while(wanted, cause, Context::Thread, goes_on)))
            .is_err()
        {}
    }

    /// Runs the handler-safe hooks that want one of these causes. This is async-signal-safe, as far as they are.
    pub(crate) fn run_in_handler(&self, wanted: Triggers, cause: Cause) {
        let _ = self.process.table().registry.run_while(wanted, cause, Context::Handler, || self.check().is_ok());
    }

    /// Everything from `Running`, or from a later stage that a runner was lost in, to `Done`.
    pub(crate) fn finish(&self) -> Result<(), Stopped> {
        let state = self.process.state();
        if state.stage() == Stage::Running {
            // A runner that was lost before it began has not called them.
            self.process.wakers.notify();
            self.run(Triggers::ALWAYS, state.cause());
            self.check()?;
            if let End::Signal(number) = state.end() {
                self.begin_chaining()?;
                self.call_previous(number.into());
            }
        }
        self.close()?;
        self.run(Triggers::ALWAYS, state.cause());
        self.finish_closed()
    }

    /// The hooks have run, and the previous handler is next.
    pub(crate) fn begin_chaining(&self) -> Result<(), Stopped> {
        self.advance(Event::Chain(self.epoch)).map(drop)
    }

    /// Calls the handler that stood before ours, if there is one, as the kernel would: [`super::on_signal`] gets the signal once
    /// more, on this thread. Our handler stays in place for other threads.
    pub(crate) fn call_previous(&self, signal: Signal) {
        self.process.own_signal.store(signal.as_raw().cast_unsigned(), Ordering::Relaxed);
        let arrival = self.process.records.arrival(signal);
        sys::deliver_here(signal, arrival.as_ref().map(|arrival| &arrival.info));
        self.process.own_signal.store(0, Ordering::Relaxed);
    }

    /// From now on nothing can be registered.
    pub(crate) fn close(&self) -> Result<(), Stopped> {
        if self.process.state().stage() != Stage::Closed {
            self.advance(Event::Close(self.epoch))?;
        }
        self.process.table().registry.close();
        Ok(())
    }

    /// The hooks that came last have run: waits for the calls of other threads, and says that all is done.
    pub(crate) fn finish_closed(&self) -> Result<(), Stopped> {
        self.check()?;
        calls::wait(self.process, self.thread);
        self.advance(Event::Finish(self.epoch)).map(drop)
    }

    /// As [`finish`](Self::finish), on a thread that has nothing else to do; and ends the process, unless another thread does.
    pub(crate) fn finish_on_own_thread(&self) -> ! {
        match self.finish() {
            Ok(()) => outcome::end(self.process),
            Err(Stopped::Replaced) => sys::park(),
            Err(Stopped::Forked) => outcome::end_child(self.process),
        }
    }
}
