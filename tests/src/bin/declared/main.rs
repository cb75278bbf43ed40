//! A program whose hooks are declared: `declared SCENARIO [ARGUMENT…]`. They are in three files.
//!
//! It is not the fixture, since every `install()` of a program registers what is declared anywhere in it.

mod early;
mod more;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use terminate_std::interrupt::sleep;
use terminate_std::{Cause, Config, Hook, InstallError, RegisterErrorKind, hook, install, unregister};
use terminate_tests::{Ended, os};

fn say(text: &str) {
    os::write(1, format!("{text}\n").as_bytes());
}

#[hook]
fn plain() {
    say("plain");
}

static CLUMSY: AtomicBool = AtomicBool::new(false);

#[hook(signals(USR1), exit_status = Code(3), name = "the second one")]
fn second(cause: Cause) {
    say(&format!("second {cause}"));
    assert!(!CLUMSY.load(Ordering::Relaxed), "on purpose");
}

#[rustfmt::skip]
mod one_line {
    #[terminate_std::hook(signals())] fn left() { super::say("left"); } #[terminate_std::hook(signals())] fn right() { super::say("right"); }
}

#[hook(signals(ALRM), phase = Last, exit_status = SignalNumber)]
fn last(_: Cause) {
    say("last");
}

#[hook(phase = First, signals(XCPU), exit_status = Success)]
fn first(_cause: Cause) {
    say("first");
}

#[hook(signals(USR2, QUIT,), exit_status = Shell,)]
fn shell() {
    say("shell");
}

#[hook(signals(INT), interrupt_on_sigint, inherit_on_fork = false)]
fn interrupted(_: Cause) {
    say("interrupted");
}

#[hook(unsafe(handler_safe), signals(SEGV, BUS))]
fn on_fault(cause: Cause) {
    os::write(1, if matches!(cause, Cause::Signal(_)) { b"on fault signal\n" } else { b"on fault other\n" });
}

#[hook(signals(HUP), override_ignored = true, exit_status = Signal)]
fn hangs_up() {
    say("hangs up");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["full"] => return full(),
        ["full-deadline"] => return full_with_deadline(),
        ["clumsy"] => CLUMSY.store(true, Ordering::Relaxed),
        _ => {}
    }
    if arguments != ["not-installed"] {
        install().expect("there is room");
        assert!(matches!(install(), Err(InstallError::AlreadyInstalled)));
    }
    say("ready");
    match arguments[..] {
        ["interrupt"] => {
            say(&format!("{:?}", sleep(Duration::from_secs(3600))));
            std::process::exit(4);
        }
        ["fault"] => fault(),
        ["fork"] => {
            let child = os::fork(|| os::exit(5));
            say(&format!("child ended: {:?}", Ended::from(os::wait_for(child))));
        }
        ["idle"] => loop {
            os::pause();
        },
        _ => {}
    }
}

fn fault() {
    // The first page is never mapped. Not null itself, which std checks.
    let address = std::ptr::without_provenance_mut::<u8>(std::hint::black_box(8));
    // SAFETY: there is none. The fault is the purpose.
    unsafe { address.write_volatile(1) };
}

/// The table has room for two more, which is not enough: then none is registered. Without the fillers, all are.
fn full() {
    let fillers = fill_but(2);
    let error = install().expect_err("there is no room for all");
    let InstallError::Hook(refused) = &error else { panic!("{error}") };
    say(&format!("{}", matches!(refused.kind(), RegisterErrorKind::Full { .. })));
    say(&format!("{error}"));
    say(&format!("room for {}", fill_but(0).len()));
    for id in fillers {
        unregister(id).expect("it is there");
    }
    install().expect("there is room");
    say("ready");
}

/// Of a configuration that was refused, nothing is in force.
fn full_with_deadline() {
    let fillers = fill_but(2);
    let refused = Config::new().deadline(Duration::from_millis(1)).install();
    say(&format!("{}", matches!(refused, Err(InstallError::Hook(_)))));
    for id in fillers {
        unregister(id).expect("it is there");
    }
    install().expect("there is room");
    let slow = |_| {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(300) {
            std::thread::yield_now();
        }
        say("slow");
    };
    Hook::new(slow).register().expect("there is room");
    say("ready");
}

/// Fills the table, but for so many slots.
fn fill_but(free: usize) -> Vec<terminate_std::HookId> {
    let mut ids = Vec::new();
    while let Ok(id) = Hook::new(|_| ()).register() {
        ids.push(id);
    }
    for id in ids.drain(ids.len() - free..) {
        unregister(id).expect("it is there");
    }
    ids
}
