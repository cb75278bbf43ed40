//! What comes in the middle of a handler that is going to interrupt the program. The runner runs the hooks.

use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use terminate_fuzz::step::{Scenario, Stepper, Window};
use terminate_std::{HookId, Signal};

use super::{Log, OURS, alone, hook, raise_through_another};

/// What comes in the middle of the handler that is going to interrupt the program.
#[derive(Clone, Copy, PartialEq)]
enum Meanwhile {
    /// The hook goes that makes SIGINT an interrupt. No other hook requests it.
    Unregistered,
    /// A whole interrupt, which consumes that hook; and then a hook comes that requests SIGINT, and no interrupt.
    Interrupted,
}

/// SIGINT interrupts the program. The hook of its end requests another signal.
struct Interrupts {
    meanwhile: Meanwhile,
    log: Log,
    interrupt: Mutex<Option<HookId>>,
    /// Whether that hook was taken back, before it ran.
    is_gone: AtomicBool,
}

impl Scenario for Interrupts {
    fn prepare(&self) {
        // The handler that stands over ours has no owner that would end the process.
        terminate_std::Config::new().linger(Duration::ZERO).install().unwrap();
        hook(&self.log, b'e').signals([Signal::TERM]).register().unwrap();
        // Where this was started in the background, SIGINT is ignored.
        let interrupt = hook(&self.log, b'i').signals([Signal::INT]).interrupt_on_sigint(true).override_ignored(true);
        *self.interrupt.lock().unwrap() = Some(interrupt.register().unwrap());
    }

    fn perform(&self, depth: usize, window: &Window) {
        if depth == 0 {
            raise_through_another(libc::SIGINT, window);
            // A handler stands over ours, so a signal that no hook requests any more ends nothing.
            if !self.is_gone.load(Relaxed) {
                until_interrupted();
            }
            return;
        }
        if self.meanwhile == Meanwhile::Unregistered {
            // Too late, if it runs or has run.
            let gone = terminate_std::unregister(self.interrupt.lock().unwrap().unwrap()).is_ok();
            self.is_gone.store(gone, Relaxed);
            return;
        }
        // SAFETY: all zero is a valid record: a process sent the signal.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: what `raise_through_another` has put in its place has this signature.
        let ours: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(OURS.load(Relaxed)) };
        ours(libc::SIGINT, &raw mut info, ptr::null_mut());
        until_interrupted();
        let _ = hook(&self.log, b'n').signals([Signal::INT]).register();
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Returns once the interrupt's hooks have run. If the process ends, it does not return.
fn until_interrupted() {
    while terminate_std::termination().is_some() || terminate_std::interrupt::checkpoint().is_ok() {
        std::hint::spin_loop();
    }
}

/// By which signal the process ended and what its hooks wrote, for each boundary up to the first log of which `is_last` is
/// true. On a busy machine there may be none: a runner that is not scheduled loses to what comes at the handler's last boundary.
fn interrupted(meanwhile: Meanwhile, is_last: impl Fn(&str) -> bool) -> Vec<(Option<i32>, String)> {
    let _alone = alone();
    let scenario =
        Interrupts { meanwhile, log: Log::shared(), interrupt: None.into(), is_gone: AtomicBool::new(false) };
    let mut ends = Vec::new();
    let mut at = 0;
    loop {
        let ended = Stepper::new().run_in_place(&scenario, at).unwrap();
        let log = scenario.log.take();
        let Some(ended) = ended.filter(|_| !is_last(&log)) else { break };
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
