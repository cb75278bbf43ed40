//! A close and a run come between any two instructions of a register: the run calls the hook, or the register hands it back.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use terminate_core::{Cause, Context, Hook, HookId, RegisterError, Registry};
use terminate_fuzz::step::{Scenario, Stepper, Window};

static REGISTRY: Registry<12> = Registry::new();
static CALLS: AtomicUsize = AtomicUsize::new(0);
static REGISTERED: AtomicBool = AtomicBool::new(false);
static REFUSED: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicUsize = AtomicUsize::new(0);

type Register = fn() -> Result<HookId, RegisterError<3>>;

fn hook() -> Hook {
    Hook::new(|_| _ = CALLS.fetch_add(1, Relaxed))
}

/// What registers, and what interrupts it.
struct Closing {
    register: Register,
    is_interrupted: bool,
}

impl Closing {
    fn register(&self, window: &Window) {
        let result = if self.is_interrupted { window.run(self.register) } else { (self.register)() };
        REGISTERED.store(result.is_ok(), Relaxed);
        REFUSED.store(matches!(result, Err(RegisterError::Closed(_))), Relaxed);
    }

    fn close(&self, window: &Window) {
        if self.is_interrupted {
            REGISTRY.close();
        } else {
            window.run(|| REGISTRY.close());
        }
        FOUND.store(REGISTRY.run(Cause::Exit, Context::Thread).ran, Relaxed);
    }
}

impl Scenario for Closing {
    fn prepare(&self) {
        // One slot was used before, so that its word and that of its neighbour differ in kind.
        let id = REGISTRY.register(Hook::new(|_| ())).expect("there is room");
        REGISTRY.unregister(id).expect("it is registered");
    }

    fn perform(&self, depth: usize, window: &Window) {
        if (depth == 0) == self.is_interrupted { self.register(window) } else { self.close(window) }
    }

    fn check(&self) -> Result<(), String> {
        let (calls, found) = (CALLS.load(Relaxed), FOUND.load(Relaxed));
        match (REGISTERED.load(Relaxed), REFUSED.load(Relaxed)) {
            (true, false) if calls == 1 && found == 1 => Ok(()),
            (false, true) if calls == 0 && found == 0 && REGISTRY.is_empty() => Ok(()),
            // Nothing interrupted the one or the other.
            (true, false) if !REGISTRY.is_closed() => Ok(()),
            (false, false) if !self.is_interrupted && found == 0 => Ok(()),
            other => Err(format!("registered, refused: {other:?}; {calls} calls, {found} found by the run")),
        }
    }
}

fn finds_no_gap(register: Register) {
    for is_interrupted in [true, false] {
        let verdict = Stepper::new().run(&Closing { register, is_interrupted }).unwrap();
        assert_eq!(verdict.violations, 0, "the register is interrupted: {is_interrupted}: {verdict:?}");
        assert!(verdict.boundaries > 10, "{verdict:?}");
    }
}

/// Seed: `arm_ignores_close`.
#[test]
fn g5_a_register_and_a_close_may_interrupt_each_other_anywhere() {
    finds_no_gap(|| REGISTRY.register(hook()));
}

#[test]
fn g5_arming_a_reservation_and_a_close_may_interrupt_each_other_anywhere() {
    finds_no_gap(|| REGISTRY.reserve().map_err(|_| RegisterError::Closed(hook()))?.arm(hook()));
}
