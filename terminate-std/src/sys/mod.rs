//! The platform: everything that is not the same everywhere, behind one set of names.

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod linux;
        pub(crate) use linux::*;
    } else {
        compile_error!(
            "terminate-std supports Linux so far. On other systems use terminate-core, and run its registry from where \
             your program ends"
        );
    }
}
