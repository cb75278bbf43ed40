//! What happens to the registry, as it happens: noted by code that may be interrupted anywhere, so in atomics.
//!
//! An entry of the log is claimed by one instruction, and its place is that instruction's. There is one thread, and
//! interrupts end before what they interrupt goes on, so relaxed is enough for all of it.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use terminate_core::{Cause, HookId};

use super::spec::{CAUSES, Spec};

/// More than any scenario makes.
const MOST_EVENTS: usize = 512;
const MOST_OPS: usize = 96;
const MOST_HOOKS: usize = 64;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The operation of that number begins.
    Begin(usize),
    /// It ends; its result is noted.
    End(usize),
    /// The hook of that number is called.
    Call(usize, Option<Cause>),
    /// It returns.
    Return(usize),
}

static LOG: [AtomicU32; MOST_EVENTS] = [const { AtomicU32::new(0) }; MOST_EVENTS];
static LOGGED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn note(event: Event) {
    let (kind, value, cause) = match event {
        Event::Begin(op) => (0, op, 0),
        Event::End(op) => (1, op, 0),
        Event::Call(hook, cause) => (2, hook, CAUSES.iter().position(|c| Some(*c) == cause).unwrap_or(CAUSES.len())),
        Event::Return(hook) => (3, hook, 0),
    };
    // Out of range only after a bug, which `events` then reports.
    if let Some(entry) = LOG.get(LOGGED.fetch_add(1, Relaxed)) {
        #[expect(clippy::cast_possible_truncation, reason = "all three are small")]
        entry.store((kind << 16 | value << 4 | cause) as u32, Relaxed);
    }
}

/// The log.
///
/// # Errors
///
/// If there was more than fits.
pub(super) fn events() -> Result<Vec<Event>, String> {
    let entries = LOG.get(..LOGGED.load(Relaxed)).ok_or("more events than any scenario makes")?;
    let decode = |entry: &AtomicU32| {
        let entry = entry.load(Relaxed) as usize;
        let (value, cause) = (entry >> 4 & 0xfff, entry & 0xf);
        match entry >> 16 {
            0 => Event::Begin(value),
            1 => Event::End(value),
            2 => Event::Call(value, CAUSES.get(cause).copied()),
            _ => Event::Return(value),
        }
    };
    Ok(entries.iter().map(decode).collect())
}

/// A hook, from before its registration on.
pub(super) struct HookRecord {
    spec: AtomicUsize,
    /// Zero as long as there is none; one more than the id.
    id: AtomicU64,
    /// How often what it captured was dropped.
    pub(super) dropped: AtomicUsize,
}

static HOOKS: [HookRecord; MOST_HOOKS] =
    [const { HookRecord { spec: AtomicUsize::new(0), id: AtomicU64::new(0), dropped: AtomicUsize::new(0) } };
        MOST_HOOKS];
static HOOKS_MADE: AtomicUsize = AtomicUsize::new(0);

/// The number of a new hook.
pub(super) fn new_hook(spec: Spec) -> usize {
    let number = HOOKS_MADE.fetch_add(1, Relaxed);
    hook(number).spec.store(spec as usize, Relaxed);
    number
}

pub(super) fn hook(number: usize) -> &'static HookRecord {
    &HOOKS[number]
}

pub(super) fn hooks_made() -> usize {
    HOOKS_MADE.load(Relaxed)
}

impl HookRecord {
    pub(super) fn spec(&self) -> Spec {
        Spec::ALL[self.spec.load(Relaxed)]
    }

    pub(super) fn set_id(&self, id: HookId) {
        self.id.store(id.to_bits() + 1, Relaxed);
    }

    pub(super) fn id(&self) -> Option<HookId> {
        self.id.load(Relaxed).checked_sub(1).map(HookId::from_bits)
    }
}

/// An operation: its kind, its hook or cause, the outcome, and a run's report, as `world` writes them.
pub(super) struct OpRecord(pub(super) [AtomicUsize; 4]);

static OPS: [OpRecord; MOST_OPS] = [const { OpRecord([const { AtomicUsize::new(0) }; 4]) }; MOST_OPS];
static OPS_MADE: AtomicUsize = AtomicUsize::new(0);

/// The number of a new operation.
pub(super) fn new_op() -> usize {
    OPS_MADE.fetch_add(1, Relaxed)
}

pub(super) fn op(number: usize) -> &'static OpRecord {
    &OPS[number]
}

pub(super) fn ops_made() -> usize {
    OPS_MADE.load(Relaxed)
}

/// One program or dump at a time: they share the statics of this file. After a panic the next one begins anew.
pub(super) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets everything.
pub(super) fn reset() {
    for entry in &OPS[..OPS_MADE.swap(0, Relaxed).min(MOST_OPS)] {
        entry.0.iter().for_each(|noted| noted.store(0, Relaxed));
    }
    for hook in &HOOKS[..HOOKS_MADE.swap(0, Relaxed).min(MOST_HOOKS)] {
        hook.id.store(0, Relaxed);
        hook.dropped.store(0, Relaxed);
    }
    LOGGED.store(0, Relaxed);
}
