//! Console events for one process: the system's own thread function for them, started in it.
//!
//! `GenerateConsoleCtrlEvent` knows two of the five events, and sends Ctrl-C to every process of the console.

use std::ffi::c_void;
use std::{mem, ptr};

use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    CreateRemoteThread, CreateThread, OpenProcess, PROCESS_CREATE_THREAD, PROCESS_QUERY_INFORMATION,
    PROCESS_VM_OPERATION, PROCESS_VM_READ, PROCESS_VM_WRITE,
};

/// One of the console's events, by its number.
pub type Event = u32;

/// Ctrl-C.
pub const CTRL_C: Event = CTRL_C_EVENT;
/// Ctrl-Break.
pub const BREAK: Event = CTRL_BREAK_EVENT;
/// The console's window is closed.
pub const CLOSE: Event = CTRL_CLOSE_EVENT;
/// The user logs off.
pub const LOGOFF: Event = CTRL_LOGOFF_EVENT;
/// The system shuts down.
pub const SHUTDOWN: Event = CTRL_SHUTDOWN_EVENT;

type Routine = unsafe extern "system" fn(*mut c_void) -> u32;

/// The function of the threads that the system starts for events. It takes the event as a thread's function takes a pointer.
fn routine() -> Routine {
    // SAFETY: the module is there in each process, at the same address, and the function is of that type.
    unsafe {
        let module = GetModuleHandleA(c"kernelbase.dll".as_ptr().cast());
        let routine = GetProcAddress(module, c"CtrlRoutine".as_ptr().cast()).expect("kernelbase.dll has CtrlRoutine");
        mem::transmute::<unsafe extern "system" fn() -> isize, Routine>(routine)
    }
}

/// Sends the event to that process, if it is still there.
pub(crate) fn send(process: u32, event: Event) {
    const RIGHTS: u32 =
        PROCESS_CREATE_THREAD | PROCESS_QUERY_INFORMATION | PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_VM_READ;
    let argument = ptr::without_provenance(event as usize);
    // SAFETY: the system checks the id, and the handles are closed once.
    unsafe {
        let handle = OpenProcess(RIGHTS, 0, process);
        let thread = CreateRemoteThread(handle, ptr::null(), 0, Some(routine()), argument, 0, ptr::null_mut());
        for handle in [thread, handle] {
            if !handle.is_null() {
                CloseHandle(handle);
            }
        }
    }
}

/// Raises the event in this process.
pub fn raise_event(event: Event) {
    let argument = ptr::without_provenance(event as usize);
    // SAFETY: the function takes the event.
    unsafe {
        let thread = CreateThread(ptr::null(), 0, Some(routine()), argument, 0, ptr::null_mut());
        if !thread.is_null() {
            CloseHandle(thread);
        }
    }
}
