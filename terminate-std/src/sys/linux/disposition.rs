//! What a signal does: putting our handler there, and remembering what stood before.
//!
//! Each signal is taken over once, by the first hook that asks for it, and not given back: whoever installed a handler
//! after us may chain to ours. When no hook asks for the signal any more, our handler does what stood before.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::{mask, needs};
use crate::Signal;
use crate::signal::SignalSet;

type Action = libc::sigaction;

/// By number. What is pointed to is never freed, since a handler may be reading it; there is one a signal.
static PREVIOUS: [AtomicPtr<Action>; 65] = [const { AtomicPtr::new(ptr::null_mut()) }; 65];

/// The signals for which our handler has been in place. Not the same as that there is a previous one: a thread may be
/// suspended between the two steps, and others do not rely on its second one.
static TAKEN_OVER: AtomicU64 = AtomicU64::new(0);

/// What stood before ours.
pub(super) enum Previous {
    Default,
    Ignore,
    Handler(Action),
}

/// What the signal does; if that cannot be told, `errno` says why. This is async-signal-safe.
fn ask(signal: Signal) -> Option<Action> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: changes nothing, and writes to `action`.
    let result = unsafe { libc::sigaction(signal.as_raw(), ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it has been written.
    (result == 0).then(|| unsafe { action.assume_init() })
}

/// What the signal does now.
///
/// # Errors
///
/// If there is no such signal, or the C library keeps it for itself.
pub(super) fn current(signal: Signal) -> io::Result<Action> {
    ask(signal).ok_or_else(io::Error::last_os_error)
}

/// Whether our handler is the one that the kernel calls. This is async-signal-safe.
pub(super) fn is_ours(signal: Signal) -> bool {
    ask(signal).is_some_and(|action| action.sa_sigaction == super::handler::address())
}

/// Sets what the signal does, and returns what it did; if it cannot, `errno` says why. This is async-signal-safe, which
/// an `io::Error` is not: dropping one may free memory.
pub(super) fn set(signal: Signal, action: &Action) -> Option<Action> {
    let mut old = MaybeUninit::uninit();
    // SAFETY: `action` is a valid one: made by `ours` or `default`, or once given by the kernel.
    let result = unsafe { libc::sigaction(signal.as_raw(), action, old.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it has been written.
    (result == 0).then(|| unsafe { old.assume_init() })
}

/// The default action. This is async-signal-safe.
pub(super) fn default() -> Action {
    // SAFETY: all zero is valid: `SIG_DFL`, no flags, an empty mask.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

fn ours() -> Action {
    let mut action = default();
    action.sa_sigaction = super::handler::address();
    // SA_RESTART: a system call that we interrupt goes on. SA_ONSTACK: a stack overflow leaves no other stack, and a
    // thread of another language may have a small one.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // Alternate stacks are small too: one frame at a time, unless the handler itself faults.
    action.sa_mask = mask::all_but_faults();
    action
}

fn is_handler(action: &Action) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

/// Has the signal handled by us from now on, if it is not yet.
///
/// An inherited `SIG_IGN` stays, unless `override_ignored`. `SIGPIPE` is different: Rust's runtime ignores it at start,
/// so that says nothing about what the parent wanted.
pub(crate) fn handle(signal: Signal, override_ignored: bool) -> io::Result<()> {
    let Some(previous) = slot(signal) else { return Ok(()) };
    let taken_over = is_taken_over(signal);
    if taken_over && !Signal::FAULTS.contains(signal) {
        return Ok(());
    }
    let before = current(signal)?;
    if taken_over && !is_same(&before, &remembered(signal).unwrap_or_else(default)) {
        return Ok(());
    }
    // A fault whose handler we had put back, and who repaired it, is taken over once more.
    let stays = !override_ignored && signal != Signal::PIPE && !cfg!(terminate_seed_bug = "ignored_taken_over");
    if before.sa_sigaction == libc::SIG_IGN && stays {
        return Ok(());
    }
    // Remembered first: from the next call on, our handler may want to know. If another thread is doing the same, the
    // first one's is kept; it is the same, or ours.
    needs::prepare(signal);
    let remembered = Box::into_raw(Box::new(before));
    if previous.compare_exchange(ptr::null_mut(), remembered, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: just made by `into_raw`, and seen by nobody.
        drop(unsafe { Box::from_raw(remembered) });
    }
    let replaced = set(signal, &ours()).ok_or_else(io::Error::last_os_error)?;
    if !is_same(&replaced, &before) && replaced.sa_sigaction != super::handler::address() {
        // Somebody was between the two calls.
        previous.store(Box::into_raw(Box::new(replaced)), Ordering::Release);
    }
    TAKEN_OVER.fetch_or(SignalSet::from(signal).to_bits(), Ordering::Release);
    Ok(())
}

/// Lets the handler of the signals that are ours run on whatever stack the thread is on, faults aside.
pub(super) fn leave_alternate_stacks() {
    for signal in (1..PREVIOUS.len()).filter_map(|number| i32::try_from(number).ok()).map(Signal::from_raw) {
        if let Ok(mut action) = current(signal)
            && action.sa_sigaction == super::handler::address()
            && !Signal::FAULTS.contains(signal)
        {
            action.sa_flags &= !libc::SA_ONSTACK;
            let _ = set(signal, &action);
        }
    }
}

fn is_same(one: &Action, other: &Action) -> bool {
    one.sa_sigaction == other.sa_sigaction
}

/// Whether we handle the signal, or have.
pub(super) fn is_taken_over(signal: Signal) -> bool {
    SignalSet::from_bits(TAKEN_OVER.load(Ordering::Acquire)).contains(signal)
}

/// What stood before ours. This is async-signal-safe.
pub(super) fn previous(signal: Signal) -> Previous {
    match remembered(signal) {
        Some(action) if is_handler(&action) => Previous::Handler(action),
        Some(action) if action.sa_sigaction == libc::SIG_IGN => Previous::Ignore,
        _ => Previous::Default,
    }
}

/// Puts back what stood before ours. This is async-signal-safe.
pub(super) fn restore(signal: Signal) {
    // It was valid when the kernel gave it to us, so this cannot fail.
    let _ = set(signal, &remembered(signal).unwrap_or_else(default));
}

fn remembered(signal: Signal) -> Option<Action> {
    let previous = slot(signal)?.load(Ordering::Acquire);
    // SAFETY: null, or made by `Box::into_raw` and never freed.
    unsafe { previous.as_ref() }.copied()
}

fn slot(signal: Signal) -> Option<&'static AtomicPtr<Action>> {
    PREVIOUS.get(usize::try_from(signal.as_raw()).ok()?)
}
