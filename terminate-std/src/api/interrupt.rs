//! Signals that do not end the process: a REPL's Ctrl-C, a daemon's reload.
//!
//! There are two ways:
//!
//! - [`on`] has a function called for each signal, as often as one arrives.
//! - [`Hook::interrupt_on_sigint`](crate::Hook::interrupt_on_sigint) makes a Ctrl-C run the hooks that request SIGINT, once.
//!
//! After both, the program's next [`checkpoint`] or [`sleep`] returns [`Interrupt`].

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::lifecycle::process::Process;
use crate::lifecycle::{fork, interrupt, register};
use crate::sys;
use crate::types::register_error_kind::RegisterErrorKind;
use crate::types::signal::Signal;
use crate::types::signal_set::SignalSet;

/// A signal arrived that does not end the process, and the functions or hooks for it have run: see [`on`] and
/// [`Hook::interrupt_on_sigint`](crate::Hook::interrupt_on_sigint).
///
/// It is an error, so `?` carries it to main, and main then returns a failure.
///
/// ```
/// use terminate_std::interrupt::{Interrupt, checkpoint};
/// fn main() -> Result<(), Interrupt> {
///     for _ in 0..3 {
///         checkpoint()?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt;

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted by a signal")
    }
}

impl Error for Interrupt {}

/// Takes the interrupt, if there is one. Each interrupt makes one call fail.
///
/// Without an interrupt this is a few loads, cheap enough for the inside of a loop.
///
/// ```
/// use terminate_std::interrupt::{Interrupt, checkpoint};
/// fn sum(numbers: &[u64]) -> Result<u64, Interrupt> {
///     let mut sum = 0;
///     for number in numbers {
///         checkpoint()?;
///         sum += number;
///     }
///     Ok(sum)
/// }
/// assert_eq!(sum(&[1, 2, 3]), Ok(6));
/// ```
///
/// # Errors
///
/// [`Interrupt`], if one arrived since the last call that took one.
pub fn checkpoint() -> Result<(), Interrupt> {
    if interrupt::take() { Err(Interrupt) } else { Ok(()) }
}

/// Sleeps for that time, or until an interrupt arrives: a [`checkpoint`] that waits.
///
/// ```
/// terminate_std::interrupt::sleep(std::time::Duration::from_millis(1))?;
/// # Ok::<(), terminate_std::interrupt::Interrupt>(())
/// ```
///
/// # Errors
///
/// [`Interrupt`], as soon as there is one.
pub fn sleep(duration: Duration) -> Result<(), Interrupt> {
    if interrupt::wait(duration) { Err(Interrupt) } else { Ok(()) }
}

/// Has `f` called for these signals, which end nothing as long as the [`Listener`] lives.
///
/// `f` runs on a thread of its own, one call at a time. There is never a gap: a signal that arrives during a call has `f`
/// called once more. Several arrivals of one signal may be one call. After the call the program's next [`checkpoint`] or
/// [`sleep`] returns [`Interrupt`].
///
/// - Hooks that request one of the signals do not run for it. They run at the end of the process, and for other signals.
/// - A handler that the program had before is called too, in the signal handler, before `f`.
/// - Once the process terminates and its grace is over, no call of `f` begins. The end does not wait for one that is under way.
/// - A signal that the process inherited as ignored stays ignored.
/// - A panic of `f` is reported as any panic is, and ends nothing, unless the program's policy is
///   [`AnyThread`](crate::PanicPolicy::AnyThread). `f` is called the next time too.
/// - A forked child does not inherit the listener.
///
/// ```
/// use std::sync::mpsc;
/// use terminate_std::{Signal, interrupt};
///
/// let (reload, reloads) = mpsc::channel();
/// let listener = interrupt::on([Signal::HUP], move |_| drop(reload.send("read the configuration")))?;
/// # // Another process sends SIGHUP.
/// # unsafe { libc::kill(libc::getpid(), libc::SIGHUP) };
/// assert_eq!(reloads.recv().unwrap(), "read the configuration");
/// drop(listener);
/// # Ok::<(), terminate_std::RegisterErrorKind>(())
/// ```
///
/// # Errors
///
/// A [`RegisterErrorKind`] that says what to do: a signal cannot be handled, the system has no thread, or the process
/// terminates already.
pub fn on(
    signals: impl IntoIterator<Item = Signal>,
    f: impl FnMut(Signal) + Send + 'static,
) -> Result<Listener, RegisterErrorKind> {
    let mut set = SignalSet::EMPTY;
    for signal in signals {
        if let Some(kind) = register::refusal(signal, false) {
            return Err(kind);
        }
        set = set.with(signal);
    }
    let process = fork::take_ownership();
    let key = register::add_listener(process, set, Box::new(f))?;
    Ok(Listener { process, owner: process.owner(), key, signals: set, interrupts_calls: false })
}

/// As long as it lives, the signals of [`on`] end nothing. Dropped, it gives them back: they do what they did before.
///
/// Once a termination is requested, a drop gives nothing back: `f` is called until the grace is over, and the signals end nothing. So a
/// program may keep its listener in main, and return after [`wait`](crate::wait). A main that returns without that gives them back
/// before the hooks run.
///
/// A call of its function that is under way goes on. A signal that arrived just before the drop may have no call any more, but an
/// [`Interrupt`].
///
/// ```
/// use terminate_std::interrupt::{self, Listener};
/// use terminate_std::{RegisterErrorKind, Signal};
/// fn count_interrupts(mut n: u32) -> Result<Listener, RegisterErrorKind> {
///     interrupt::on([Signal::INT], move |_| {
///         n += 1;
///         terminate_std::eprintln!("Ctrl-C, {n} times");
///     })
/// }
/// let listener = count_interrupts(0)?;
/// # Ok::<(), RegisterErrorKind>(())
/// ```
#[must_use = "a listener that is not bound to a name is dropped at once, and gives its signals back"]
pub struct Listener {
    process: &'static Process,
    owner: i32,
    key: u64,
    signals: SignalSet,
    interrupts_calls: bool,
}

impl Listener {
    /// Lets the signals interrupt blocking system calls of the thread that the kernel chooses for them, which then fail with
    /// `EINTR`. (By default such calls go on.) Rust's own reads try again, so this is for `libc::read` and its like.
    ///
    /// ```
    /// use terminate_std::{Signal, interrupt};
    /// let listener = interrupt::on([Signal::INT], |_| ())?.interrupt_calls();
    /// # Ok::<(), terminate_std::RegisterErrorKind>(())
    /// ```
    pub fn interrupt_calls(mut self) -> Self {
        self.interrupts_calls = true;
        self.process.listeners.let_interrupt(self.key);
        self.signals.into_iter().for_each(|signal| sys::restart_calls(signal, false));
        self
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A forked child has no listeners of its parent. And a main that returns after `wait` drops what it has: until the hooks run,
        // the signal must not end the process.
        if self.owner == sys::process_token() && !self.process.state().is_ending() {
            self.process.listeners.remove(self.key);
            if self.interrupts_calls {
                let listeners = &self.process.listeners;
                self.signals
                    .into_iter()
                    .for_each(|signal| sys::restart_calls(signal, !listeners.interrupt_calls(signal)));
            }
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.signals).finish()
    }
}
