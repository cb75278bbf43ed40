//! How a process ends: `exit` of the C runtime, and `ExitProcess`.
//!
//! | what ends it | what comes here |
//! | --- | --- |
//! | a return from main, `exit` of the C runtime | [`exiting`], by `atexit`; all threads are still there |
//! | `ExitProcess`, which Rust's `process::exit` is | [`by_loader`] or [`by_value`]: the system has ended every other thread |
//! | `TerminateProcess`, a fast failure (`process::abort`) | nothing |
//!
//! On Windows `ExitProcess` calls a program's TLS callback. wine 8 does not do that, but calls the function that frees a fiber-local
//! value of the thread; so each thread gets such a value. Whichever comes second finds nothing to do.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::{mem, process, ptr};

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW, GetModuleHandleW,
};
use windows_sys::Win32::System::Threading::{FlsAlloc, FlsFree, FlsSetValue, GetCurrentProcess, TerminateProcess};

use super::threads::{is_alone, park, thread_id};
use super::{console, crt};
use crate::types::signal::Signal;

/// What policy does about an `exit`.
pub(crate) type OnExit = fn(status: Option<c_int>, stay: &dyn Fn());

struct Exit {
    /// An [`OnExit`] once the exit handler is in place.
    policy: AtomicPtr<()>,
    /// The index of the fiber-local value.
    value: AtomicU32,
    /// The main thread's number; zero in a library that a program has loaded.
    main: AtomicU32,
}

const NONE: u32 = u32::MAX;

static EXIT: Exit =
    Exit { policy: AtomicPtr::new(ptr::null_mut()), value: AtomicU32::new(NONE), main: AtomicU32::new(0) };

/// Has each exit call the function.
///
/// # Errors
///
/// If the C runtime has no room.
pub(crate) fn on_exit(policy: OnExit) -> Result<(), ()> {
    if EXIT.policy.swap(policy as *mut (), Ordering::AcqRel).is_null() {
        stay_loaded();
        // SAFETY: the function may be called at any time.
        if unsafe { crt::atexit(exiting) } != 0 {
            EXIT.policy.store(ptr::null_mut(), Ordering::Release);
            return Err(());
        }
    }
    Ok(())
}

/// Has the C runtime call the function when the program starts.
#[cfg(all(feature = "macros", debug_assertions))]
macro_rules! at_start {
    ($function:path) => {
        #[used]
        #[unsafe(link_section = ".CRT$XCU")]
        static START: extern "C" fn() = $function;
    };
}
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) use at_start;

/// Has `exit` of the C runtime call the function, if there is room.
#[cfg(all(feature = "macros", debug_assertions))]
pub(crate) fn at_exit(function: extern "C" fn()) {
    // SAFETY: the function may be called at any time.
    unsafe { crt::atexit(function) };
}

/// Keeps a declared hook in the program: GNU's linker drops what nothing refers to, unless the C runtime calls it at the start.
#[cfg(feature = "macros")]
#[doc(hidden)]
#[macro_export]
macro_rules! __keep {
    ($declared:path) => {
        #[used]
        #[unsafe(link_section = ".CRT$XCU")]
        static __TERMINATE_STD_KEPT: extern "C" fn() = {
            extern "C" fn kept() {
                ::core::hint::black_box(&raw const $declared);
            }
            kept
        };
    };
}

/// Has `FreeLibrary` leave the library loaded that has this code, if it is in one.
fn stay_loaded() {
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    let (here, mut module) = ((stay_loaded as *const ()).cast(), ptr::null_mut());
    // SAFETY: an address of this module; writes to `module`.
    unsafe { GetModuleHandleExW(flags, here, &raw mut module) };
}

extern "C" fn exiting() {
    call(None);
}

fn call(status: Option<c_int>) {
    // SAFETY: null, or from `on_exit`, of a function of this type.
    let policy = unsafe { mem::transmute::<*mut (), Option<OnExit>>(EXIT.policy.load(Ordering::Acquire)) };
    if let Some(policy) = policy {
        policy(status, &|| ());
    }
}

/// Does what an exit with that status would have policy do.
pub(crate) fn call_on_exit(status: c_int) {
    call(Some(status));
}

pub(crate) fn is_main_thread() -> bool {
    EXIT.main.load(Ordering::Relaxed) == thread_id().cast_unsigned()
}

/// The system has ended every other thread.
fn exiting_alone() {
    // The system's own handler of a console event that policy did not take is no exit of the program.
    if is_alone() && !console::is_in_default_handler() {
        call(None);
    }
}

/// The loader calls it. The name puts it before the one by which Rust's runtime drops thread-locals.
#[used]
#[unsafe(link_section = ".CRT$XLAA")]
static BY_LOADER: unsafe extern "system" fn(*mut c_void, u32, *mut c_void) = by_loader;

unsafe extern "system" fn by_loader(module: *mut c_void, reason: u32, _: *mut c_void) {
    const PROCESS_DETACH: u32 = 0;
    const PROCESS_ATTACH: u32 = 1;
    const THREAD_ATTACH: u32 = 2;
    match reason {
        PROCESS_ATTACH => {
            // SAFETY: null stands for the program.
            if module == unsafe { GetModuleHandleW(ptr::null()) } {
                EXIT.main.store(thread_id().cast_unsigned(), Ordering::Relaxed);
            }
            // SAFETY: the function may be called on any thread, and stays.
            EXIT.value.store(unsafe { FlsAlloc(Some(by_value)) }, Ordering::Relaxed);
            mark_thread();
            console::begin();
        }
        THREAD_ATTACH => mark_thread(),
        PROCESS_DETACH if is_alone() => exiting_alone(),
        // `FreeLibrary`: afterwards the system must call nothing here.
        PROCESS_DETACH => {
            console::end();
            // SAFETY: the index is ours. The system calls `by_value` for each thread, which does nothing while there are others.
            unsafe { FlsFree(EXIT.value.swap(NONE, Ordering::Relaxed)) };
        }
        _ => {}
    }
}

/// Gives the thread a value to free.
fn mark_thread() {
    let index = EXIT.value.load(Ordering::Relaxed);
    if index != NONE {
        // SAFETY: the index is ours. Without memory for it, the thread has no value.
        unsafe { FlsSetValue(index, ptr::dangling()) };
    }
}

unsafe extern "system" fn by_value(_: *const c_void) {
    exiting_alone();
}

/// Ends the process with that exit code, at once.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: this process.
    unsafe { TerminateProcess(GetCurrentProcess(), code.cast_unsigned()) };
    park()
}

/// Exits with that code, so that other exit handlers run.
pub(crate) fn exit(code: c_int) -> ! {
    crt::exit(code)
}

/// Goes on with an `exit` of this thread that a hook has interrupted by another one.
pub(crate) fn exit_again(status: c_int) -> ! {
    crt::exit(status)
}

/// Exits as Rust's `process::exit` does; hooks run before that, while all threads are there.
pub(crate) fn exit_process(code: c_int) -> ! {
    if !is_alone() {
        call_on_exit(code);
    }
    process::exit(code)
}

/// Ends the process as the signal does by default.
pub(crate) fn die_by(signal: Signal) -> ! {
    /// What the default handlers of the system end a process with: `STATUS_CONTROL_C_EXIT`, and the codes of exceptions.
    const CONTROL_C_EXIT: u32 = 0xC000_013A;
    const ACCESS_VIOLATION: u32 = 0xC000_0005;
    const ILLEGAL_INSTRUCTION: u32 = 0xC000_001D;
    const INTEGER_DIVIDE_BY_ZERO: u32 = 0xC000_0094;
    /// The C runtime's, for `raise`.
    const RAISED: u32 = 3;
    let code = match signal {
        Signal::ABRT => {
            // SAFETY: its default action.
            unsafe { crt::signal(crt::SIGABRT, crt::SIG_DFL) };
            crt::abort()
        }
        Signal::TERM => RAISED,
        Signal::SEGV => ACCESS_VIOLATION,
        Signal::ILL => ILLEGAL_INSTRUCTION,
        Signal::FPE => INTEGER_DIVIDE_BY_ZERO,
        _ => CONTROL_C_EXIT,
    };
    exit_now(code.cast_signed())
}
