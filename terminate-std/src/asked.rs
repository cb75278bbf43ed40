//! What each hook asks for: a table beside the registry, one entry a slot.
//!
//! [`terminate_core::Registry`] decides who is called and in which order. This says which signals a hook asks for, how the
//! process is to end then, and whose hook it is. An entry is written while its slot is reserved, and believed if the slot
//! still has the same id after it was read, so no lock is needed, and the signal handler can read it too.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

use terminate_core::HookId;

use crate::capacity::CAPACITY;
use crate::hook::Options;
use crate::registration::REGISTRY;
use crate::signal::SignalSet;
use crate::{ExitStatus, Signal, calls, sys};

/// One entry a slot. The first ones share a cache line with their number, since the handler finds nothing of it in the cache.
#[repr(C, align(64))]
struct Table {
    /// How many slots have ever been used: the registry hands them out from the first one on.
    used: AtomicUsize,
    /// How many hooks have been armed.
    armed: AtomicUsize,
    /// Whether any hook has ever said how the process is to end. Most programs leave that to the default.
    told: AtomicBool,
    entries: [Asked; CAPACITY],
}

static TABLE: Table = Table {
    used: AtomicUsize::new(0),
    armed: AtomicUsize::new(0),
    told: AtomicBool::new(false),
    entries: [const { Asked::new() }; CAPACITY],
};

struct Asked {
    signals: AtomicU64,
    options: AtomicU32,
    owner: AtomicI32,
}

impl Asked {
    const fn new() -> Self {
        Self { signals: AtomicU64::new(0), options: AtomicU32::new(0), owner: AtomicI32::new(0) }
    }
}

/// What one hook asks for, as of when it was read.
#[derive(Clone, Copy)]
struct Facts {
    signals: SignalSet,
    options: u32,
    owner: i32,
}

impl Facts {
    /// Whether the hook belongs to this process: registered by it, or inherited with consent.
    fn is_ours(self, process: i32) -> bool {
        self.is_inherited() || self.owner == process
    }

    fn is_inherited(self) -> bool {
        self.options & INHERIT != 0
    }

    fn is_ordinary(self) -> bool {
        self.options & ORDINARY != 0
    }
}

// An entry's options in one word: the exit status below, then two bits for the interrupt, one for inheritance, and one for
// hooks that must not run in a handler. Of the first two, zero is "not set".
const STATUS: u32 = 0xffff;
const NO_INTERRUPT: u32 = 1 << 16;
const INTERRUPT: u32 = 2 << 16;
const TOLD: u32 = STATUS | NO_INTERRUPT | INTERRUPT;
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

/// Writes the entry of a slot that is reserved.
pub(crate) fn write(id: HookId, options: &Options, owner: i32) {
    let Some(asked) = TABLE.entries.get(id.slot()) else { return };
    // Relaxed: who looks at fewer has not seen the hook either.
    if TABLE.used.load(Ordering::Relaxed) <= id.slot() {
        TABLE.used.fetch_max(id.slot() + 1, Ordering::Relaxed);
    }
    let bits = to_bits(options);
    if bits & TOLD != 0 {
        // Relaxed: as above.
        TABLE.told.store(true, Ordering::Relaxed);
    }
    // Pairs with the fence in `read`: whoever sees what is written here also sees that the last hook is gone.
    fence(Ordering::Release);
    asked.signals.store(options.signal_set().to_bits(), Ordering::Relaxed);
    asked.options.store(bits, Ordering::Relaxed);
    // The Release of arming the slot pairs with the Acquire in `ids`: whoever sees the hook sees all of this.
    asked.owner.store(owner, Ordering::Relaxed);
}

/// Counts a hook that has been armed. Release: whoever finds another one gone, that was taken back after this, finds it counted.
pub(crate) fn count() {
    TABLE.armed.fetch_add(1, Ordering::Release);
}

// From here on, everything is async-signal-safe.

/// See [`sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const TABLE).cast()
}

/// What the hook of that id asks for, if it is still there, or being called.
#[inline]
fn read(id: HookId) -> Option<Facts> {
    let asked = TABLE.entries.get(id.slot())?;
    let signals = SignalSet::from_bits(asked.signals.load(Ordering::Relaxed));
    let options = asked.options.load(Ordering::Relaxed);
    let owner = asked.owner.load(Ordering::Relaxed);
    // If one of these was a newer hook's, the slot had been claimed before it was written, and then `contains` sees it.
    fence(Ordering::Acquire);
    (REGISTRY.contains(id) || REGISTRY.is_running(id)).then_some(Facts { signals, options, owner })
}

/// What a hook of this process asks for, if it is still there.
#[inline]
fn read_ours(id: HookId, process: i32) -> Option<Facts> {
    read(id).filter(|facts| facts.is_ours(process))
}

fn registered() -> impl Iterator<Item = HookId> {
    (0..TABLE.used.load(Ordering::Relaxed)).filter_map(|slot| REGISTRY.id_at(slot))
}

/// Tells of the hooks of this process, and of those that a guard is calling: until that is over, the process is to end as they
/// say.
fn for_each_of_ours(mut tell: impl FnMut(HookId, Facts)) {
    let this = sys::process();
    for id in registered().chain(calls::hooks()) {
        if let Some(facts) = read_ours(id, this) {
            tell(id, facts);
        }
    }
}

/// Whether it is so of any of them.
#[inline]
fn is_any(is_so: impl Fn(Facts) -> bool) -> bool {
    let this = sys::process();
    let is_one = |id| read_ours(id, this).is_some_and(&is_so);
    registered().any(is_one) || calls::hooks().any(is_one)
}

/// Whether the hook of that id is of another process, this one's parent.
pub(crate) fn is_foreign(id: HookId) -> bool {
    read(id).is_some_and(|facts| !facts.is_ours(sys::process()))
}

/// Whether the hook of that id is there, and this process's.
pub(crate) fn is_registered_here(id: HookId) -> bool {
    REGISTRY.contains(id) && read(id).is_some_and(|facts| facts.is_ours(sys::process()))
}

/// Whether any hook is to go on in forked children.
pub(crate) fn any_inherited() -> bool {
    is_any(Facts::is_inherited)
}

/// Whether any hook of this process needs the watcher.
pub(crate) fn any_ordinary() -> bool {
    is_any(Facts::is_ordinary)
}

/// Whether any hook of this process asks for the signal.
///
/// The hooks are not looked at all at one moment. So if nobody asks, it is looked again, unless nobody has come meanwhile:
///
/// | the look | another thread |
/// | --- | --- |
/// | the first slot: nobody | |
/// | | registers B, which asks, in the first slot; takes A back, which asks, from the second one |
/// | the second slot: nobody | |
///
/// At no moment did nobody ask.
#[inline(never)]
#[unsafe(link_section = "terminate_handler")]
pub(crate) fn is_asked(signal: Signal) -> bool {
    loop {
        let armed = TABLE.armed.load(Ordering::Acquire);
        if is_any(|facts| facts.signals.contains(signal)) {
            return true;
        }
        if TABLE.armed.load(Ordering::Acquire) == armed || cfg!(terminate_seed_bug = "ask_once") {
            return false;
        }
    }
}

/// What the hooks of this process say of a signal: of each thing, what the oldest hook says that asks for the signal and says
/// anything.
#[derive(Default)]
pub(crate) struct Said {
    status: Option<(HookId, u32)>,
    interrupt: Option<(HookId, u32)>,
}

impl Said {
    /// How the process is to end by it, as [`ExitStatus::to_bits`] tells it: never zero.
    pub(crate) fn exit_status(&self) -> u32 {
        self.status.map_or(ExitStatus::DEFAULT_BITS, |(_, status)| status)
    }

    /// Whether it is to interrupt the program, and not to end it.
    pub(crate) fn interrupts(&self) -> bool {
        self.interrupt.is_some_and(|(_, interrupt)| interrupt == INTERRUPT)
    }
}

#[inline]
pub(crate) fn said(signal: Signal) -> Said {
    if TABLE.told.load(Ordering::Relaxed) { look_for_what_is_said(signal) } else { Said::default() }
}

/// In one go over the hooks, since the handler asks, and finds nothing of them in the cache.
#[cold]
fn look_for_what_is_said(signal: Signal) -> Said {
    let mut said = Said::default();
    for_each_of_ours(|id, facts| {
        if facts.signals.contains(signal) {
            keep_oldest(&mut said.status, id, facts.options & STATUS);
            keep_oldest(&mut said.interrupt, id, facts.options & (NO_INTERRUPT | INTERRUPT));
        }
    });
    said
}

fn keep_oldest(oldest: &mut Option<(HookId, u32)>, id: HookId, said: u32) {
    if said != 0 && oldest.is_none_or(|(other, _)| other.is_newer_than(id)) {
        *oldest = Some((id, said));
    }
}
