//! Running: collect the hooks, sort them, call them. In a small table: find the first hook and call it, again and again.
//! [`crate::registry`] says why this is right.

use crate::atomic::{Bits, Index, LISTED, Ordering};
use crate::cause::{Cause, Triggers};
use crate::error::Report;
use crate::hook::Context;
use crate::progress::{Run, Status};
use crate::registry::Registry;
use crate::slot::Slot;
use crate::{order, word};

impl<const N: usize, const WORDS: usize> Registry<N, WORDS> {
    /// Calls the hooks that request `cause` and may run in `context`, in order: by phase, the newest first.
    ///
    /// The run also calls hooks that are registered meanwhile, up to N of them. So it always ends. Nested and concurrent runs share
    /// the hooks: each hook is called by one run. If a hook panics, the panic leaves `run`. That hook is gone, and the others stay
    /// registered: call `run` again to run them.
    ///
    /// ```
    /// use terminate_core::{Cause, Context, Hook, Registry};
    /// static REGISTRY: Registry<8> = Registry::new();
    /// REGISTRY.register(Hook::new(|_| println!("last")))?;
    /// REGISTRY.register(Hook::new(|_| println!("first")))?;
    /// assert_eq!(REGISTRY.run(Cause::Exit, Context::Thread).ran, 2);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    pub fn run(&self, cause: Cause, context: Context) -> Report {
        self.run_any(Triggers::only(cause), cause, context)
    }

    /// Like [`run`](Self::run), but calls the hooks that request any cause in `wanted`, and passes `cause` to them.
    ///
    /// Use it for a signal at which the hooks for an exit run too:
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
        self.run_checked::<false>(wanted, cause, context, || true)
    }

    /// Like [`run_any`](Self::run_any), but calls `go_on` before each hook, and stops as soon as it returns false. A later run
    /// calls the hooks that are left, in order. (If another run claims the hook after `go_on` returned true, this run calls `go_on`
    /// again before its next hook.) `go_on` must not register hooks: the run looks again after a registration.
    ///
    /// Use it in a handler that can leave the rest to a thread, or that has limited time:
    ///
    /// ```
    /// # use terminate_core::{Cause, Context, Hook, Registry, Triggers};
    /// # static REGISTRY: Registry<8> = Registry::new();
    /// for _ in 0..3 {
    ///     REGISTRY.register(Hook::new(|_| ()))?;
    /// }
    /// let mut milliseconds = 2;
    /// let is_charged = || milliseconds > 0 && { milliseconds -= 1; true };
    /// let report = REGISTRY.run_while(Triggers::EXIT, Cause::Exit, Context::Thread, is_charged);
    /// assert_eq!((report.ran, report.left), (2, 1));
    /// assert_eq!(REGISTRY.run(Cause::Exit, Context::Thread).ran, 1);
    /// # Ok::<(), terminate_core::RegisterError<3>>(())
    /// ```
    #[inline]
    pub fn run_while(&self, wanted: Triggers, cause: Cause, context: Context, go_on: impl FnMut() -> bool) -> Report {
        self.run_checked::<true>(wanted, cause, context, go_on)
    }

    /// `CHECKS` is false if `go_on` always returns true.
    #[inline]
    fn run_checked<const CHECKS: bool>(
        &self,
        wanted: Triggers,
        cause: Cause,
        context: Context,
        mut go_on: impl FnMut() -> bool,
    ) -> Report {
        let first_extra = self.next_ticket();
        let required = if context == Context::Thread { 0 } else { word::HANDLER_SAFE };
        let flags = word::flags(wanted);
        let mut run = Run { wanted, flags, required, cause, first_extra, extra: N, report: Report::default() };
        while if self.is_small() {
            self.call_first::<CHECKS>(&mut run, &mut go_on)
        } else {
            self.call_listed::<CHECKS>(&mut run, &mut go_on)
        } {}
        run.report
    }

    /// Whether a list would cost more time than it saves; or, where code is scarce, more code.
    fn is_small(&self) -> bool {
        N < LISTED || self.high_water.count() < LISTED
    }

    /// Finds the hook that comes first, and calls it. False if there was none.
    ///
    /// For small tables: it loads each slot for each call, but has no list, sorts nothing, and is less than half of the code.
    #[cfg_attr(target_has_atomic = "64", inline)]
    fn call_first<const CHECKS: bool>(&self, run: &mut Run, go_on: &mut impl FnMut() -> bool) -> bool {
        let now = self.next_ticket();
        let (mut first, mut earliest) = (None, Bits::MAX);
        (run.report.running_elsewhere, run.report.left) = (0, 0);
        for (index, slot) in self.used_slots().iter().enumerate() {
            let seen = slot.load();
            match run.status(slot, seen) {
                Status::Due => {
                    let place = word::place(seen, now);
                    if place < earliest {
                        (first, earliest) = (Some((index, slot, seen)), place);
                    }
                }
                Status::Left => run.report.left += 1,
                Status::Running => run.report.running_elsewhere += 1,
                Status::Other => {}
            }
        }
        // A newer hook may come before this one, or be the only one.
        if self.looks_again(run, now, false) {
            return true;
        }
        let Some((index, slot, seen)) = first else { return false };
        if !go_on() {
            self.count_left(run);
            return false;
        }
        // Another one may have come meanwhile.
        if CHECKS && self.looks_again(run, now, false) {
            return true;
        }
        run.count(seen);
        // If the claim fails, another run or an `unregister` has the hook.
        if slot.claim(seen, word::RUNNING) {
            run.report.ran += 1;
            // SAFETY: just claimed.
            unsafe { self.call_claimed(run.cause, index, slot) };
        }
        true
    }

    /// Collects the hooks to call, sorts them, and calls them until another hook is registered. False if there was none.
    #[cfg_attr(target_has_atomic = "64", inline(never))]
    fn call_listed<const CHECKS: bool>(&self, run: &mut Run, go_on: &mut impl FnMut() -> bool) -> bool {
        let now = self.next_ticket();
        let mut list = heapless::Vec::<Index, N>::new();
        self.collect(run, now, &mut list);
        let mut tried = false;
        for index in &list {
            let slot = self.slot(*index);
            // Loaded again: another call may have claimed the slot meanwhile.
            let seen = slot.load();
            if run.status(slot, seen) != Status::Due {
                continue;
            }
            // If no ticket was taken since, the slot was not used again, and holds the hook that was collected. Otherwise newer
            // hooks need a new list, unless they come faster than the run can look.
            if self.looks_again(run, now, tried) {
                return true;
            }
            if !go_on() {
                self.count_left(run);
                return false;
            }
            // Another one may have come meanwhile.
            if CHECKS && self.looks_again(run, now, tried) {
                return true;
            }
            tried = true;
            run.count(seen);
            if slot.claim(seen, word::RUNNING) {
                run.report.ran += 1;
                // SAFETY: just claimed.
                unsafe { self.call_claimed(run.cause, usize::from(*index), slot) };
            }
        }
        // What was on the list may run elsewhere by now, and a slot that was passed by may be armed.
        let is_worth_it = tried || !list.is_empty() && word::between(run.first_extra, now) <= N;
        if is_worth_it || self.looks_again(run, now, false) {
            return true;
        }
        if !list.is_empty() {
            self.count_left(run);
        }
        false
    }

    /// Reports the hooks that are left, where the run ends early.
    #[cold]
    fn count_left(&self, run: &mut Run) {
        let (mut left, mut running) = (0, 0);
        for slot in &self.slots {
            match run.status(slot, slot.load()) {
                Status::Due | Status::Left => left += 1,
                Status::Running => running += 1,
                Status::Other => {}
            }
        }
        run.report.left = left;
        run.report.running_elsewhere = running;
    }

    /// Fills the list with the hooks to call, in order.
    #[inline(never)]
    fn collect(&self, run: &mut Run, now: Bits, list: &mut heapless::Vec<Index, N>) {
        let mut order = word::Order::new(now);
        // In registers: in the list and the report, each step would wait for the one before.
        let (mut running, mut left, mut due) = (0, 0, 0);
        // Backwards: this is the order of calls until slots are used again.
        for (index, slot) in self.used_slots().iter().enumerate().rev() {
            let seen = slot.load();
            match run.status(slot, seen) {
                Status::Due => {
                    order.add(seen);
                    // SAFETY: at most one for each slot, and the list has room for every slot.
                    unsafe { list.as_mut_ptr().add(due).write(word::narrow(index)) };
                    due += 1;
                }
                Status::Left => left += 1,
                Status::Running => running += 1,
                Status::Other => {}
            }
        }
        // SAFETY: the loop has written these.
        unsafe { list.set_len(due) };
        (run.report.running_elsewhere, run.report.left) = (running, left);
        if !order.is_kept() {
            order::sort_until_stable(list, |index| word::place_on_list(self.slot(index).load_relaxed(), now));
        }
    }

    /// The slot of a number that `collect` has put on the list.
    fn slot(&self, index: Index) -> &Slot<WORDS> {
        // SAFETY: `collect` has the numbers from counting the slots.
        unsafe { self.slots.get_unchecked(usize::from(index)) }
    }

    /// The ticket of the next registration.
    fn next_ticket(&self) -> Bits {
        word::ticket(self.header.load(Ordering::Acquire))
    }

    /// Whether the run looks again, since a ticket was taken after `now` was the next one. Other threads may take them without
    /// end. So once N were taken since the run began, it looks again only after it has `tried` to call a hook.
    fn looks_again(&self, run: &Run, now: Bits, tried: bool) -> bool {
        let next = self.next_ticket();
        next != now && (tried || word::between(run.first_extra, next) <= N)
    }
}
