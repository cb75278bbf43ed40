//! [`hold`]: what must not be cut in two by an end.

use crate::lifecycle::{calls, fork, register};

/// Runs `f`, and lets no hook of an end run meanwhile: for what is to be created *and* registered, without a gap in which the
/// process could end and leave it behind.
///
/// A termination that is requested meanwhile waits until `f` has returned, and then runs the hooks, those too that `f` has
/// registered. If the hooks run already when `hold` is called, the end waits for `f` all the same. If even the last hook has
/// run, `hold` does not return, unless the process goes on in its exit handlers.
///
/// `f` should be short: nothing but a [deadline](crate::Config::deadline) ends the wait for it. A thread that calls `exit` or
/// aborts inside leaves the hold. `hold` starts [the runner](crate::guide::what_runs_when#the-runner). In a hook it only runs
/// `f`.
///
/// ```
/// use std::fs;
/// use terminate_std::{hold, register};
///
/// let directory = std::env::temp_dir().join(format!("hold-{}", std::process::id()));
/// hold(|| -> Result<(), Box<dyn std::error::Error>> {
///     fs::create_dir(&directory)?;
///     let to_remove = directory.clone();
///     register(move |_| drop(fs::remove_dir_all(to_remove))).map_err(terminate_std::RegisterError::call)?;
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hold<T>(f: impl FnOnce() -> T) -> T {
    let process = fork::take_ownership();
    // Without a thread, hooks that are registered inside are refused too, or run where the end begins.
    let _ = register::need_runner(process);
    let _held = calls::hold(process);
    f()
}
