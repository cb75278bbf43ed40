//! Writing to standard output and standard error, without a lock and without memory.

use std::ffi::c_int;
use std::ptr;

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{
    GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, STD_OUTPUT_HANDLE, WriteConsoleW,
};

/// Writes to standard error. It waits while a pipe is full.
pub(crate) fn write_stderr(text: &[u8]) {
    write_line(2, text);
}

/// Writes a line, all of it, unless there is an error: no lock is waited for.
pub(crate) fn write_line(descriptor: c_int, line: &[u8]) {
    // SAFETY: reads what this process has.
    let handle = unsafe { GetStdHandle(if descriptor == 1 { STD_OUTPUT_HANDLE } else { STD_ERROR_HANDLE }) };
    let mut mode = 0;
    // SAFETY: writes to `mode`. The handle may be none, or closed: that is an error, and no harm.
    let is_console = unsafe { GetConsoleMode(handle, &raw mut mode) } != 0;
    if is_console { write_console(handle, line) } else { write_file(handle, line) }
}

fn write_file(handle: HANDLE, mut left: &[u8]) {
    while !left.is_empty() {
        let (length, mut written) = (u32::try_from(left.len()).unwrap_or(u32::MAX), 0);
        // SAFETY: reads `left`. The handle may be anything: that is an error, and no harm.
        let result = unsafe { WriteFile(handle, left.as_ptr(), length, &raw mut written, ptr::null_mut()) };
        if result == 0 || written == 0 {
            return;
        }
        left = left.get(written as usize..).unwrap_or_default();
    }
}

/// A console takes UTF-16, whatever its code page is.
fn write_console(handle: HANDLE, line: &[u8]) {
    let mut units = [0; 128];
    let mut length = 0;
    let flush = |units: &[u16]| {
        let length = u32::try_from(units.len()).unwrap_or(0);
        // SAFETY: reads `units`.
        unsafe { WriteConsoleW(handle, units.as_ptr(), length, ptr::null_mut(), ptr::null_mut()) };
    };
    for character in line.utf8_chunks().flat_map(|chunk| chunk.valid().chars()) {
        if length + 2 > units.len() {
            flush(&units[..length]);
            length = 0;
        }
        length += character.encode_utf16(&mut units[length..]).len();
    }
    flush(&units[..length]);
}
