//! What a program in another language loads: this package as a C library.

use std::time::Duration;

use terminate_std::{Config, Hook, Signal};

use crate::os;

/// Registers one hook, which says when it begins and when it is done. Times are in milliseconds; without a grace there is none.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn terminate_tests_register(grace: u32, linger: u32) {
    register(grace, linger, |hook| hook);
}

/// As [`terminate_tests_register`], with a hook that requests `SIGABRT`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn terminate_tests_register_abort(grace: u32, linger: u32) {
    register(grace, linger, |hook| hook.signals([Signal::ABRT]));
}

/// As [`terminate_tests_register`], with a hook that yields to other handlers.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn terminate_tests_register_yielding(grace: u32, linger: u32) {
    register(grace, linger, |hook| hook.unless_handled(true));
}

fn register(grace: u32, linger: u32, with: fn(Hook) -> Hook) {
    let config = Config::new().linger(Duration::from_millis(linger.into()));
    let config = if grace == 0 { config } else { config.grace(Duration::from_millis(grace.into())) };
    config.install().expect("the first one");
    let hook = Hook::new(|cause| {
        os::write(1, format!("hook {cause}\n").as_bytes());
        std::thread::sleep(Duration::from_millis(30));
        os::write(1, b"hook done\n");
    });
    with(hook).register().expect("there is room");
}
