//! Waiting for the end, and replacing a runner that is lost.
//!
//! | supervisor | waits in | can start a successor |
//! | --- | --- | --- |
//! | a requester in `exit`, or in a panic hook | [`until_done`] | yes |
//! | the timekeeper, which [`start_timekeeper`] starts where there is a time limit or a waker | [`until_done`] | yes |
//! | a thread that aborts, in its handler | [`until_done_in_handler`] | no: it may be inside the allocator |
//!
//! A supervisor runs no hook, waker or previous handler, unless it can start no successor: then it is the successor itself. A thread that
//! aborts runs the handler-safe hooks that are left.
//!
//! A runner is lost in three ways:
//!
//! - It calls `exit`, or panics where panics abort. It comes to our exit handler or panic hook, calls [`replace_this_runner`],
//!   and supervises its successor from there.
//! - It is caught in `exit` before it comes there ([`sys::caught`]). A supervisor finds that.
//! - It exceeds a time limit. A supervisor finds that too.

use std::ptr;
use std::time::Duration;

use terminate_core::{Context, Triggers};

use super::clock::Clock;
use super::hook_cell::current_label;
use super::process::Process;
use super::runner::{Runner, Stopped};
use super::state::{End, Event, Stage, State};
use super::{calls, fork, outcome, threads};
use crate::storage::label::Label;
use crate::sys::raw_stderr::Line;
use crate::sys::{self, Caught, Mask};
use crate::types::atomic::Ordering;
use crate::types::settings::Settings;
use crate::types::signal::Signal;

/// How long wakers may take beyond the grace.
const WAKERS: Duration = Duration::from_millis(250);

/// How long the program may take to end by itself.
pub(crate) fn grace(process: &Process, state: State) -> Duration {
    let has_grace = state.end().is_ended_by_runner() && !state.is_hurried();
    if has_grace { configured_grace(process) } else { Duration::ZERO }
}

/// The grace of a signal and of a request: what the configuration says, or some time if the program waits for its end.
pub(crate) fn configured_grace(process: &Process) -> Duration {
    let waits_for_end = || process.is_listening.load(Ordering::Relaxed);
    process.settings().grace.unwrap_or_else(|| if waits_for_end() { Settings::GRACE } else { Duration::ZERO })
}

/// The time limit of the stage that the process is in, if there is one.
fn limit(process: &Process, state: State) -> Option<Duration> {
    // The grace comes before the hooks, and the limit of the hooks after it.
    let grace = if state.stage() == Stage::Requested { grace(process, state) } else { Duration::ZERO };
    let limit = if is_waking(process, state) { Some(WAKERS) } else { process.settings().deadline };
    limit.map(|limit| limit.saturating_add(grace))
}

fn is_waking(process: &Process, state: State) -> bool {
    state.stage() == Stage::Requested && process.is_waking.load(Ordering::Relaxed)
}

/// The hook that the runner calls, and the period in which it does.
type Call = (*const Label, u32);

/// A time limit that has passed, and the hook that the runner was in then.
#[derive(Clone, Copy)]
struct Passed<'a> {
    limit: Duration,
    label: Option<&'a Label>,
}

/// What a supervisor measures.
#[derive(Default)]
struct Clocks {
    period: Clock<u32>,
    call: Clock<Call>,
    notice: Clock<Call>,
    /// What the program was notified of.
    noticed: Option<Call>,
}

impl Clocks {
    /// Returns how long to sleep, if there are limits, or the limit that has passed.
    fn look<'a>(&mut self, process: &'a Process, state: State) -> (Option<Duration>, Option<Passed<'a>>) {
        let label = current_label(process);
        let call = (label.map_or(ptr::null(), ptr::from_ref), state.period());
        let of_period = limit(process, state).map(|limit| (self.period.next_sleep(state.period(), limit), limit));
        let of_call = label.and_then(|label| label.timeout).map(|limit| (self.call.next_sleep(call, limit), limit));
        match of_period.into_iter().chain(of_call).min_by_key(|(sleep, _)| *sleep) {
            Some((None, limit)) => (None, Some(Passed { limit, label })),
            first => (first.and_then(|(sleep, _)| sleep), None),
        }
    }

    /// Says for what the end has been waiting for a while, once.
    fn notice(&mut self, process: &Process, state: State) {
        let Some(after) = process.settings().notice_after else { return };
        let label = current_label(process);
        if label.is_none() && other_threads(process).is_none() {
            return;
        }
        let call = (label.map_or(ptr::null(), ptr::from_ref), state.period());
        if self.notice.next_sleep(call, after).is_none() && self.noticed.replace(call) != Some(call) {
            report_waiting(process);
        }
    }
}

/// Waits until all hooks have run, or the interrupt is over. If the word has not changed during a sleep of at most `interval`, or a
/// limit has passed, it calls `look(state, limit)`. If that returns true, the wait ends. With an interval, it gives notice of hooks that
/// take long.
fn watch<'a>(
    process: &'a Process,
    interval: Option<Duration>,
    mut look: impl FnMut(State, Option<Passed<'a>>) -> bool,
) {
    let mut clocks = Clocks::default();
    loop {
        let state = process.state();
        if matches!(state.stage(), Stage::Alive | Stage::Done) || !fork::is_current(process) {
            return;
        }
        let (sleep, passed) = clocks.look(process, state);
        if passed.is_none() {
            sys::wait(process.word(), state.to_bits(), sleep.into_iter().chain(interval).min());
        }
        if interval.is_some() {
            clocks.notice(process, state);
        }
        if (passed.is_some() || process.state() == state) && look(state, passed) {
            return;
        }
    }
}

/// Waits until all hooks have run, on a thread that is in `exit` or in a panic hook; or on the timekeeper. A successor's hooks run with
/// the mask `natural`.
pub(crate) fn until_done(process: &'static Process, natural: Mask) {
    let mut caught = Vec::new();
    watch(process, Some(sys::INTERVAL), |state, passed| {
        if passed.is_some() || look_for_caught(process, state, &mut caught) {
            replace(process, state, natural, passed);
        }
        false
    });
}

/// Abandons the guards and holds whose threads are caught. Returns whether the runner is caught. `before` is what the last look found.
fn look_for_caught(process: &Process, state: State, before: &mut Vec<(i32, Caught)>) -> bool {
    if state.is_in_place() {
        return false;
    }
    let runner = process.runner.thread_id.load(Ordering::Relaxed).cast_signed();
    let guards = process.table().guards().map(|guard| guard.thread_id());
    let threads = guards.chain(process.holds.threads()).chain([runner]).filter(|thread| *thread != 0);
    let (mut now, mut is_caught) = (Vec::new(), false);
    for thread in threads {
        let Some(seen) = sys::caught(thread) else { continue };
        let is_sure = before.contains(&(thread, seen));
        is_caught |= is_sure && thread == runner;
        if is_sure && thread != runner {
            process.table().abandon_guards(|guard| guard.thread_id() == thread);
            process.holds.abandon(|_, holds| holds == thread);
            calls::wake_awaiting(process);
        }
        now.push((thread, seen));
    }
    *before = now;
    is_caught
}

/// Starts a thread that supervises until the hooks have run, if there is a time limit.
pub(crate) fn start_timekeeper(process: &'static Process, natural: Mask) {
    let is_limited = limit(process, process.state()).is_some() || process.has_timeouts.load(Ordering::SeqCst);
    let timekeeper = move || until_done(process, natural);
    if is_limited && threads::start(process, "terminate-timekeeper", Box::new(timekeeper)).is_err() {
        Line::new("terminate: no thread could be started to watch time limits; after a signal, hooks have none until main ends").write();
    }
}

/// Waits until all hooks have run, in the handler of a thread that aborts. This is async-signal-safe. Returns whether a time limit
/// passed first. Then this thread has run the handler-safe hooks that were left.
pub(crate) fn until_done_in_handler(process: &'static Process) -> bool {
    let mut is_over = false;
    watch(process, None, |state, passed| {
        if let Some(passed) = passed
            && process.state() == state
        {
            report_late(process, state, passed);
            is_over = run_left_in_handler(process, state);
        }
        is_over
    });
    is_over
}

/// Takes the place of the runner, on a thread that aborts, and runs the handler-safe hooks that are left. Then the thread dies, so
/// nothing can be registered any more. Returns whether this thread has run them: another one may have replaced the runner. This is
/// async-signal-safe.
pub(crate) fn run_left_in_handler(process: &'static Process, state: State) -> bool {
    let lost = process.advance_from(state, Event::Lose(state.epoch()));
    if let Ok(state) = lost {
        process.table().registry.close();
        Runner::new(process, state.epoch()).run(Triggers::ALWAYS, state.cause(), Context::Handler);
    }
    lost.is_ok()
}

/// Says for which hook the end does not wait any longer. This is async-signal-safe. It is not inlined, since a
/// line takes 512 bytes of the stack.
#[inline(never)]
fn report_late(process: &Process, state: State, passed: Passed<'_>) {
    let mut line = Line::new("terminate: ");
    match passed.label {
        _ if is_waking(process, state) => _ = line.and("a waker"),
        Some(label) => label.describe(&mut line),
        None => _ = line.and(other_threads(process).unwrap_or("cleanup")),
    }
    line.and(" did not return within ").and_duration(passed.limit);
    line.and("; going on without it").write();
}

/// What other threads do that the end waits for. This is async-signal-safe.
fn other_threads(process: &Process) -> Option<&'static str> {
    let is_called = || process.table().guards().next().is_some();
    // No thread enters `hold` once the hooks that came last run.
    if process.holds.are_there() { Some("a thread in `hold`") } else { is_called().then_some("a guard's function") }
}

/// Says for what the end waits, if it waits for a hook or another thread. This is async-signal-safe.
#[inline(never)]
pub(crate) fn report_waiting(process: &Process) {
    let mut line = Line::new("terminate: still waiting for ");
    match (current_label(process), other_threads(process)) {
        (Some(label), _) => label.describe(&mut line),
        (None, Some(threads)) => _ = line.and(threads),
        (None, None) => return,
    }
    line.write();
}

/// Has a successor run the hooks that are left, unless another thread has replaced the runner, or the process has moved on.
fn replace(process: &'static Process, mut seen: State, natural: Mask, passed: Option<Passed<'_>>) {
    if seen.stage() == Stage::Interrupting {
        // If a hook of an interrupt exceeds a time limit, the interrupt becomes an end.
        let Some(interrupt) = Signal::INT.number() else { return };
        let interest = process.interest(Signal::INT, false);
        process.note_requested(interest.all);
        match process.advance_from(seen, Event::Request(End::Signal(interrupt), interest.outcome())) {
            Ok(state) => seen = state,
            Err(_) => return,
        }
    }
    let Ok(state) = process.advance_from(seen, Event::Lose(seen.epoch())) else { return };
    if let Some(passed) = passed {
        report_late(process, seen, passed);
        // If the runner was in no hook, it has waited for these as long as the limit allows: the successor does not wait again.
        match seen.stage() {
            _ if passed.label.is_some() => {}
            Stage::Running => calls::abandon_holds(process),
            Stage::Closed => calls::abandon_all(process),
            _ => {}
        }
    }
    sys::wake(process.word());
    start_successor(process, state, natural);
}

/// Starts the runner of that state's epoch. Without a new thread, this one is the runner. Returns whether it was, and has run the hooks.
pub(crate) fn start_successor(process: &'static Process, state: State, natural: Mask) -> bool {
    process.lose_current();
    // Until the successor is there, no thread is taken for a runner that is caught.
    process.runner.thread_id.store(0, Ordering::Relaxed);
    let epoch = state.epoch();
    let successor = move || {
        natural.set();
        // A runner that was lost before it began has not called them.
        process.wakers.notify();
        Runner::new(process, epoch).finish_on_own_thread();
    };
    let started = threads::start(process, "terminate", Box::new(successor));
    if started.is_err() {
        // The system has no thread to give: the calling thread is the successor.
        natural.set();
        match Runner::new(process, epoch).finish(None) {
            // A thread in `exit` finds out itself how the process ends.
            Ok(()) if process.state().end().is_ended_by_runner() && !process.exits.is_own_of(sys::thread_token()) => {
                outcome::end(process)
            }
            Ok(()) => {}
            Err(Stopped::Replaced) => until_done(process, natural),
            Err(Stopped::Forked) => outcome::end_child(process),
        }
    }
    started.is_err()
}

/// The calling thread is the runner, and will not come back to its hook: it is in `exit`, or in a panic hook where panics abort.
/// A successor runs the hooks that are left. This thread supervises the successor, which may be caught behind this thread's `exit`.
/// Afterwards it waits for ever, unless it was the successor itself, or the process ends by its exit.
pub(crate) fn replace_this_runner(runner: &Runner) {
    let (process, natural) = (runner.process, Mask::current());
    if let Ok(state) = process.advance(Event::Lose(runner.epoch)) {
        sys::wake(process.word());
        if start_successor(process, state, natural) {
            return;
        }
    }
    until_done(process, natural);
    if !process.is_requester(sys::thread_token()) {
        sys::park();
    }
}
