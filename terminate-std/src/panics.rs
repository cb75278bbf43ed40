//! Panics: which of them end the process, and the hook that finds out.
//!
//! A panic that unwinds does not end anything by itself: it may be caught, or end a thread. So the panic hook only notes
//! that the main thread panicked, and the exit handler, which is told the status, believes it if that is 101, which is
//! how the runtime ends a program whose main panicked. Where a panic aborts, the panic hook is the last code that runs, so
//! the hooks run there, after the panic hook that stood before. That is so in programs built with `panic = "abort"`, and
//! everywhere for a panic that must not unwind: inside a destructor during another panic, through `extern "C"`, or in a
//! second `process::exit` on the same thread.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::per_process::PerProcess;
use crate::{Cause, conduct, ending, owner, sys};

static INSTALLED: AtomicBool = AtomicBool::new(false);
static MAIN_PANICKED: PerProcess<AtomicBool> = PerProcess::new();

static ANY_THREAD: AtomicBool = AtomicBool::new(false);

/// The status with which Rust's runtime ends a program whose main panicked.
pub(crate) const STATUS: i32 = 101;

/// Which panics end the process, where panics unwind. See [`Config::panics`](crate::Config::panics).
///
/// ```
/// use terminate_std::{Config, PanicPolicy};
/// Config::new().panics(PanicPolicy::AnyThread).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanicPolicy {
    /// One that leaves main, as Rust has it. Other threads may panic, and any panic may be caught.
    #[default]
    MainThread,
    /// Any panic on any thread, caught or not: the hooks run on that thread, right after the panic hook, and the process
    /// exits with 101. (Not a panic of a hook: that is reported, and the others run.)
    AnyThread,
}

/// Puts our panic hook in front of the one that stands, once.
pub(crate) fn install() {
    // A thread that is panicking may not change the hook: a later registration will.
    if INSTALLED.load(Ordering::Relaxed) || thread::panicking() || INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        previous(info);
        on_panic(info);
    }));
}

fn on_panic(info: &PanicHookInfo<'_>) {
    if !owner::is_us() {
        return;
    }
    if aborts(info) {
        conduct::aborting_panic();
    } else if end_the_process() && !ending::is_conductor() {
        conduct::conduct(Cause::Panic);
        std::process::exit(STATUS);
    } else if sys::is_main_thread() {
        MAIN_PANICKED.store(true, Ordering::Relaxed);
    }
}

/// Whether the process aborts when the panic hook returns.
fn aborts(info: &PanicHookInfo<'_>) -> bool {
    // `PanicHookInfo::can_unwind` is not stable, but the derived `Debug` shows it. A test has a panic of that kind.
    abort() || format!("{info:?}").contains("can_unwind: false")
}

/// Whether every panic of this program aborts it.
pub(crate) const fn abort() -> bool {
    cfg!(panic = "abort")
}

/// Whether any panic ends the process.
pub(crate) fn end_the_process() -> bool {
    ANY_THREAD.load(Ordering::Relaxed)
}

pub(crate) fn set_policy(policy: PanicPolicy) {
    ANY_THREAD.store(policy == PanicPolicy::AnyThread, Ordering::Relaxed);
}

/// Begins anew, in a forked child.
pub(crate) fn begin_anew(process: i32) {
    MAIN_PANICKED.begin_anew(process);
}

/// Why the process is in `exit`, with that status if it is known.
pub(crate) fn cause_of_exit(status: Option<i32>) -> Cause {
    if MAIN_PANICKED.load(Ordering::Relaxed) && status.is_none_or(|status| status == STATUS) {
        Cause::Panic
    } else {
        Cause::Exit
    }
}
