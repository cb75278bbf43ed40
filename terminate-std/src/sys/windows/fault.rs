//! Exceptions that nothing handles: the filter of unhandled exceptions.
//!
//! The filter runs on the thread that faulted, where it faulted. After a stack overflow it has what `SetThreadStackGuarantee` keeps for it;
//! Rust's runtime keeps 20 KiB on its threads. A program under a debugger does not come here.

use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::{mem, ptr};

use windows_sys::Win32::Foundation::{
    EXCEPTION_ACCESS_VIOLATION, EXCEPTION_DATATYPE_MISALIGNMENT, EXCEPTION_FLT_DENORMAL_OPERAND,
    EXCEPTION_FLT_DIVIDE_BY_ZERO, EXCEPTION_FLT_INEXACT_RESULT, EXCEPTION_FLT_INVALID_OPERATION,
    EXCEPTION_FLT_OVERFLOW, EXCEPTION_FLT_STACK_CHECK, EXCEPTION_FLT_UNDERFLOW, EXCEPTION_ILLEGAL_INSTRUCTION,
    EXCEPTION_IN_PAGE_ERROR, EXCEPTION_INT_DIVIDE_BY_ZERO, EXCEPTION_INT_OVERFLOW, EXCEPTION_PRIV_INSTRUCTION,
    EXCEPTION_STACK_OVERFLOW, NTSTATUS,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS, LPTOP_LEVEL_EXCEPTION_FILTER, SetUnhandledExceptionFilter,
};

use super::delivery::{Delivery, Origin};
use crate::types::signal::Signal;

/// The filter that stood before ours, and whether ours stands.
struct Filters {
    previous: AtomicPtr<()>,
    is_installed: AtomicBool,
}

static FILTERS: Filters = Filters { previous: AtomicPtr::new(ptr::null_mut()), is_installed: AtomicBool::new(false) };

/// Has our filter called, once.
pub(super) fn install() {
    if FILTERS.is_installed.swap(true, Ordering::AcqRel) {
        return;
    }
    // SAFETY: the filter may be called at any time, and stays.
    let previous = unsafe { SetUnhandledExceptionFilter(Some(filter)) };
    FILTERS.previous.store(previous.map_or(ptr::null_mut(), |filter| filter as *mut ()), Ordering::Release);
}

fn signal_of(code: NTSTATUS) -> Option<Signal> {
    match code {
        EXCEPTION_ACCESS_VIOLATION
        | EXCEPTION_IN_PAGE_ERROR
        | EXCEPTION_STACK_OVERFLOW
        | EXCEPTION_DATATYPE_MISALIGNMENT => Some(Signal::SEGV),
        EXCEPTION_ILLEGAL_INSTRUCTION | EXCEPTION_PRIV_INSTRUCTION => Some(Signal::ILL),
        EXCEPTION_INT_DIVIDE_BY_ZERO
        | EXCEPTION_INT_OVERFLOW
        | EXCEPTION_FLT_DENORMAL_OPERAND
        | EXCEPTION_FLT_DIVIDE_BY_ZERO
        | EXCEPTION_FLT_INEXACT_RESULT
        | EXCEPTION_FLT_INVALID_OPERATION
        | EXCEPTION_FLT_OVERFLOW
        | EXCEPTION_FLT_STACK_CHECK
        | EXCEPTION_FLT_UNDERFLOW => Some(Signal::FPE),
        // Breakpoints, exceptions of other languages.
        _ => None,
    }
}

unsafe extern "system" fn filter(info: *const EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the system's record is valid while the filter runs.
    let code = unsafe { (*(*info).ExceptionRecord).ExceptionCode };
    let previous = FILTERS.previous.load(Ordering::Acquire);
    if let Some(signal) = signal_of(code) {
        // Whatever policy says: the fault takes its course.
        let _ = Delivery::new(signal, Origin::Fault { is_last: previous.is_null() }).decide();
    }
    // SAFETY: null, or what the system gave us, of this type.
    let previous = unsafe { mem::transmute::<*mut (), LPTOP_LEVEL_EXCEPTION_FILTER>(previous) };
    // SAFETY: called as the system would.
    previous.map_or(EXCEPTION_CONTINUE_SEARCH, |previous| unsafe { previous(info) })
}
