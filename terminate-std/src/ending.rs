//! Who runs the hooks, and how the process ends: one word, and the paths through it.
//!
//! ```text
//!           request(signal), in a handler              take_up: the watcher, or a thread in `exit`
//!   ALIVE ─────────────────────────────────► REQUESTED ───────────────────────────────► RUNNING
//!     │                                                                                  ▲  │
//!     └── claim(cause): `exit`, a panic that aborts, a handler without a watcher ────────┘  │ the hooks have run,
//!                                                                                           │ and for a signal the
//!     the process ends as the cause says ◄─────────────────────────────────────── DONE ◄────┘ previous handler too
//! ```
//!
//! The word holds the phase and the cause, so the exchange that leaves `ALIVE` is the moment at which the *first cause
//! decides*. Whoever moves the word to `RUNNING` is the conductor: it runs the hooks, in one pass, and then ends the
//! process or lets it end.
//!
//! What everybody else does while somebody conducts:
//!
//! | who | does |
//! | --- | --- |
//! | a signal that was asked for | is counted, and forgotten: [`repeated`] |
//! | another thread in `exit`, in an aborting panic | waits; then, if the cause was a signal, ends the process by it |
//! | a thread that aborts or faults, where that was asked for | waits; then dies by it, if it still can |
//! | the conductor itself, in a hook that calls `exit` or panics in a program that aborts | goes on with the hooks that are left, nested, and then does what the conductor has to |
//! | the conductor itself, in a hook that aborts or faults | runs what is left and handler-safe, then dies by it |
//!
//! A fault is different: its pass runs the handler-safe hooks that asked for it and goes back to `ALIVE`, since a
//! previous handler may repair the fault, and the program go on. If so, the other hooks run at its real end.
//!
//! # Against deadlock
//!
//! The waiting thread may be inside libc's `exit`, and inside the guard by which Rust lets one thread into
//! `process::exit` and makes every other one wait for ever. So once a thread has come here from `exit`, the conductor
//! does not call it any more, but `_exit`; and the waiting thread ends the process itself as soon as the word says
//! `DONE`, in case the conductor is already caught in that guard.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

use terminate_core::{Context, SignalNumber};

use crate::{Cause, ExitStatus, Signal, entry, registration, sys};

/// How far the end of the process has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Alive,
    Requested,
    Running,
    Done,
}

/// What the word says at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u32);

impl State {
    const ALIVE: Self = Self(0);

    const fn new(phase: Phase, cause: Cause) -> Self {
        let cause = match cause {
            Cause::Panic => 1,
            Cause::Signal(number) => 1 + number.get() as u32,
            _ => 0,
        };
        Self(cause << 2 | phase as u32)
    }

    pub(crate) const fn phase(self) -> Phase {
        match self.0 & 3 {
            0 => Phase::Alive,
            1 => Phase::Requested,
            2 => Phase::Running,
            _ => Phase::Done,
        }
    }

    fn is_fault(self) -> bool {
        Signal::of(self.cause()).is_some_and(|signal| Signal::FAULTS.contains(signal))
    }

    #[expect(clippy::cast_possible_truncation, reason = "it was made from a `u8`")]
    pub(crate) const fn cause(self) -> Cause {
        match self.0 >> 2 {
            0 => Cause::Exit,
            1 => Cause::Panic,
            number => match SignalNumber::new((number - 1) as u8) {
                Some(number) => Cause::Signal(number),
                None => Cause::Exit,
            },
        }
    }
}

static STATE: AtomicU32 = AtomicU32::new(0);
/// The thread that runs the hooks: read by that thread to know itself, so no ordering is needed.
static CONDUCTOR: AtomicI32 = AtomicI32::new(0);
/// Whether a thread has come here from libc's `exit`.
static EXITING: AtomicBool = AtomicBool::new(false);
/// The status of the first `exit`, or `UNKNOWN`.
static EXIT_STATUS: AtomicI32 = AtomicI32::new(UNKNOWN);
const UNKNOWN: i32 = i32::MIN;
/// How the process is to end by the signal; written before `DONE`.
static STATUS: AtomicU32 = AtomicU32::new(0);
/// Whether the conductor is calling the previous handler, which may end the process in its own way. Read by the
/// conductor alone.
static CHAINING: AtomicBool = AtomicBool::new(false);
static RAN: AtomicUsize = AtomicUsize::new(0);
static REPEATED: AtomicU32 = AtomicU32::new(0);
static FORCE_AFTER: AtomicU32 = AtomicU32::new(0);

// Everything from here to `fault` is async-signal-safe.

pub(crate) fn state() -> State {
    // Acquire: pairs with the Release of `set`, for what the conductor wrote before.
    State(STATE.load(Ordering::Acquire))
}

fn exchange(from: State, to: State) -> Result<(), State> {
    STATE.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire).map(drop).map_err(State)
}

fn set(state: State) {
    STATE.store(state.0, Ordering::Release);
    sys::wake_all(&STATE);
}

/// Waits until the word is not `state` any more; may return early.
pub(crate) fn wait(state: State) {
    sys::wait(&STATE, state.0);
}

/// Becomes the conductor, if nothing has ended the process yet.
pub(crate) fn claim(cause: Cause) -> Result<(), State> {
    exchange(State::ALIVE, State::new(Phase::Running, cause)).inspect(|()| conduct_here())
}

/// Asks the watcher to run the hooks, if nothing has ended the process yet.
pub(crate) fn request(number: SignalNumber) -> Result<(), State> {
    exchange(State::ALIVE, State::new(Phase::Requested, Cause::Signal(number))).inspect(|()| sys::wake_all(&STATE))
}

/// Becomes the conductor of what was requested. Fails if somebody else has.
pub(crate) fn take_up(requested: State) -> Result<(), State> {
    exchange(requested, State::new(Phase::Running, requested.cause())).inspect(|()| conduct_here())
}

fn conduct_here() {
    CONDUCTOR.store(sys::tid(), Ordering::Relaxed);
}

pub(crate) fn is_conductor() -> bool {
    CONDUCTOR.load(Ordering::Relaxed) == sys::tid()
}

/// A signal that was asked for came while the process was ending already.
pub(crate) fn repeated(signal: Signal) {
    let n = REPEATED.fetch_add(1, Ordering::Relaxed) + 1;
    if n == FORCE_AFTER.load(Ordering::Relaxed) {
        sys::die_by(signal);
    }
}

/// The whole end of a program that has no watcher, in the handler of the thread that the signal hit, up to the previous
/// handler: the caller calls that, and then [`end`].
pub(crate) fn run_in_handler(number: SignalNumber) {
    let status = registration::exit_status(number.into());
    STATUS.store(ExitStatus::to_bits(Some(status)), Ordering::Relaxed);
    run_handler_safe(Cause::Signal(number));
}

/// Runs, in a handler, what is left and can run there.
pub(crate) fn run_handler_safe(cause: Cause) {
    let _ = entry::in_handler(|| registration::run_all(cause, Context::Handler));
}

fn run_for_fault(cause: Cause) {
    let _ = entry::in_handler(|| registration::run_asking(cause, Context::Handler));
}

/// Says that the hooks have run, to those who wait for it.
pub(crate) fn done(cause: Cause) {
    set(State::new(Phase::Done, cause));
}

/// The pass of a fault: nobody else starts an end meanwhile.
pub(crate) fn fault(number: SignalNumber) {
    let cause = Cause::Signal(number);
    loop {
        match claim(cause) {
            Ok(()) => {
                run_for_fault(cause);
                CONDUCTOR.store(0, Ordering::Relaxed);
                return set(State::ALIVE);
            }
            Err(state) if is_conductor() && state.is_fault() => return run_for_fault(cause),
            // A hook faults: nobody comes back to the pass that called it.
            Err(state) if is_conductor() => return run_handler_safe(state.cause()),
            Err(state) if state.phase() == Phase::Done => return,
            Err(state) => wait(state),
        }
    }
}

// From here on, ordinary threads.

/// A thread is in libc's `exit`: runs the hooks, unless somebody else does. Returns if the exit is to go on.
pub(crate) fn exit(cause: Cause, status: Option<i32>) {
    if !EXITING.swap(true, Ordering::Relaxed) {
        EXIT_STATUS.store(status.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }
    conduct(cause);
}

/// The process aborts when this returns.
pub(crate) fn aborting_panic() {
    let first = state();
    if first.phase() == Phase::Running && is_conductor() {
        entry::report_panic_of_current();
    }
    conduct(Cause::Panic);
    let status = EXIT_STATUS.load(Ordering::Relaxed);
    if first.phase() == Phase::Running && first.cause() == Cause::Exit && is_conductor() && status != UNKNOWN {
        // A hook panicked, not the program: the exit keeps its status, as where panics unwind.
        sys::exit_now(status);
    }
}

/// Runs the hooks for `cause`, unless something else ends the process: then waits for that, and does not return if the
/// process ends by a signal.
pub(crate) fn conduct(cause: Cause) {
    loop {
        let Err(state) = claim(cause) else {
            run_hooks(cause);
            return done(cause);
        };
        match state.phase() {
            Phase::Alive => {}
            Phase::Requested => {
                if take_up(state).is_ok() {
                    conduct_taken_up(state.cause());
                }
            }
            // The previous handler ends the process: as it likes.
            Phase::Running if is_conductor() && CHAINING.load(Ordering::Relaxed) => return run_hooks(state.cause()),
            Phase::Running if is_conductor() => {
                // Called by a hook: nobody will come back to the pass that called it.
                run_hooks(state.cause());
                finish(state.cause());
                return;
            }
            Phase::Running => wait(state),
            Phase::Done => {
                if let Some(signal) = Signal::of(state.cause())
                    && !is_conductor()
                {
                    end_unless_aborting(signal);
                }
                // Registered since, for instance by an exit handler of somebody else.
                return run_hooks(cause);
            }
        }
    }
}

/// The conductor's part, from the hooks to the end.
pub(crate) fn conduct_taken_up(cause: Cause) {
    if let Some(signal) = Signal::of(cause) {
        let status = registration::exit_status(signal);
        STATUS.store(ExitStatus::to_bits(Some(status)), Ordering::Relaxed);
    }
    run_hooks(cause);
    finish(cause);
}

/// The hooks have run: calls the previous handler, and ends the process if it was a signal.
fn finish(cause: Cause) {
    let Some(signal) = Signal::of(cause) else { return done(cause) };
    if signal != Signal::ABRT {
        CHAINING.store(true, Ordering::Relaxed);
        sys::redeliver(signal);
    }
    done(cause);
    end_unless_aborting(signal);
}

fn end_unless_aborting(signal: Signal) -> ! {
    if signal == Signal::ABRT {
        // The thread that aborts has been waiting in its handler: it calls the previous one, and dies.
        sys::sleep_for_ever();
    }
    end(signal);
}

/// One pass over all hooks, whatever they do.
fn run_hooks(cause: Cause) {
    // A hook's panic is caught where it is called; this is for what it captured, whose destructor may panic.
    while panic::catch_unwind(AssertUnwindSafe(|| registration::run_all(cause, Context::Thread))).is_err() {}
}

/// Ends the process as the hooks of `signal` said. In a handler, `EXITING` or not, only the parts that are
/// async-signal-safe may be reached: see [`end_in_handler`].
fn end(signal: Signal) -> ! {
    match status().code(signal) {
        Some(code) if !EXITING.load(Ordering::Relaxed) => std::process::exit(code),
        _ => end_in_handler(signal),
    }
}

/// Ends the process as the hooks of `signal` said, at once. This is async-signal-safe.
pub(crate) fn end_in_handler(signal: Signal) -> ! {
    match status().code(signal) {
        Some(code) => sys::exit_now(code),
        None => sys::die_by(signal),
    }
}

fn status() -> ExitStatus {
    ExitStatus::from_bits(STATUS.load(Ordering::Relaxed)).unwrap_or_default()
}

/// Whether the hooks have run, and none will any more.
pub(crate) fn is_over() -> bool {
    state().phase() == Phase::Done
}

/// Counts a hook that ran. This is async-signal-safe.
pub(crate) fn count() {
    RAN.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn ran() -> usize {
    RAN.load(Ordering::Relaxed)
}

pub(crate) fn set_force_after(n: u32) {
    FORCE_AFTER.store(n, Ordering::Relaxed);
}

/// Begins anew, in a forked child: nobody conducts here, whatever the parent was doing.
pub(crate) fn reset() {
    CONDUCTOR.store(0, Ordering::Relaxed);
    EXITING.store(false, Ordering::Relaxed);
    CHAINING.store(false, Ordering::Relaxed);
    EXIT_STATUS.store(UNKNOWN, Ordering::Relaxed);
    RAN.store(0, Ordering::Relaxed);
    REPEATED.store(0, Ordering::Relaxed);
    STATE.store(State::ALIVE.0, Ordering::Release);
}
