//! [`exit_with_signal`]: an end by a signal, from inside.

use std::panic::{self, AssertUnwindSafe};
use std::process::Termination;

use crate::lifecycle::request;
use crate::types::signal::Signal;

/// Runs `f`, and then ends the process by `signal`, whether `f` returns, fails or panics.
///
/// If a hook asks for that signal, the hooks run first, on this thread, and the process ends as they say; otherwise the
/// signal does what it always does. Made for forked children that would end in `_exit`, where nothing runs: there, hooks
/// that the child registered run all the same. An error that `f` returns is printed as main's would be.
///
/// ```standalone_crate
/// use std::{env, os::unix::process::ExitStatusExt, process::Command};
/// use terminate_std::{Signal, exit_with_signal};
///
/// # fn main() -> std::io::Result<()> {
/// if env::var_os("CHILD").is_some() {
///     exit_with_signal(Signal::USR1, || println!("the work"));
/// }
/// let status = Command::new(env::current_exe()?).env("CHILD", "1").status()?;
/// assert_eq!(status.signal(), Some(Signal::USR1.as_raw()));
/// # Ok(())
/// # }
/// ```
pub fn exit_with_signal<R: Termination>(signal: Signal, f: impl FnOnce() -> R) -> ! {
    // A panic has been reported by the panic hook.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| f().report()));
    request::end_by_signal(signal)
}
