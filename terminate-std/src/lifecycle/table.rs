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
//! # Cells
//!
//! A tag also has the address of the hook's cell, which is on the heap. A hook may run in a signal handler, which must not free
//! memory. So a run leaves the cell to the slot's next hook, whose [`write`](Table::write) returns it.
//!
//! All of this is async-signal-safe.

use terminate_core::{HookId, Registry};

use super::state::OUTCOME_MASK;
use crate::types::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, array, const_fn, fence, with_new};
use crate::types::capacity::CAPACITY;
use crate::types::exit_status::ExitStatus;
use crate::types::options::Options;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

with_new! {
    /// The hooks of a process, and what they want.
    pub(crate) struct Table {
        pub(crate) registry: Registry<CAPACITY, 1> = Registry::new(),
        /// How many hooks were ever armed.
        armed: AtomicUsize = AtomicUsize::new(0),
        tags: [Tag; CAPACITY] = array!(Tag::new(); CAPACITY),
    }
}

with_new! {
    struct Tag {
        signals: AtomicU64 = AtomicU64::new(0),
        /// Signals that the hook requests and does not get: they were ignored.
        ignored: AtomicU64 = AtomicU64::new(0),
        options: AtomicU32 = AtomicU32::new(0),
        /// The kernel's number of the thread whose guard calls the hook, for a supervisor.
        thread_id: AtomicU32 = AtomicU32::new(0),
        cell: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut()),
        /// [`idle`], or [`marked`] by the thread whose guard calls the hook.
        guard: AtomicU64 = AtomicU64::new(0),
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

// A tag's options in one word: the exit status below, then two bits for the interrupt, and one for each of the others. Of the
// first two, zero is "not set".
const STATUS: u32 = 0xffff;
const _: () = assert!(ExitStatus::LARGEST_BITS <= OUTCOME_MASK, "an outcome fits into the word");
const NO_INTERRUPT: u32 = 1 << 16;
const INTERRUPT: u32 = 2 << 16;
const INHERIT: u32 = 1 << 18;
const NEEDS_RUNNER: u32 = 1 << 19;
/// A run has called the hook, and left its cell.
const LEFT: u32 = 1 << 20;
const UNLESS_HANDLED: u32 = 1 << 21;

fn to_bits(options: &Options) -> u32 {
    let interrupt = options.interrupt_on_sigint.map_or(0, |yes| if yes { INTERRUPT } else { NO_INTERRUPT });
    let inherit = if options.inherit_on_fork { INHERIT } else { 0 };
    let needs_runner = if options.needs_runner() { NEEDS_RUNNER } else { 0 };
    let unless_handled = if options.unless_handled { UNLESS_HANDLED } else { 0 };
    ExitStatus::to_bits(options.exit_status) | interrupt | inherit | needs_runner | unless_handled
}

/// What one hook wants.
pub(crate) struct Wanted {
    pub(crate) id: HookId,
    pub(crate) signals: SignalSet,
    ignored: SignalSet,
    options: u32,
}

impl Wanted {
    pub(crate) const fn is_inherited(&self) -> bool {
        self.options & INHERIT != 0
    }

    pub(crate) const fn needs_runner(&self) -> bool {
        self.options & NEEDS_RUNNER != 0
    }
}

/// What the hooks want of one signal, as one look over them found it. Of each setting, the oldest hook decides that requests
/// the signal and sets it.
#[derive(Default)]
pub(crate) struct Interest {
    /// Every signal that any hook requests and gets.
    pub(crate) all: SignalSet,
    pub(crate) is_requested: bool,
    /// Whether a hook requests it unless another handler is installed for it.
    pub(crate) is_requested_unless_handled: bool,
    status: Option<(HookId, u32)>,
    interrupt: Option<(HookId, u32)>,
}

impl Interest {
    /// How the process is to end by the signal, in the bits of [`ExitStatus`]: never zero.
    pub(crate) fn outcome(&self) -> u32 {
        self.status.map_or(ExitStatus::DEFAULT_BITS, |(_, status)| status)
    }

    /// Whether the signal is to interrupt the program, and not to end it. Only one signal does.
    pub(crate) fn interrupts(&self) -> bool {
        self.interrupt.is_some_and(|(_, interrupt)| interrupt == INTERRUPT)
    }

    fn add(&mut self, signal: Signal, is_own: bool, hook: &Wanted) {
        self.all = self.all.union(hook.signals);
        if hook.signals.contains(signal) || is_own && hook.ignored.contains(signal) {
            let unless_handled = hook.options & UNLESS_HANDLED != 0 && !is_own;
            self.is_requested |= !unless_handled;
            self.is_requested_unless_handled |= unless_handled;
            keep_oldest(&mut self.status, hook.id, hook.options & STATUS);
            if signal == Signal::INT {
                keep_oldest(&mut self.interrupt, hook.id, hook.options & (NO_INTERRUPT | INTERRUPT));
            }
        }
    }
}

fn keep_oldest(oldest: &mut Option<(HookId, u32)>, id: HookId, setting: u32) {
    if setting != 0 && oldest.is_none_or(|(other, _)| other.is_newer_than(id)) {
        *oldest = Some((id, setting));
    }
}

impl Table {
    fn tag(&self, id: HookId) -> Option<&Tag> {
        self.tags.get(id.slot())
    }

    /// Fills the tag of a slot that is reserved. Returns the cell that the slot's last hook left, or null.
    pub(crate) fn write(&self, id: HookId, options: &Options, signals: SignalSet, cell: *mut ()) -> *mut () {
        let Some(tag) = self.tag(id) else { return std::ptr::null_mut() };
        // Pairs with the fence in `read`: a reader that sees any of this also sees that the last hook is gone.
        fence(Ordering::Release);
        let is_left = tag.options.load(Ordering::Relaxed) & LEFT != 0;
        let last = tag.cell.load(Ordering::Relaxed);
        tag.signals.store(signals.to_bits(), Ordering::Relaxed);
        tag.ignored.store(options.signals.unwrap_or_default().difference(signals).to_bits(), Ordering::Relaxed);
        tag.options.store(to_bits(options), Ordering::Relaxed);
        tag.cell.store(cell, Ordering::Relaxed);
        // Arming the slot is a Release store: a reader that sees the hook sees all of this.
        tag.guard.store(idle(id), Ordering::Relaxed);
        if is_left { last } else { std::ptr::null_mut() }
    }

    /// Counts a hook that was armed. Release: a reader that finds a hook gone which was taken back after this counts it.
    pub(crate) fn count_armed(&self) {
        self.armed.fetch_add(1, Ordering::Release);
    }

    /// What each hook wants that is registered or runs.
    pub(crate) fn hooks(&self) -> impl Iterator<Item = Wanted> {
        self.registry.live_ids().filter_map(|id| self.read(id))
    }

    fn read(&self, id: HookId) -> Option<Wanted> {
        let tag = self.tag(id)?;
        let signals = SignalSet::from_bits(tag.signals.load(Ordering::Relaxed));
        let ignored = SignalSet::from_bits(tag.ignored.load(Ordering::Relaxed));
        let options = tag.options.load(Ordering::Relaxed);
        // If one of these was a newer hook's, its slot was claimed before `write`, and then the registry does not know `id`.
        fence(Ordering::Acquire);
        (self.registry.contains(id) || self.registry.is_running(id)).then_some(Wanted { id, signals, ignored, options })
    }

    /// What the hooks want of the signal. If it `is_own`, by which the program ends itself, those count too that left it ignored.
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
    pub(crate) fn interest(&self, signal: Signal, is_own: bool) -> Interest {
        loop {
            let armed = self.armed.load(Ordering::Acquire);
            let mut interest = Interest::default();
            self.hooks().for_each(|hook| interest.add(signal, is_own, &hook));
            if self.armed.load(Ordering::Acquire) == armed {
                return interest;
            }
        }
    }

    /// The signals that a hook requests and gets, while it is registered or runs.
    pub(crate) fn signals(&self, id: HookId) -> SignalSet {
        self.tag(id).map_or(SignalSet::EMPTY, |tag| SignalSet::from_bits(tag.signals.load(Ordering::Relaxed)))
    }

    /// The cell of a hook that is registered.
    pub(crate) fn cell(&self, id: HookId) -> *mut () {
        self.tag(id).map_or(std::ptr::null_mut(), |tag| tag.cell.load(Ordering::Relaxed))
    }

    /// The hook has returned, and its slot is still its own: leaves the cell to the slot's next hook.
    pub(crate) fn leave_cell(&self, id: HookId) {
        if let Some(tag) = self.tag(id) {
            tag.options.fetch_or(LEFT, Ordering::Relaxed);
        }
    }

    /// A guard on that thread is going to call the hook, if it is still there. [`end_guard`](Self::end_guard) has to follow.
    pub(crate) fn begin_guard(&self, id: HookId, thread: usize, thread_id: i32) -> bool {
        // SeqCst: before the guard claims the hook, for the runner too, which looks here after it found the hook claimed.
        let mark = |tag: &&Tag| exchange(tag, idle(id), marked(thread));
        let Some(tag) = self.tag(id).filter(mark) else { return false };
        tag.thread_id.store(thread_id.cast_unsigned(), Ordering::Relaxed);
        true
    }

    /// The hook that a guard on that thread called has returned, or was gone. Whether it was still marked.
    pub(crate) fn end_guard(&self, id: HookId, thread: usize) -> bool {
        self.tag(id).is_some_and(|tag| exchange(tag, marked(thread), 0))
    }

    /// The guards whose calls are under way. `SeqCst`: see [`begin_guard`](Self::begin_guard).
    pub(crate) fn guards(&self) -> impl Iterator<Item = Guard<'_>> {
        let tags = self.registry.live_ids().filter_map(|id| self.tag(id));
        tags.map(|tag| Guard { tag, mark: tag.guard.load(Ordering::SeqCst) }).filter(|guard| guard.mark & 1 != 0)
    }

    /// Abandons the calls of such guards: their threads will not come back to them. Whether there were any.
    pub(crate) fn abandon_guards(&self, which: impl Fn(&Guard<'_>) -> bool) -> bool {
        self.guards().filter(|guard| which(guard) && exchange(guard.tag, guard.mark, 0)).count() > 0
    }
}

/// A call of a hook through its guard.
pub(crate) struct Guard<'t> {
    tag: &'t Tag,
    mark: u64,
}

impl Guard<'_> {
    pub(crate) const fn is_on(&self, thread: usize) -> bool {
        self.mark == marked(thread)
    }

    /// The kernel's number of the thread.
    pub(crate) fn thread_id(&self) -> i32 {
        self.tag.thread_id.load(Ordering::Relaxed).cast_signed()
    }
}

fn exchange(tag: &Tag, from: u64, to: u64) -> bool {
    tag.guard.compare_exchange(from, to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
}
