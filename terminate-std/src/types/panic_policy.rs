//! [`PanicPolicy`]: which panics end the process.

/// Which panics end the process, where panics unwind. See [`Config::panics`](crate::Config::panics).
///
/// ```
/// use terminate_std::{Config, PanicPolicy};
/// Config::new().panics(PanicPolicy::AnyThread).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanicPolicy {
    /// A panic that leaves main, as in Rust without this library. Other threads may panic, and any panic may be caught.
    #[default]
    MainThread,
    /// Any panic on any thread, even one that would be caught. The thread waits in the panic hook while the hooks run,
    /// and then the process exits with 101. (A panic of a hook is only reported, and the other hooks run.)
    AnyThread,
}
