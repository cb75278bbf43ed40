//! Graceful termination: a program that is notified of a request, and ends by itself.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::termination::{TerminationInfo, termination};
use crate::lifecycle::process::Process;
use crate::lifecycle::{fork, register, request};
use crate::sys;
use crate::types::atomic::Ordering;
use crate::types::exit_status::ExitStatus;

/// Whether the termination of the process was requested.
///
/// This is for a program that polls. As [`wait`], it makes the program take part in its end.
///
/// ```
/// assert!(!terminate_std::requested());
/// ```
#[must_use]
pub fn requested() -> bool {
    take_part().state().is_ending()
}

/// Waits until the termination of the process is requested: by a signal, an exit, a panic or [`request`].
///
/// From the first call on, the program takes part in its end:
///
/// - It handles [`Signal::TERMINATION`](crate::Signal::TERMINATION), or the signals that
///   [`Config::signals`](crate::Config::signals) says, even if no hook requests them.
/// - After a signal that comes then it has a grace of 10 seconds, or the one that [`Config::grace`](crate::Config::grace) says: the hooks
///   run when main returns, when a thread calls `exit`, or when the grace is over.
///
/// Without a grace the hooks run at once, on the runner, beside the thread that called this. The process ends as soon as
/// they have run, so code after `wait()` may be cut short.
///
/// ```standalone_crate
/// use std::{env, os::unix::process::ExitStatusExt, process::Command, time::Duration};
/// use terminate_std::{Config, Signal, register, wait};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     // The signal may come before `wait` is called, so the grace is said here.
///     Config::new().grace(Duration::from_secs(10)).install()?;
///     register(|_| println!("cleaned up"))?;
///     // Another process sends SIGTERM.
///     Command::new("sh").args(["-c", "kill $PPID"]).status()?;
///     let termination = wait();
///     println!("{}: closing down", termination.cause());
///     return Ok(());
/// }
/// let child = Command::new(env::current_exe()?).env("CHILD", "1").output()?;
/// assert_eq!(String::from_utf8(child.stdout)?, "SIGTERM: closing down\ncleaned up\n");
/// assert_eq!(child.status.signal(), Some(Signal::TERM.as_raw()));
/// # Ok(())
/// # }
/// ```
pub fn wait() -> TerminationInfo {
    loop {
        if let Some(termination) = wait_timeout(Duration::MAX) {
            return termination;
        }
    }
}

/// As [`wait`], for at most that time. `None` if no termination was requested by then.
///
/// ```
/// use std::time::Duration;
/// assert!(terminate_std::wait_timeout(Duration::from_millis(1)).is_none());
/// ```
pub fn wait_timeout(timeout: Duration) -> Option<TerminationInfo> {
    let process = take_part();
    let begun = Instant::now();
    loop {
        let state = process.state();
        let termination = termination();
        let left = timeout.saturating_sub(begun.elapsed());
        if termination.is_some() || left.is_zero() {
            return termination;
        }
        sys::wait(process.word(), state.to_bits(), Some(left));
    }
}

/// Requests the termination of the process, and returns: [`terminate`](crate::terminate) for a program that has work to finish.
///
/// [`wait`], [`shutdown`] and [`requested`] notify the program, as after a signal, and the grace passes. Then the hooks run,
/// with [`Cause::Exit`](crate::Cause::Exit), and the process exits with that status: [`ExitStatus::Code`] says the code, and
/// [`ExitStatus::Main`] leaves it to main, or it is 0. If the process ends already, this changes nothing. If the system has
/// no thread for the runner, this does not return: it is a [`terminate`](crate::terminate).
///
/// ```standalone_crate
/// use std::{env, process::Command, thread, time::Duration};
/// use terminate_std::{Config, ExitStatus, register, request, wait};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
///     // Without it, a request that comes before `wait` is called leaves the program no time.
///     Config::new().grace(Duration::from_secs(10)).install()?;
///     register(|_| println!("cleaned up"))?;
///     thread::spawn(|| request(ExitStatus::Code(3)));
///     wait();
///     println!("closing down");
///     return Ok(());
/// }
/// let child = Command::new(env::current_exe()?).env("CHILD", "1").output()?;
/// assert_eq!(String::from_utf8(child.stdout)?, "closing down\ncleaned up\n");
/// assert_eq!(child.status.code(), Some(3));
/// # Ok(())
/// # }
/// ```
pub fn request(status: ExitStatus) {
    let process = fork::take_ownership();
    let attached = register::attach().and_then(|()| register::need_runner(process));
    if process.state().is_ending() {
        return;
    }
    if attached.is_err() || request::request(process, status).is_err() {
        super::terminate(status);
    }
}

/// The program takes part in its end. If the system refuses to let it handle signals, they act as without this library, and
/// only an exit, a panic or a request ends it in an orderly way.
fn take_part() -> &'static Process {
    let process = fork::take_ownership();
    if !process.is_listening.load(Ordering::Relaxed) && !process.state().is_ending() {
        let _ = register::listen(process);
    }
    process
}

/// A future that is ready when the termination of the process is requested: [`wait`], for any executor.
///
/// As [`wait`], it makes the program take part in its end. The runner calls the waker.
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
/// use std::{env, future::Future, pin::pin, process::Command, thread};
/// use std::{os::unix::process::ExitStatusExt, task::{Context, Poll, Waker}};
/// use terminate_std::{Signal, shutdown};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if env::var_os("CHILD").is_some() {
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
/// assert_eq!(String::from_utf8(child.stdout)?, "SIGTERM: closing down\n");
/// assert_eq!(child.status.signal(), Some(Signal::TERM.as_raw()));
/// # Ok(())
/// # }
/// ```
pub fn shutdown() -> Shutdown {
    let process = take_part();
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
    type Output = TerminationInfo;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<TerminationInfo> {
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
