//! Running: collect, put into order, check, call. [`crate::registry`] has the argument.

use crate::atomic::{Bits, Index, Ordering};
use crate::slot::Slot;
use crate::{Cause, Context, HookId, Registry, Report, Triggers, UnregisterError, order, word};

/// What a run wants to call, and what it saw beside that.
struct Survey<const N: usize> {
    order: heapless::Vec<Index, N>,
    /// Whether that is the order to call them in. Read when it was collected, so nothing has to be checked again.
    in_order: bool,
    running: usize,
    left: usize,
}

/// One run: what it was asked for, and how far it has got.
struct Run {
    wanted: Triggers,
    cause: Cause,
    context: Context,
    /// The next ticket when it began: hooks from there on are extra.
    begun: Bits,
    /// How many extra calls it may still make.
    extra: usize,
    ran: usize,
}

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Calls the hooks that ask for `cause` and may run in `context`, in order: by phase, the newest first.
    ///
    /// Hooks that are registered meanwhile take part, up to N of them. So do hooks that a nested or concurrent run has
    /// not got to: each hook is called by one run. If a hook panics, the panic leaves `run`, that hook is gone, and the
    /// rest are as they were: run again to go on.
    pub fn run(&self, cause: Cause, context: Context) -> Report {
        self.run_any(Triggers::only(cause), cause, context)
    }

    /// As [`run`](Self::run), but calls the hooks that ask for any cause in `wanted`, and tells them `cause`.
    ///
    /// For an end in which hooks take part that did not ask for the very signal:
    ///
    /// ```
    /// # use terminate_core::{Cause, Context, Hook, Registry, SignalNumber, Triggers};
    /// # static REGISTRY: Registry<8> = Registry::new();
    /// # const BROWN_OUT: SignalNumber = SignalNumber::new(1).unwrap();
    /// REGISTRY.register(Hook::new(|cause| assert_eq!(cause, Cause::Signal(BROWN_OUT))))?;
    /// let report = REGISTRY.run_any(Triggers::EXIT, Cause::Signal(BROWN_OUT), Context::Thread);
    /// assert_eq!(report.ran, 1);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn run_any(&self, wanted: Triggers, cause: Cause, context: Context) -> Report {
        let begun = word::ticket(self.header.load(Ordering::Acquire));
        let mut run = Run { wanted, cause, context, begun, extra: N, ran: 0 };
        loop {
            let now = word::ticket(self.header.load(Ordering::Acquire));
            let mut survey = self.survey(&run, now);
            if survey.order.is_empty() {
                return Report { ran: run.ran, running_elsewhere: survey.running, left: survey.left };
            }
            if !survey.in_order {
                order::sort(&mut survey.order, |index| self.place(index, now));
                survey.in_order = self.is_in_order(&survey.order, now);
            }
            if survey.in_order {
                self.call_in_order(&mut run, &survey.order, now);
            }
        }
    }

    /// Collects the slots to call.
    fn survey(&self, run: &Run, now: Bits) -> Survey<N> {
        let mut survey = Survey { order: heapless::Vec::new(), in_order: true, running: 0, left: 0 };
        let mut last = 0;
        // Backwards, because that is the order of calls until slots are used again.
        for (index, slot) in self.slots.iter().enumerate().rev() {
            let seen = slot.look();
            if word::state(seen) == word::RUNNING {
                survey.running += 1;
            }
            if !run.matches(slot, seen) {
                continue;
            }
            if !run.may_call(seen) {
                survey.left += 1;
                continue;
            }
            let place = word::place(seen, now);
            survey.in_order &= last <= place;
            last = place;
            // There is room for every slot.
            let _ = survey.order.push(word::narrow(index));
        }
        survey
    }

    fn place(&self, index: Index, now: Bits) -> Bits {
        self.slots.get(usize::from(index)).map_or(0, |slot| word::place(slot.glance(), now))
    }

    fn is_in_order(&self, order: &[Index], now: Bits) -> bool {
        cfg!(terminate_seed_bug = "believe_the_list") || order.iter().map(|index| self.place(*index, now)).is_sorted()
    }

    /// Calls the hooks until somebody registers another one.
    fn call_in_order(&self, run: &mut Run, order: &[Index], now: Bits) {
        for index in order.iter().copied().map(usize::from) {
            let Some(slot) = self.slots.get(index) else { continue };
            let seen = slot.look();
            // Looked at again, since the slot may have been used again. What is newer than the list has no place in it; but
            // if no ticket was given out since, what looks newer is only very old.
            let newer = word::newer(word::ticket(seen), now) && self.has_grown(now);
            if newer || !run.matches(slot, seen) || !run.may_call(seen) {
                continue;
            }
            if !slot.claim(seen, word::RUNNING) {
                continue;
            }
            run.count(seen);
            let release = ReleaseOnDrop { registry: self, index, slot };
            if cfg!(terminate_seed_bug = "keep_slot_on_panic") {
                core::mem::forget(release);
                // SAFETY: as below.
                unsafe { slot.call(run.cause) };
                self.release(index, slot);
                continue;
            }
            // SAFETY: just claimed.
            unsafe { slot.call(run.cause) };
            drop(release);
            if self.has_grown(now) && !cfg!(terminate_seed_bug = "late_hooks_last") {
                return;
            }
        }
    }

    /// Calls that hook here and now, whatever it asks for: as a run would, so that others see it as running meanwhile.
    ///
    /// # Errors
    ///
    /// As for [`unregister`](Self::unregister).
    pub fn call(&self, id: HookId, cause: Cause) -> Result<(), UnregisterError> {
        let (index, slot) = self.claim(id, word::RUNNING)?;
        let release = ReleaseOnDrop { registry: self, index, slot };
        // SAFETY: just claimed.
        unsafe { slot.call(cause) };
        drop(release);
        Ok(())
    }

    /// Whether anybody has registered since `now` was the next ticket.
    fn has_grown(&self, now: Bits) -> bool {
        word::ticket(self.header.load(Ordering::Acquire)) != now
    }
}

impl Run {
    /// Whether the hook in that slot is there, and asks for what is wanted.
    fn matches<const WORDS: usize>(&self, slot: &Slot<WORDS>, seen: Bits) -> bool {
        word::state(seen) == word::ARMED
            && (word::asks_for_flags(seen, self.wanted) || slot.asks_for_signals(self.wanted.signal_bits()))
    }

    fn may_call(&self, seen: Bits) -> bool {
        let ignored = cfg!(terminate_seed_bug = "ordinary_in_handler");
        (self.context == Context::Thread || seen & word::HANDLER_SAFE != 0 || ignored)
            && (self.extra > 0 || !self.is_extra(seen))
    }

    fn is_extra(&self, seen: Bits) -> bool {
        word::newer(word::ticket(seen), self.begun)
    }

    fn count(&mut self, seen: Bits) {
        self.ran += 1;
        if self.is_extra(seen) && !cfg!(terminate_seed_bug = "endless_run") {
            self.extra -= 1;
        }
    }
}

/// Gives the slot back when the call ends, be it by a panic.
struct ReleaseOnDrop<'r, const N: usize, const WORDS: usize> {
    registry: &'r Registry<N, WORDS>,
    index: usize,
    slot: &'r Slot<WORDS>,
}

impl<const N: usize, const WORDS: usize> Drop for ReleaseOnDrop<'_, N, WORDS> {
    fn drop(&mut self) {
        self.registry.release(self.index, self.slot);
    }
}
