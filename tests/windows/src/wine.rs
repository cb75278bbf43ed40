//! Where the tests run.

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};

/// Whether wine stands for Windows.
#[must_use]
pub fn is_wine() -> bool {
    // SAFETY: the module is there in each process.
    unsafe {
        let module = GetModuleHandleA(c"ntdll.dll".as_ptr().cast());
        GetProcAddress(module, c"wine_get_version".as_ptr().cast()).is_some()
    }
}

/// Says that a test, or a part of it, is not done here, and why. By one system call: libtest keeps what a test prints that passes.
pub fn skipped(test: &str, why: &str) {
    terminate_std::println!("SKIPPED: {test}: {why}");
}
