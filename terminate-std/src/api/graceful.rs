//! Graceful termination: a program that is notified of a request, and ends by itself.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::termination::{Termination, termination};
use crate::lifecycle::{calls, fork, register};
use crate::sys;

/// Whether the termination of the process was requested.
///
/// This is for a program that polls. It does not make the program handle signals: a hook, [`wait`] or [`shutdown`]
/// does.
///
/// ```
/// assert!(!terminate_std::requested());
/// ```
#[must_use]
pub fn requested() -> bool {
    fork::own().is_some_and(|process| process.state().is_ending())
}

/// Waits until the termination of the process is requested: by a signal, an exit or a panic.
///
/// From the first call on, the program handles [`Signal::TERMINATION`](crate::Signal::TERMINATION), even if no hook
/// requests it.
///
/// With a [grace period](crate::Config::grace) the hooks run when main returns, or when the grace is over. Without one
/// the hooks run at once, on the runner, beside the thread that called this. If main then returns, it waits for the
/// hooks. But the process ends as soon as they have run, so code after `wait()` may be cut short.
///
/// ```standalone_crate
/// use std::{env, os::unix::process::ExitStatusExt, process::Command, time::Duration};
/// use terminate_std::{Config, Signal, register, wait};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     Config::new().grace(Duration::from_secs(10)).install()?;
///     register(|_| println!("cleaned up"))?;
///     // Another process sends SIGTERM.
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
    // If this fails, signals act as without this library, and only an exit or a panic ends the wait.
    let _ = register::listen();
    let process = fork::take_ownership();
    // The termination must not wait for a guard that waits for it.
    calls::abandon_guards_here(process);
    loop {
        let state = process.state();
        if let Some(termination) = termination() {
            return termination;
        }
        sys::wait(process.word(), state.to_bits(), None);
    }
}

/// A future that is ready when the termination of the process is requested: [`wait`], for any executor.
///
/// The program handles [`Signal::TERMINATION`](crate::Signal::TERMINATION) from this call on. The runner calls the
/// waker.
///
/// A forked child may go on with a future that it has inherited. From the first poll in the child on, the future is
/// about the child.
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
/// It works without an executor too:
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
///     // Another process sends SIGTERM.
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
    // As in `wait`.
    let _ = register::listen();
    let process = fork::take_ownership();
    Shutdown { key: process.wakers.new_key(), process: process.owner() }
}

/// What [`shutdown`] returns.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
/// let mut shutdown = pin!(terminate_std::shutdown());
/// let poll = std::future::Future::poll(shutdown.as_mut(), &mut Context::from_waker(Waker::noop()));
/// assert!(poll.is_pending(), "no termination was requested yet");
/// ```
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Shutdown {
    key: u64,
    /// The process whose list may have the waker.
    process: i32,
}

impl Future for Shutdown {
    type Output = Termination;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Termination> {
        if self.process != sys::process_token() {
            // A forked child does not use its parent's list of wakers, and does not handle signals yet.
            *self = shutdown();
        }
        // First, since during a termination another thread may keep the list for ever.
        if let Some(termination) = termination() {
            return Poll::Ready(termination);
        }
        let process = fork::take_ownership();
        process.wakers.set(self.key, Some(context.waker().clone()), || process.life());
        // Again, so that a request in between is not missed.
        termination().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        // In a forked child the list is the parent's, and may stay locked; or it is the child's, without this waker.
        if let Some(process) = fork::own().filter(|process| process.owner() == self.process) {
            process.wakers.set(self.key, None, || process.life());
        }
    }
}
