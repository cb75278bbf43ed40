//! The one registry of the process, and beside it what each hook asks for.
//!
//! [`terminate_core::Registry`] decides who is called and in which order. The table beside it, one entry a slot, says
//! which signals a hook asks for and how the process is to end then. An entry is written while its slot is reserved, and
//! believed if the slot still has the same id after it was read, so no lock is needed, and the signal handler can read
//! it too.

use std::fmt;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering, fence};

use terminate_core::{Context, Registry, Report, Triggers, UnregisterError};

use crate::error::{RegisterError, RegisterErrorKind as Kind};
use crate::hook::{Hook, Options};
use crate::signal::SignalSet;
use crate::{Cause, ExitStatus, Signal, ending, panics, sys};

/// How many hooks there is room for.
pub(crate) const CAPACITY: usize = match option_env!("TERMINATE_CAPACITY") {
    None => 256,
    Some(text) => parse(text),
};

/// A number from 1 to 1,024. No more, because a pass in a signal handler needs two bytes of its stack a slot, and
/// alternate stacks are small.
const fn parse(text: &str) -> usize {
    let digits = text.as_bytes();
    let mut value = 0;
    let mut at = 0;
    while at < digits.len() {
        assert!(digits[at].is_ascii_digit() && value <= 1024, "TERMINATE_CAPACITY must be a number from 1 to 1024");
        value = value * 10 + (digits[at] - b'0') as usize;
        at += 1;
    }
    assert!(value >= 1 && value <= 1024, "TERMINATE_CAPACITY must be a number from 1 to 1024");
    value
}

// A hook is a box: one word.
static REGISTRY: Registry<CAPACITY, 1> = Registry::new();
static ASKED: [Asked; CAPACITY] = [const { Asked::new() }; CAPACITY];

/// The process whose registry this is: zero until the first registration, another one's in a forked child.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// What the hook in one slot asks for.
struct Asked {
    signals: AtomicU64,
    status: AtomicU32,
    owner: AtomicI32,
}

impl Asked {
    const fn new() -> Self {
        Self { signals: AtomicU64::new(0), status: AtomicU32::new(0), owner: AtomicI32::new(0) }
    }
}

/// Names one registration, for [`unregister`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookId(terminate_core::HookId);

impl fmt::Debug for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

pub(crate) fn register(hook: Hook) -> Result<HookId, RegisterError> {
    match prepare(&hook.options) {
        Ok(slot) => {
            let Hook { mut entry, options } = hook;
            entry.owner = sys::pid();
            let asked = &ASKED[slot.id().slot()];
            // Pairs with the fence in `read`: whoever sees what is written here also sees that the last hook is gone.
            fence(Ordering::Release);
            asked.signals.store(options.signals.iter().copied().collect::<SignalSet>().to_bits(), Ordering::Relaxed);
            asked.status.store(ExitStatus::to_bits(options.exit_status), Ordering::Relaxed);
            asked.owner.store(entry.owner, Ordering::Relaxed);
            // Release, in `arm`: pairs with the Acquire in `ids`, so that whoever sees the hook sees what it asks for.
            Ok(HookId(slot.arm(core_hook(entry, &options))))
        }
        Err(kind) => Err(RegisterError::new(kind, hook)),
    }
}

/// Everything that can fail, in an order that leaves nothing behind.
fn prepare(options: &Options) -> Result<terminate_core::Reservation<'static, CAPACITY, 1>, Kind> {
    for signal in options.signals.iter().copied() {
        match signal {
            Signal::KILL | Signal::STOP => return Err(Kind::Uncatchable(signal)),
            _ if !sys::can_be_handled(signal) => return Err(Kind::InvalidSignal(signal)),
            _ if Signal::FAULTS.contains(signal) && !options.handler_safe => return Err(Kind::OrdinaryOnFault(signal)),
            _ => {}
        }
    }
    adopt();
    if ending::is_over() {
        return Err(Kind::TooLate);
    }
    let slot = REGISTRY.reserve().map_err(|_| Kind::Full { capacity: CAPACITY })?;
    attach()?;
    if !options.handler_safe {
        sys::start_watcher().map_err(Kind::NoWatcher)?;
    }
    for signal in options.signals.iter().copied() {
        sys::handle(signal, options.override_ignored).map_err(|error| Kind::Disposition(signal, error))?;
    }
    Ok(slot)
}

/// Connects the registry to exit and panic. Once is enough, and more does no harm.
pub(crate) fn attach() -> Result<(), Kind> {
    sys::handle_exit().map_err(|()| Kind::NoExitHandler)?;
    panics::install();
    Ok(())
}

/// Makes this process the owner, if it is a forked child of the owner: it starts with a clean state.
fn adopt() {
    let pid = sys::pid();
    let owner = OWNER.load(Ordering::Relaxed);
    if owner == pid {
        return;
    }
    if owner != 0 {
        ending::reset();
        sys::forget_watcher();
    }
    OWNER.store(pid, Ordering::Relaxed);
}

/// Whether the hooks are this process's: false in a forked child. This is async-signal-safe.
pub(crate) fn is_owner() -> bool {
    OWNER.load(Ordering::Relaxed) == sys::pid()
}

fn core_hook(entry: Box<crate::entry::Entry>, options: &Options) -> terminate_core::Hook<1> {
    let asked: SignalSet = options.signals.iter().copied().collect();
    let run = move |cause| entry.run(cause);
    let hook = if options.handler_safe {
        // SAFETY: promised by whoever made the hook. What is around it is written for handlers: see `Entry::run`.
        unsafe { terminate_core::Hook::handler_safe(run) }
    } else {
        terminate_core::Hook::new(run)
    };
    hook.triggers(Triggers::ALWAYS | asked.triggers()).phase(options.phase)
}

/// Takes a hook back: it will not run, and what it captured is dropped now.
///
/// ```
/// let id = terminate_std::register(|_| println!("never printed"))?;
/// terminate_std::unregister(id).unwrap();
/// assert_eq!(terminate_std::unregister(id), Err(terminate_std::UnregisterError::Stale));
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
///
/// # Errors
///
/// [`UnregisterError::Running`] if it is being called: this does not wait for it. [`UnregisterError::Stale`] if it has
/// run, was taken back before, or belongs to the process that this one was forked from.
pub fn unregister(id: HookId) -> Result<(), UnregisterError> {
    take(id).map(drop)
}

/// Takes a hook back and calls it. Whether it was still there to be called.
pub(crate) fn run_now(id: HookId, cause: Cause) -> bool {
    take(id).map(|hook| hook.call(cause)).is_ok()
}

fn take(id: HookId) -> Result<terminate_core::Hook<1>, UnregisterError> {
    match read(id.0) {
        Some((_, _, owner)) if owner != sys::pid() => Err(UnregisterError::Stale),
        _ => REGISTRY.take(id.0),
    }
}

/// Runs all hooks: in an orderly end every one takes part, whichever signals it asked for. In [`Context::Handler`] this
/// is async-signal-safe, as far as they are.
pub(crate) fn run_all(cause: Cause, context: Context) -> Report {
    REGISTRY.run_any(Triggers::ALWAYS, cause, context)
}

/// Runs the hooks that asked for the very cause. In [`Context::Handler`] this is async-signal-safe, as far as they are.
pub(crate) fn run_asking(cause: Cause, context: Context) -> Report {
    REGISTRY.run(cause, context)
}

/// What the hook of that id asks for, and whose it is, if it is still there.
fn read(id: terminate_core::HookId) -> Option<(SignalSet, u32, i32)> {
    let asked = ASKED.get(id.slot())?;
    let signals = SignalSet::from_bits(asked.signals.load(Ordering::Relaxed));
    let status = asked.status.load(Ordering::Relaxed);
    let owner = asked.owner.load(Ordering::Relaxed);
    // If one of these was a newer hook's, the slot had been claimed before it was written, and then `contains` sees it.
    fence(Ordering::Acquire);
    REGISTRY.contains(id).then_some((signals, status, owner))
}

/// The signals that the hooks of this process ask for. This is async-signal-safe.
pub(crate) fn asked() -> SignalSet {
    let pid = sys::pid();
    let all = REGISTRY.ids().filter_map(read).filter(|(_, _, owner)| *owner == pid);
    SignalSet::from_bits(all.fold(0, |bits, (signals, _, _)| bits | signals.to_bits()))
}

/// How the process is to end by `signal`: as the oldest hook says that asks for it and says anything. This is
/// async-signal-safe.
pub(crate) fn exit_status(signal: Signal) -> ExitStatus {
    let mut oldest: Option<(terminate_core::HookId, ExitStatus)> = None;
    for id in REGISTRY.ids() {
        let Some((signals, status, owner)) = read(id) else { continue };
        let Some(status) = ExitStatus::from_bits(status) else { continue };
        if signals.contains(signal) && owner == sys::pid() && oldest.is_none_or(|(other, _)| other.is_newer_than(id)) {
            oldest = Some((id, status));
        }
    }
    oldest.map_or(ExitStatus::Signal, |(_, status)| status)
}
