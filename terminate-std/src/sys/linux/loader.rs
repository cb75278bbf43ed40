//! The dynamic loader: the library that has this code stays loaded.

use std::mem::MaybeUninit;

use libc::{Dl_info, c_int, c_void};

/// How `dlopen` leaves a library mapped that is there.
pub(crate) const STAY_LOADED: c_int = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;

/// Whether that is the program itself, which is never unloaded. Its name is the first argument, whatever that names, and `dlopen`
/// would open it: a pipe without a writer has it wait for ever.
pub(crate) fn is_program(object: &Dl_info) -> bool {
    let mut program = MaybeUninit::<Dl_info>::zeroed();
    // SAFETY: writes to `program`, for the address at which the kernel has mapped the program's headers.
    unsafe {
        let headers = libc::getauxval(libc::AT_PHDR) as *const c_void;
        libc::dladdr(headers, program.as_mut_ptr()) != 0 && program.assume_init_ref().dli_fbase == object.dli_fbase
    }
}
