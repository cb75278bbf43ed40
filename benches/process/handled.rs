//! The handler alone: from `kill(2)` to its own process until that returns, and so many signals that were pending, delivered.
//!
//! A signal that ends the process cannot be measured so. Ours is one that comes while a hook runs, which the handler takes up
//! and drops.

use std::io;
use std::mem::MaybeUninit;
use std::process::Stdio;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use terminate_std::{Hook, Signal};

use crate::measure::{Measures, kill, now};
use crate::program::{End, Kind, say};

/// How many signals are pending: up to 100,000, or nearly as many as the system lets pend.
pub(crate) fn pending() -> [usize; 6] {
    let most = usize::try_from(raised_limit()).unwrap_or(usize::MAX) / 100 * 95;
    [1, 10, 100, 1_000, 10_000, 100_000].map(|pending: usize| pending.min(most))
}
const KILLS: u64 = 1_000;

/// The one to measure with: of those that queue.
fn signal() -> Signal {
    Signal::real_time(0).expect("there is one")
}

pub(crate) fn measure(kind: &Kind, pending: usize) -> Measures {
    let mut command = kind.command(pending, End::Handled);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("it can run");
    assert!(output.status.success(), "{kind:?}: {}", output.status);
    let output = String::from_utf8(output.stdout).expect("numbers");
    let names = ["kill to return", "pending"];
    names.into_iter().zip(output.lines().map(|line| line.parse().expect("a number"))).collect()
}

/// In the process that is measured.
pub(crate) fn main(kind: &Kind, pending: usize) {
    match kind {
        Kind::Nothing => handle(nothing),
        Kind::Floor(_) => handle(asks),
        Kind::Terminate => {
            Hook::new(move |_| tell(pending)).signals([signal()]).register().expect("there is room");
            // The hook runs on the runner, which takes the signals then: main waits for it in `exit`.
            change_mask(libc::SIG_BLOCK);
            return;
        }
        Kind::SignalHook => {
            signal_hook::flag::register(signal().as_raw(), Arc::new(AtomicBool::new(false)))
                .expect("it can be handled");
        }
        _ => unreachable!("it is not measured"),
    }
    tell(pending);
}

extern "C" fn nothing(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

/// Asks which thread of which process this is: in a forked child the signal would have to go elsewhere.
extern "C" fn asks(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: takes nothing, and cannot fail.
    if unsafe { libc::syscall(libc::SYS_gettid) } == 0 {
        std::process::abort();
    }
}

/// With the flags that ours has.
fn handle(handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void)) {
    // SAFETY: zero is an empty mask, and no flags.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the handler is one, and may run at any time.
    assert_eq!(unsafe { libc::sigaction(signal().as_raw(), &raw const action, ptr::null_mut()) }, 0);
}

fn tell(pending: usize) {
    // SAFETY: takes nothing, and cannot fail.
    let pid = unsafe { libc::getpid() };
    kill(pid, signal());
    let begun = now();
    (0..KILLS).for_each(|_| kill(pid, signal()));
    say((now() - begun) / KILLS);

    change_mask(libc::SIG_BLOCK);
    queue(pid, pending).expect("so many may pend");
    let begun = now();
    change_mask(libc::SIG_UNBLOCK);
    say(now() - begun);
}

/// Blocks the signal on this thread, or lets it in.
fn change_mask(how: libc::c_int) {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: fills the set, and then changes the mask of this thread by it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal().as_raw());
        libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut());
    }
}

/// As many as may pend, of all processes of this user; more than usual, if that is allowed.
fn raised_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 1 << 18, rlim_max: 1 << 18 };
    // SAFETY: reads the limit, and then writes it.
    unsafe {
        libc::setrlimit(libc::RLIMIT_SIGPENDING, &raw const limit);
        libc::getrlimit(libc::RLIMIT_SIGPENDING, &raw mut limit);
    }
    limit.rlim_cur
}

fn queue(pid: i32, pending: usize) -> io::Result<()> {
    raised_limit();
    for _ in 0..pending {
        // SAFETY: hands on a null pointer that nobody follows.
        if unsafe { libc::sigqueue(pid, signal().as_raw(), libc::sigval { sival_ptr: ptr::null_mut() }) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
