//! G5: a hook that comes while a run looks for the last time, and finds nobody, is run by it.
//!
//! A run of an empty registry is that last look, and nothing else. The register that interrupts it takes the slot that is looked at
//! first, so that the look itself finds the hook only if it came at the very beginning. From there on it is the ticket that tells of it,
//! and only if it comes after the run has read that for the last time, a few instructions before the end, is it left to a later run.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::sync::atomic::{AtomicBool, Ordering};

use terminate_core::{Cause, Context, Hook, Registry};
use terminate_fuzz::step::{Scenario, Stepper, Window};

// Where words are narrow, a table of 16 has no list, and is another path.
const N: usize = if cfg!(terminate_narrow_word) { 12 } else { 64 };

static REGISTRY: Registry<N> = Registry::new();
static REGISTERED: AtomicBool = AtomicBool::new(false);
static CALLED: AtomicBool = AtomicBool::new(false);

struct LastLook;

impl Scenario for LastLook {
    fn prepare(&self) {
        // Then every slot was used, and the one that is looked at first is the next to be taken: it was the last to be freed.
        let ids: Vec<_> = (0..N).map(|_| REGISTRY.register(Hook::new(|_| ())).expect("there is room")).collect();
        for id in ids {
            REGISTRY.unregister(id).expect("it is registered");
        }
    }

    fn perform(&self, depth: usize, window: &Window) {
        if depth == 0 {
            let _ = window.run(|| REGISTRY.run(Cause::Exit, Context::Thread));
        } else {
            let called = Hook::new(|_| CALLED.store(true, Ordering::Relaxed));
            REGISTRY.register(called).expect("there is room");
            REGISTERED.store(true, Ordering::Relaxed);
        }
    }

    fn check(&self) -> Result<(), String> {
        let (registered, called) = (REGISTERED.load(Ordering::Relaxed), CALLED.load(Ordering::Relaxed));
        if registered == called { Ok(()) } else { Err("the hook was left".to_owned()) }
    }
}

#[test]
fn g5_a_hook_that_is_registered_during_the_last_look_of_a_run_is_run_by_it() {
    let verdict = Stepper::new().run(&LastLook).unwrap();
    let from_the_first_on = verdict.first.as_ref().map_or(0, |first| verdict.boundaries - first.outer as u64);
    assert_eq!(verdict.violations, from_the_first_on, "left here, and run where it came later: {verdict:?}");
    assert!(verdict.violations * 4 < verdict.boundaries, "{verdict:?}");
}
