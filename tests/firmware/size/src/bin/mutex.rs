//! Baseline: `terminate_size::mutex`.
#![no_std]
#![no_main]

use terminate_core::Cause;
use terminate_size::{keep, mutex};

keep! {
    fn register() -> bool {
        mutex::register()
    }

    fn unregister(index: usize) -> bool {
        mutex::unregister(index)
    }

    fn run(cause: Cause) -> () {
        mutex::run(cause);
    }
}
