//! [`restart_runner`]: for programs that confine themselves.

use std::io;

use crate::lifecycle::{fork, runner_thread};

/// Starts [the runner](crate::guide::what_runs_when#the-runner) anew from the calling thread, if there is one: call it after
/// entering a sandbox.
///
/// A thread inherits from the thread that starts it: namespaces, capabilities, filters of system calls, priority, the working
/// directory after `unshare`. The runner is started with the first hook. If the program changes any of these for its own
/// threads afterwards, the hooks would still run with the old ones. When this returns, hooks run with those of the calling
/// thread, and the thread that was the runner before has ended; unless the process terminates already, or hooks of an interrupt run. A
/// listener of [`interrupt::on`](crate::interrupt::on) keeps what it has.
///
/// ```
/// terminate_std::register(|_| ())?;
/// // unshare, drop capabilities, install a filter, …
/// terminate_std::restart_runner()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the system has no thread to give. Then the runner stays as it was.
pub fn restart_runner() -> io::Result<()> {
    fork::own().map_or(Ok(()), runner_thread::restart)
}
