//! Console events: Ctrl-C, Ctrl-Break, a closed console, logoff, shutdown.
//!
//! The system starts a thread for each event. It calls the handlers, newest first, under a lock, until one says that it has taken the
//! event. The system's own handler is the last one, and ends the process. No call tells which handlers there are. So there are two of
//! ours: [`first`] from the first hook on, and [`last`] from the start of the program on, below all others.
//!
//! | the event's thread | the runner |
//! | --- | --- |
//! | a handler that was installed after ours may take the event: then ours are not called | |
//! | `first`: policy accepts the event | runs the hooks |
//! | returns; after a close, a logoff or a shutdown it waits, since the system ends the process when it returns | |
//! | | [`pass_on`] passes the event on, to the thread that waits or to a new one; waits |
//! | handlers that were installed before ours; one may take the event, and then the thread ends | |
//! | `last`: no other handler has taken it; keeps the event | |
//! | | goes on as soon as the thread has come to `last`, or has ended; or after a second |
//!
//! From `first` to `last` the signal is *shared*. If another handler takes the event, it stays so. Hooks that yield to other handlers
//! get the event in `last`, and so does the system's own handler, if no hook requests it.
//!
//! The lock is why Ctrl-C and Ctrl-Break do not wait for the hooks: meanwhile no other event would arrive, and a hook that calls
//! `SetConsoleCtrlHandler` would wait for ever.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use std::{io, mem, ptr};

use windows_sys::Win32::Foundation::{CloseHandle, FALSE, TRUE};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::CreateThread;
use windows_sys::core::BOOL;

use super::clock::monotonic;
use super::delivery::{Delivery, Origin};
use super::threads::{park, wait, wake};
use crate::sys::action::Action;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// No signal is there twice. Other arrays have an event at the index that it has here.
const EVENTS: [(u32, Signal); 5] = [
    (CTRL_C_EVENT, Signal::INT),
    (CTRL_BREAK_EVENT, Signal::BREAK),
    (CTRL_CLOSE_EVENT, Signal::HUP),
    (CTRL_LOGOFF_EVENT, Signal::LOGOFF),
    (CTRL_SHUTDOWN_EVENT, Signal::SHUTDOWN),
];
/// For these a handler-safe hook runs on the runner too: other handlers get the event when `first` has returned.
pub(crate) const ON_RUNNER: SignalSet = SignalSet::EMPTY
    .with(Signal::INT)
    .with(Signal::BREAK)
    .with(Signal::HUP)
    .with(Signal::LOGOFF)
    .with(Signal::SHUTDOWN);
/// How long other handlers may keep the runner. Then their owners have the time of [`crate::Config::linger`].
const OTHERS: Duration = Duration::from_secs(1);

/// How long after a close policy is notified that the system is about to end the process, which it does after five seconds. Policy ends
/// the grace, and names the hook for which the end waits.
const LATE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(4)];

struct Console {
    is_installed: AtomicBool,
    /// The signals of events that another handler may take, or has taken.
    shared: AtomicU64,
    /// The signals of events that no other handler has taken, and that policy then accepted.
    declined: AtomicU64,
    /// By event: how often the runner has passed it on.
    passes: [AtomicU32; EVENTS.len()],
    /// By event: how many threads `start_thread` has started that have not come to `first`.
    starting: [AtomicU32; EVENTS.len()],
    /// By event: how many threads have left `first` and have come neither to `last` nor to their end.
    between: [AtomicU32; EVENTS.len()],
}

static CONSOLE: Console = Console {
    is_installed: AtomicBool::new(false),
    shared: AtomicU64::new(0),
    declined: AtomicU64::new(0),
    passes: [const { AtomicU32::new(0) }; EVENTS.len()],
    starting: [const { AtomicU32::new(0) }; EVENTS.len()],
    between: [const { AtomicU32::new(0) }; EVENTS.len()],
};

thread_local! {
    /// Whether this thread is in `first`.
    static IS_FIRST: Cell<bool> = const { Cell::new(false) };
    /// Whether policy has accepted the event of this thread.
    static IS_TAKEN: Cell<bool> = const { Cell::new(false) };
    /// Whether other handlers have got the event of this thread at once, since the program has a grace.
    static IS_EARLY: Cell<bool> = const { Cell::new(false) };
    /// Whether the event of this thread was left to the system's own handler.
    static IS_LEFT: Cell<bool> = const { Cell::new(false) };
    static BETWEEN: Between = const { Between(Cell::new(None)) };
}

/// The event of this thread, if the thread is between `first` and `last`.
struct Between(Cell<Option<usize>>);

impl Between {
    fn begin(&self, event: usize) {
        self.end();
        CONSOLE.between[event].fetch_add(1, Ordering::AcqRel);
        self.0.set(Some(event));
    }

    fn end(&self) {
        if let Some(event) = self.0.take() {
            CONSOLE.between[event].fetch_sub(1, Ordering::AcqRel);
            wake(&CONSOLE.between[event]);
        }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.end();
    }
}

/// Puts `last` below all other handlers, at the start of the program.
pub(super) fn begin() {
    // SAFETY: the function may be called on any thread, and `end` comes before the code goes.
    unsafe { SetConsoleCtrlHandler(Some(last), TRUE) };
}

/// Takes `last` away, as the library is unloaded that has it. `first` is not there: with a hook, the library stays.
pub(super) fn end() {
    // SAFETY: changes a list of the system's.
    unsafe { SetConsoleCtrlHandler(Some(last), FALSE) };
}

/// Has our handlers called for console events; of Ctrl-C, even if the parent has it ignored.
pub(super) fn install(override_ignored: bool) -> io::Result<bool> {
    if !CONSOLE.is_installed.swap(true, Ordering::AcqRel) {
        // SAFETY: the function may be called on any thread, and stays.
        if unsafe { SetConsoleCtrlHandler(Some(first), TRUE) } == 0 {
            CONSOLE.is_installed.store(false, Ordering::Release);
            return Err(io::Error::last_os_error());
        }
    }
    if override_ignored {
        // SAFETY: changes an attribute of the process.
        unsafe { SetConsoleCtrlHandler(None, FALSE) };
    }
    Ok(true)
}

pub(super) fn is_shared(signal: Signal) -> bool {
    IS_FIRST.get() || SignalSet::from_bits(CONSOLE.shared.load(Ordering::Acquire)).contains(signal)
}

/// Whether this thread is one of an event that was left to the system's own handler.
pub(super) fn is_in_default_handler() -> bool {
    IS_LEFT.get()
}

fn find(event: u32) -> Option<usize> {
    EVENTS.iter().position(|(other, _)| *other == event)
}

/// Whether the system ends the process when the event's thread returns.
fn is_closing(event: usize) -> bool {
    ![Signal::INT, Signal::BREAK].contains(&EVENTS[event].1)
}

unsafe extern "system" fn first(event: u32) -> BOOL {
    let Some(event) = find(event) else { return FALSE };
    let bit = SignalSet::from(EVENTS[event].1).to_bits();
    let take = |n: u32| n.checked_sub(1);
    if CONSOLE.starting[event].fetch_update(Ordering::AcqRel, Ordering::Relaxed, take).is_ok() {
        // The runner has counted it.
        IS_TAKEN.set(true);
        BETWEEN.with(|between| between.0.set(Some(event)));
    } else {
        CONSOLE.declined.fetch_and(!bit, Ordering::AcqRel);
        IS_FIRST.set(true);
        let passes_on = decide(event);
        IS_FIRST.set(false);
        if IS_TAKEN.get() && !passes_on {
            return TRUE;
        }
    }
    CONSOLE.shared.fetch_or(bit, Ordering::AcqRel);
    FALSE
}

unsafe extern "system" fn last(event: u32) -> BOOL {
    let Some(event) = find(event) else { return FALSE };
    let bit = SignalSet::from(EVENTS[event].1).to_bits();
    CONSOLE.shared.fetch_and(!bit, Ordering::AcqRel);
    BETWEEN.with(Between::end);
    if !IS_TAKEN.get() {
        CONSOLE.declined.fetch_or(bit, Ordering::AcqRel);
        decide(event);
        BETWEEN.with(Between::end);
    }
    if !IS_TAKEN.get() {
        IS_LEFT.set(true);
        return FALSE;
    }
    if is_closing(event) {
        if IS_EARLY.get() {
            wait_until_passed_on(event, CONSOLE.passes[event].load(Ordering::Acquire));
        }
        park();
    }
    TRUE
}

/// Asks policy. Returns whether other handlers are to have the event too. If the system ends the process when the thread returns, this
/// waits until they are to have it.
fn decide(event: usize) -> bool {
    let (signal, passed) = (EVENTS[event].1, &CONSOLE.passes[event]);
    // Before policy wakes the runner, which may pass it on at once.
    let before = passed.load(Ordering::Acquire);
    if is_closing(event) {
        BETWEEN.with(|between| between.begin(event));
    }
    // After a logoff a service goes on.
    let is_deadly = !IS_FIRST.get() && !is_closing(event);
    let delivery = Delivery::new(signal, Origin::Console { is_deadly });
    let is_taken = delivery.decide() == Action::Return;
    IS_TAKEN.set(is_taken);
    if !is_taken {
        BETWEEN.with(Between::end);
    } else if delivery.passes_on() {
        IS_EARLY.set(true);
    } else if is_closing(event) {
        wait_until_passed_on(event, before);
        return true;
    }
    delivery.passes_on()
}

/// Waits until the runner passes the event on, and notifies policy twice meanwhile that the system is about to end the process.
fn wait_until_passed_on(event: usize, before: u32) {
    let (signal, passed) = (EVENTS[event].1, &CONSOLE.passes[event]);
    let (begun, mut late) = (monotonic(), LATE.into_iter().peekable());
    while passed.load(Ordering::Acquire) == before {
        let left = late.peek().map(|late| late.saturating_sub(monotonic().saturating_sub(begun)));
        if left.is_some_and(|left| left.is_zero()) {
            late.next();
            let _ = Delivery::new(signal, Origin::Late).decide();
        } else {
            wait(passed, before, left);
        }
    }
}

/// Lets the handlers that stood before ours have the event.
pub(super) fn pass_on(signal: Signal) {
    let Some(event) = EVENTS.iter().position(|(_, other)| *other == signal) else { return };
    if SignalSet::from_bits(CONSOLE.declined.load(Ordering::Acquire)).contains(signal) {
        return;
    }
    if is_closing(event) {
        CONSOLE.passes[event].fetch_add(1, Ordering::AcqRel);
        wake(&CONSOLE.passes[event]);
    } else if !start_thread(event) {
        return;
    }
    let (between, begun) = (&CONSOLE.between[event], monotonic());
    loop {
        let threads = between.load(Ordering::Acquire);
        let left = OTHERS.saturating_sub(monotonic().saturating_sub(begun));
        if threads == 0 || left.is_zero() {
            break;
        }
        wait(between, threads, Some(left));
    }
    // Where Ctrl-C is ignored, the thread has not come here.
    if CONSOLE.starting[event].fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
        between.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Starts a thread for the event, as the system does. Other calls send an event to all processes of the console. Returns whether there
/// is a thread.
fn start_thread(event: usize) -> bool {
    type Function = unsafe extern "system" fn(*mut c_void) -> u32;
    // SAFETY: the module is there in each process, and is not unloaded.
    let routine =
        unsafe { GetProcAddress(GetModuleHandleA(c"kernelbase.dll".as_ptr().cast()), c"CtrlRoutine".as_ptr().cast()) };
    let Some(routine) = routine else { return false };
    // SAFETY: it is the function of the threads that the system starts for events, and takes the event's number.
    let routine = unsafe { mem::transmute::<unsafe extern "system" fn() -> isize, Function>(routine) };
    CONSOLE.between[event].fetch_add(1, Ordering::AcqRel);
    CONSOLE.starting[event].fetch_add(1, Ordering::AcqRel);
    let argument = ptr::without_provenance(EVENTS[event].0 as usize);
    // SAFETY: as above.
    let thread = unsafe { CreateThread(ptr::null(), 0, Some(routine), argument, 0, ptr::null_mut()) };
    if thread.is_null() {
        CONSOLE.starting[event].fetch_sub(1, Ordering::AcqRel);
        CONSOLE.between[event].fetch_sub(1, Ordering::AcqRel);
        return false;
    }
    // SAFETY: the handle is ours; the thread goes on without it.
    unsafe { CloseHandle(thread) };
    true
}
