//! Graceful termination: a program that learns of its end, and ends by itself.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::termination::{Termination, termination};
use crate::lifecycle::{calls, fork, register};
use crate::sys;

/// Whether the process has been asked to end, or is ending.
///
/// For a program that looks now and then. It does not make the program handle signals: a hook, [`wait`] or [`shutdown`]
/// does.
///
/// ```
/// assert!(!terminate_std::requested());
/// ```
#[must_use]
pub fn requested() -> bool {
    fork::own().is_some_and(|process| process.state().is_ending())
}

/// Waits until the process is asked to end, or somebody ends it: an exit or a panic counts too, as soon as its hooks begin.
///
/// From the first call on, [`Signal::TERMINATION`](crate::Signal::TERMINATION) is handled, even if no hook asks for it.
/// What happens next depends on [`Config::grace`](crate::Config::grace). With a grace period this returns, and the hooks wait
/// until main returns, or until the grace is over. Without one the hooks run at once: beside the thread that called this, or, if
/// that is main, on it, which has nothing else to do, and is the first one to know of most signals. So on main, and without a grace
/// period, this need not return after a signal, and a hook must not wait for main to go on.
///
/// ```standalone_crate
/// use std::{env, os::unix::process::ExitStatusExt, process::Command, time::Duration};
/// use terminate_std::{Config, Signal, register, wait};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     Config::new().grace(Duration::from_secs(10)).install()?;
///     register(|_| println!("cleaned up"))?;
///     // Somebody asks this program to end.
///     Command::new("sh").args(["-c", "kill $PPID"]).status()?;
///     let termination = wait();
///     println!("{}: closing down", termination.cause());
///     return Ok(());
/// }
/// let child = Command::new(env::current_exe()?).env("CHILD", "1").output()?;
/// assert_eq!(String::from_utf8(child.stdout)?, "signal 15: closing down\ncleaned up\n");
/// assert_eq!(child.status.signal(), Some(Signal::TERM.as_raw()));
/// # Ok(())
/// # }
/// ```
pub fn wait() -> Termination {
    listen();
    let process = fork::take_ownership();
    // A guard that waits for the end would have the end wait for the guard.
    calls::abandon_guards_here(process);
    loop {
        let state = process.state();
        if let Some(termination) = termination() {
            return termination;
        }
        sys::wait(process.word(), state.to_bits(), None);
    }
}

/// A future that is ready when the process is asked to end, or is ending: [`wait`], for any executor.
///
/// A forked child may go on with one that it has inherited: from the first poll on, it is about the child.
///
/// ```no_run
/// # async fn serve() {}
/// # async fn example() {
/// // With tokio, in a `select!` beside the work; here alone.
/// let termination = terminate_std::shutdown().await;
/// println!("{:?}: closing down", termination.cause());
/// # }
/// ```
///
/// It needs no executor in particular: here is none.
///
/// ```standalone_crate
/// use std::{env, future::Future, pin::pin, process::Command, thread, time::Duration};
/// use std::{os::unix::process::ExitStatusExt, task::{Context, Poll, Waker}};
/// use terminate_std::{Config, Signal, shutdown};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     Config::new().grace(Duration::from_secs(10)).install()?;
///     let mut shutdown = pin!(shutdown());
///     // Somebody asks this program to end.
///     Command::new("sh").args(["-c", "kill $PPID"]).status()?;
///     let termination = loop {
///         match shutdown.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
///             Poll::Ready(termination) => break termination,
///             Poll::Pending => thread::yield_now(),
///         }
///     };
///     println!("{}: closing down", termination.cause());
///     return Ok(());
/// }
/// let child = Command::new(env::current_exe()?).env("CHILD", "1").output()?;
/// assert_eq!(String::from_utf8(child.stdout)?, "signal 15: closing down\n");
/// assert_eq!(child.status.signal(), Some(Signal::TERM.as_raw()));
/// # Ok(())
/// # }
/// ```
pub fn shutdown() -> Shutdown {
    listen();
    Shutdown { key: None, process: sys::process_token() }
}

/// What [`shutdown`] returns.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
/// let mut shutdown = pin!(terminate_std::shutdown());
/// let poll = std::future::Future::poll(shutdown.as_mut(), &mut Context::from_waker(Waker::noop()));
/// assert!(poll.is_pending(), "nothing ends this program yet");
/// ```
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Shutdown {
    key: Option<u64>,
    /// The process whose list has the waker, if any has.
    process: i32,
}

impl Future for Shutdown {
    type Output = Termination;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Termination> {
        if self.process != sys::process_token() {
            // In a forked child, what the parent has left is not the child's, nor does the child handle signals.
            listen();
            self.process = sys::process_token();
            self.key = None;
        }
        // As the process ends, the thread that has the list may keep it for ever.
        if let Some(termination) = termination() {
            return Poll::Ready(termination);
        }
        let process = fork::take_ownership();
        let key = *self.key.get_or_insert_with(|| process.wakers.new_key());
        process.wakers.insert(key, context.waker().clone(), || process.life());
        // Again, so that a request in between is not missed.
        termination().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        // In a forked child the list is the parent's, and may be locked for ever; or it is the child's, without such a waker.
        let Some(key) = self.key.filter(|_| self.process == sys::process_token()) else { return };
        if let Some(process) = fork::own() {
            process.wakers.remove(key, || process.life());
        }
    }
}

/// If this fails, signals act as they would without us, and there is nothing to wait for but an exit.
fn listen() {
    let _ = register::listen();
}
