//! Registering a hook, taking it back, calling it through its guard.

use std::fmt;

use terminate_core::{Cause, ReserveError, Triggers, UnregisterError};

use super::hook_cell::{OwnedCell, RegisteredCell};
use super::process::Process;
use super::state::{Event, Stage, next};
use super::{calls, fork, listen, on_exit, on_panic, on_signal, runner_thread, supervise, threads};
use crate::sys::raw_stderr::Line;
use crate::sys::{self, Mask};
use crate::types::atomic::Ordering;
use crate::types::capacity::CAPACITY;
use crate::types::options::Options;
use crate::types::register_error_kind::RegisterErrorKind as Kind;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// Names one registration, for [`unregister`](crate::unregister).
///
/// ```
/// let [one, other] = [terminate_std::register(|_| ())?, terminate_std::register(|_| ())?];
/// assert_ne!(one, other);
/// terminate_std::unregister(one).unwrap();
/// # Ok::<(), terminate_std::RegisterError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HookId {
    id: terminate_core::HookId,
    /// The process that made the table: a forked child may have another one, in which the id means something else.
    table: i32,
}

impl HookId {
    /// From [`to_parts`](Self::to_parts).
    pub(crate) const fn from_parts(bits: u64, table: i32) -> Self {
        Self { id: terminate_core::HookId::from_bits(bits), table }
    }

    pub(crate) const fn to_parts(self) -> (u64, i32) {
        (self.id.to_bits(), self.table)
    }

    /// The process whose hook it is, if that is this one.
    fn process(self) -> Option<&'static Process> {
        fork::own_on_thread().filter(|process| process.table_owner() == self.table)
    }

    pub(crate) fn is_registered(self) -> bool {
        self.process().is_some_and(|process| process.table().registry.contains(self.id))
    }
}

impl fmt::Debug for HookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.id, f)
    }
}

/// A hook that was refused, whole.
pub(crate) struct Refused {
    pub(crate) kind: Kind,
    pub(crate) cell: OwnedCell,
    pub(crate) options: Options,
}

pub(crate) fn register(mut cell: OwnedCell, mut options: Options) -> Result<HookId, Refused> {
    let prepared = check(&options).and_then(|()| {
        let process = fork::take_ownership();
        let slot = process.table().registry.reserve().map_err(kind_of)?;
        options.signals.get_or_insert(process.settings().signals);
        Ok((process, slot, prepare(process, &options)?))
    });
    let (process, slot, signals) = match prepared {
        Ok(prepared) => prepared,
        Err(kind) => return Err(Refused { kind, cell, options }),
    };
    let table = process.table();
    cell.label().timeout = options.timeout;
    // SeqCst: the thread that begins an end moves the word, and then reads this. It starts the timekeeper, or this thread does.
    let is_first = options.timeout.is_some() && !process.has_timeouts.swap(true, Ordering::SeqCst);
    if is_first && process.state().stage() != Stage::Alive {
        supervise::start_timekeeper(process, Mask::current());
    }
    let cell = cell.register(slot.id());
    let left = table.write(slot.id(), &options, signals, cell.address());
    // During an end a supervisor may read the label of a hook that was called.
    if process.state().stage() == Stage::Alive {
        // SAFETY: the slot's last hook is over, and so nothing else has its cell.
        drop(unsafe { OwnedCell::from_address(left) });
    }
    match slot.arm(core_hook(cell, &options, signals)) {
        Ok(id) => {
            table.count_armed();
            Ok(HookId { id, table: process.table_owner() })
        }
        // SAFETY: the registry has refused the hook, and nothing else has its cell.
        Err(_) => Err(Refused { kind: Kind::TooLate, cell: unsafe { cell.take_back() }, options }),
    }
}

fn kind_of(error: ReserveError) -> Kind {
    match error {
        ReserveError::Closed => Kind::TooLate,
        _ => Kind::Full { capacity: CAPACITY },
    }
}

fn check(options: &Options) -> Result<(), Kind> {
    options.refused.and_then(|signal| refusal(signal, options.handler_safe)).map_or(Ok(()), Err)
}

/// Why a hook cannot request that signal, if it cannot.
pub(crate) fn refusal(signal: Signal, handler_safe: bool) -> Option<Kind> {
    match signal {
        _ if !sys::signals::exists(signal.as_raw()) => Some(Kind::InvalidSignal(signal)),
        Signal::KILL | Signal::STOP => Some(Kind::Uncatchable(signal)),
        _ if Signal::FAULTS.contains(signal) && !handler_safe => Some(Kind::OrdinaryOnFault(signal)),
        _ => None,
    }
}

/// Everything that can fail, in an order that leaves nothing behind. Which of its signals the hook gets: one that is ignored may
/// stay so.
fn prepare(process: &'static Process, options: &Options) -> Result<SignalSet, Kind> {
    let requested = options.signals.unwrap_or_default();
    let yields = |signal: &Signal| options.unless_handled && sys::is_foreign(*signal);
    let requested: SignalSet = requested.into_iter().filter(|signal| !yields(signal)).collect();
    attach()?;
    if options.inherit_on_fork {
        follow_forks()?;
    }
    let needs_runner = options.needs_runner() || !requested.intersection(sys::ON_RUNNER).is_empty();
    add(process, needs_runner, !requested.is_empty())?;
    let mut handled = SignalSet::EMPTY;
    for signal in requested {
        let installed = sys::install(signal, options.override_ignored, on_signal::deliver);
        if installed.map_err(|error| Kind::Disposition(signal, error))? {
            handled = handled.with(signal);
        }
    }
    Ok(handled)
}

/// Moves the word in one step: something needs the runner, or a signal is going to be handled, or both. If both bits are set then, there
/// is a runner before: a signal that finds them set leaves the hooks to it.
fn add(process: &'static Process, needs_runner: bool, is_handled: bool) -> Result<(), Kind> {
    loop {
        let state = process.state();
        let to = if needs_runner { next(state, Event::NeedRunner) } else { Some(state) };
        let to = if is_handled { to.and_then(|state| next(state, Event::AddHandled)) } else { to };
        let to = to.ok_or(Kind::TooLate)?;
        if to.needs_runner() && to.is_handled() {
            runner_thread::start(process).map_err(Kind::NoRunner)?;
        }
        if process.exchange(state, to).is_ok() {
            return Ok(());
        }
    }
}

/// Connects this library to exit and panic. Once is enough, and more does no harm.
///
/// # Errors
///
/// If the C library has no room for an exit handler.
pub(crate) fn attach() -> Result<(), Kind> {
    sys::on_exit(on_exit::policy).map_err(|()| Kind::NoExitHandler)?;
    sys::keep_alternate_stack();
    on_panic::install();
    // Without room for it, a fork does not wait for threads that are starting.
    let _ = follow_forks();
    Ok(())
}

/// Has the end run on the runner, whichever hooks there are: something in this process needs a thread.
pub(crate) fn need_runner(process: &'static Process) -> Result<(), Kind> {
    add(process, true, false)
}

/// Has the configured signals handled even if no hook requests them, and gives the program a grace.
pub(crate) fn listen(process: &'static Process) -> Result<(), Kind> {
    attach()?;
    add(process, true, true)?;
    process.is_listening.store(true, Ordering::Release);
    for signal in process.settings().signals {
        sys::install(signal, false, on_signal::deliver).map_err(|error| Kind::Disposition(signal, error))?;
    }
    Ok(())
}

/// Has the configured signals handled, those aside for which another handler is there: threads in `hold` request them.
pub(crate) fn prepare_for_hold(process: &'static Process) -> Result<(), Kind> {
    attach()?;
    add(process, true, true)?;
    for signal in process.settings().signals {
        if !sys::is_foreign(signal) {
            sys::install(signal, false, on_signal::deliver).map_err(|error| Kind::Disposition(signal, error))?;
        }
    }
    Ok(())
}

/// Has the function called for these signals, which end nothing from now on. Its key is for [`remove`](crate::storage::listeners::Listeners::remove).
pub(crate) fn add_listener(
    process: &'static Process,
    signals: SignalSet,
    function: Box<dyn FnMut(Signal) + Send>,
) -> Result<u64, Kind> {
    attach()?;
    add(process, false, true)?;
    listen::start(process).map_err(Kind::NoRunner)?;
    let key = process.listeners.add(signals, function);
    for signal in signals {
        let installed = sys::install(signal, false, on_signal::deliver);
        installed.inspect_err(|_| process.listeners.remove(key)).map_err(|error| Kind::Disposition(signal, error))?;
    }
    Ok(key)
}

/// Has every fork wait for threads that are starting, and every forked child keep the hooks that are inherited.
fn follow_forks() -> Result<(), Kind> {
    static FOLLOWS: std::sync::Once = std::sync::Once::new();
    // Twice does no harm.
    if !FOLLOWS.is_completed() {
        sys::at_fork(threads::before_fork, forked).map_err(|()| Kind::NoExitHandler)?;
        FOLLOWS.call_once(|| ());
    }
    Ok(())
}

extern "C" fn forked() {
    let Some(process) = fork::keep_inherited_hooks() else { return };
    let is_handled = process.table().hooks().any(|hook| !hook.signals.is_empty());
    if is_handled && add(process, false, true).is_err() {
        Line::new("terminate: no thread could be started; inherited hooks will not run after signals").write();
    }
}

/// What the registry calls, perhaps in a handler: `cargo xtask audit` follows the closure.
fn core_hook(cell: RegisteredCell, options: &Options, signals: SignalSet) -> terminate_core::Hook<1> {
    let run = move |cause| cell.run(cause);
    let hook = if options.handler_safe {
        // SAFETY: the hook's author promised it to `Hook::handler_safe`, and what is around the function is written for handlers.
        unsafe { terminate_core::Hook::handler_safe(run) }
    } else {
        terminate_core::Hook::new(run)
    };
    hook.triggers(Triggers::ALWAYS | signals.triggers()).phase(options.phase)
}

pub(crate) fn unregister(id: HookId) -> Result<(), UnregisterError> {
    let process = id.process().ok_or(UnregisterError::Stale)?;
    let table = process.table();
    // Before the slot can be another hook's.
    let cell = table.cell(id.id);
    table.registry.unregister(id.id)?;
    // SAFETY: the hook was registered until now, so the cell is its own. No run has called it.
    drop(unsafe { OwnedCell::from_address(cell) });
    Ok(())
}

/// Calls a hook now, through its guard. Whether it was still registered.
pub(crate) fn run_now(id: HookId, cause: Cause) -> bool {
    let Some(process) = id.process() else { return false };
    let (table, thread) = (process.table(), sys::thread_token());
    // Marked before the hook is claimed: a runner that finds it claimed also finds that a guard calls it. A hook of the runner
    // is waited for anyway.
    let is_marked = process.runner.epoch_of(thread).is_none();
    if is_marked && !table.begin_guard(id.id, thread, sys::cached_thread_id()) {
        return false;
    }
    let called = table.registry.call(id.id, cause).is_ok();
    // If there was nothing to call, the mark is still there.
    if is_marked && !called && table.end_guard(id.id, thread) {
        calls::wake_awaiting(process);
    }
    called
}
