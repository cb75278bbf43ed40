//! Loom's models of [`Process`]: every interleaving of two or three threads, and every stale value that the memory model lets
//! them read.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p terminate-std --lib --release`
//!
//! They run the code of [`Process`] and of its table as it is, with loom's atomics. What happens between the steps is in
//! `tests/explore`.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use terminate_core::{Cause, Context, Hook, HookId, SignalNumber, Triggers};

use super::process::{Process, adopt_in};
use super::state::{End, Event, Stage};
use crate::types::atomic::AtomicPtr;
use crate::types::options::Options;
use crate::types::signal::Signal;

const GUARD: usize = 0x40;

fn process() -> &'static Process {
    Box::leak(Box::new(Process::new()))
}

fn on_runner() -> &'static Process {
    let process = process();
    process.advance(Event::NeedRunner).expect("it lives");
    process
}

fn options(signals: &[Signal], interrupts: bool) -> Options {
    let mut options = Options::new(true);
    options.signals = Some(signals.iter().copied().collect());
    options.interrupt_on_sigint = interrupts.then_some(true);
    options
}

/// As `register` does it, from the slot on.
fn register(process: &'static Process, options: &Options, f: impl FnOnce() + Send + 'static) -> Option<HookId> {
    let slot = process.table().registry.reserve().ok()?;
    let signals = options.signals.unwrap_or_default();
    process.table().write(slot.id(), options, signals, std::ptr::null_mut());
    let f: Box<dyn FnOnce() + Send> = Box::new(f);
    let f = Box::new(f);
    let hook = Hook::new(move |_| f()).triggers(Triggers::ALWAYS | signals.triggers());
    let id = slot.arm(hook).ok()?;
    process.table().count_armed();
    Some(id)
}

fn run(process: &'static Process) -> usize {
    process.table().registry.run(Cause::Exit, Context::Thread).ran
}

const TERM: SignalNumber = SignalNumber::new(15).expect("it is one");

fn signal() -> End {
    End::Signal(TERM)
}

#[test]
fn of_two_requests_one_begins_the_end_and_the_runner_sees_its_cause() {
    loom::model(|| {
        let process = on_runner();
        let request = |end| move || process.advance_from(process.state(), Event::Request(end, 0)).is_ok();
        let other = thread::spawn(request(End::Exit));
        let here = request(signal())();
        let there = other.join().unwrap();
        assert!(here ^ there || !here && !there, "one exchange leaves Alive");
        let state = process.state();
        assert_eq!(state.stage(), Stage::Requested);
        assert_eq!(state.end(), if here { signal() } else { End::Exit });
    });
}

#[test]
fn a_hook_that_is_registered_as_the_registry_closes_runs_or_is_refused() {
    loom::model(|| {
        let process = on_runner();
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        let other = thread::spawn(move || {
            let count = move || _ = counter.fetch_add(1, Ordering::Relaxed);
            process.advance(Event::NeedRunner).is_ok() && register(process, &options(&[], false), count).is_some()
        });
        process.advance(Event::Request(End::Exit, 0)).unwrap();
        process.advance(Event::Run(0)).unwrap();
        let mut called = run(process);
        process.advance(Event::Close(0)).unwrap();
        process.table().registry.close();
        called += run(process);
        process.advance(Event::Finish(0)).unwrap();
        let registered = other.join().unwrap();
        assert_eq!((called, ran.load(Ordering::Relaxed)), (usize::from(registered), usize::from(registered)));
    });
}

#[test]
fn a_hook_that_is_registered_as_a_signal_ends_the_process_without_hooks_runs_or_is_refused() {
    loom::model(|| {
        let process = on_runner();
        process.advance(Event::AddHandled).expect("it lives");
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        // With these two bits set, a registration does not move the word.
        let other = thread::spawn(move || {
            let count = move || _ = counter.fetch_add(1, Ordering::Relaxed);
            register(process, &options(&[Signal::TERM], false), count).is_some()
        });
        // As `request::end_by_signal` does it.
        let (state, interest) = process.look(Signal::TERM, true);
        let event = if interest.is_requested { Event::Request(signal(), 0) } else { Event::RequestWithoutHooks(TERM) };
        process.advance_from(state, event).unwrap();
        if process.close_without_hooks(Signal::TERM) {
            run(process);
        }
        let registered = other.join().unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), usize::from(registered));
    });
}

#[test]
fn a_hold_that_begins_as_an_unrequested_signal_ends_the_process_does_not_begin_or_is_seen() {
    loom::model(|| {
        let process = on_runner();
        process.advance(Event::AddHandled).expect("it lives");
        // As `calls::hold` does it.
        let other = thread::spawn(move || {
            process.holds.begin(GUARD, 1).expect("there is a place");
            process.advance(Event::Hold).unwrap_or_else(|state| state).stage() < Stage::Closed
        });
        // As a handler does it, where the process dies by the signal.
        let dies = loop {
            let (state, interest) = process.look(Signal::TERM, false);
            if interest.is_requested {
                break false;
            }
            if process.advance_from(state, Event::RequestWithoutHooks(TERM)).is_ok() {
                break true;
            }
        };
        let holds = other.join().unwrap();
        assert!(!(dies && holds), "the process dies inside of `hold`");
    });
}

#[test]
fn a_hook_that_is_registered_in_a_hold_runs_unless_the_hold_came_too_late() {
    loom::model(|| {
        let process = on_runner();
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        // As `calls::hold` does it.
        let other = thread::spawn(move || {
            let at = process.holds.begin(GUARD, 1).expect("there is a place");
            let may_begin = process.state().stage() < Stage::Closed;
            if may_begin {
                let count = move || _ = counter.fetch_add(1, Ordering::Relaxed);
                assert!(register(process, &options(&[], false), count).is_some(), "nothing is closed yet");
            }
            process.holds.end(at, GUARD);
            may_begin
        });
        process.advance(Event::Request(End::Exit, 0)).unwrap();
        process.advance(Event::Run(0)).unwrap();
        process.advance(Event::Close(0)).unwrap();
        while process.holds.threads().next().is_some() {
            thread::yield_now();
        }
        process.table().registry.close();
        run(process);
        let held = other.join().unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), usize::from(held));
    });
}

/// As a handler does it: what it decides about an arrival of SIGINT, or `None` for what the signal did before.
fn interrupt(process: &'static Process) -> Option<Stage> {
    loop {
        let (state, interest) = process.look(Signal::INT, false);
        if state.stage() == Stage::Interrupting {
            return Some(Stage::Interrupting);
        }
        if !interest.is_requested {
            return None;
        }
        let event = if interest.interrupts() { Event::Interrupt } else { Event::Request(signal(), 0) };
        if let Ok(begun) = process.advance_from(state, event) {
            return Some(begun.stage());
        }
    }
}

#[test]
fn an_interrupt_and_an_unregister_at_once_never_end_the_process() {
    loom::model(|| {
        let process = on_runner();
        let id = register(process, &options(&[Signal::INT], true), || ()).unwrap();
        let other = thread::spawn(move || process.table().registry.unregister(id).is_ok());
        let decided = interrupt(process);
        let unregistered = other.join().unwrap();
        assert!(decided.is_none() || decided == Some(Stage::Interrupting));
        assert!(decided.is_some() || unregistered, "the hook was there");
        assert!(!process.state().is_ending());
    });
}

#[test]
fn an_interrupt_that_came_and_went_is_not_answered_by_what_was_read_before() {
    loom::model(|| {
        let process = on_runner();
        register(process, &options(&[Signal::INT], true), || ()).unwrap();
        let other = thread::spawn(move || interrupt(process));
        // The runner, for an interrupt of its own.
        if process.advance(Event::Interrupt).is_ok() {
            run(process);
            process.advance(Event::Interrupted).unwrap();
        }
        let decided = other.join().unwrap();
        let left = process.table().interest(Signal::INT, false).is_requested;
        assert!(!process.state().is_ending());
        assert!(decided.is_none() || left || decided == Some(Stage::Interrupting));
        assert!(process.state().stage() == Stage::Alive || left, "an interrupt without a hook");
    });
}

#[test]
fn of_two_requesters_that_find_the_runner_lost_one_replaces_it() {
    loom::model(|| {
        let process = on_runner();
        process.advance(Event::Request(End::Exit, 0)).unwrap();
        process.advance(Event::Run(0)).unwrap();
        let seen = process.state();
        let replace = move || process.advance_from(seen, Event::Lose(seen.epoch())).is_ok();
        let other = thread::spawn(replace);
        let here = replace();
        assert!(here ^ other.join().unwrap());
        assert_eq!((process.state().epoch(), process.state().stage()), (1, Stage::Running));
        // The runner that comes back moves nothing.
        assert!(process.advance(Event::Close(0)).is_err());
        process.runner.take(GUARD, 1, 1);
        process.runner.take(2 * GUARD, 2, 0);
        assert_eq!((process.runner.epoch_of(GUARD), process.runner.epoch_of(2 * GUARD)), (Some(1), None));
    });
}

#[test]
fn two_threads_of_a_child_that_adopt_at_once_share_one_process() {
    loom::model(|| {
        let parent = process();
        let slot: &'static AtomicPtr<Process> = Box::leak(Box::new(AtomicPtr::new(std::ptr::null_mut())));
        let adopt = move || {
            let inherited = slot.load(Ordering::Acquire);
            if inherited.is_null() {
                // SAFETY: `slot` holds null, or what `adopt_in` put there.
                unsafe { adopt_in(slot, inherited, Process::of_child(parent, 2, false)) };
            }
            // SAFETY: as above.
            unsafe { slot.load(Ordering::Acquire).as_ref() }.unwrap()
        };
        let other = thread::spawn(move || {
            let process = adopt();
            register(process, &options(&[], false), || ()).unwrap();
            std::ptr::from_ref(process) as usize
        });
        let process = adopt();
        assert_eq!(process.owner(), 2);
        assert_eq!(other.join().unwrap(), std::ptr::from_ref(process) as usize);
        assert_eq!(run(process), 1);
    });
}

#[test]
fn a_guards_call_is_awaited_until_its_hook_has_returned() {
    loom::model(|| {
        let process = on_runner();
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        let id = register(process, &options(&[], false), move || _ = counter.fetch_add(1, Ordering::Relaxed)).unwrap();
        let other = thread::spawn(move || {
            let table = process.table();
            if table.begin_guard(id, GUARD, 1) {
                let _ = table.registry.call(id, Cause::Exit);
                table.end_guard(id, GUARD);
            }
        });
        run(process);
        while process.table().guards().next().is_some() {
            thread::yield_now();
        }
        assert_eq!(ran.load(Ordering::Relaxed), 1, "the end came in the middle of the call");
        other.join().unwrap();
    });
}
