//! What each case does, inside the child.
//!
//! The parent has made sure that every signal is as a shell would leave it: see `parent::prepare`.

use std::error::Error;
use std::ffi::c_int;
use std::hint::black_box;
use std::panic;
use std::process;
use std::ptr;
use std::thread;

use terminate_std::{ExitStatus, Hook, Phase, Signal, terminate, unregister};

use crate::log::{handler_safe, hook, ran, say, wait_for_parent, wait_for_signal};
use crate::os;

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// What most cases have: two hooks, so that there is an order.
fn two_hooks() -> Outcome {
    hook("older").register()?;
    hook("newer").register()?;
    Ok(())
}

pub(crate) fn returns() -> Outcome {
    two_hooks()
}

pub(crate) fn exits() -> Outcome {
    two_hooks()?;
    process::exit(3)
}

pub(crate) fn exits_quickly() -> Outcome {
    let quick_exit = os::QUICK_EXIT.ok_or("the C library has no quick_exit")?;
    two_hooks()?;
    quick_exit(4)
}

pub(crate) fn terminates() -> Outcome {
    two_hooks()?;
    terminate(ExitStatus::Code(7))
}

pub(crate) fn panics() -> Outcome {
    two_hooks()?;
    panic!("nobody catches this")
}

pub(crate) fn panics_in_a_thread() -> Outcome {
    two_hooks()?;
    let result = thread::spawn(|| panic!("only this thread ends")).join();
    say(if result.is_err() { "the thread panicked" } else { "the thread did not panic" });
    Ok(())
}

pub(crate) fn catches_a_panic() -> Outcome {
    two_hooks()?;
    let result = panic::catch_unwind(|| panic!("caught below"));
    say(if result.is_err() { "the panic was caught" } else { "there was no panic" });
    Ok(())
}

pub(crate) fn panics_after_another_panic_hook() -> Outcome {
    panic::set_hook(Box::new(|_| say("the previous panic hook")));
    panics()
}

pub(crate) fn panics_in_a_hook() -> Outcome {
    hook("older").register()?;
    Hook::new(|cause| {
        ran("faulty", cause);
        panic!("a mistake in a hook");
    })
    .name("faulty")
    .register()?;
    hook("newer").register()?;
    Ok(())
}

/// The C runtime's or library's own signal.
pub(crate) fn raises_term() -> Outcome {
    unsafe extern "C" {
        safe fn raise(number: c_int) -> c_int;
    }
    two_hooks()?;
    raise(Signal::TERM.as_raw());
    os::sleep_for_ever()
}

pub(crate) fn waits() -> Outcome {
    two_hooks()?;
    wait_for_signal()
}

pub(crate) fn asks_for_usr1() -> Outcome {
    hook("older").register()?;
    hook("newer").signals([Signal::USR1]).register()?;
    wait_for_signal()
}

pub(crate) fn counts_as_success() -> Outcome {
    hook("older").register()?;
    hook("newer").exit_status(ExitStatus::Success).register()?;
    wait_for_signal()
}

pub(crate) fn survives_a_hangup() -> Outcome {
    two_hooks()?;
    say("ready");
    wait_for_parent();
    say("still here");
    Ok(())
}

/// A hook that is not done before the parent says so.
fn slow_hook() -> Hook {
    Hook::new(|cause| {
        say("a hook is running");
        wait_for_parent();
        ran("slow", cause);
    })
}

pub(crate) fn waits_with_a_slow_hook() -> Outcome {
    hook("older").register()?;
    slow_hook().register()?;
    wait_for_signal()
}

pub(crate) fn exits_with_a_slow_hook() -> Outcome {
    hook("older").register()?;
    slow_hook().register()?;
    process::exit(3)
}

pub(crate) fn has_a_handler_already() -> Outcome {
    extern "C" fn previous(_: c_int) {
        say("the previous handler");
    }
    os::handle_term(previous)?;
    waits()
}

pub(crate) fn aborts() -> Outcome {
    hook("older").register()?;
    hook("newer").signals([Signal::ABRT]).register()?;
    process::abort()
}

/// Only `asked` may run after a fault: one of the others is an ordinary hook, and one did not ask.
fn hooks_for_a_fault() -> Outcome {
    hook("ordinary").register()?;
    handler_safe("asked").signals([Signal::SEGV]).register()?;
    handler_safe("did-not-ask").signals([Signal::TERM]).register()?;
    Ok(())
}

pub(crate) fn writes_to_null() -> Outcome {
    unsafe extern "C" {
        fn memset(at: *mut u8, byte: c_int, length: usize) -> *mut u8;
    }
    hooks_for_a_fault()?;
    // SAFETY: there is none: this is the mistake. By C's `memset`, because Rust would check the pointer, and panic.
    unsafe { memset(black_box(ptr::null_mut()), 1, 1) };
    say("nothing is wrong with null");
    Ok(())
}

pub(crate) fn overflows_the_stack() -> Outcome {
    #[expect(unconditional_recursion, reason = "that is the mistake")]
    fn deeper(depth: u64) -> u64 {
        // An addition after the call, so that it is not turned into a loop.
        deeper(black_box(depth + 1)) + black_box(depth)
    }
    hooks_for_a_fault()?;
    // On a thread, since the main one may have been given as much stack as there is memory.
    let result = thread::Builder::new().name("deep".into()).spawn(|| deeper(0))?.join();
    say(if result.is_ok() { "there is an end to it" } else { "it panicked" });
    Ok(())
}

pub(crate) fn has_only_handler_safe_hooks() -> Outcome {
    handler_safe("older").register()?;
    handler_safe("newer").register()?;
    // The one thread waits for the signal, so the hooks can only run in the handler.
    say(match os::threads() {
        Some(1) => "one thread",
        Some(_) => "several threads",
        None => "an unknown number of threads",
    });
    wait_for_signal()
}

pub(crate) fn takes_a_hook_back() -> Outcome {
    hook("older").register()?;
    let taken_back = hook("taken-back").register()?;
    hook("newer").register()?;
    unregister(taken_back)?;
    Ok(())
}

pub(crate) fn leaves_a_scope() -> Outcome {
    hook("older").register()?;
    {
        let _guard = hook("guarded").guard()?;
        hook("newer").register()?;
        say("in the scope");
    }
    say("out of the scope");
    Ok(())
}

pub(crate) fn has_phases() -> Outcome {
    hook("last").phase(Phase::Last).register()?;
    hook("older").register()?;
    hook("first").phase(Phase::First).register()?;
    hook("newer").register()?;
    Ok(())
}
