//! The one registry of the process: registering, taking back, and running.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use terminate_core::{Context, Registry, Report, Reservation, Triggers, UnregisterError};

use crate::capacity::CAPACITY;
use crate::entry::{self, Entry, HandlerSafe};
use crate::error::{RegisterError, RegisterErrorKind as Kind};
use crate::hook::{Hook, Options};
use crate::per_process::PerProcess;
use crate::{Cause, Signal, asked, calls, deadline, ending, owner, panics, spent, sys};

// A hook is a box: one word.
pub(crate) static REGISTRY: Registry<CAPACITY, 1> = Registry::new();

/// Whether the program wants to be told of [`Signal::TERMINATION`], hooks or not.
static LISTENING: PerProcess<AtomicBool> = PerProcess::new();

/// Names one registration, for [`unregister`].
///
/// ```
/// let [one, other] = [terminate_std::register(|_| ())?, terminate_std::register(|_| ())?];
/// assert_ne!(one, other);
/// terminate_std::unregister(one).unwrap();
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookId(pub(crate) terminate_core::HookId);

impl fmt::Debug for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

pub(crate) fn register(hook: Hook) -> Result<HookId, RegisterError> {
    let slot = match prepare(&hook.options) {
        Ok(slot) => slot,
        Err(kind) => return Err(RegisterError::new(kind, hook)),
    };
    let Hook { mut entry, options } = hook;
    entry.owner = sys::process();
    entry.id = Some(slot.id());
    asked::write(slot.id(), &options, entry.owner);
    entry.expect();
    let raw: *mut Entry = &raw mut *entry;
    let core_hook = core_hook(entry, &options);
    entry::expect_thunk(core_hook.code(), options.handler_safe);
    let id = slot.arm(core_hook).expect("the registry is never closed");
    asked::count();
    // Pairs with the fence in `ending::begin_closing`: either we see that it is over, or the last pass sees the hook.
    fence(Ordering::SeqCst);
    if ending::is_over()
        && let Ok(hook) = REGISTRY.take(id)
    {
        std::mem::forget(hook);
        // SAFETY: the hook was nothing but this box, and has just been taken, so neither run nor dropped.
        let entry = unsafe { Box::from_raw(raw) };
        return Err(RegisterError::new(Kind::TooLate, Hook { entry, options }));
    }
    Ok(HookId(id))
}

/// Everything that can fail, in an order that leaves nothing behind.
fn prepare(options: &Options) -> Result<Reservation<'static, CAPACITY, 1>, Kind> {
    for signal in options.signals.iter().copied() {
        match signal {
            Signal::KILL | Signal::STOP => return Err(Kind::Uncatchable(signal)),
            _ if !sys::can_be_handled(signal) => return Err(Kind::InvalidSignal(signal)),
            _ if cfg!(terminate_seed_bug = "ordinary_on_fault") => {}
            _ if Signal::FAULTS.contains(signal) && !options.handler_safe => return Err(Kind::OrdinaryOnFault(signal)),
            _ => {}
        }
    }
    owner::adopt();
    spent::free();
    if ending::is_over() {
        return Err(Kind::TooLate);
    }
    let slot = REGISTRY.reserve().map_err(|_| Kind::Full { capacity: CAPACITY })?;
    connect()?;
    if options.inherit_on_fork {
        owner::follow_forks().map_err(|()| Kind::NoExitHandler)?;
    }
    if !options.handler_safe {
        sys::start_watcher().map_err(Kind::NoWatcher)?;
    }
    for signal in options.signals.iter().copied() {
        sys::handle(signal, options.override_ignored).map_err(|error| Kind::Disposition(signal, error))?;
    }
    Ok(slot)
}

/// Connects the registry to exit and panic. Once is enough, and more does no harm.
///
/// # Errors
///
/// If the C library has no room for an exit handler.
pub(crate) fn attach() -> Result<(), ()> {
    sys::handle_exit()?;
    sys::keep_alternate_stack();
    panics::install();
    Ok(())
}

/// As [`attach`], and a forked child keeps its parent's deadline.
fn connect() -> Result<(), Kind> {
    attach().map_err(|()| Kind::NoExitHandler)?;
    deadline::keep().map_err(Kind::NoDeadline)
}

/// Has [`Signal::TERMINATION`] handled even if no hook asks for it.
pub(crate) fn listen() -> Result<(), Kind> {
    owner::adopt();
    connect()?;
    sys::start_watcher().map_err(Kind::NoWatcher)?;
    for signal in Signal::TERMINATION {
        sys::handle(signal, false).map_err(|error| Kind::Disposition(signal, error))?;
    }
    LISTENING.store(true, Ordering::Release);
    Ok(())
}

/// Begins anew, in a forked child.
pub(crate) fn begin_anew(process: i32) {
    LISTENING.begin_anew(process);
}

/// See [`sys::needs`].
pub(crate) const fn needed() -> [*const (); 2] {
    // The first slots, and the header.
    let first: *const () = (&raw const REGISTRY).cast();
    [first, first.wrapping_byte_add(size_of_val(&REGISTRY) - 1)]
}

/// Whether the signal means something to this process. This is async-signal-safe.
#[inline]
pub(crate) fn is_wanted(signal: Signal) -> bool {
    asked::is_asked(signal) || LISTENING.load(Ordering::Acquire) && Signal::TERMINATION.contains(signal)
}

fn core_hook(entry: Box<Entry>, options: &Options) -> terminate_core::Hook<1> {
    let hook = if options.handler_safe {
        // SAFETY: promised by whoever made the hook.
        unsafe { handler_safe(HandlerSafe::new(entry)) }
    } else {
        terminate_core::Hook::new(move |cause| entry::run(entry, cause))
    };
    hook.triggers(Triggers::ALWAYS | options.signal_set().triggers()).phase(options.phase)
}

/// What the registry calls, perhaps in a handler: `cargo xtask audit` follows it from here.
///
/// # Safety
///
/// The hook's function may be called in a handler.
unsafe fn handler_safe(entry: HandlerSafe) -> terminate_core::Hook<1> {
    // SAFETY: the function is, says the caller, and what is around it is written for handlers.
    unsafe { terminate_core::Hook::handler_safe(move |cause| entry.run(cause)) }
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
    if asked::is_foreign(id.0) {
        return Err(UnregisterError::Stale);
    }
    let result = REGISTRY.unregister(id.0);
    spent::free();
    result
}

/// Calls a hook now. Whether it was still there to be called.
pub(crate) fn run_now(id: HookId, cause: Cause) -> bool {
    if asked::is_foreign(id.0) {
        return false;
    }
    // Counted before it is claimed: whoever finds it gone also finds that somebody may be calling it.
    let _calling = calls::begin(id.0);
    let called = REGISTRY.call(id.0, cause).is_ok();
    spent::free();
    called
}

/// Runs all hooks: in an orderly end every one takes part, whichever signals it asked for. In [`Context::Handler`] this
/// is async-signal-safe, as far as they are.
#[unsafe(link_section = "terminate_watcher")]
pub(crate) fn run_all(cause: Cause, context: Context) -> Report {
    run_as_conductor(Triggers::ALWAYS, cause, context, || true)
}

/// As [`run_all`] in a handler, as long as `go_on` says so.
#[inline]
pub(crate) fn run_handler_safe_while(cause: Cause, go_on: impl FnMut() -> bool) -> Report {
    run_as_conductor(Triggers::ALWAYS, cause, Context::Handler, go_on)
}

/// Runs the hooks that asked for the very cause. In [`Context::Handler`] this is async-signal-safe, as far as they are.
pub(crate) fn run_asking(cause: Cause, context: Context) -> Report {
    run_as_conductor(Triggers::only(cause), cause, context, || true)
}

/// Stops when somebody else has become the conductor: a hook that was given up has come back, and what is left is not for this
/// thread.
#[inline]
fn run_as_conductor(wanted: Triggers, cause: Cause, context: Context, mut go_on: impl FnMut() -> bool) -> Report {
    ending::conduct_here();
    let begun = ending::state().conductor();
    let is_it_still = || {
        let now = ending::state().conductor();
        // Zero: this is a child that a hook of this pass has forked, and that has a word of its own by now.
        now == begun || now == 0 || cfg!(terminate_seed_bug = "given_up_goes_on")
    };
    REGISTRY.run_while(wanted, cause, context, || is_it_still() && go_on())
}
