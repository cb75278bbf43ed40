//! The registry, and beside it one *tag* for each slot: what the hook wants, and which guard calls it.
//!
//! [`terminate_core::Registry`] decides which hooks run, and in which order. A tag says which signals its hook requests, how
//! the process is to end then, and which thread calls the hook through a guard. [`write`](Table::write) fills a tag while its
//! slot is reserved. A reader checks afterwards that the slot still has the hook. So it needs no lock, and a signal handler
//! can read tags too.
//!
//! # Guards
//!
//! The end waits for the guards whose calls are under way. A guard's thread marks the tag *before* it claims the hook, and
//! clears the mark when the hook has returned:
//!
//! | the guard's thread | the runner |
//! | --- | --- |
//! | marks the tag | |
//! | claims the hook | finds the hook claimed, by the exchange of the slot's word (Acquire) |
//! | calls it | sees the mark, and waits |
//! | clears the mark; wakes the runner if it waits | goes on |
//!
//! The mark replaces the hook's id, so a guard whose hook is gone cannot mark the hook that got the slot after it. Each mark
//! names its thread: a thread that leaves its guards for ever, by `exit` or a panic that aborts, clears its own.
//!
//! All of this is async-signal-safe.

use terminate_core::{HookId, Registry};

use crate::types::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, array, const_fn, fence};
use crate::types::capacity::CAPACITY;
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::signal::{Signal, SignalSet};

/// The hooks of a process, and what they want.
pub(crate) struct Table {
    pub(crate) registry: Registry<CAPACITY, 1>,
    /// How many slots were ever used: the registry gives them out from the first one on.
    high_water: AtomicUsize,
    /// How many hooks were ever armed.
    armed: AtomicUsize,
    tags: [Tag; CAPACITY],
}

struct Tag {
    id: AtomicU64,
    signals: AtomicU64,
    options: AtomicU32,
    /// The kernel's number of the thread whose guard calls the hook, for a supervisor.
    thread_id: AtomicU32,
    /// What a guard frees when it has called the hook; null if the call does.
    cell: AtomicPtr<()>,
    /// [`idle`], or [`marked`] by the thread whose guard calls the hook.
    guard: AtomicU64,
}

impl Tag {
    const_fn! {
        const fn new() -> Self {
            Self {
                id: AtomicU64::new(0),
                signals: AtomicU64::new(0),
                options: AtomicU32::new(0),
                thread_id: AtomicU32::new(0),
                cell: AtomicPtr::new(std::ptr::null_mut()),
                guard: AtomicU64::new(0),
            }
        }
    }
}

/// Even: no guard calls the hook of that id.
const fn idle(id: HookId) -> u64 {
    id.to_bits() << 1
}

/// Odd: a guard on that thread calls it.
const fn marked(thread: usize) -> u64 {
    thread as u64 | 1
}

const fn is_marked(guard: u64) -> bool {
    guard & 1 != 0
}

// A tag's options in one word: the exit status below, then two bits for the interrupt, one for inheritance, and one for ordinary
// hooks. Of the first two, zero is "not set".
const STATUS: u32 = 0xffff;
const _: () = assert!(ExitStatus::LARGEST_BITS <= super::state::OUTCOME_MASK, "an outcome fits into the word");
const NO_INTERRUPT: u32 = 1 << 16;
const INTERRUPT: u32 = 2 << 16;
const INHERIT: u32 = 1 << 18;
const ORDINARY: u32 = 1 << 19;

fn to_bits(options: &Options) -> u32 {
    let interrupt = match options.interrupt_on_sigint {
        None => 0,
        Some(false) => NO_INTERRUPT,
        Some(true) => INTERRUPT,
    };
    let inherit = if options.inherit_on_fork { INHERIT } else { 0 };
    let ordinary = if options.handler_safe { 0 } else { ORDINARY };
    ExitStatus::to_bits(options.exit_status) | interrupt | inherit | ordinary
}

/// What the hooks want of one signal, as one look over them found it. Of each setting, the oldest hook decides that requests
/// the signal and sets it.
#[derive(Default)]
pub(crate) struct Interest {
    /// Every signal that any hook requests.
    pub(crate) all: SignalSet,
    pub(crate) is_requested: bool,
    status: Option<(HookId, u32)>,
    interrupt: Option<(HookId, u32)>,
    /// Whether the signal is to interrupt the program, and not to end it.
    pub(crate) interrupts: bool,
}

impl Interest {
    /// How the process is to end by the signal, in the bits of [`ExitStatus`]: never zero.
    pub(crate) fn outcome(&self) -> u32 {
        self.status.map_or(ExitStatus::DEFAULT_BITS, |(_, status)| status)
    }

    fn add(&mut self, signal: Signal, id: HookId, signals: SignalSet, options: u32) {
        self.all = self.all.union(signals);
        if signals.contains(signal) {
            self.is_requested = true;
            keep_oldest(&mut self.status, id, options & STATUS);
            keep_oldest(&mut self.interrupt, id, options & (NO_INTERRUPT | INTERRUPT));
            self.interrupts = self.interrupt.is_some_and(|(_, interrupt)| interrupt == INTERRUPT);
        }
    }
}

fn keep_oldest(oldest: &mut Option<(HookId, u32)>, id: HookId, setting: u32) {
    if setting != 0 && oldest.is_none_or(|(other, _)| other.is_newer_than(id)) {
        *oldest = Some((id, setting));
    }
}

impl Table {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self {
                registry: Registry::new(),
                high_water: AtomicUsize::new(0),
                armed: AtomicUsize::new(0),
                tags: array!(Tag::new(); CAPACITY),
            }
        }
    }

    /// Fills the tag of a slot that is reserved.
    pub(crate) fn write(&self, id: HookId, options: &Options, signals: SignalSet, cell: *mut ()) {
        let Some(tag) = self.tags.get(id.slot()) else { return };
        // Relaxed: a reader that looks at fewer slots has not seen the hook either.
        if self.high_water.load(Ordering::Relaxed) <= id.slot() {
            self.high_water.fetch_max(id.slot() + 1, Ordering::Relaxed);
        }
        // Pairs with the fence in `read`: a reader that sees any of this also sees that the last hook is gone.
        fence(Ordering::Release);
        tag.id.store(id.to_bits(), Ordering::Relaxed);
        tag.signals.store(signals.to_bits(), Ordering::Relaxed);
        tag.options.store(to_bits(options), Ordering::Relaxed);
        tag.cell.store(cell, Ordering::Relaxed);
        // Arming the slot is a Release store: a reader that sees the hook sees all of this.
        tag.guard.store(idle(id), Ordering::Relaxed);
    }

    /// Counts a hook that was armed. Release: a reader that finds a hook gone which was taken back after this counts it.
    pub(crate) fn count_armed(&self) {
        self.armed.fetch_add(1, Ordering::Release);
    }

    fn used(&self) -> &[Tag] {
        self.tags.get(..self.high_water.load(Ordering::Relaxed)).unwrap_or(&self.tags)
    }

    /// What the hook of a tag wants, if it is registered or runs.
    fn read(&self, (slot, tag): (usize, &Tag)) -> Option<(HookId, SignalSet, u32)> {
        let id = HookId::from_bits(tag.id.load(Ordering::Relaxed));
        let signals = SignalSet::from_bits(tag.signals.load(Ordering::Relaxed));
        let options = tag.options.load(Ordering::Relaxed);
        // If one of these was a newer hook's, its slot was claimed before `write`, and then the registry does not know `id`.
        fence(Ordering::Acquire);
        let is_there = id.slot() == slot && (self.registry.contains(id) || self.registry.is_running(id));
        is_there.then_some((id, signals, options))
    }

    /// What the hooks want of the signal.
    ///
    /// The hooks are not all looked at in one moment. So this looks again if a hook came meanwhile:
    ///
    /// | the look | another thread |
    /// | --- | --- |
    /// | the first slot: no request | |
    /// | | registers B, which requests it, in the first slot; takes A back, which requests it, from the second one |
    /// | the second slot: no request | |
    ///
    /// There was no moment without a request, nor, if A and B make it an interrupt, one in which it was to end the process.
    pub(crate) fn interest(&self, signal: Signal) -> Interest {
        loop {
            let armed = self.armed.load(Ordering::Acquire);
            let mut interest = Interest::default();
            for (id, signals, options) in self.used().iter().enumerate().filter_map(|tag| self.read(tag)) {
                interest.add(signal, id, signals, options);
            }
            if self.armed.load(Ordering::Acquire) == armed {
                return interest;
            }
        }
    }

    /// Whether any hook is to go on in forked children.
    pub(crate) fn has_inherited(&self) -> bool {
        self.used().iter().enumerate().filter_map(|tag| self.read(tag)).any(|(_, _, options)| options & INHERIT != 0)
    }

    /// Whether any hook is an ordinary one, and whether any requests a signal.
    pub(crate) fn needs(&self) -> (bool, bool) {
        let hooks = self.used().iter().enumerate().filter_map(|tag| self.read(tag));
        hooks.fold((false, false), |(ordinary, handled), (_, signals, options)| {
            (ordinary || options & ORDINARY != 0, handled || !signals.is_empty())
        })
    }

    /// The hooks that do not go on in forked children.
    pub(crate) fn not_inherited(&self) -> impl Iterator<Item = HookId> {
        let read = self.used().iter().enumerate().filter_map(|tag| self.read(tag));
        read.filter(|(_, _, options)| options & INHERIT == 0).map(|(id, ..)| id)
    }

    /// A guard on that thread is going to call the hook. [`end_guard`](Self::end_guard) has to follow. Returns what the guard is
    /// to free then, or null; `None` if the hook is gone.
    pub(crate) fn begin_guard(&self, id: HookId, thread: usize, thread_id: i32) -> Option<*mut ()> {
        let tag = self.tags.get(id.slot())?;
        // SeqCst: before the guard claims the hook, for the runner too, which looks here after it found the hook claimed.
        tag.guard.compare_exchange(idle(id), marked(thread), Ordering::SeqCst, Ordering::Relaxed).ok()?;
        tag.thread_id.store(thread_id.cast_unsigned(), Ordering::Relaxed);
        Some(tag.cell.load(Ordering::Relaxed))
    }

    /// What a guard of that hook is to free when it has called it.
    pub(crate) fn cell(&self, id: HookId) -> *mut () {
        self.tags.get(id.slot()).map_or(std::ptr::null_mut(), |tag| tag.cell.load(Ordering::Relaxed))
    }

    /// The hook that a guard on that thread called has returned. Whether there was such a call.
    pub(crate) fn end_guard(&self, id: HookId, thread: usize) -> bool {
        self.tags.get(id.slot()).is_some_and(|tag| clear(tag, marked(thread)))
    }

    /// The thread will not come back to the guards whose calls are under way on it. Whether there were any.
    pub(crate) fn abandon_guards_of(&self, thread: usize) -> bool {
        self.used().iter().filter(|tag| clear(tag, marked(thread))).count() > 0
    }

    /// As [`abandon_guards_of`](Self::abandon_guards_of), for the thread that the kernel knows by that number, or for all.
    pub(crate) fn abandon_guards(&self, thread_id: Option<i32>) {
        for (guard, thread, tag) in self.guards() {
            if thread_id.is_none_or(|wanted| wanted == thread) {
                clear(tag, guard);
            }
        }
    }

    /// The threads that call a hook through a guard, by the kernel's number.
    pub(crate) fn guard_threads(&self) -> impl Iterator<Item = i32> {
        self.guards().map(|(_, thread, _)| thread)
    }

    /// Whether a guard's call is under way on that thread.
    pub(crate) fn has_guards_of(&self, thread: usize) -> bool {
        self.guards().any(|(guard, ..)| guard == marked(thread))
    }

    /// Whether any guard's call is under way. `SeqCst`: see [`begin_guard`](Self::begin_guard).
    pub(crate) fn has_guards(&self) -> bool {
        self.guards().next().is_some()
    }

    fn guards(&self) -> impl Iterator<Item = (u64, i32, &Tag)> {
        let guards = self.used().iter().map(|tag| (tag.guard.load(Ordering::SeqCst), tag));
        guards
            .filter(|(guard, _)| is_marked(*guard))
            .map(|(guard, tag)| (guard, tag.thread_id.load(Ordering::Relaxed).cast_signed(), tag))
    }
}

fn clear(tag: &Tag, mark: u64) -> bool {
    tag.guard.compare_exchange(mark, 0, Ordering::SeqCst, Ordering::Relaxed).is_ok()
}
