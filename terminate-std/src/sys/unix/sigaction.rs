//! Dispositions: putting our handler in place, and remembering what stood before.
//!
//! Our handler takes each signal over once, for the first hook that requests it, and stays: a handler that was installed
//! after ours may chain to it. When no hook requests the signal any more, our handler does what stood before.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::{io, ptr};

use libc::c_int;

use super::mask::Mask;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

type Action = libc::sigaction;

/// A forked child inherits its parent's dispositions. So it keeps this too.
struct Dispositions {
    /// By the signal's number. A handler may read such an action at any time, so none is freed. Each takeover makes one.
    previous: [AtomicPtr<Action>; 65],
    /// The signals for which our handler has been in place, and was not put back. A previous action alone does not say that. A
    /// thread may be suspended between the two steps, and other threads do not rely on its second one.
    taken_over: AtomicU64,
    /// The address of our handler; zero before the first installation.
    handler: AtomicUsize,
}

static DISPOSITIONS: Dispositions = Dispositions {
    previous: [const { AtomicPtr::new(ptr::null_mut()) }; 65],
    taken_over: AtomicU64::new(0),
    handler: AtomicUsize::new(0),
};

/// The default action.
pub(super) static DEFAULT: Action = action(libc::SIG_DFL, 0);

/// What stands in the place of a handler that was to be called once, and was.
static SPENT: Action = action(libc::SIG_DFL, libc::SA_RESETHAND);

/// An action with an empty mask.
const fn action(handler: usize, flags: c_int) -> Action {
    // SAFETY: all zero is valid.
    let mut action: Action = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    action
}

/// Whether our handler is the one that the kernel calls. This is async-signal-safe.
pub(super) fn is_ours(signal: Signal) -> bool {
    change(signal, None).is_some_and(|action| action.sa_sigaction == address())
}

/// Whether system calls that our handler interrupts go on, if they did so before, or fail with `EINTR`. Only while our handler
/// stands.
pub(crate) fn restart_calls(signal: Signal, restart: bool) {
    if let Some(mut action) = change(signal, None)
        && action.sa_sigaction == address()
    {
        let natural = ours(previous(signal)).sa_flags & libc::SA_RESTART;
        action.sa_flags = action.sa_flags & !libc::SA_RESTART | if restart { natural } else { 0 };
        let _ = change(signal, Some(&action));
    }
}

/// Whether a handler stood before ours that interrupts blocking calls. This is async-signal-safe.
pub(crate) fn interrupts_calls(signal: Signal) -> bool {
    let stood = previous(signal);
    is_handler(stood) && stood.sa_flags & libc::SA_RESTART == 0
}

/// Whether another handler stood before ours, or stands over it. This is async-signal-safe.
pub(crate) fn is_shared(signal: Signal) -> bool {
    has_other(signal, |_| true)
}

/// As [`is_shared`], handlers of other copies of this library aside. This is async-signal-safe.
pub(crate) fn is_foreign(signal: Signal) -> bool {
    has_other(signal, |action| !is_of_a_copy(action))
}

fn has_other(signal: Signal, counts: fn(&Action) -> bool) -> bool {
    let is_other = |action: &Action| is_handler(action) && action.sa_sigaction != address() && counts(action);
    let stood = previous(signal);
    is_other(stood)
        || stood.sa_flags & libc::SA_RESETHAND != 0
        || change(signal, None).is_some_and(|stands| is_other(&stands))
}

/// Whether it is the handler of another copy of this library, by its mask: others block all signals, or few.
fn is_of_a_copy(action: &Action) -> bool {
    action.sa_flags & libc::SA_SIGINFO != 0 && Mask::of(&action.sa_mask).is_all_but_faults(SignalSet::EMPTY)
}

fn address() -> usize {
    DISPOSITIONS.handler.load(Ordering::Relaxed)
}

/// Sets what the signal does, if there is an action, and returns what it did; if it cannot, `errno` says why. This is
/// async-signal-safe, which an `io::Error` is not: dropping one may free memory.
pub(super) fn change(signal: Signal, action: Option<&Action>) -> Option<Action> {
    let action = action.map_or(ptr::null(), ptr::from_ref);
    let mut old = MaybeUninit::uninit();
    // SAFETY: `action` is null or a valid one: made by `ours`, the default, or once given by the kernel.
    let result = unsafe { libc::sigaction(signal.as_raw(), action, old.as_mut_ptr()) };
    // SAFETY: the call succeeded, so it has written the old action.
    (result == 0).then(|| unsafe { old.assume_init() })
}

/// Our handler, in the place of that action.
fn ours(before: &Action) -> Action {
    // SA_RESTART: a system call that we interrupt goes on. SA_ONSTACK: a stack overflow leaves no other stack, and a
    // thread of another language may have a small one.
    let own = libc::SA_RESTART | libc::SA_ONSTACK;
    // A program that had a handler chose these for it, and still relies on them when our handler calls it.
    let flags =
        if is_handler(before) { before.sa_flags & (own | libc::SA_NOCLDWAIT | libc::SA_NOCLDSTOP) } else { own };
    let mut ours = action(address(), libc::SA_SIGINFO | flags);
    // Alternate stacks are small too: one frame at a time, unless the handler itself faults.
    ours.sa_mask = Mask::all_but_faults().to_set();
    ours
}

pub(super) fn is_handler(action: &Action) -> bool {
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
pub(super) fn install(signal: Signal, override_ignored: bool, handler: usize) -> io::Result<bool> {
    let Some(slot) = slot(signal) else { return Ok(false) };
    if taken_over().contains(signal) {
        return Ok(true);
    }
    let remembered = slot.load(Ordering::Acquire);
    let before = change(signal, None).ok_or_else(io::Error::last_os_error)?;
    let stays = !override_ignored && signal != Signal::PIPE;
    if before.sa_sigaction == libc::SIG_IGN && stays {
        return Ok(false);
    }
    // Each installation gives the same handler.
    DISPOSITIONS.handler.store(handler, Ordering::Relaxed);
    if before.sa_sigaction != handler {
        // Remembered first: from the next call on, our handler may want to know. If another thread does so at the same moment,
        // the first one's is kept.
        let _ = slot.compare_exchange(remembered, keep(before), Ordering::AcqRel, Ordering::Acquire);
    }
    let replaced = change(signal, Some(&ours(&before))).ok_or_else(io::Error::last_os_error)?;
    if ![before.sa_sigaction, handler].contains(&replaced.sa_sigaction) {
        // Another handler was installed between the two calls.
        slot.store(keep(replaced), Ordering::Release);
    }
    DISPOSITIONS.taken_over.fetch_or(SignalSet::from(signal).to_bits(), Ordering::Release);
    Ok(true)
}

/// Memory that is never freed.
fn keep(action: Action) -> *mut Action {
    Box::into_raw(Box::new(action))
}

/// Puts back what stood before ours. If that repairs the fault, the next hook takes the signal over again. This is
/// async-signal-safe.
pub(super) fn restore(signal: Signal) {
    // It was valid when the kernel gave it to us, so this cannot fail.
    let _ = change(signal, Some(previous(signal)));
    DISPOSITIONS.taken_over.fetch_and(!SignalSet::from(signal).to_bits(), Ordering::Release);
}

/// Lets the handler of the signals that are ours run on whatever stack the thread is on, faults aside.
pub(super) fn leave_alternate_stacks() {
    for signal in taken_over() {
        if let Some(mut action) = change(signal, None)
            && action.sa_sigaction == address()
            && !Signal::FAULTS.contains(signal)
        {
            action.sa_flags &= !libc::SA_ONSTACK;
            let _ = change(signal, Some(&action));
        }
    }
}

/// The signals that we handle, or that a handler over ours may pass on to us.
fn taken_over() -> SignalSet {
    SignalSet::from_bits(DISPOSITIONS.taken_over.load(Ordering::Acquire))
}

/// What stood before ours. This is async-signal-safe.
pub(super) fn previous(signal: Signal) -> &'static Action {
    let previous = slot(signal).map_or(ptr::null_mut(), |slot| slot.load(Ordering::Acquire));
    // SAFETY: null, or made by `keep` and never freed, or a static.
    unsafe { previous.as_ref() }.unwrap_or(&DEFAULT)
}

/// A previous handler that is to be called once (`SA_RESETHAND`) is called now: from then on, the default action is what stood
/// before. This is async-signal-safe.
pub(super) fn reset_previous(signal: Signal) {
    if let Some(slot) = slot(signal) {
        slot.store(ptr::from_ref(&SPENT).cast_mut(), Ordering::Release);
    }
}

/// Does `body` with our handler in place, whichever handler stands over it. This is async-signal-safe.
pub(super) fn with_ours(signal: Signal, body: impl FnOnce()) {
    let stands = change(signal, Some(&ours(previous(signal))));
    body();
    // Ours too: its flags may be other ones by now.
    if let Some(stands) = stands {
        let _ = change(signal, Some(&stands));
    }
}

fn slot(signal: Signal) -> Option<&'static AtomicPtr<Action>> {
    DISPOSITIONS.previous.get(usize::try_from(signal.as_raw()).ok()?)
}
