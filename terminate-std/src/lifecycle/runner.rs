//! [`Runner`]: the token that only the thread which runs the hooks holds, and what it does from the first hook on.
//!
//! ```text
//!   Running: every hook → Chaining: the previous handler → Closed: the hooks that came last, other threads' calls → Done
//! ```
//!
//! In place, the thread may be in a signal handler. There all of this is async-signal-safe, as far as the hooks are.
//!
//! A runner that was replaced finds another epoch in the word, and stops. So does the copy of a runner in a child that one of
//! its hooks forked: there the process is another one.

use std::marker::PhantomData;
use std::time::Duration;

use terminate_core::{Cause, Context, Triggers};

use super::process::Process;
use super::state::{End, Event, Stage, State};
use super::{calls, fork, interrupt, log, outcome};
use crate::sys::{self, Delivery};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// How long a thread that was interrupted may take to look at what a handler did.
const LOOK: Duration = Duration::from_millis(5);

/// Held by the thread that runs the hooks. It stays there.
pub(crate) struct Runner {
    pub(crate) process: &'static Process,
    pub(crate) epoch: u32,
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

/// Why a thread that runs hooks must not go on: as the runner of that epoch, or, without one, in the handler of a fault.
fn check(process: &'static Process, epoch: Option<u32>) -> Result<(), Stopped> {
    if !fork::is_current(process) {
        Err(Stopped::Forked)
    } else if epoch.is_some_and(|epoch| epoch != process.state().epoch()) {
        Err(Stopped::Replaced)
    } else {
        Ok(())
    }
}

/// Runs the hooks that want one of these causes and may run in that context, as the runner of that epoch; without one, in the handler of
/// a fault.
pub(crate) fn run(process: &'static Process, epoch: Option<u32>, wanted: Triggers, cause: Cause, context: Context) {
    let _ = process.table().registry.run_while(wanted, cause, context, || check(process, epoch).is_ok());
}

impl Runner {
    /// The calling thread runs the hooks from now on, as the runner of that epoch.
    pub(crate) fn new(process: &'static Process, epoch: u32) -> Self {
        let thread = sys::thread_token();
        process.runner.take(thread, sys::thread_id(), epoch);
        Self { process, epoch, thread, _not_send: PhantomData }
    }

    /// The calling thread's, if it runs the hooks: for `exit`, panics and signals in the middle of one.
    pub(crate) fn here(process: &'static Process) -> Option<Self> {
        let thread = sys::thread_token();
        let epoch = process.runner.epoch_of(thread)?;
        Some(Self { process, epoch, thread, _not_send: PhantomData })
    }

    fn check(&self) -> Result<(), Stopped> {
        check(self.process, Some(self.epoch))
    }

    /// Moves the word. This wakes no thread: the stages between `Running` and `Done` have the same time limits.
    ///
    /// # Errors
    ///
    /// If this runner must not go on.
    pub(crate) fn advance(&self, event: Event) -> Result<State, Stopped> {
        self.check()?;
        self.process.advance(event).map_err(|_| Stopped::Replaced)
    }

    /// Runs the hooks that want one of these causes and may run in that context.
    pub(crate) fn run(&self, wanted: Triggers, cause: Cause, context: Context) {
        run(self.process, Some(self.epoch), wanted, cause, context);
    }

    /// In place all hooks are handler-safe.
    pub(crate) fn run_all(&self) {
        self.run(Triggers::ALWAYS, self.process.state().cause(), self.context());
    }

    fn context(&self) -> Context {
        if self.process.state().is_in_place() { Context::Handler } else { Context::Thread }
    }

    /// Everything from `Running`, or from a later stage that a runner was lost in, to `Done`. In a handler, with its `delivery`.
    ///
    /// # Errors
    ///
    /// If this runner must not go on.
    pub(crate) fn finish(&self, delivery: Option<&Delivery>) -> Result<(), Stopped> {
        let state = self.process.state();
        if state.stage() == Stage::Running {
            calls::wait_for_holds(self.process);
            log::stage(self.process);
            self.run_all();
            self.check()?;
            if let End::Signal(number) = state.end()
                && !self.process.has_called_previous.load(Ordering::Relaxed)
            {
                self.advance(Event::Chain(self.epoch))?;
                log::stage(self.process);
                if self.process.takes_previous() {
                    self.call_previous(number.into(), delivery);
                }
            }
        }
        self.close()?;
        self.run_all();
        self.finish_closed()
    }

    /// Runs the hooks of an interrupt, and the previous handler. Then the program goes on, unless a thread requested an end
    /// meanwhile, which the runner runs next.
    ///
    /// # Errors
    ///
    /// If this runner must not go on.
    pub(crate) fn interrupt(&self) -> Result<(), Stopped> {
        // Not what the word says: an end may have been requested meanwhile.
        let cause = End::INTERRUPT.cause();
        log::stage(self.process);
        self.run(Triggers::only(cause), cause, Context::Thread);
        self.check()?;
        self.call_previous(Signal::INT, None);
        self.check()?;
        if self.process.advance(Event::Interrupted).is_ok() {
            self.process.during.store(0, Ordering::Relaxed);
            sys::wake(self.process.word());
            interrupt::raise(self.process);
        }
        Ok(())
    }

    /// Calls the handler that stood before ours, if there is one, as the kernel would. Outside of the handler of that signal,
    /// [`super::on_signal`] gets it once more, on this thread. Our handler stays in place for other threads.
    pub(crate) fn call_previous(&self, signal: Signal, delivery: Option<&Delivery>) {
        if let Some(delivery) = delivery.filter(|delivery| delivery.signal == signal) {
            return delivery.call_previous();
        }
        let own = &self.process.own_signal;
        let (arrival, interrupts) = (outcome::arrival(self.process, signal), sys::interrupts_calls(signal));
        own.store(signal.as_raw().cast_unsigned(), Ordering::Relaxed);
        sys::deliver_here(signal, arrival.as_ref().map(|arrival| &arrival.info));
        own.store(0, Ordering::Relaxed);
        if interrupts && let Some(arrival) = arrival {
            // Ours has interrupted that thread too early. It may have seen all the same what the handler did, and may have put
            // another action in our place: only if it waits again is it interrupted again.
            sys::wait(own, 0, Some(LOOK));
            self.process.interrupting.store(signal.as_raw().cast_unsigned(), Ordering::Relaxed);
            sys::interrupt_call(signal, arrival.thread);
        }
    }

    /// From now on nothing can be registered.
    ///
    /// # Errors
    ///
    /// If this runner must not go on.
    pub(crate) fn close(&self) -> Result<(), Stopped> {
        if self.process.state().stage() != Stage::Closed {
            self.advance(Event::Close(self.epoch))?;
        }
        // What they register takes part.
        calls::wait_for_holds(self.process);
        self.process.table().registry.close();
        Ok(())
    }

    /// The hooks that came last have run: waits for the calls of other threads, and says that all is done.
    ///
    /// # Errors
    ///
    /// If this runner must not go on.
    pub(crate) fn finish_closed(&self) -> Result<(), Stopped> {
        self.check()?;
        calls::wait(self.process, self.thread);
        log::stage(self.process);
        self.advance(Event::Finish(self.epoch))?;
        sys::wake(self.process.word());
        Ok(())
    }

    /// As [`finish`](Self::finish), on a thread that has nothing else to do; and ends the process, unless another thread does.
    pub(crate) fn finish_on_own_thread(&self) -> ! {
        match self.finish(None) {
            Ok(()) => outcome::end(self.process),
            Err(stopped) => self.stop(stopped),
        }
    }

    /// This thread has nothing else to do.
    pub(crate) fn stop(&self, stopped: Stopped) -> ! {
        match stopped {
            Stopped::Replaced => sys::park(),
            Stopped::Forked => outcome::end_child(self.process),
        }
    }
}
