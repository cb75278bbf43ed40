//! The stepper on toys: a count that an interrupt can spoil, and one that it cannot.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::arch::asm;
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use terminate_fuzz::step::{Pairs, Scenario, StepError, Stepper, Window};

/// Each scenario is played in a fork, so each has this to itself.
static COUNT: AtomicU32 = AtomicU32::new(0);
static PERFORMED: AtomicU32 = AtomicU32::new(0);

/// Spoilt by an interrupt before its second or third instruction.
#[inline(never)]
fn load_and_store() {
    // SAFETY: an atomic may be written through its address; and these tests have one thread.
    unsafe {
        asm!("mov eax, [{count}]", "inc eax", "mov [{count}], eax", count = in(reg) COUNT.as_ptr(), out("eax") _);
    }
}

#[inline(never)]
fn fetch_add() {
    COUNT.fetch_add(1, Relaxed);
}

/// Counts what it does in both ways, and compares.
struct Counting(fn());

impl Scenario for Counting {
    fn prepare(&self) {
        COUNT.store(7, Relaxed);
        PERFORMED.store(7, Relaxed);
    }

    fn perform(&self, _: usize, window: &Window) {
        window.run(self.0);
        PERFORMED.fetch_add(1, Relaxed);
    }

    fn check(&self) -> Result<(), String> {
        let (count, performed) = (COUNT.load(Relaxed), PERFORMED.load(Relaxed));
        if count == performed { Ok(()) } else { Err(format!("counted {count} of {performed}")) }
    }
}

#[test]
fn a_count_by_load_and_store_is_found_between_the_two() {
    let verdict = Stepper::new().run(&Counting(load_and_store)).unwrap();
    assert_eq!(verdict.forks, verdict.boundaries);
    assert_eq!(verdict.violations, 2, "{verdict:?}");
    let failure = verdict.first.unwrap();
    assert_eq!(failure.what, "counted 8 of 9");
    let [instruction] = &failure.instructions[..] else { panic!("{failure}") };
    assert!(instruction.symbols.iter().any(|symbol| symbol.contains("load_and_store")), "{failure}");
    assert!(instruction.symbols.iter().any(|symbol| symbol.contains("tests/step.rs:")), "{failure}");

    let again = Stepper::new().at(failure.outer, None).run(&Counting(load_and_store)).unwrap();
    assert_eq!((again.forks, again.violations, again.first), (1, 1, Some(failure)));
}

#[test]
fn a_count_in_one_instruction_is_never_wrong() {
    let verdict = Stepper::new().run(&Counting(fetch_add)).unwrap();
    assert!(verdict.boundaries > 2, "{verdict:?}");
    assert_eq!((verdict.forks, verdict.violations, verdict.first), (verdict.boundaries, 0, None));
}

/// What is wrong only when the interrupting operation is interrupted itself.
struct Nested;

impl Scenario for Nested {
    fn prepare(&self) {}

    fn perform(&self, depth: usize, window: &Window) {
        if depth == 0 {
            window.run(|| hint::black_box(0));
        } else {
            window.run(load_and_store);
        }
        PERFORMED.fetch_add(u32::from(depth > 0), Relaxed);
    }

    fn check(&self) -> Result<(), String> {
        Counting(load_and_store).check()
    }
}

#[test]
fn a_fault_at_the_second_level_is_found_and_told_by_both_boundaries() {
    assert_eq!(Stepper::new().run(&Nested).unwrap().violations, 0);
    let verdict = Stepper::new().pairs(Pairs::OneIn(1, 1)).run(&Nested).unwrap();
    assert!(verdict.pairs > verdict.forks && verdict.violations > 0, "{verdict:?}");
    let failure = verdict.first.unwrap();
    assert_eq!(failure.instructions.len(), 2);
    assert!(failure.instructions[1].symbols.iter().any(|symbol| symbol.contains("load_and_store")), "{failure}");

    let again = Stepper::new().at(failure.outer, failure.inner).run(&Nested).unwrap();
    assert_eq!((again.pairs, again.violations, again.first), (1, 1, Some(failure)));
}

#[test]
fn the_sample_of_pairs_depends_on_the_seed_alone() {
    let sample = |seed| {
        let verdict = Stepper::new().pairs(Pairs::OneIn(4, 4)).seed(seed).run(&Nested).unwrap();
        assert!(verdict.forks < verdict.boundaries);
        (verdict.forks, verdict.pairs)
    };
    assert_eq!(sample(1), sample(1));
    assert!((2..10).any(|seed| sample(seed) != sample(1)));
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What an interrupt makes worse than wrong.
struct Breaking(fn());

impl Scenario for Breaking {
    fn prepare(&self) {}

    fn perform(&self, depth: usize, window: &Window) {
        if depth == 0 {
            window.run(|| {
                if INTERRUPTED.load(Relaxed) {
                    (self.0)();
                }
            });
        }
        INTERRUPTED.store(true, Relaxed);
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn an_interrupt_that_makes_the_operation_crash_is_a_violation() {
    let verdict = Stepper::new().run(&Breaking(|| std::process::abort())).unwrap();
    assert_eq!(verdict.first.unwrap().what, "it crashed: signal 6");
}

#[test]
fn an_interrupt_that_makes_the_operation_endless_is_a_violation() {
    let endless = Breaking(|| {
        while INTERRUPTED.load(Relaxed) {
            std::hint::spin_loop();
        }
    });
    let verdict = Stepper::new().at(0, None).run(&endless).unwrap();
    assert_eq!(verdict.first.unwrap().what, "it did not end");
}

/// Wrong even if nobody interrupts it.
struct Broken;

impl Scenario for Broken {
    fn prepare(&self) {}
    fn perform(&self, _: usize, _: &Window) {}
    fn check(&self) -> Result<(), String> {
        Err("as told".to_owned())
    }
}

#[test]
fn a_scenario_that_is_wrong_without_an_interrupt_is_an_error() {
    let error = Stepper::new().run(&Broken).unwrap_err();
    assert!(matches!(&error, StepError::Stage(what) if what.contains("as told")), "{error}");
}
