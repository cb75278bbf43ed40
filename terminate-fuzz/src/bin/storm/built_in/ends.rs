//! The ends that a plan may ask for. Each is announced in the log, then carried out.

use std::process;
use std::{panic, ptr, thread};

use terminate_fuzz::storm::Part::{Number, Word};
use terminate_fuzz::storm::{Exit, Plan, Random, Signal};

use super::{hooks, log};

const CODE: i32 = 7;
const OTHER_CODE: i32 = 8;
const AFTER_FORK: i32 = 5;

/// The cause of an exit after a panic that main caught. Where exit handlers get no status, which is everywhere but in glibc, it
/// counts as one by the panic.
const AFTER_CAUGHT_PANIC: &str = if cfg!(all(target_env = "gnu", not(terminate_posix))) { "exit" } else { "panic" };

fn ends_by_exit(code: i32) {
    ends_by_exit_after("exit", code);
}

fn ends_by_exit_after(cause: &'static str, code: i32) {
    log().say(&[Word("ends"), Word(cause), Number(code.unsigned_abs().into())]);
}

fn ends_by(signal: Signal) {
    log().say(&[Word("ends"), Number(signal.number().unsigned_abs().into())]);
}

/// Ends as the plan says, or returns if that is how.
pub(super) fn end(plan: &Plan, random: &mut Random) {
    match plan.exit {
        Exit::Return => ends_by_exit(0),
        Exit::Exit => {
            ends_by_exit(CODE);
            process::exit(CODE)
        }
        Exit::CExit => {
            ends_by_exit(CODE);
            // SAFETY: this program has no exit handlers but those of the library, which are written for it.
            unsafe { libc::exit(CODE) }
        }
        Exit::QuickExit => {
            unsafe extern "C" {
                safe fn quick_exit(status: libc::c_int) -> !;
            }
            ends_by_exit(CODE);
            quick_exit(CODE)
        }
        Exit::ThreadExit => {
            exit_on_a_thread();
            wait()
        }
        Exit::TwoExits => {
            exit_on_a_thread();
            ends_by_exit(0);
        }
        Exit::Panic => {
            ends_by_exit_after("panic", 101);
            panic!("as planned")
        }
        Exit::PanicCaught => {
            let _ = panic::catch_unwind(|| panic!("caught, as planned"));
            let _ = thread::spawn(|| panic!("on a thread, as planned")).join();
            ends_by_exit_after(AFTER_CAUGHT_PANIC, 0);
        }
        Exit::Fork => fork(plan, random),
        Exit::Wait => wait(),
        Exit::Told => {
            terminate_std::wait();
            ends_by_exit(0);
        }
        Exit::Raise => raise(plan, random),
        Exit::Timer => timer(plan, random),
        Exit::Abort => {
            ends_by(Signal::new(libc::SIGABRT).expect("a signal"));
            process::abort()
        }
    }
}

fn wait() -> ! {
    loop {
        // SAFETY: waits for a signal, and changes nothing.
        unsafe { libc::pause() };
    }
}

fn exit_on_a_thread() {
    thread::spawn(|| {
        ends_by_exit(OTHER_CODE);
        process::exit(OTHER_CODE)
    });
}

fn raise(plan: &Plan, random: &mut Random) {
    let choices: Vec<_> = plan.signals.iter().map(|signal| (*signal, 1)).collect();
    if let Some(signal) = random.weighted(&choices) {
        ends_by(signal);
        // SAFETY: touches no memory.
        unsafe { libc::raise(signal.number()) };
    }
    wait()
}

fn timer(plan: &Plan, random: &mut Random) {
    let signal = plan.signals.iter().find(|signal| signal.number() == libc::SIGALRM);
    if let Some(signal) = signal {
        ends_by(*signal);
        let none = libc::timeval { tv_sec: 0, tv_usec: 0 };
        let first = libc::timeval { tv_sec: 0, tv_usec: (1 + random.below(1_000)).into() };
        let when = libc::itimerval { it_interval: none, it_value: first };
        // SAFETY: reads `when`. Another one is not asked for.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const when, ptr::null_mut()) };
    }
    wait()
}

/// A child with a hook of its own, and no part in its parent's; then the parent exits.
fn fork(plan: &Plan, random: &mut Random) {
    let mut of_the_child = Random::new(random.draw());
    // SAFETY: what the child does, beyond async-signal-safe calls, is to allocate and to start a thread, and glibc sees to
    // both.
    match unsafe { libc::fork() } {
        0 => {
            hooks::register_one(plan, &mut of_the_child);
            // Not by `process::exit`: if another thread of the parent was in there, Rust's guard has the child wait for it
            // for ever.
            match plan.signals.first().map(|signal| terminate_std::Signal::from_raw(signal.number())) {
                Some(signal) => terminate_std::exit_with_signal(signal, || ()),
                // SAFETY: as in `end`.
                None => unsafe { libc::exit(0) },
            }
        }
        child => {
            let mut status = 0;
            // SAFETY: writes to `status`.
            while child > 0 && unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {}
            ends_by_exit(AFTER_FORK);
            process::exit(AFTER_FORK)
        }
    }
}
