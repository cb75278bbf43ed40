//! The signal handler.
//!
//! Everything that it reaches is async-signal-safe, handler-safe hooks and the previous handler aside.

use libc::{c_int, c_void, siginfo_t};
use terminate_core::SignalNumber;

use super::disposition::{self, Previous};
use super::signals::{Default, default_of};
use super::{arrival, end, mask, needs, thread, watcher};
use crate::state::{Phase, State};
use crate::{Cause, Signal, asked, calls, decided, ending, interrupt, owner, pass, registration};

pub(super) fn address() -> usize {
    handle as *const () as usize
}

/// What the kernel gave the handler.
#[derive(Clone, Copy)]
struct Delivery {
    signal: Signal,
    /// The thread that got it.
    tid: i32,
    info: *mut siginfo_t,
    context: *mut c_void,
}

#[unsafe(link_section = "terminate_handler")]
pub(super) extern "C" fn handle(number: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let signal = Signal::from_raw(number);
    // A hint, which leaves `errno` alone.
    needs::fetch_to_ask();
    let _errno = KeptErrno::new();
    let delivery = Delivery { signal, tid: thread::tid(), info, context };
    needs::fetch_to_keep(signal);
    if !owner::is_us_by(Some(delivery.tid)) {
        // A forked child, before it has hooks of its own.
        delivery.as_before();
    } else if delivery.is_orderly() {
        delivery.orderly();
    } else if delivery.signal == Signal::ABRT {
        delivery.abort();
    } else {
        delivery.fault();
    }
}

impl Delivery {
    /// A signal that asks the process to end, or interrupts it.
    fn orderly(self) {
        let Some(number) = self.signal.number() else { return };
        loop {
            let state = ending::state();
            // Apart from the others: this is what takes its time, as nothing of it is in the cache.
            if state != State::ALIVE {
                return self.while_ending(state);
            }
            if registration::is_wanted(self.signal) {
                if self.begin(number).is_ok() {
                    return;
                }
                // Somebody was faster: what that means for us, the word says now.
            } else if ending::state() == state {
                return self.as_before();
            }
            // A hook that another thread's pass has taken since then does not ask any more.
        }
    }

    /// The same, when the process is ending, or being interrupted.
    #[inline(never)]
    fn while_ending(self, state: State) {
        match state.phase() {
            // After an exit's hooks have run there is nothing left to protect.
            Phase::Done if Signal::of(state.cause()).is_none() => self.as_before(),
            Phase::Requested | Phase::Running | Phase::Closing | Phase::Done => ending::repeated(self.signal),
            // One interrupt at a time is enough, until the program is told.
            Phase::InterruptRequested if self.signal == Signal::INT => {}
            Phase::Interrupting if self.signal == Signal::INT && !interrupt::is_told() => {}
            Phase::InterruptRequested | Phase::Interrupting | Phase::Faulting | Phase::Alive => self.postpone(),
        }
    }

    #[cold]
    fn postpone(self) {
        self.keep();
        ending::postpone(self.signal);
    }

    /// Begins the end, or the interrupt. Fails if somebody else has begun one.
    fn begin(self, number: SignalNumber) -> Result<(), State> {
        needs::fetch_to_begin(self.signal);
        self.keep();
        let cause = Cause::Signal(number);
        let said = asked::said(self.signal);
        let interrupts = self.signal == Signal::INT && said.interrupts();
        if watcher::is_started() {
            if interrupts {
                return ending::request(Phase::InterruptRequested, number);
            }
            decided::note(self.signal, &said);
            return ending::request(Phase::Requested, number);
        }
        if calls::is_here() {
            // The end would come in the middle of what this thread is calling, which is not to be interrupted.
            calls::postpone(self.signal);
            return Ok(());
        }
        if interrupts {
            return self.interrupt_here(cause);
        }
        ending::claim_by(self.tid, cause)?;
        decided::decide_by(&said);
        self.run_here(|| pass::run_until_there_is_a_watcher(cause));
        if !left_to_the_watcher() {
            calls::wait();
            self.finish(cause);
        }
        Ok(())
    }

    /// Runs the hooks of an interrupt here, and lets the program go on.
    #[cold]
    fn interrupt_here(self, cause: Cause) -> Result<(), State> {
        ending::conduct_from(State::ALIVE, Phase::Interrupting, cause)?;
        interrupt::begin();
        pass::run_asking(cause);
        self.call_previous();
        interrupt::raise();
        ending::resume();
        Ok(())
    }

    /// The hooks have run here: ends the process. Returns if that is left to the watcher.
    fn finish(self, cause: Cause) {
        if left_to_the_watcher() {
            return;
        }
        ending::begin_chaining();
        self.call_previous();
        ending::end_chaining();
        if left_to_the_watcher() {
            return;
        }
        self.run_here(|| pass::close_in_handler(cause));
        if !left_to_the_watcher() {
            ending::done();
            decided::end_at_once(self.signal);
        }
    }

    /// `abort()`, or a `SIGABRT` from elsewhere: this thread waits while the hooks run, and then dies by it.
    #[cold]
    fn abort(self) {
        let Some(number) = self.signal.number() else { return };
        let cause = Cause::Signal(number);
        loop {
            if !owner::is_us() {
                // A child that a hook of this very pass has forked, and that has returned from it: nobody conducts here.
                return self.as_before();
            }
            let state = ending::state();
            match state.phase() {
                Phase::Alive if !registration::is_wanted(self.signal) => {
                    // As above.
                    if ending::state() == state {
                        return self.as_before();
                    }
                }
                Phase::Alive => {
                    self.keep();
                    if watcher::is_started() {
                        let _ = ending::request(Phase::Requested, number);
                    } else if ending::claim(cause).is_ok() {
                        calls::abandon();
                        pass::run_until_there_is_a_watcher(cause);
                        if !left_to_the_watcher() {
                            pass::close_in_handler(cause);
                            if !left_to_the_watcher() {
                                ending::done();
                            }
                        }
                    }
                }
                // A hook aborts, and the watcher goes on with the others.
                Phase::Running | Phase::Closing if ending::is_conductor() && watcher::is_another_thread() => {
                    ending::hand_over_and_abort();
                }
                // The same, without a watcher: the others that can run here do. This is the end, so nobody can register any more.
                Phase::Running | Phase::Closing | Phase::Interrupting | Phase::Faulting if ending::is_conductor() => {
                    ending::begin_closing();
                    pass::run_until_there_is_a_watcher(state.cause());
                    // Unless the first ordinary hook came in before that: then there is a watcher by now. Or this thread was given up.
                    if !watcher::is_another_thread() && (ending::is_conductor() || !owner::is_us()) {
                        ending::begin_chaining();
                        self.call_previous();
                        end::die_by(self.signal);
                    }
                }
                // A waker aborts, which is told before the hooks run.
                Phase::Requested | Phase::InterruptRequested if watcher::is_watcher() => {
                    let _ = pass::take_up_at_once(state, cause);
                }
                Phase::Done if ending::abort_here() => {
                    self.call_previous();
                    end::die_by(self.signal);
                }
                // The previous handler aborts.
                Phase::Done if ending::aborts_here() => end::die_by(self.signal),
                _ => ending::wait_in_a_hurry(state),
            }
        }
    }

    /// The thread cannot go on from where it is: runs the hooks that can run here, and lets it happen again, to whoever
    /// handled it before.
    #[cold]
    fn fault(self) {
        let Some(number) = self.signal.number() else { return };
        self.keep();
        pass::fault(number, self.ends_here());
        disposition::restore(self.signal);
        if !self.happens_again() {
            // SAFETY: the kernel's record is valid while the handler runs.
            end::send_to_self(self.signal, unsafe { self.info.as_ref() });
        }
    }

    /// Whether the thread can go on from where it is. From a fault or an abort it cannot; but one that somebody has sent is none, and
    /// while the process ends, it is one signal more.
    fn is_orderly(self) -> bool {
        let by_what_it_did = Signal::FAULTS.contains(self.signal) || self.signal == Signal::ABRT;
        !by_what_it_did || self.is_sent() && (ending::state().is_ending() || ending::is_conductor())
    }

    /// Whether the signal was sent, and not by a thread of this process to a single one, as `abort()` does to itself.
    fn is_sent(self) -> bool {
        // SAFETY: the kernel's record is valid while the handler runs.
        let code = unsafe { (*self.info).si_code };
        // SAFETY: as above, and this code has the field.
        code <= 0 && !(code == libc::SI_TKILL && unsafe { (*self.info).si_pid() } == thread::pid())
    }

    /// Whether the fault is the end when it happens again: nobody is there to repair it, neither a handler that stood before ours nor
    /// one that was put in its place since, and calls it. (A first process of its namespace outlives a signal that is sent, and
    /// not handled.)
    fn ends_here(self) -> bool {
        matches!(disposition::previous(self.signal), Previous::Default)
            && disposition::is_ours(self.signal)
            && thread::pid() != 1
    }

    /// Whether the instruction that faulted will fault again when the handler returns: not after a breakpoint or a
    /// refused system call, which are over, nor if the signal was sent by a process.
    fn happens_again(self) -> bool {
        // SAFETY: the kernel's record is valid while the handler runs.
        let code = unsafe { (*self.info).si_code };
        code > 0 && self.signal != Signal::TRAP && self.signal != Signal::SYS
    }

    /// Does what the signal did before it was ours.
    #[cold]
    fn as_before(self) {
        match disposition::previous(self.signal) {
            Previous::Ignore => {}
            Previous::Handler(_) => self.call_previous(),
            Previous::Default => match default_of(self.signal) {
                Default::Ignore => {}
                Default::End => end::die_by(self.signal),
                Default::Stop => end::stop_by(self.signal),
            },
        }
    }

    /// Calls the handler that stood before ours, if one did, with what the kernel gave us, and with the mask that it
    /// would have had.
    fn call_previous(self) {
        let Previous::Handler(action) = disposition::previous(self.signal) else { return };
        // SAFETY: the kernel's context is valid while the handler runs.
        let mut natural = mask::union(unsafe { mask::interrupted(self.context) }, &action.sa_mask);
        if action.sa_flags & libc::SA_NODEFER == 0 {
            natural = mask::with(natural, self.signal);
        }
        let ours = mask::exchange(&natural);
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            // SAFETY: it was installed as a handler of this kind.
            let previous = unsafe {
                std::mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(action.sa_sigaction)
            };
            previous(self.signal.as_raw(), self.info, self.context);
        } else {
            // SAFETY: it was installed as a handler of this kind.
            let previous = unsafe { std::mem::transmute::<usize, extern "C" fn(c_int)>(action.sa_sigaction) };
            previous(self.signal.as_raw());
        }
        mask::exchange(&ours);
    }

    /// Runs what may run in a handler. Signals are blocked meanwhile, unless enough of them are to end the process.
    fn run_here(self, pass: impl FnOnce()) {
        if ending::can_be_forced() { self.run_interruptibly(pass) } else { pass() }
    }

    /// Apart, since masks are large, and a thread's alternate stack is small.
    #[inline(never)]
    fn run_interruptibly(self, pass: impl FnOnce()) {
        // SAFETY: the kernel's context is valid while the handler runs.
        let ours = mask::exchange(&unsafe { mask::interrupted(self.context) });
        pass();
        mask::exchange(&ours);
    }

    fn keep(self) {
        // SAFETY: the kernel's record is valid while the handler runs.
        if let Some(info) = unsafe { self.info.as_ref() } {
            arrival::keep(self.signal, info);
        }
    }
}

/// If the first ordinary hook was registered since the pass in the handler began, there is a watcher by now: that goes on, from
/// where the pass has stopped.
///
/// After [`ending::close_in_handler`], what this says is final. Let another thread register the first ordinary hook meanwhile:
///
/// | the handler | the thread |
/// | --- | --- |
/// | | starts the watcher |
/// | `CLOSING` | arms the hook |
/// | fence | fence |
/// | runs what is armed and handler-safe | is it over? Then takes the hook back, and refuses it |
/// | is there a watcher? Then that goes on | |
/// | `DONE`, and ends the process | |
///
/// By the fences, either the thread sees `CLOSING`, or the handler sees the watcher, and leaves the hook to it. If both do, the
/// hook is refused, or the watcher has been faster and runs it: to take it is one exchange.
fn left_to_the_watcher() -> bool {
    if !ending::is_conductor() {
        // Given up, and somebody else goes on; or a child that a hook of this very pass has forked, and that has returned
        // from it: it ends as its parent does, also if it has hooks of its own by now, and so a state of its own.
        let alive = ending::state().phase() == Phase::Alive && !cfg!(terminate_seed_bug = "child_lives_on");
        return owner::is_us() && !alive;
    }
    let left = watcher::is_started();
    if left {
        ending::hand_over();
    }
    left
}

/// Puts `errno` back when the handler returns: the code that was interrupted may be about to read it.
struct KeptErrno(c_int);

impl KeptErrno {
    fn new() -> Self {
        // SAFETY: the address is this thread's own.
        Self(unsafe { *libc::__errno_location() })
    }
}

impl Drop for KeptErrno {
    fn drop(&mut self) {
        if cfg!(terminate_seed_bug = "errno_lost") {
            return;
        }
        // SAFETY: the address is this thread's own.
        unsafe { *libc::__errno_location() = self.0 };
    }
}
