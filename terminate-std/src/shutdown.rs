//! Graceful shutdown: telling the program that it is asked to end, so that it can do so by itself.
//!
//! The wakers of the futures are behind a lock: whoever polls one or drops one holds it for a moment, maybe inside the allocator,
//! where a thread can abort, or be suspended for ever. So whoever runs hooks does not wait for it, nor does a hook that polls or
//! drops a future as the process ends or is interrupted. Where [`notify`] finds the list locked, the one who has it is to see to the
//! wakers, in [`look_again`]:
//!
//! | whoever has the list | whoever tells of the end |
//! | --- | --- |
//! | has locked it | the word says that the process ends |
//! | puts a waker into it, or takes one out | fence |
//! | unlocks it | tries to lock it, and wakes them if that succeeds |
//! | fence | |
//! | does the same as the other, if the process ends | |
//!
//! The fences are in one order. If the right one is first, the left side sees that the process ends. If the left one is first, the
//! right side sees the list unlocked, or locked by somebody who came later, and for whom the same is true. Who has locked it to
//! wake them needs no second look: it takes out all that were there, and who puts one in later looks at the word after that.
//!
//! What is left: if that thread never goes on, the others are not woken, though the hooks run. And a thread that came to `poll`
//! or `drop` before the end may wait for it there; for that one in turn a hook must not wait.

use std::future::Future;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

use crate::per_process::PerProcess;
use crate::state::{Phase, State};
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
    Shutdown { key: None, process: sys::process() }
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
        if self.process != sys::process() {
            // In a forked child, what the parent has left is not ours, nor does anybody listen.
            listen();
            self.process = sys::process();
        }
        // As the process ends, whoever has the list may keep it for ever.
        if let Some(termination) = termination() {
            return Poll::Ready(termination);
        }
        let key = *self.key.get_or_insert_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
        // Cloning and dropping a waker may run anything, this function too: not while they are locked.
        let waker = context.waker().clone();
        let replaced = {
            let Some(mut wakers) = lock_unless_hooks_run(list_or_new()) else {
                waker.wake();
                return Poll::Pending;
            };
            let known = wakers.iter_mut().find(|(other, _)| *other == key);
            if let Some((_, known)) = known {
                Some(mem::replace(known, waker))
            } else {
                wakers.push((key, waker));
                None
            }
        };
        look_again();
        drop(replaced);
        // After the fence in `look_again`, so that a request in between is not missed.
        termination().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        // In a forked child the list is the parent's, and may be locked for ever; or it is the child's, and has no such waker.
        let Some(key) = self.key.filter(|_| self.process == sys::process()) else { return };
        let Some(list) = list() else { return };
        // If it is not to be had, what is left there is a waker that is woken for nothing, or never dropped.
        let Some(mut wakers) = lock_unless_hooks_run(list) else { return };
        let at = wakers.iter().position(|(other, _)| *other == key);
        let forgotten = at.map(|at| wakers.remove(at));
        drop(wakers);
        look_again();
        drop(forgotten);
    }
}

/// If this fails, signals act as they would without us, and there is nothing to wait for but an exit.
fn listen() {
    ending::set_awaited();
    let _ = registration::listen();
}

fn list() -> Option<&'static Wakers> {
    // SAFETY: null, or made by `Box::into_raw` and never freed.
    unsafe { WAKERS.load(Ordering::Acquire).as_ref() }
}

fn list_or_new() -> &'static Wakers {
    if let Some(list) = list() {
        return list;
    }
    let new = Box::into_raw(Box::default());
    let list = match WAKERS.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => new,
        Err(other) => {
            // SAFETY: just made, and seen by nobody.
            drop(unsafe { Box::from_raw(new) });
            other
        }
    };
    // SAFETY: made by `Box::into_raw`, and never freed.
    unsafe { &*list }
}

fn lock(list: &Wakers) -> MutexGuard<'_, Vec<(u64, Waker)>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Only tries to, as the process ends or is interrupted: a hook must not wait for a thread that has the list.
fn lock_unless_hooks_run(list: &Wakers) -> Option<MutexGuard<'_, Vec<(u64, Waker)>>> {
    if ending::state() == State::ALIVE { Some(lock(list)) } else { try_lock(list) }
}

fn try_lock(list: &Wakers) -> Option<MutexGuard<'_, Vec<(u64, Waker)>>> {
    match list.try_lock() {
        Ok(wakers) => Some(wakers),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) if cfg!(terminate_seed_bug = "wakers_waited_for") => Some(lock(list)),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// See [`sys::needs`].
pub(crate) const fn needed() -> *const () {
    (&raw const WAKERS).cast()
}

/// Wakes every future, unless somebody has them locked, who will: the process has been asked to end, or is ending.
#[inline]
pub(crate) fn notify() {
    // Pairs with the fence in `look_again`: either this sees the list as it is now, or that one sees the request.
    fence(Ordering::SeqCst);
    if !WAKERS.load(Ordering::Relaxed).is_null() {
        wake();
    }
}

/// After the list was unlocked: does what was left to whoever had it.
fn look_again() {
    // Pairs with the fence in `notify`.
    fence(Ordering::SeqCst);
    if requested() && !cfg!(terminate_seed_bug = "wakers_left") {
        notify();
    }
}

#[cold]
fn wake() {
    // Taken out first: a waker may run anything. And without the allocator, so that nobody stays inside it with the list.
    let woken = list().and_then(try_lock).map(|mut wakers| mem::take(&mut *wakers));
    for (_, waker) in woken.into_iter().flatten() {
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
