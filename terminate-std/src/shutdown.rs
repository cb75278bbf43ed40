//! Graceful shutdown: telling the program that it is asked to end, so that it can do so by itself.

use std::future::Future;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::per_process::PerProcess;
use crate::state::Phase;
use crate::termination::{Termination, termination};
use crate::{calls, conduct, config, ending, owner, registration, sys};

type Wakers = Mutex<Vec<(u64, Waker)>>;

/// Behind a pointer, so that a forked child can have another one: the parent's may be locked. Never freed.
static WAKERS: PerProcess<AtomicPtr<Wakers>> = PerProcess::new();
/// The name of the next future among them.
static NEXT: AtomicU64 = AtomicU64::new(0);

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
    // A forked child has a copy of its parent's state.
    ending::state().is_ending() && owner::is_us()
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
    // In a forked child, what the parent has left is not ours.
    owner::adopt();
    listen();
    // In a guard's call the end would wait for that call, and so for itself.
    let main = sys::is_main_thread() && !calls::is_here();
    loop {
        let state = ending::state();
        // Where there is a grace period, main has to be told, and somebody else to watch the time.
        if main && state.phase() == Phase::Requested && config::grace().is_zero() {
            conduct::take_up(state);
        }
        if let Some(termination) = termination() {
            return termination;
        }
        ending::wait(state, None);
    }
}

/// A future that is ready when the process is asked to end, or is ending: [`wait`], for any executor.
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
    Shutdown { key: None }
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
}

impl Future for Shutdown {
    type Output = Termination;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Termination> {
        let key = *self.key.get_or_insert_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
        // Cloning and dropping a waker may run anything, this function too: not while they are locked.
        let waker = context.waker().clone();
        let replaced = {
            let mut wakers = wakers();
            let known = wakers.iter_mut().find(|(other, _)| *other == key);
            if let Some((_, known)) = known {
                Some(mem::replace(known, waker))
            } else {
                wakers.push((key, waker));
                None
            }
        };
        drop(replaced);
        // After the waker is there, so that a request in between is not missed. Pairs with the fence in `notify`.
        fence(Ordering::SeqCst);
        termination().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let forgotten: Vec<_> = wakers().extract_if(.., |(other, _)| *other == key).collect();
            drop(forgotten);
        }
    }
}

/// If this fails, signals act as they would without us, and there is nothing to wait for but an exit.
fn listen() {
    ending::set_awaited();
    let _ = registration::listen();
}

fn wakers() -> MutexGuard<'static, Vec<(u64, Waker)>> {
    let mut wakers = WAKERS.load(Ordering::Acquire);
    if wakers.is_null() {
        let new = Box::into_raw(Box::default());
        wakers = match WAKERS.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(other) => {
                // SAFETY: just made, and seen by nobody.
                drop(unsafe { Box::from_raw(new) });
                other
            }
        };
    }
    // SAFETY: made by `Box::into_raw`, and never freed.
    unsafe { &*wakers }.lock().unwrap_or_else(PoisonError::into_inner)
}

/// See [`sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const WAKERS).cast()
}

/// Wakes every future: the process has been asked to end, or is ending.
#[inline]
pub(crate) fn notify() {
    // Pairs with the fence in `poll`: either this sees the list, or that one sees the request.
    fence(Ordering::SeqCst);
    if !WAKERS.load(Ordering::Relaxed).is_null() {
        wake();
    }
}

#[cold]
fn wake() {
    // Taken out first: a waker may run anything.
    let woken: Vec<_> = wakers().drain(..).collect();
    for (_, waker) in woken {
        // One that panics has been reported by the panic hook; the others are to be woken, and the hooks to run.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            mem::forget(payload);
        }
    }
}

/// Begins anew, in a forked child.
pub(crate) fn begin_anew(process: i32) {
    WAKERS.begin_anew(process);
}
