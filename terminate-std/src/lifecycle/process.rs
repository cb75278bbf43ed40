//! [`Process`]: all mutable state of a process, and the steps that change it.
//!
//! A forked child inherits a copy of its parent's `Process`, which is not its own. The child acts as if this library were
//! absent, unless a hook is inherited. When the child registers a hook, it gets a `Process` of its own, by one exchange of a
//! pointer ([`adopt_in`]). Several threads of a child may do that at once: one exchange succeeds.
//!
//! The steps neither wait nor call the system: loom's models run them.

use std::ptr;

use super::exits::Exits;
use super::runner_seat::RunnerSeat;
use super::start_once::StartOnce;
use super::state::{Event, Stage, State, next};
use super::table::{Interest, Table};
use crate::storage::holds::Holds;
use crate::storage::label::Label;
use crate::storage::listeners::Listeners;
use crate::storage::records::Records;
use crate::storage::wakers::{Life, Wakers};
use crate::sys;
use crate::types::atomic::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, array, const_fn, with_new,
};
use crate::types::settings::Settings;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

with_new! {
    /// All mutable state of one process.
    pub(crate) struct Process {
        /// Its [`sys::process_token`]; zero before the first registration.
        owner: AtomicU32 = AtomicU32::new(0),
        word: AtomicU32 = AtomicU32::new(State::ALIVE.to_bits()),
        pub(crate) runner: RunnerSeat = RunnerSeat::new(),
        /// How many threads are starting: see [`super::threads`].
        pub(crate) starting: AtomicU32 = AtomicU32::new(0),
        /// The thread whose request began the end, and that ends the process itself: in `exit`, or as it aborts.
        requester: AtomicUsize = AtomicUsize::new(0),
        /// The signals that hooks requested when the end began, or have requested since.
        requested: AtomicU64 = AtomicU64::new(0),
        /// Requested signals that arrived during the end, or during an interrupt.
        pub(crate) during: AtomicU32 = AtomicU32::new(0),
        /// Whether the runner waits for calls of guards or for a fault, and the word that it waits for.
        pub(crate) is_awaiting_calls: AtomicBool = AtomicBool::new(false),
        pub(crate) calls_over: AtomicU32 = AtomicU32::new(0),
        /// The thread in the handler of a fault, and a mark when its hooks have run; zero if there is none: see [`super::calls`].
        pub(crate) fault: AtomicUsize = AtomicUsize::new(0),
        /// The hook that the runner calls, the innermost one.
        pub(crate) current: AtomicPtr<Label> = AtomicPtr::new(ptr::null_mut()),
        pub(crate) ran: AtomicUsize = AtomicUsize::new(0),
        /// Whether any hook has a time limit of its own.
        pub(crate) has_timeouts: AtomicBool = AtomicBool::new(false),
        /// The hooks during which a runner was lost, and how many they are.
        lost: [AtomicPtr<Label>; LOST] = array!(AtomicPtr::new(ptr::null_mut()); LOST),
        lost_count: AtomicUsize = AtomicUsize::new(0),
        pub(crate) exits: Exits = Exits::new(),
        /// Whether the thread in `exit` goes on after the hooks: then no hook is left to protect from signals.
        pub(crate) exit_goes_on: AtomicBool = AtomicBool::new(false),
        /// Whether that has lasted so long that other threads do not wait for it in `hold` any more.
        pub(crate) exit_lasts: AtomicBool = AtomicBool::new(false),
        /// Whether the hooks have run, and other handlers of the signal have time to end the process.
        pub(crate) is_lingering: AtomicBool = AtomicBool::new(false),
        /// Whether the program has sent itself the signal that ends it.
        pub(crate) is_own_end: AtomicBool = AtomicBool::new(false),
        /// Whether a thread calls the previous handler of the signal that ends the process, or has done so.
        pub(crate) has_called_previous: AtomicBool = AtomicBool::new(false),
        /// The signal that a thread has delivered to itself, for the previous handler; or zero.
        pub(crate) own_signal: AtomicU32 = AtomicU32::new(0),
        /// The signal that the runner sends to interrupt a call, and that is to do nothing else; or zero.
        pub(crate) interrupting: AtomicU32 = AtomicU32::new(0),
        /// Whether a thread that aborts calls the previous handler, and dies afterwards.
        pub(crate) is_dying: AtomicBool = AtomicBool::new(false),
        pub(crate) main_panicked: AtomicBool = AtomicBool::new(false),
        /// Whether a thread is in a panic that aborts the process.
        pub(crate) panic_aborts: AtomicBool = AtomicBool::new(false),
        /// Whether the program waits for its end: its [signals](Settings::signals) request it, hooks or not.
        pub(crate) is_listening: AtomicBool = AtomicBool::new(false),
        /// Whether an interrupt waits for [`checkpoint`](crate::interrupt::checkpoint).
        pub(crate) interrupt: AtomicU32 = AtomicU32::new(0),
        pub(crate) holds: Holds = Holds::new(),
        pub(crate) listeners: Listeners = Listeners::new(),
        /// The signals that arrived for them, how many arrived, and whether there is a thread that waits for more.
        pub(crate) arrived: AtomicU64 = AtomicU64::new(0),
        pub(crate) arrivals: AtomicU32 = AtomicU32::new(0),
        pub(crate) listener: StartOnce = StartOnce::new(),
        pub(crate) wakers: Wakers = Wakers::new(),
        /// Whether the runner is calling wakers, which may block.
        pub(crate) is_waking: AtomicBool = AtomicBool::new(false),
        pub(crate) records: Records = Records::new(),
        /// What the program has installed, or null. It is never freed. A forked child keeps it.
        settings: AtomicPtr<Settings> = AtomicPtr::new(ptr::null_mut()),
        /// The parent's table and its [`table_owner`](Self::table_owner), where a forked child keeps its parent's hooks.
        inherited: Option<(&'static Table, i32)> = None,
        own: Table = Table::new(),
    }
}

impl Process {
    /// That of a forked child: with its parent's settings, and its parent's table if the child keeps hooks.
    pub(crate) fn of_child(parent: &'static Self, owner: i32, keeps_hooks: bool) -> Box<Self> {
        let inherited = keeps_hooks.then(|| (parent.table(), parent.table_owner()));
        let hook_needs_runner = || parent.table().hooks().any(|hook| hook.is_inherited() && hook.needs_runner());
        let needs_runner = parent.settings().need_runner() || keeps_hooks && hook_needs_runner();
        let state = next(State::ALIVE, Event::NeedRunner).filter(|_| needs_runner).unwrap_or(State::ALIVE);
        let mut child = Self::new_in_box();
        child.inherited = inherited;
        if keeps_hooks {
            child.has_timeouts.store(parent.has_timeouts.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        child.settings.store(parent.settings.load(Ordering::Acquire), Ordering::Relaxed);
        child.word.store(state.to_bits(), Ordering::Relaxed);
        child.owner.store(owner.cast_unsigned(), Ordering::Relaxed);
        child
    }

    /// As [`new`](Self::new), but it never is on the stack: a hook may fork inside a handler, on a small alternate stack.
    #[cfg(not(loom))]
    fn new_in_box() -> Box<Self> {
        let mut new = Box::<Self>::new_uninit();
        let at = new.as_mut_ptr();
        // SAFETY: the memory is the box's. All other fields are atomics, or arrays of them, whose first values are zero, as
        // `State::ALIVE` is; a registry that is all zero is an empty one.
        unsafe {
            at.write_bytes(0, 1);
            (&raw mut (*at).runner.thread).write(std::sync::Mutex::new(None));
            (&raw mut (*at).wakers).write(Wakers::new());
            (&raw mut (*at).listeners).write(Listeners::new());
            (&raw mut (*at).inherited).write(None);
            new.assume_init()
        }
    }

    #[cfg(loom)]
    fn new_in_box() -> Box<Self> {
        Box::new(Self::new())
    }

    /// What the program has configured.
    pub(crate) fn settings(&self) -> &Settings {
        // SAFETY: null, or made by `install` and never freed.
        unsafe { self.settings.load(Ordering::Acquire).as_ref() }.unwrap_or(&Settings::DEFAULT)
    }

    /// Whether the program has configured anything.
    pub(crate) fn is_configured(&self) -> bool {
        !self.settings.load(Ordering::Relaxed).is_null()
    }

    /// The settings that hold from now on, unless there are some. Whether there were none.
    pub(crate) fn install(&self, settings: Settings) -> bool {
        let new = Box::into_raw(Box::new(settings));
        let installed = self.settings.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Relaxed);
        if installed.is_err() {
            // SAFETY: just made by `into_raw`, and no other thread has seen it.
            drop(unsafe { Box::from_raw(new) });
        }
        installed.is_ok()
    }

    /// The defaults hold again. The settings that held are not freed: another thread may read them.
    #[cfg(feature = "macros")]
    pub(crate) fn uninstall(&self) {
        self.settings.store(ptr::null_mut(), Ordering::Relaxed);
    }

    pub(crate) fn owner(&self) -> i32 {
        self.owner.load(Ordering::Acquire).cast_signed()
    }

    /// Makes it that process's, if it is none's yet.
    pub(crate) fn take_ownership(&self, token: i32) {
        let _ = self.owner.compare_exchange(0, token.cast_unsigned(), Ordering::Release, Ordering::Relaxed);
    }

    pub(crate) fn table(&self) -> &Table {
        self.inherited.map_or(&self.own, |(table, _)| table)
    }

    /// The process that made the table: ids of hooks name it.
    pub(crate) fn table_owner(&self) -> i32 {
        self.inherited.map_or_else(|| self.owner(), |(_, owner)| owner)
    }

    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.word
    }

    /// Acquire: pairs with the exchange in `advance`, for what the thread wrote before it.
    pub(crate) fn state(&self) -> State {
        State::from_bits(self.word.load(Ordering::Acquire))
    }

    /// Moves the word from `seen` by `event`: to which state, or what it is instead.
    ///
    /// # Errors
    ///
    /// The state that the word has: another one than `seen`; or `seen`, if the event means nothing in it.
    pub(crate) fn advance_from(&self, seen: State, event: Event) -> Result<State, State> {
        next(seen, event).map_or(Err(seen), |to| self.exchange(seen, to))
    }

    /// Moves the word from `seen`, or returns the state that it has instead.
    pub(crate) fn exchange(&self, seen: State, to: State) -> Result<State, State> {
        if to == seen {
            return Ok(seen);
        }
        // SeqCst: see `Wakers`.
        let moved = self.word.compare_exchange(seen.to_bits(), to.to_bits(), Ordering::SeqCst, Ordering::Acquire);
        moved.map(|_| to).map_err(State::from_bits)
    }

    /// Moves the word by `event`, whatever state it is in.
    ///
    /// # Errors
    ///
    /// The state in which the event means nothing.
    pub(crate) fn advance(&self, event: Event) -> Result<State, State> {
        let mut seen = self.state();
        loop {
            match self.advance_from(seen, event) {
                Err(now) if now != seen => seen = now,
                result => return result,
            }
        }
    }

    /// The runner is lost: keeps the hook that it called, for [`lost`](Self::lost), and forgets it.
    pub(crate) fn lose_current(&self) {
        let label = self.current.swap(ptr::null_mut(), Ordering::AcqRel);
        if !label.is_null()
            && let Some(place) = self.lost.get(self.lost_count.fetch_add(1, Ordering::Relaxed))
        {
            place.store(label, Ordering::Release);
        }
    }

    /// The hooks during which a runner was lost, the first few of them.
    pub(crate) fn lost(&'static self) -> impl Iterator<Item = &'static Label> {
        // SAFETY: null, or a label that is not freed before the process ends.
        self.lost.iter().filter_map(|label| unsafe { label.load(Ordering::Acquire).as_ref() })
    }

    pub(crate) fn set_requester(&self, thread: usize) {
        self.requester.store(thread, Ordering::Relaxed);
    }

    /// The thread ends the process, unless another one does. Whether it does.
    pub(crate) fn become_requester(&self, thread: usize) -> bool {
        self.requester.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn is_requester(&self, thread: usize) -> bool {
        self.requester.load(Ordering::Relaxed) == thread
    }

    /// Whether the hooks have run, and that thread goes on afterwards: in an exit handler that comes after ours, or because the
    /// thread in `exit` goes on. Then an end on that thread is none of ours.
    pub(crate) fn is_over(&self, thread: usize) -> bool {
        let goes_on = || self.is_requester(thread) || self.runner.epoch_of(thread).is_some();
        self.state().stage() == Stage::Done && (goes_on() || self.goes_on_after_end())
    }

    /// Whether threads of the program go on though the hooks have run: one is in `exit`, or the owner of another handler has time.
    pub(crate) fn goes_on_after_end(&self) -> bool {
        self.exit_goes_on.load(Ordering::Relaxed) || self.is_lingering.load(Ordering::Relaxed)
    }

    /// What the hooks want of the signal, a program that waits for its end, and threads in `hold`. For `is_own` see [`Table::interest`].
    pub(crate) fn interest(&self, signal: Signal, is_own: bool) -> Interest {
        let mut interest = self.table().interest(signal, is_own);
        if !interest.is_requested && interest.is_requested_unless_handled {
            interest.is_requested = !sys::is_foreign(signal);
        }
        let listens = self.is_listening.load(Ordering::Acquire);
        if listens || self.holds.are_there() {
            let signals = self.settings().signals;
            interest.all = interest.all.union(signals);
            interest.is_requested |= signals.contains(signal) && (listens || is_own || !sys::is_foreign(signal));
        }
        interest
    }

    /// As [`interest`](Self::interest), with the state in which it holds.
    #[inline(never)]
    pub(crate) fn look(&self, signal: Signal, is_own: bool) -> (State, Interest) {
        loop {
            let (state, mut interest) = (self.state(), self.interest(signal, is_own));
            // A forked child that could not start a runner handles no signal.
            interest.is_requested &= is_own || state.is_handled();
            // A hook that an interrupt has run since then is not seen any more: looks again.
            if interest.is_requested || state.is_ending() || self.state() == state {
                return (state, interest);
            }
        }
    }

    /// Closes the registry, since no hook requests the signal. Whether another thread's does all the same: then the hooks are to run.
    pub(crate) fn close_without_hooks(&self, signal: Signal) -> bool {
        self.table().registry.close();
        self.interest(signal, true).is_requested
    }

    /// Whether the calling thread is to call the previous handler: one thread does.
    pub(crate) fn takes_previous(&self) -> bool {
        !self.has_called_previous.swap(true, Ordering::Relaxed)
    }

    /// Which signals count from the beginning of the end on.
    pub(crate) fn note_requested(&self, signals: SignalSet) {
        self.requested.fetch_or(signals.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn was_requested(&self, signal: Signal) -> bool {
        SignalSet::from_bits(self.requested.load(Ordering::Relaxed)).contains(signal)
    }

    /// For [`Wakers`].
    pub(crate) fn life(&self) -> Life {
        match self.state().stage() {
            Stage::Alive => Life::Goes,
            Stage::Interrupting => Life::Interrupted,
            _ => Life::Ends,
        }
    }
}

/// More lost hooks are counted, and not named.
const LOST: usize = if cfg!(loom) { 1 } else { 16 };

/// Gives a forked child a [`Process`] of its own, unless another thread of the child was faster: the child's.
///
/// # Safety
///
/// `slot` holds null or a pointer from `Box::into_raw` that is never freed, and `inherited` is what it held before the fork.
pub(crate) unsafe fn adopt_in(
    slot: &AtomicPtr<Process>,
    inherited: *mut Process,
    new: Box<Process>,
) -> &'static Process {
    let new = Box::into_raw(new);
    // Release: pairs with the Acquire in `fork::current`.
    let adopted = match slot.compare_exchange(inherited, new, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => new,
        // Two threads of a child at once: the late one leaves its own behind, once.
        Err(other) => other,
    };
    // SAFETY: from `into_raw`, and never freed.
    unsafe { &*adopted }
}
