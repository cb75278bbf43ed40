//! The ways out of a process that gets no signals and has no children.

use std::ffi::c_int;
use std::io::{self, Write};
use std::process;

use crate::types::signal::Signal;

/// What policy does about an `exit`.
pub(crate) type OnExit = fn(status: Option<c_int>, stay: &dyn Fn());

cfg_if::cfg_if! {
    if #[cfg(target_os = "wasi")] {
        use std::sync::atomic::{AtomicPtr, Ordering};
        use std::{mem, ptr};

        /// An [`OnExit`] once the exit handler is in place.
        static ON_EXIT: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

        unsafe extern "C" {
            fn atexit(function: extern "C" fn()) -> c_int;
            fn _Exit(code: c_int) -> !;
        }

        /// Has `exit` call the function.
        ///
        /// # Errors
        ///
        /// If the C library has no room.
        pub(crate) fn on_exit(policy: OnExit) -> Result<(), ()> {
            if ON_EXIT.swap(policy as *mut (), Ordering::Relaxed).is_null() {
                // SAFETY: the function may be called at any time.
                return if unsafe { atexit(exiting) } == 0 { Ok(()) } else { Err(()) };
            }
            Ok(())
        }

        extern "C" fn exiting() {
            call(None);
        }

        fn call(status: Option<c_int>) {
            // SAFETY: null, or from `on_exit`, of a function of this type.
            let policy = unsafe { mem::transmute::<*mut (), Option<OnExit>>(ON_EXIT.load(Ordering::Relaxed)) };
            if let Some(policy) = policy {
                policy(status, &|| ());
            }
        }

        /// Ends the process without exit handlers.
        pub(crate) fn exit_now(code: c_int) -> ! {
            // SAFETY: ends the process.
            unsafe { _Exit(code) }
        }
    } else {
        /// # Errors
        ///
        /// Always: nothing is called when the program ends.
        pub(crate) fn on_exit(_: OnExit) -> Result<(), ()> {
            Err(())
        }

        fn call(_: Option<c_int>) {}

        pub(crate) fn exit_now(code: c_int) -> ! {
            process::exit(code)
        }
    }
}

/// Does what an exit with that status would have the policy do.
pub(crate) fn call_on_exit(status: c_int) {
    call(Some(status));
}

/// Ends the process, with exit handlers.
pub(crate) fn exit(code: c_int) -> ! {
    process::exit(code)
}

/// As [`exit`].
pub(crate) fn exit_process(code: c_int) -> ! {
    process::exit(code)
}

/// An exit ends no thread before the exit handlers have run.
pub(crate) const fn is_alone() -> bool {
    false
}

/// Ends the process from within its exit handlers.
pub(crate) fn exit_again(status: c_int) -> ! {
    exit_now(status)
}

/// Ends the process with the code that shells have for the signal.
pub(crate) fn die_by(signal: Signal) -> ! {
    exit_now(signal.as_raw().saturating_add(128))
}

/// Waits for the thread that ends the process.
pub(crate) fn park() -> ! {
    loop {
        std::thread::park();
    }
}

/// Writes to standard error. What cannot be written is lost.
pub(crate) fn write_stderr(text: &[u8]) {
    let _ = io::stderr().write_all(text);
}

/// Writes a line. What cannot be written is lost.
pub(crate) fn write_line(descriptor: c_int, line: &[u8]) {
    let _ = if descriptor == 1 { io::stdout().write_all(line) } else { io::stderr().write_all(line) };
}
