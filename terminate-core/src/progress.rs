//! One run: what it wants, how far it has got, and what each slot is to it.

use crate::atomic::{Bits, one_copy};
use crate::cause::{Cause, Triggers};
use crate::error::Report;
use crate::slot::Slot;
use crate::word;

/// One run: what it was asked for, and how far it has got.
pub(crate) struct Run {
    pub(crate) wanted: Triggers,
    /// The bits of a slot's word of which one says that its hook asks for the cause; if none does, its signals may.
    pub(crate) flags: Bits,
    /// The bits that it has to have besides.
    pub(crate) required: Bits,
    pub(crate) cause: Cause,
    /// The next ticket when it began: hooks from there on are extra.
    pub(crate) first_extra: Bits,
    /// How many extra calls it may still make.
    pub(crate) extra: usize,
    pub(crate) report: Report,
}

/// What a slot is to a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// There is nobody, or somebody who asks for other causes.
    Other,
    /// Its hook is being called, by this run or another one.
    Running,
    /// Its hook asks for the cause, and may not be called.
    Left,
    /// Its hook is to be called.
    Due,
}

impl Run {
    one_copy! {
        /// What the slot is to this run. The word was seen before.
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

    /// Counts a call, if it is an extra one.
    pub(crate) fn count(&mut self, seen: Bits) {
        if self.is_extra(seen) {
            self.extra -= 1;
        }
    }
}
