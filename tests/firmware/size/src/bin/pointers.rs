//! Baseline: `terminate_size::pointers`.
#![no_std]
#![no_main]

use terminate_core::Cause;
use terminate_size::{keep, pointers};

keep! {
    fn register() -> bool {
        pointers::register()
    }

    fn run(cause: Cause) -> () {
        pointers::run(cause);
    }
}
