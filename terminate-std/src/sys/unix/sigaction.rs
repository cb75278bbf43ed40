//! Dispositions: putting our handler in place, and remembering what stood before.
//!
//! Our handler takes each signal over once, for the first hook that requests it, and stays: a handler that was installed
//! after ours may chain to it. When no hook requests the signal any more, our handler does what stood before.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use super::mask;
use crate::types::signal::{Signal, SignalSet};

type Action = libc::sigaction;

/// A forked child inherits its parent's dispositions. So it keeps this too.
struct Dispositions {
    /// By number. A handler may be reading what this points to, so it is never freed; there is one for each signal.
    previous: [AtomicPtr<Action>; 65],
    /// The signals for which our handler has been in place. A previous action alone does not say that. A thread may be
    /// suspended between the two steps, and other threads do not rely on its second one.
    taken_over: AtomicU64,
    /// The process that a thread is stopping by a signal's default action, or zero.
    stopping: AtomicI32,
    /// The address of our handler; zero before the first installation.
    handler: AtomicUsize,
    /// The function that decides what a signal does; null before the first installation.
    policy: AtomicPtr<()>,
}

static DISPOSITIONS: Dispositions = Dispositions {
    previous: [const { AtomicPtr::new(ptr::null_mut()) }; 65],
    taken_over: AtomicU64::new(0),
    stopping: AtomicI32::new(0),
    handler: AtomicUsize::new(0),
    policy: AtomicPtr::new(ptr::null_mut()),
};

/// What stood before ours.
pub(super) enum Previous {
    Default,
    Ignore,
    Handler(Action),
}

/// This is async-signal-safe.
pub(super) fn policy() -> *mut () {
    DISPOSITIONS.policy.load(Ordering::Acquire)
}

/// What the signal does; if that cannot be read, `errno` says why. This is async-signal-safe.
fn get(signal: Signal) -> Option<Action> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: changes nothing, and writes to `action`.
    let result = unsafe { libc::sigaction(signal.as_raw(), ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it has written the action.
    (result == 0).then(|| unsafe { action.assume_init() })
}

/// What the signal does now.
///
/// # Errors
///
/// If there is no such signal, or the C library keeps it for itself.
pub(super) fn current(signal: Signal) -> io::Result<Action> {
    get(signal).ok_or_else(io::Error::last_os_error)
}

/// Whether a program may handle the signal: not 0, not 65, and not those that the C library keeps for its threads.
pub(crate) fn can_handle(signal: Signal) -> bool {
    is_taken_over(signal) || get(signal).is_some()
}

/// Whether our handler is the one that the kernel calls. This is async-signal-safe.
pub(super) fn is_ours(signal: Signal) -> bool {
    get(signal).is_some_and(|action| action.sa_sigaction == address())
}

fn address() -> usize {
    DISPOSITIONS.handler.load(Ordering::Relaxed)
}

/// Sets what the signal does, and returns what it did; if it cannot, `errno` says why. This is async-signal-safe, which
/// an `io::Error` is not: dropping one may free memory.
pub(super) fn set(signal: Signal, action: &Action) -> Option<Action> {
    let mut old = MaybeUninit::uninit();
    // SAFETY: `action` is a valid one: made by `ours` or `default`, or once given by the kernel.
    let result = unsafe { libc::sigaction(signal.as_raw(), action, old.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it has written the old action.
    (result == 0).then(|| unsafe { old.assume_init() })
}

/// The default action. This is async-signal-safe.
pub(super) fn default() -> Action {
    // SAFETY: all zero is valid: `SIG_DFL`, no flags, an empty mask.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// Our handler, in the place of that action.
fn ours(before: &Action) -> Action {
    // SA_RESTART: a system call that we interrupt goes on. SA_ONSTACK: a stack overflow leaves no other stack, and a
    // thread of another language may have a small one.
    let own = libc::SA_RESTART | libc::SA_ONSTACK;
    let mut action = default();
    action.sa_sigaction = address();
    // A program that had a handler chose these for it, and still relies on them when our handler calls it.
    action.sa_flags = libc::SA_SIGINFO
        | if is_handler(before) { before.sa_flags & (own | libc::SA_NOCLDWAIT | libc::SA_NOCLDSTOP) } else { own };
    // Alternate stacks are small too: one frame at a time, unless the handler itself faults.
    action.sa_mask = mask::all_but_faults();
    action
}

fn is_handler(action: &Action) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

/// Has the signal handled by us from now on, if it is not yet. Whether it is.
///
/// An inherited `SIG_IGN` stays, unless `override_ignored`. `SIGPIPE` is different: Rust's runtime ignores it at start,
/// so that says nothing about what the parent wanted.
///
/// # Errors
///
/// If the system refuses.
pub(super) fn install(signal: Signal, override_ignored: bool, handler: usize, policy: *mut ()) -> io::Result<bool> {
    let Some(previous) = slot(signal) else { return Ok(false) };
    let taken_over = is_taken_over(signal);
    if taken_over && !Signal::FAULTS.contains(signal) {
        return Ok(true);
    }
    let before = current(signal)?;
    // A fault whose handler we put back, and which the previous handler repaired, is taken over again.
    if taken_over && !is_same(&before, &remembered(signal).unwrap_or_else(default)) {
        return Ok(true);
    }
    let stays = !override_ignored && signal != Signal::PIPE;
    if before.sa_sigaction == libc::SIG_IGN && stays {
        return Ok(false);
    }
    // Each installation gives the same two functions. Release: pairs with the Acquire in `policy`.
    DISPOSITIONS.handler.store(handler, Ordering::Relaxed);
    DISPOSITIONS.policy.store(policy, Ordering::Release);
    // Remembered first: from the next call on, our handler may want to know. If another thread does so at the same moment,
    // the first one's is kept; it is equal, or ours.
    let remembered = Box::into_raw(Box::new(before));
    if previous.compare_exchange(ptr::null_mut(), remembered, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: just made by `into_raw`, and no other thread has seen it.
        drop(unsafe { Box::from_raw(remembered) });
    }
    let replaced = set(signal, &ours(&before)).ok_or_else(io::Error::last_os_error)?;
    if !is_same(&replaced, &before) && replaced.sa_sigaction != address() {
        // Another handler was installed between the two calls.
        previous.store(Box::into_raw(Box::new(replaced)), Ordering::Release);
    }
    DISPOSITIONS.taken_over.fetch_or(SignalSet::from(signal).to_bits(), Ordering::Release);
    Ok(true)
}

/// Lets the handler of the signals that are ours run on whatever stack the thread is on, faults aside.
pub(super) fn leave_alternate_stacks() {
    if address() == 0 {
        return;
    }
    for signal in (1..65).map(Signal::from_raw) {
        if let Ok(mut action) = current(signal)
            && action.sa_sigaction == address()
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
fn is_taken_over(signal: Signal) -> bool {
    SignalSet::from_bits(DISPOSITIONS.taken_over.load(Ordering::Acquire)).contains(signal)
}

/// What stood before ours. This is async-signal-safe.
pub(super) fn previous(signal: Signal) -> Previous {
    match remembered(signal) {
        Some(action) if is_handler(&action) => Previous::Handler(action),
        Some(action) if action.sa_sigaction == libc::SIG_IGN => Previous::Ignore,
        _ => Previous::Default,
    }
}

/// Does what `body` does with the signal's default action in place, and takes the signal over again. A thread that comes to
/// this while another one is in it returns at once. This is async-signal-safe.
pub(super) fn with_default_action(signal: Signal, body: impl FnOnce()) {
    let process = crate::sys::process_token();
    if DISPOSITIONS.stopping.swap(process, Ordering::Acquire) == process {
        return;
    }
    if let Some(ours) = set(signal, &default()) {
        body();
        let _ = set(signal, &ours);
    }
    DISPOSITIONS.stopping.store(0, Ordering::Release);
}

/// Does `body` with our handler in place, whichever handler stands over it. This is async-signal-safe.
pub(super) fn with_ours(signal: Signal, body: impl FnOnce()) {
    let stands = set(signal, &ours(&remembered(signal).unwrap_or_else(default)));
    body();
    if let Some(stands) = stands.filter(|stands| stands.sa_sigaction != address()) {
        let _ = set(signal, &stands);
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
    DISPOSITIONS.previous.get(usize::try_from(signal.as_raw()).ok()?)
}
