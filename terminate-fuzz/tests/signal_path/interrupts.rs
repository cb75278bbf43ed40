//! Interrupts in a program of handler-safe hooks, and what comes in the middle of their handler.

use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;

use terminate_fuzz::step::{Scenario, Stepper, Window};
use terminate_std::{Hook, HookId, Signal};

use super::{Log, OURS, alone, hook, raise_through_another, write};

/// What comes in the middle of the handler that is going to interrupt the program.
#[derive(Clone, Copy, PartialEq)]
enum Meanwhile {
    /// The hook goes that makes SIGINT an interrupt. No other hook requests it.
    Unregistered,
    /// A whole interrupt, which consumes that hook; and then a hook comes that requests SIGINT, and no interrupt.
    Interrupted,
    /// Another thread gets SIGTERM, and its handler begins the end.
    Ended,
}

/// SIGINT interrupts the program. The hook of its end requests another signal.
struct Interrupts {
    meanwhile: Meanwhile,
    log: Log,
    interrupt: Mutex<Option<HookId>>,
}

impl Scenario for Interrupts {
    fn prepare(&self) {
        if self.meanwhile == Meanwhile::Ended {
            slow_hook(&self.log).signals([Signal::TERM]).register().unwrap();
            thread::spawn(takes_a_signal);
            wait_until(|| OTHER.load(Relaxed) != 0);
        } else {
            hook(&self.log, b'e').signals([Signal::TERM]).register().unwrap();
        }
        // Where this was started in the background, SIGINT is ignored.
        let interrupt = hook(&self.log, b'i').signals([Signal::INT]).interrupt_on_sigint(true).override_ignored(true);
        *self.interrupt.lock().unwrap() = Some(interrupt.register().unwrap());
    }

    fn perform(&self, depth: usize, window: &Window) {
        if depth == 0 {
            raise_through_another(libc::SIGINT, window);
            // The end that has begun ends the process.
            while STATE.load(Relaxed) != 0 {
                thread::park();
            }
            return;
        }
        if self.meanwhile == Meanwhile::Unregistered {
            // Too late, if it runs or has run.
            let _ = terminate_std::unregister(self.interrupt.lock().unwrap().unwrap());
            return;
        }
        if self.meanwhile == Meanwhile::Ended {
            STATE.store(SENT, Relaxed);
            // SAFETY: the thread is there as long as the process is.
            unsafe { libc::pthread_kill(OTHER.load(Relaxed), libc::SIGTERM) };
            return wait_until(|| STATE.load(Relaxed) > SENT);
        }
        // SAFETY: all zero is a valid record: a process sent the signal.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: what `raise_through_another` has put in its place has this signature.
        let ours: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(OURS.load(Relaxed)) };
        ours(libc::SIGINT, &raw mut info, ptr::null_mut());
        let _ = hook(&self.log, b'n').signals([Signal::INT]).register();
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// By which signal the process ended and what its hooks wrote, for each boundary up to the first log of which `is_last` is true.
fn interrupted(meanwhile: Meanwhile, is_last: impl Fn(&str) -> bool) -> Vec<(Option<i32>, String)> {
    let _alone = alone();
    let scenario = Interrupts { meanwhile, log: Log::shared(), interrupt: None.into() };
    let mut ends = Vec::new();
    let mut at = 0;
    loop {
        let ended = Stepper::new().run_in_place(&scenario, at).unwrap().expect("the handler has that boundary");
        let log = scenario.log.take();
        if is_last(&log) {
            break;
        }
        ends.push((ended.signal(), log));
        at += if cfg!(debug_assertions) { 1 + at / 64 } else { 1 };
    }
    println!("{} of {at} boundaries", ends.len());
    assert!(ends.len() > 50, "{ends:?}");
    ends
}

#[test]
fn a_hook_of_an_interrupt_that_goes_in_the_middle_of_the_handler_ends_nothing_with_hooks() {
    let ends = interrupted(Meanwhile::Unregistered, |log| log == "i");
    // The signal ends the process as without us, or interrupts the program.
    let wrong: Vec<_> =
        ends.iter().filter(|(signal, log)| !log.is_empty() || signal.is_some_and(|n| n != libc::SIGINT)).collect();
    assert!(wrong.is_empty(), "{} of {}: {:?}", wrong.len(), ends.len(), wrong[0]);
}

#[test]
fn an_interrupt_in_the_middle_of_the_handler_has_the_handler_look_again() {
    // The last one is the outer handler's interrupt.
    let ends = interrupted(Meanwhile::Interrupted, |log| !log.starts_with("in"));
    let wrong: Vec<_> = ends.iter().filter(|end| **end != (Some(libc::SIGINT), "ine".to_owned())).collect();
    assert!(wrong.is_empty(), "{} of {}: {:?}", wrong.len(), ends.len(), wrong[0]);
}

/// The thread that gets SIGTERM, as `pthread_self` names it.
static OTHER: AtomicU64 = AtomicU64::new(0);
/// Zero, [`SENT`], or more once that thread's handler runs the hooks or has returned.
static STATE: AtomicUsize = AtomicUsize::new(0);
const SENT: usize = 1;

fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::hint::spin_loop();
    }
}

fn takes_a_signal() {
    // SAFETY: takes nothing, and cannot fail.
    OTHER.store(unsafe { libc::pthread_self() }, Relaxed);
    loop {
        // SAFETY: waits for a signal.
        unsafe { libc::pause() };
        STATE.fetch_add(1, Relaxed);
    }
}

/// A hook that writes two names, some time apart.
fn slow_hook(log: &Log) -> Hook {
    let bytes = log.bytes();
    let call = move |_| {
        write(bytes, b'b');
        STATE.fetch_add(1, Relaxed);
        let some_time = libc::timespec { tv_sec: 0, tv_nsec: 2_000_000 };
        // SAFETY: reads `some_time`.
        unsafe { libc::nanosleep(&raw const some_time, ptr::null_mut()) };
        write(bytes, b'e');
    };
    // SAFETY: a few atomic operations, and `nanosleep`.
    unsafe { Hook::handler_safe(call) }
}

#[test]
fn g7_an_end_that_begins_as_an_interrupt_is_over_is_not_cut_short() {
    let _alone = alone();
    let scenario = Interrupts { meanwhile: Meanwhile::Ended, log: Log::shared(), interrupt: None.into() };
    let (mut at, mut tried, mut wrong) = (0, 0, Vec::new());
    while let Some(ended) = Stepper::new().run_in_place(&scenario, at).unwrap() {
        let log = scenario.log.take();
        if (ended.signal(), log.as_str()) != (Some(libc::SIGTERM), "ibe") {
            wrong.push((at, ended, log));
        }
        tried += 1;
        at += if cfg!(debug_assertions) { 1 + at / 64 } else { 1 };
    }
    println!("{tried} of {at} boundaries");
    assert!(tried > 50 && wrong.is_empty(), "{} of {tried}: {:?}", wrong.len(), wrong.first());
}
