//! Baseline: `atexit` and `exit` of picolibc. Functions without context, 32 of them, guarded by nothing on one core.
#![no_std]
#![no_main]

use core::ffi::c_int;

use terminate_core::Cause;
use terminate_size::{a_hook, keep};

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> c_int;
    fn exit(status: c_int) -> !;
}

extern "C" fn hook() {
    a_hook(Cause::Exit);
}

/// What the C library ends with; it is the program's.
#[unsafe(no_mangle)]
extern "C" fn _exit(_: c_int) -> ! {
    loop {}
}

keep! {
    fn register() -> bool {
        // SAFETY: nothing runs this program.
        unsafe { atexit(hook) == 0 }
    }

    fn run() -> () {
        // SAFETY: as above.
        unsafe { exit(0) }
    }
}
