//! What a program calls that loads this package as a library.

use terminate_std::Hook;

/// Registers a hook of the library's own copy of terminate-std.
#[unsafe(no_mangle)]
pub extern "C" fn terminate_windows_register() {
    let hook = Hook::new(|cause| terminate_std::println!("{}library {cause}", crate::HOOK));
    hook.register().expect("there is room");
}
