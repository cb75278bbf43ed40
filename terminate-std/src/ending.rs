//! The word that says how far the end of the process has got, and what moves it.
//!
//! ```text
//!           request(signal), in a handler              take_up: the watcher, a thread in `exit`, or main in `wait`
//!   ALIVE ─────────────────────────────────► REQUESTED ───────────────────────────────► RUNNING
//!     │                                                                                  ▲  │
//!     └── claim(cause): `exit`, a panic that aborts, a handler without a watcher ────────┘  │ the hooks have run,
//!                                                                                           │ and for a signal the
//!     the process ends as the cause says ◄────────────── DONE ◄───────────── CLOSING ◄──────┘ previous handler too
//!                                                              the last ones have run
//!
//!   ALIVE ──► INTERRUPT_REQUESTED ──► INTERRUPTING ──► ALIVE      SIGINT, where a hook made it an interrupt
//!   ALIVE ──────────────────────────► FAULTING ──────► ALIVE      a fault, if there is a previous handler, which may repair it
//! ```
//!
//! From `CLOSING` on nobody can register any more. What was registered at the last moment, by somebody who did not see
//! that, runs before `DONE`, which lets the others end the process.
//!
//! The word holds the phase, the cause and the conductor ([`crate::state`]). So the exchange that leaves `ALIVE` is the
//! moment at which the *first cause decides*, and the one to `RUNNING`, `INTERRUPTING` or `FAULTING` is also the moment at
//! which that thread becomes the *conductor*: it runs the hooks, in one pass. No signal finds the hooks being run and
//! nobody who runs them, so a thread that waits for the conductor never waits for itself. From then on the conductor alone
//! moves the word, or who takes its place, by an exchange of the word too. What comes after is in [`crate::conduct`].
//!
//! `ALIVE`, `REQUESTED` and `INTERRUPT_REQUESTED` have no conductor. `DONE` keeps the one that it had: an exit handler
//! on that thread may come back here. A forked child inherits the word, and there the conductor is none of its threads.
//!
//! What everybody else does meanwhile:
//!
//! | who | does |
//! | --- | --- |
//! | a signal that was asked for, while the process ends | is counted, and forgotten: [`repeated`] |
//! | such a signal, in a phase that goes back to `ALIVE` | is kept for then: [`postpone`] |
//! | another thread in `exit`, or in an aborting panic | waits; then, if the cause was a signal, ends the process by it; otherwise leaves that to the conductor |
//! | such a thread, while the conductor is caught in `process::exit` | becomes the conductor; if that one is the watcher, another one is started, for whatever is to be handed over |
//! | who was the conductor, and comes back after all | calls no other hook, and waits for the end (in a handler it returns from that) |
//! | the watcher, when the thread in `exit` aborts in a hook, and cannot do that any more | has another one run the hooks, and if that is caught, yet another one |
//! | a thread that aborts or faults, where that was asked for | waits; then dies by it, if it still can |
//! | a second thread that aborts | waits still, while the first one calls the previous handler and dies |
//! | the conductor itself, in a handler, when an ordinary hook has come meanwhile | has the watcher go on |
//! | the conductor itself, in a hook that calls `exit`, or whose panic aborts | goes on with the hooks that are left, nested, and then does what the conductor has to |
//! | the conductor itself, in a hook that aborts or faults | runs what is left and handler-safe, then dies by it; nobody can register after the abort |
//! | the same, if it aborts and is not the watcher | has the watcher run what is left, then dies by it |
//! | the watcher, in a waker that aborts or faults | becomes the conductor, and does the same |
//!
//! # Two threads that abort
//!
//! Both wait for `DONE`. The word does not say whether its conductor has just run the hooks or calls the previous handler, so
//! `ABORTING` says which of them is the first:
//!
//! | A aborts | B aborts |
//! | --- | --- |
//! | sees `DONE`; `ABORTING`: 0 → A; becomes the conductor | sees `DONE` |
//! | calls the previous handler, which takes its time | `ABORTING` is A: waits; else it would call that one too, and cut A's call short |
//! | dies | |
//!
//! Everything in this file is async-signal-safe.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering, fence};

use terminate_core::SignalNumber;

use crate::per_process::{PerProcess, Zeroed};
use crate::postponed::Postponed;
use crate::state::{Phase, State};
use crate::{Cause, Signal, calls, entry, owner, sys};

/// Together, since the handler finds nothing of it in the cache.
#[repr(C)]
struct Words {
    state: AtomicU32,
    /// The thread that aborts at `DONE`, and ends the process; zero if there is none.
    aborting: AtomicI32,
    /// The conductor, by the name that needs no system call, from the beginning of its pass on; zero if there is none. Read by
    /// that thread to know itself, so no ordering is needed.
    conducting: AtomicUsize,
    ran: AtomicUsize,
    repeated: AtomicU32,
    /// Whether the conductor is calling the previous handler, which may end the process in its own way. Read by the
    /// conductor alone.
    chaining: AtomicBool,
    /// Whether the previous handler was called in a handler, and has returned.
    chained: AtomicBool,
    /// Whether the watcher goes on in place of the first conductor.
    handed_over: AtomicBool,
    /// Whether the first conductor aborts in a hook, and waits for the watcher to have run the others.
    aborted: AtomicBool,
    /// Whether the program has lost the time to end by itself.
    hurry: AtomicBool,
    /// The signals that came in a phase that goes back to `ALIVE`.
    postponed: Postponed,
}

// SAFETY: nothing but atomics.
unsafe impl Zeroed for Words {}

static WORDS: PerProcess<Words> = PerProcess::new();
/// How often a conductor has begun.
static PASSES: AtomicU32 = AtomicU32::new(0);
static FORCE_AFTER: AtomicU32 = AtomicU32::new(0);
/// Whether somebody waits for the hooks to begin: to take their time, or to be told.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// See [`sys::needs`].
pub(crate) const fn needed() -> [*const (); 2] {
    [(&raw const WORDS).cast(), (&raw const AWAITED).cast()]
}

#[inline]
pub(crate) fn state() -> State {
    // Acquire: pairs with the Release of `exchange`, for what the conductor wrote before.
    State::from_bits(WORDS.state.load(Ordering::Acquire))
}

#[inline]
fn exchange(from: State, to: State) -> Result<(), State> {
    WORDS
        .state
        .compare_exchange(from.to_bits(), to.to_bits(), Ordering::SeqCst, Ordering::Acquire)
        .map(drop)
        .map_err(State::from_bits)
}

/// Moves the word on, if the calling thread is the conductor still. Whether it is.
fn advance(next: impl Fn(State) -> State) -> bool {
    let here = sys::tid();
    let mut seen = state();
    while seen.conductor() == here {
        match exchange(seen, next(seen)) {
            Ok(()) => {
                sys::wake_all(&WORDS.state);
                return true;
            }
            Err(now) => seen = now,
        }
    }
    false
}

/// Where the word is, for which those wait who wait for the end.
pub(crate) fn word() -> *const () {
    ptr::from_ref(&WORDS.state).cast()
}

/// Waits until the word is not `state` any more, at most that long; may return early.
pub(crate) fn wait(state: State, limit: Option<std::time::Duration>) {
    sys::wait(&WORDS.state, state.to_bits(), limit);
}

/// Becomes the conductor, if nothing has ended the process yet.
pub(crate) fn claim(cause: Cause) -> Result<(), State> {
    claim_by(sys::tid(), cause)
}

/// The same, where the calling thread knows its number.
#[inline]
pub(crate) fn claim_by(tid: i32, cause: Cause) -> Result<(), State> {
    conduct_by(tid, State::ALIVE, Phase::Running, cause)
}

/// Asks the watcher to run the hooks, if nothing has ended the process yet. An end (`REQUESTED`) or an interrupt.
pub(crate) fn request(phase: Phase, number: SignalNumber) -> Result<(), State> {
    exchange(State::ALIVE, State::new(phase, Cause::Signal(number))).inspect(|()| sys::wake_all(&WORDS.state))
}

/// Becomes the conductor in that phase. Fails if the word is not `from` any more.
pub(crate) fn conduct_from(from: State, phase: Phase, cause: Cause) -> Result<(), State> {
    conduct_by(sys::tid(), from, phase, cause)
}

/// Becomes the conductor of the end that was requested, where the calling thread knows its number.
#[inline]
pub(crate) fn take_up_by(tid: i32, requested: State) -> Result<(), State> {
    conduct_by(tid, requested, Phase::Running, requested.cause())
}

#[inline]
fn conduct_by(tid: i32, from: State, phase: Phase, cause: Cause) -> Result<(), State> {
    exchange(from, State::new(phase, cause).conducted_by(tid))?;
    PASSES.fetch_add(1, Ordering::Relaxed);
    // SeqCst, as the exchange is: pairs with the fence in `set_awaited`. Either this sees that somebody waits, or that one sees
    // the new state.
    if AWAITED.load(Ordering::SeqCst) {
        sys::wake_all(&WORDS.state);
    }
    Ok(())
}

pub(crate) fn passes() -> u32 {
    PASSES.load(Ordering::Relaxed)
}

/// The conductor begins a pass on this thread.
#[inline]
pub(crate) fn conduct_here() {
    WORDS.conducting.store(sys::this_thread(), Ordering::Relaxed);
}

fn conduct_nowhere() {
    WORDS.conducting.store(0, Ordering::Relaxed);
}

/// As [`is_conductor`], but in a child that the conductor has forked it is true too.
#[inline]
pub(crate) fn is_conducted_here() -> bool {
    WORDS.conducting.load(Ordering::Relaxed) == sys::this_thread()
}

pub(crate) fn is_conductor() -> bool {
    state().conductor() == sys::tid()
}

/// Becomes the conductor in place of the one that is, and that will not go on: what the word says then, if nobody was
/// faster.
pub(crate) fn take_over(from: State) -> Option<State> {
    let taken = from.conducted_by(sys::tid());
    exchange(from, taken).ok()?;
    // So what that one calls from now on is nothing of the pass.
    conduct_here();
    entry::let_go_of_current();
    Some(taken)
}

/// The conductor is going to call the previous handler.
pub(crate) fn begin_chaining() {
    WORDS.chaining.store(true, Ordering::Relaxed);
}

/// The previous handler has returned, and the watcher may have to go on: it does not call it once more.
pub(crate) fn end_chaining() {
    WORDS.chaining.store(false, Ordering::Relaxed);
    WORDS.chained.store(true, Ordering::Relaxed);
}

pub(crate) fn has_chained() -> bool {
    WORDS.chained.load(Ordering::Relaxed)
}

pub(crate) fn is_chaining() -> bool {
    WORDS.chaining.load(Ordering::Relaxed)
}

/// The conductor is done, and the calling thread, which has waited for that, aborts: it becomes the conductor, and calls the
/// previous handler. Whether it is the first one here.
pub(crate) fn abort_here() -> bool {
    let first = WORDS.aborting.compare_exchange(0, sys::tid(), Ordering::Relaxed, Ordering::Relaxed).is_ok();
    if first {
        while take_over(state()).is_none() {}
        begin_chaining();
    }
    first
}

/// Whether the calling thread was the first one there.
pub(crate) fn aborts_here() -> bool {
    WORDS.aborting.load(Ordering::Relaxed) == sys::tid()
}

/// What is left may not run in the handler that this thread, the conductor, is in: asks the watcher to go on in its place.
pub(crate) fn hand_over() {
    WORDS.handed_over.store(true, Ordering::Relaxed);
    WORDS.hurry.store(true, Ordering::Relaxed);
    if is_chaining() && !cfg!(terminate_seed_bug = "previous_again") {
        // It is the previous handler that aborts: it is not called once more.
        end_chaining();
    }
    // What this thread calls from now on is nothing of the pass.
    conduct_nowhere();
    advance(|state| state.in_phase(Phase::Requested).conducted_by(0));
}

/// The same, as a hook aborts here: when the others have run, the process dies by that.
pub(crate) fn hand_over_and_abort() {
    WORDS.aborted.store(true, Ordering::Relaxed);
    hand_over();
}

/// Whether a hook has aborted, and its thread waits for the end, to call the previous handler and to die by that.
pub(crate) fn has_aborted() -> bool {
    WORDS.aborted.load(Ordering::Relaxed)
}

pub(crate) fn was_handed_over() -> bool {
    WORDS.handed_over.load(Ordering::Relaxed)
}

/// A signal that was asked for came while the process was ending already.
pub(crate) fn repeated(signal: Signal) {
    let n = WORDS.repeated.fetch_add(1, Ordering::Relaxed) + 1;
    if n == FORCE_AFTER.load(Ordering::Relaxed) || cfg!(terminate_seed_bug = "any_repeat_forces") {
        sys::die_by(signal);
    }
}

/// A signal that was asked for came in a phase that goes back to `ALIVE`: it is sent again then.
pub(crate) fn postpone(signal: Signal) {
    WORDS.postponed.add(signal);
    // Pairs with the fence in `resume`: either that one sees the signal, or this one sees that nobody will.
    fence(Ordering::SeqCst);
    if state().phase() == Phase::Alive {
        WORDS.postponed.send();
    }
}

/// The conductor is done with a phase that goes back to `ALIVE`.
pub(crate) fn resume() {
    conduct_nowhere();
    advance(|_| State::ALIVE);
    fence(Ordering::SeqCst);
    // A child that was forked in the pass has got none of its parent's signals.
    if owner::is_us() || cfg!(terminate_seed_bug = "parents_signals") {
        WORDS.postponed.send();
    }
}

/// A thread cannot go on, and waits for the end: the grace is over.
pub(crate) fn wait_in_a_hurry(state: State) {
    calls::abandon();
    WORDS.hurry.store(true, Ordering::Release);
    sys::wake_all(&WORDS.state);
    wait(state, None);
}

pub(crate) fn in_a_hurry() -> bool {
    WORDS.hurry.load(Ordering::Acquire)
}

/// The hooks have run: nobody can register any more.
pub(crate) fn begin_closing() {
    advance(|state| state.in_phase(Phase::Closing));
    // Pairs with the fence in `registration::register`: either that one sees this, or the last pass sees the hook.
    fence(Ordering::SeqCst);
}

/// Says that the hooks have run, to those who wait for it.
pub(crate) fn done() {
    advance(|state| state.in_phase(Phase::Done));
}

/// Whether it is too late to register.
pub(crate) fn is_over() -> bool {
    matches!(state().phase(), Phase::Closing | Phase::Done)
}

/// Counts a hook that ran.
pub(crate) fn count() {
    WORDS.ran.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn ran() -> usize {
    WORDS.ran.load(Ordering::Relaxed)
}

/// Whether signals that come while hooks run can end the process.
#[inline]
pub(crate) fn can_be_forced() -> bool {
    FORCE_AFTER.load(Ordering::Relaxed) > 0
}

pub(crate) fn set_force_after(n: u32) {
    FORCE_AFTER.store(n, Ordering::Relaxed);
}

/// Somebody will wait for the hooks to begin.
pub(crate) fn set_awaited() {
    AWAITED.store(true, Ordering::Relaxed);
    fence(Ordering::SeqCst);
}

/// Begins anew, in a forked child: nobody conducts here, whatever the parent was doing.
pub(crate) fn begin_anew(process: i32) {
    WORDS.begin_anew(process);
}
