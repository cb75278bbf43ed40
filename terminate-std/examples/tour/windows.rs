//! The tour on Windows: console events, and how the parent sees a child end.

use std::ffi::c_int;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::{mem, ptr};

use terminate_std::Signal;
use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, GetStdHandle,
    STD_OUTPUT_HANDLE,
};
use windows_sys::Win32::System::Diagnostics::Debug::{SEM_NOGPFAULTERRORBOX, SetErrorMode};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Threading::{
    CreateRemoteThread, INFINITE, OpenProcess, PROCESS_CREATE_THREAD, PROCESS_QUERY_INFORMATION, PROCESS_VM_OPERATION,
    PROCESS_VM_READ, PROCESS_VM_WRITE, Sleep,
};

use crate::cases::End;

/// How a child ends by a signal: the codes are those of the system and of the C runtime.
pub(crate) const fn by(signal: Signal) -> End {
    End::Code(
        match signal {
            Signal::TERM | Signal::ABRT => 3,
            Signal::SEGV => 0xC000_0005_u32,
            _ => 0xC000_013A,
        }
        .cast_signed(),
    )
}

/// How a panic ends a child that aborts: by a fast failure.
pub(crate) const ABORTED: End = End::Code(0xC000_0409_u32.cast_signed());
/// How `TerminateProcess` of Rust's standard library ends a child.
pub(crate) const KILLED: End = End::Code(1);

/// How it ended.
pub(crate) fn end(status: ExitStatus) -> End {
    End::Code(status.code().unwrap_or_default())
}

/// Sends the console event to that child alone, as no documented call does: by the thread that the system starts for one.
pub(crate) fn send(child: &Child, signal: Signal) -> io::Result<()> {
    const RIGHTS: u32 =
        PROCESS_CREATE_THREAD | PROCESS_QUERY_INFORMATION | PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_VM_READ;
    let event = match signal {
        Signal::INT => CTRL_C_EVENT,
        Signal::BREAK => CTRL_BREAK_EVENT,
        Signal::HUP => CTRL_CLOSE_EVENT,
        Signal::LOGOFF => CTRL_LOGOFF_EVENT,
        Signal::SHUTDOWN => CTRL_SHUTDOWN_EVENT,
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    // SAFETY: the module is at the same address in each process. The function takes the event as a thread's function takes a pointer.
    unsafe {
        let module = GetModuleHandleA(c"kernelbase.dll".as_ptr().cast());
        let routine = GetProcAddress(module, c"CtrlRoutine".as_ptr().cast()).ok_or(io::ErrorKind::Unsupported)?;
        let process = OpenProcess(RIGHTS, 0, child.id());
        let routine = mem::transmute::<unsafe extern "system" fn() -> isize, _>(routine);
        let argument = ptr::without_provenance(event as usize);
        let thread = CreateRemoteThread(process, ptr::null(), 0, Some(routine), argument, 0, ptr::null_mut());
        CloseHandle(process);
        if thread.is_null() {
            return Err(io::Error::last_os_error());
        }
        CloseHandle(thread);
    }
    Ok(())
}

/// Writes to standard output, without memory or a lock.
pub(crate) fn write(line: &[u8]) {
    let (length, mut written) = (u32::try_from(line.len()).unwrap_or(0), 0);
    // SAFETY: reads the line.
    unsafe { WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line.as_ptr(), length, &raw mut written, ptr::null_mut()) };
}

pub(crate) fn sleep_for_ever() -> ! {
    loop {
        // SAFETY: takes time.
        unsafe { Sleep(INFINITE) };
    }
}

/// No case here asks.
pub(crate) const fn threads() -> Option<usize> {
    None
}

/// The C runtime has none that exit handlers are for.
pub(crate) const QUICK_EXIT: Option<extern "C" fn(c_int) -> !> = None;

/// Installs a handler for the C runtime's SIGTERM.
pub(crate) fn handle_term(handler: extern "C" fn(c_int)) -> io::Result<()> {
    unsafe extern "C" {
        fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    }
    // SAFETY: the handler may be called on any thread.
    let before = unsafe { signal(Signal::TERM.as_raw(), handler) };
    if before == usize::MAX { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A child that faults shows no box on the screen: it has the tour's error mode.
pub(crate) fn prepare(_: &mut Command, _: bool) {
    // SAFETY: changes an attribute of the process.
    unsafe { SetErrorMode(SEM_NOGPFAULTERRORBOX) };
}
