//! [`exit_with_signal`]: a program that ends itself by a signal.

use std::panic::{self, AssertUnwindSafe};
use std::process::Termination;

use crate::lifecycle::request;
use crate::types::signal::Signal;

/// Runs `f`, and then ends the process by `signal`, whether `f` returns, fails or panics.
///
/// If a hook requests the signal, all hooks run first, as after a signal from outside, but without a grace, while this thread waits. Then
/// the process ends as [`ExitStatus`](crate::ExitStatus) says. If no hook requests it, no hook runs, and the process
/// ends by the signal. If the process ends already, this waits, and the first cause decides; unless the hooks of an exit
/// have run: then the process ends at once, by the signal. Inside a hook, this leaves that hook, and the other hooks
/// run.
///
/// It is made for forked children that would end in `_exit`, which runs no hooks. An error that `f` returns is printed
/// like an error of main. With a number that is no signal the process exits with code 255, and the hooks run.
///
/// A signal that a hook requested counts as requested even if the process ignores it. A signal that ends no process by
/// default ends this one with code 128 + n; `SIGSTOP` stops it, and ends it when it is continued. With
/// [`PanicPolicy::AnyThread`](crate::PanicPolicy::AnyThread) a panic of `f` ends the process as a panic.
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
