//! [`hold`]: what must not be cut in two by an end.

use crate::lifecycle::{calls, fork, register};

/// Runs `f`, and lets no hook of an end run meanwhile: for what is to be created *and* registered, without a gap in which the
/// process could end and leave it behind.
///
/// A termination that is requested meanwhile waits until `f` has returned, and then runs the hooks, those too that `f` has
/// registered. If the hooks run already when `hold` is called, the end waits for `f` all the same. When only hooks are left that were
/// registered during the end, or none, a thread that calls `hold` is stopped, since the process is about to end. Such a hook must not wait
/// for a thread that calls it.
///
/// There are two exceptions, in which `f` runs, its hooks are refused, and the process may end inside: the thread that is in `exit`
/// itself, and threads that something may wait for after the hooks. That is while the owner of another handler has
/// [time](crate::Config::linger), and when other exit handlers take longer than two seconds.
///
/// Meanwhile the process also handles the signals that hooks without names of signals request, even if there is no hook yet,
/// unless the program has a handler of its own. So `f` may register the first hook of the program. The handlers stay installed, as
/// after a hook, and do what stood before. A signal that arrives before `f` has registered a hook does not end the process as that hook's
/// [`ExitStatus`](crate::ExitStatus) says. Other signals, and faults, end the process as they do elsewhere.
///
/// That is also for work which must be done whole or not at all, such as renaming several files. If the hooks run already, it must not
/// begin: inside of `hold`, ask [`termination`](crate::termination) first. While that is `None`, no hook has run, and none will before
/// `f` returns.
///
/// `f` should be short: nothing but a [deadline](crate::Config::deadline), or
/// [`force_after`](crate::Config::force_after), ends the wait for it. If there is a thread in `hold` at every moment, since several
/// enter it again and again without a pause, the end waits as long. A thread that calls `exit`, `exit_with_signal` or aborts inside
/// leaves the hold. With [`PanicPolicy::AnyThread`](crate::PanicPolicy::AnyThread) a thread that panics ends the process, and waits for
/// the holds of others: `f` must not wait for it. A child that is forked inside is in no hold. At most 64 threads are in `hold` at once;
/// more wait until one has left.
///
/// `hold` starts [the runner](crate::guide::what_runs_when#the-runner). In a hook, in a guard's function and inside of `hold` it only runs
/// `f`; a hook that was abandoned after its time limit is as any other code.
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
    // Until `f` has registered a hook, no other one may request the signals, and they would end the process at once. If the system
    // refuses, it refuses the hooks too.
    let _ = register::prepare_for_hold(process);
    let _held = calls::hold(process);
    f()
}
