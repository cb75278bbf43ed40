//! The state of one run: which hooks it wants, what it has done, and the status of each slot in it.

use crate::atomic::{Bits, one_copy};
use crate::cause::{Cause, Triggers};
use crate::error::Report;
use crate::slot::Slot;
use crate::word;

/// One run: which hooks it wants, and what it has done.
pub(crate) struct Run {
    pub(crate) wanted: Triggers,
    /// Bits of a slot's word: one of them is set if the hook requests the exit or panic that is wanted.
    pub(crate) flags: Bits,
    /// Bits of a slot's word that must all be set.
    pub(crate) required: Bits,
    pub(crate) cause: Cause,
    /// The next ticket when the run began: hooks with this ticket or a later one are extra.
    pub(crate) first_extra: Bits,
    /// How many extra hooks the run may still try to call.
    pub(crate) extra: usize,
    pub(crate) report: Report,
}

/// The status of a slot in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It has no hook, or one that requests other causes.
    Other,
    /// This run or another one is calling its hook.
    Running,
    /// Its hook requests the cause, but this run may not call it.
    Left,
    /// This run is to call its hook.
    Due,
}

impl Run {
    one_copy! {
        /// The status of a slot whose word is `seen`.
        pub(crate) fn status<const WORDS: usize>(&self, slot: &Slot<WORDS>, seen: Bits) -> Status {
            let state = word::state(seen);
            if state != word::ARMED {
                return if state == word::RUNNING { Status::Running } else { Status::Other };
            }
            if seen & self.flags == 0 && !slot.requests_any(self.wanted.signal_bits()) {
                return Status::Other;
            }
            let fits = seen & self.required == self.required;
            if fits && (self.extra > 0 || !self.is_extra(seen)) { Status::Due } else { Status::Left }
        }
    }

    fn is_extra(&self, seen: Bits) -> bool {
        word::newer(word::ticket(seen), self.first_extra)
    }

    /// Counts that the run tries to call the hook, which another call may claim first.
    pub(crate) fn count(&mut self, seen: Bits) {
        if self.is_extra(seen) {
            self.extra -= 1;
        }
    }
}
