//! What happens to the registry, as it happens, and how it goes to the host: the format is that of
//! `terminate_fuzz::step::registry::judge_dump`.

use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicU16, compiler_fence};

use portable_atomic::AtomicUsize;
use terminate_core::HookId;

use crate::REPLAY;
use crate::world::{LEFT, Spec, TICKETS};

const MOST_EVENTS: usize = 256;
const MOST_OPS: usize = 64;
const MOST_HOOKS: usize = 32;

/// Something that happened: the two upper bits, with the number of the operation or hook above, the cause below.
#[derive(Clone, Copy)]
#[repr(u16)]
pub enum Event {
    Begin = 0,
    End = 1,
    Call = 2,
    Return = 3,
}

static EVENTS: [AtomicU16; MOST_EVENTS] = [const { AtomicU16::new(0) }; MOST_EVENTS];
static EVENTS_MADE: AtomicUsize = AtomicUsize::new(0);
/// Kind, hook or cause, outcome, and of a report: called, running elsewhere, left.
static OPS: [[AtomicU16; 6]; MOST_OPS] = [const { [const { AtomicU16::new(0) }; 6] }; MOST_OPS];
static OPS_MADE: AtomicUsize = AtomicUsize::new(0);
static HOOKS: [HookRecord; MOST_HOOKS] = [const { HookRecord::new() }; MOST_HOOKS];
static HOOKS_MADE: AtomicUsize = AtomicUsize::new(0);

struct HookRecord {
    spec: AtomicUsize,
    dropped: AtomicUsize,
    /// Zero for none; one more than the id.
    id: AtomicUsize,
}

impl HookRecord {
    const fn new() -> Self {
        Self { spec: AtomicUsize::new(0), dropped: AtomicUsize::new(0), id: AtomicUsize::new(0) }
    }
}

/// Whether something is being noted.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Whether what is being noted now would be lost if the non-maskable interrupt noted something too: only without
/// compare-and-swap. It is not what is under test.
pub fn is_busy() -> bool {
    !cfg!(target_has_atomic = "32") && BUSY.load(Relaxed)
}

/// Adds one, and gives what was there before.
fn bump(counter: &AtomicUsize) -> usize {
    let busy = BUSY.load(Relaxed);
    BUSY.store(true, Relaxed);
    compiler_fence(SeqCst);
    let number = counter.fetch_add(1, Relaxed);
    compiler_fence(SeqCst);
    BUSY.store(busy, Relaxed);
    number
}

pub fn reset() {
    EVENTS_MADE.store(0, Relaxed);
    OPS_MADE.store(0, Relaxed);
    HOOKS_MADE.store(0, Relaxed);
}

#[expect(clippy::cast_possible_truncation, reason = "both are small")]
pub fn note(event: Event, number: usize, cause: usize) {
    let at = bump(&EVENTS_MADE);
    EVENTS[at].store((event as u16) << 14 | (number as u16) << 4 | cause as u16, Relaxed);
}

/// The number of a new operation.
pub fn new_op() -> usize {
    bump(&OPS_MADE)
}

#[expect(clippy::cast_possible_truncation, reason = "all are small")]
pub fn set_op(number: usize, values: [usize; 6]) {
    for (place, value) in OPS[number].iter().zip(values) {
        place.store(value as u16, Relaxed);
    }
}

/// The number of a new hook.
pub fn new_hook(spec: Spec) -> usize {
    let number = bump(&HOOKS_MADE);
    let hook = &HOOKS[number];
    hook.spec.store(spec as usize, Relaxed);
    hook.dropped.store(0, Relaxed);
    hook.id.store(0, Relaxed);
    number
}

pub fn hooks_made() -> usize {
    HOOKS_MADE.load(Relaxed)
}

pub fn spec(number: usize) -> Spec {
    Spec::ALL[HOOKS[number].spec.load(Relaxed)]
}

pub fn dropped(number: usize) {
    bump(&HOOKS[number].dropped);
}

#[expect(clippy::cast_possible_truncation, reason = "an id has 32 bits here")]
pub fn set_id(number: usize, id: HookId) {
    HOOKS[number].id.store(id.to_bits() as usize + 1, Relaxed);
}

pub fn id(number: usize) -> Option<HookId> {
    HOOKS[number].id.load(Relaxed).checked_sub(1).map(|bits| HookId::from_bits(bits as u64))
}

/// Tickets in their order, also if they wrap within a replay.
fn unwrapped(ticket: usize) -> usize {
    if cfg!(terminate_small_counter) { (ticket + LEFT) % TICKETS } else { ticket }
}

/// Hands all of it to `put`, in pieces.
#[expect(clippy::cast_possible_truncation, reason = "all are small")]
pub fn dump(at: [u8; 4], mut put: impl FnMut(&[u8])) {
    let mut buffer = [0; 1_536];
    let mut length = 0;
    let mut add = |bytes: &[u8]| {
        buffer[length..][..bytes.len()].copy_from_slice(bytes);
        length += bytes.len();
    };
    let (events, ops, hooks) = (EVENTS_MADE.load(Relaxed), OPS_MADE.load(Relaxed), hooks_made());
    add(&[ops as u8, hooks as u8]);
    for op in &OPS[..ops] {
        for value in op {
            add(&[value.load(Relaxed) as u8]);
        }
    }
    for hook in &HOOKS[..hooks] {
        // The slot is in the lower eight bits, the ticket above; it is a small one, since the registry is new.
        let id = hook.id.load(Relaxed).checked_sub(1);
        let (slot, ticket) = id.map_or((u8::MAX, 0), |id| (id as u8, unwrapped(id >> 8) as u8));
        add(&[hook.spec.load(Relaxed) as u8, hook.dropped.load(Relaxed) as u8, slot, ticket]);
    }
    for event in &EVENTS[..events] {
        add(&event.load(Relaxed).to_le_bytes());
    }
    put(&[REPLAY]);
    put(&at);
    put(&(length as u16).to_le_bytes());
    put(&buffer[..length]);
}
