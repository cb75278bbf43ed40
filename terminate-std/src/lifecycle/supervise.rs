//! Waiting for the end, and replacing a runner that is lost.
//!
//! | supervisor | waits in | can start a successor |
//! | --- | --- | --- |
//! | a requester in `exit`, or in a panic hook | [`until_done`] | yes |
//! | the timekeeper, after a signal, where there is a time limit | [`start_timekeeper`] | yes |
//! | a thread that aborts, in its handler | [`until_done_in_handler`] | no: it may be inside the allocator |
//!
//! A supervisor runs no hook, waker or previous handler. Only if no thread can be started, it is the successor itself.
//!
//! A runner is lost in three ways:
//!
//! - It calls `exit`, or panics where panics abort. It comes to our exit handler or panic hook, calls [`replace_this_runner`],
//!   and supervises its successor from there.
//! - It is caught in `exit` before it comes there ([`sys::caught`]). A supervisor that is in `exit` too finds it.
//! - It exceeds a time limit. Any supervisor finds that.

use std::io;
use std::time::Duration;

use terminate_core::Triggers;

use super::hook_cell::{current_label, forget_current};
use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::{calls, outcome};
use crate::sys::raw_stderr::Line;
use crate::sys::{self, Caught, Mask};
use crate::types::atomic::Ordering;
use crate::types::signal::Signal;

/// How long wakers may take beyond the grace.
const WAKERS: Duration = Duration::from_millis(250);
/// The longest sleep where a time limit counts, in nanoseconds. Time in which the process was stopped counts as one such sleep at most.
const SLICE: u64 = 100_000_000;

/// The time limit of the stage that the process is in, if there is one.
fn limit(process: &Process, state: State) -> Option<Duration> {
    match state.stage() {
        Stage::Requested if process.is_waking.load(Ordering::Relaxed) => {
            Some(grace(process, state).saturating_add(WAKERS))
        }
        // The runner has not begun: it waits for memory, say, which the thread that aborts has locked.
        Stage::Requested => deadline(process).map(|deadline| grace(process, state).saturating_add(deadline)),
        Stage::Interrupting | Stage::Running | Stage::Chaining | Stage::Closed => deadline(process),
        Stage::Alive | Stage::Done => None,
    }
}

fn deadline(process: &Process) -> Option<Duration> {
    let nanoseconds = process.settings.deadline.load(Ordering::Relaxed);
    (nanoseconds != 0).then(|| Duration::from_nanos(nanoseconds))
}

/// How long the program may take to end by itself.
pub(crate) fn grace(process: &Process, state: State) -> Duration {
    match state.end() {
        End::Signal(_) if !state.is_hurried() => Duration::from_nanos(process.settings.grace.load(Ordering::Relaxed)),
        _ => Duration::ZERO,
    }
}

/// Measures how long the process has run since a limit began. A stop (`SIGSTOP`) does not count: each step counts for no more
/// than the sleep that it was to be.
pub(crate) struct Clock {
    /// In nanoseconds, as plain numbers: arithmetic with `Duration` can panic, as far as the machine code shows.
    last: u64,
    left: u64,
}

impl Clock {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { last: nanoseconds(sys::monotonic()), left: nanoseconds(limit) }
    }

    /// How long to sleep now; `None` if the limit is over.
    pub(crate) fn next_sleep(&mut self) -> Option<Duration> {
        let now = nanoseconds(sys::monotonic());
        self.left = self.left.saturating_sub(now.saturating_sub(self.last).min(SLICE));
        self.last = now;
        (self.left != 0).then(|| Duration::from_nanos(self.left.min(SLICE)))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What a time limit belongs to: a later runner has one of its own, and so has a later interrupt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Period {
    Interrupt(State),
    Requested { is_waking: bool },
    Running { epoch: u32 },
}

impl Period {
    fn of(process: &Process, state: State) -> Self {
        match state.stage() {
            Stage::Alive | Stage::Interrupting => Self::Interrupt(state),
            Stage::Requested => Self::Requested { is_waking: process.is_waking.load(Ordering::Relaxed) },
            _ => Self::Running { epoch: state.epoch() },
        }
    }
}

/// The time limit of the period that the process is in.
struct Limit {
    period: Option<Period>,
    clock: Option<Clock>,
}

impl Limit {
    const fn new() -> Self {
        Self { period: None, clock: None }
    }

    /// How long to sleep in that state: `Ok(None)` for as long as it lasts.
    ///
    /// # Errors
    ///
    /// If the time limit is over.
    fn sleep(&mut self, process: &Process, state: State) -> Result<Option<Duration>, ()> {
        let period = Period::of(process, state);
        if self.period != Some(period) {
            self.period = Some(period);
            self.clock = None;
        }
        if self.clock.is_none() {
            self.clock = limit(process, state).map(Clock::new);
        }
        self.clock.as_mut().map(|clock| clock.next_sleep().ok_or(())).transpose()
    }
}

/// Where the runner was caught at the last look, and the guards' threads.
struct Caughts(Vec<(i32, Caught)>);

impl Caughts {
    /// Whether the runner is caught; guards that are caught are abandoned. For a thread that is in `exit` or in a panic hook.
    fn has_runner(&mut self, process: &Process, state: State) -> bool {
        if state.is_in_place() || matches!(state.stage(), Stage::Alive | Stage::Done) {
            return false;
        }
        let runner = process.runner.thread_id.load(Ordering::Relaxed).cast_signed();
        let threads = process.table().guard_threads().chain([runner]).filter(|thread| *thread != 0);
        let now: Vec<_> = threads.filter_map(|thread| Some((thread, sys::caught(thread)?))).collect();
        let before = std::mem::replace(&mut self.0, now);
        let mut is_runner_caught = false;
        for (thread, _) in self.0.iter().filter(|caught| before.contains(caught)) {
            if *thread == runner {
                is_runner_caught = true;
            } else {
                process.table().abandon_guards(Some(*thread));
                calls::wake_awaiting(process);
            }
        }
        is_runner_caught
    }
}

/// Waits until all hooks have run, on a thread that is in `exit` or in a panic hook.
pub(crate) fn until_done(process: &'static Process) {
    let natural = Mask::current();
    let (mut limit, mut caught) = (Limit::new(), Caughts(Vec::new()));
    loop {
        let state = process.state();
        if matches!(state.stage(), Stage::Alive | Stage::Done) {
            return;
        }
        if let Ok(sleep) = limit.sleep(process, state) {
            let sleep = sleep.unwrap_or(sys::INTERVAL).min(sys::INTERVAL);
            sys::wait(process.word(), state.to_bits(), Some(sleep));
            if process.state() == state && caught.has_runner(process, state) {
                replace(process, state, natural, false);
            }
        } else {
            replace(process, state, natural, true);
        }
    }
}

/// Whether the runner, which is about to begin, has to have a timekeeper.
pub(crate) fn needs_timekeeper(process: &Process) -> bool {
    deadline(process).is_some() || process.is_waking.load(Ordering::Relaxed)
}

/// Starts a thread that supervises until the hooks have run.
///
/// # Errors
///
/// If the system has no more threads to give.
pub(crate) fn start_timekeeper(process: &'static Process, natural: Mask) -> io::Result<()> {
    sys::spawn_masked("terminate-timekeeper", move || {
        let mut limit = Limit::new();
        loop {
            let state = process.state();
            if matches!(state.stage(), Stage::Alive | Stage::Done) {
                return;
            }
            if let Ok(sleep) = limit.sleep(process, state) {
                sys::wait(process.word(), state.to_bits(), sleep);
            } else {
                replace(process, state, natural, true);
            }
        }
    })
}

/// Waits until all hooks have run, in the handler of a thread that aborts. This is async-signal-safe. Whether a time limit came
/// before that: then it has run the handler-safe hooks that were left.
pub(crate) fn until_done_in_handler(process: &'static Process) -> bool {
    let mut limit = Limit::new();
    loop {
        let state = process.state();
        if state.stage() == Stage::Done || !super::fork::is_current(process) {
            return false;
        }
        let Ok(sleep) = limit.sleep(process, state) else {
            report_late(process, state);
            run_left_in_handler(process, state);
            return true;
        };
        sys::wait(process.word(), state.to_bits(), sleep);
    }
}

/// Takes the place of the runner, on a thread that aborts, and runs the handler-safe hooks that are left. Whether this thread did
/// so. This is async-signal-safe.
pub(crate) fn run_left_in_handler(process: &'static Process, state: State) -> bool {
    let lost = process.advance_from(state, Event::Lose(state.epoch()));
    if let Ok(state) = lost {
        process.table().registry.close();
        Runner::new(process, state.epoch()).run_in_handler(Triggers::ALWAYS, state.cause());
    }
    lost.is_ok()
}

/// Says for which hook the end does not wait any longer. This is async-signal-safe. Apart, since a line is large.
#[inline(never)]
fn report_late(process: &Process, state: State) {
    let mut line = Line::new("terminate: ");
    let is_waking = state.stage() == Stage::Requested && process.is_waking.load(Ordering::Relaxed);
    match current_label(process) {
        _ if is_waking => _ = line.and("a waker"),
        Some(label) => label.describe(&mut line),
        None => _ = line.and("cleanup"),
    }
    line.and(" did not return");
    if let Some(deadline) = deadline(process).filter(|_| !is_waking) {
        line.and(" within ").and_duration(deadline);
    }
    line.and("; going on without it").write();
}

/// Has a successor run the hooks that are left, unless another thread has replaced the runner, or the process has moved on.
fn replace(process: &'static Process, mut seen: State, natural: Mask, is_late: bool) {
    if seen.stage() == Stage::Interrupting {
        // A hook of an interrupt that exceeds the deadline makes it an end.
        let Some(interrupt) = Signal::INT.number() else { return };
        process.note_requested(process.interest(Signal::INT).all);
        let outcome = process.table().interest(Signal::INT).outcome();
        match process.advance_from(seen, Event::Request(End::Signal(interrupt), outcome)) {
            Ok(state) => seen = state,
            Err(_) => return,
        }
    }
    let Ok(state) = process.advance_from(seen, Event::Lose(seen.epoch())) else { return };
    if is_late {
        report_late(process, seen);
        // The runner may have waited for other threads' calls: the successor does not.
        if state.stage() == Stage::Closed {
            calls::abandon_all(process);
        }
    }
    sys::wake(process.word());
    start_successor(process, state, natural);
}

/// Starts the runner of that state's epoch. Whether this thread had to be it, and has run the hooks.
pub(crate) fn start_successor(process: &'static Process, state: State, natural: Mask) -> bool {
    forget_current(process);
    // Until the successor is there, no thread is taken for a runner that is caught.
    process.runner.thread_id.store(0, Ordering::Relaxed);
    let epoch = state.epoch();
    let started = sys::spawn_masked("terminate", move || {
        natural.set();
        Runner::new(process, epoch).finish_on_own_thread()
    });
    if started.is_err() {
        natural.set();
        run_left_here(process, epoch);
    }
    started.is_err()
}

/// The system has no thread to give: the calling thread is the successor.
fn run_left_here(process: &'static Process, epoch: u32) {
    let runner = Runner::new(process, epoch);
    match runner.finish() {
        Ok(()) if matches!(process.state().end(), End::Signal(_)) => outcome::end(process),
        Ok(()) | Err(Stopped::Replaced) => {}
        Err(Stopped::Forked) => outcome::end_child(process),
    }
}

/// The calling thread is the runner, and will not come back to its hook: it is in `exit`, or in a panic hook where panics abort.
/// A successor runs the hooks that are left. This thread supervises it, since it may have locked `exit` for it; and then it
/// waits for ever. It returns only if it had to be the successor itself.
pub(crate) fn replace_this_runner(runner: &Runner) {
    let process = runner.process;
    if let Ok(state) = process.advance(Event::Lose(runner.epoch())) {
        sys::wake(process.word());
        if start_successor(process, state, Mask::current()) {
            return;
        }
    }
    until_done(process);
    if process.is_requester(sys::thread_token()) {
        return;
    }
    sys::park();
}
