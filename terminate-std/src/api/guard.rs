//! [`Guard`]: a hook that also runs at the end of a scope.

use std::mem::ManuallyDrop;

use terminate_core::Cause;

use crate::lifecycle::register::{self, HookId};

/// Runs a function once: when the guard goes out of scope or when the process ends, whichever is first.
///
/// If a signal arrives while the guard is being dropped, either the guard or the runner calls the function. The process
/// does not end before the function has returned, unless a [deadline](crate::Config::deadline) is over; the hook's own
/// [time limit](crate::Hook::timeout) is for the runner's call alone. Where the runner calls the function, dropping the guard does
/// not wait for it. A panic of the function is reported as a hook's is, and the program goes on,
/// whatever the [panic policy](crate::PanicPolicy) is. In a forked child the guard does
/// nothing, since the hook belongs to the parent; unless the child [inherits](crate::Hook::inherit_on_fork) the hook.
///
/// ```
/// use terminate_std::defer;
/// let directory = std::env::temp_dir().join(format!("example-{}", std::process::id()));
/// std::fs::create_dir(&directory)?;
/// let to_remove = directory.clone();
/// let guard = defer(move |_| drop(std::fs::remove_dir(to_remove)))?;
/// drop(guard);
/// assert!(!directory.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a guard that is not bound to a name runs its function at once"]
pub struct Guard(pub(super) HookId);

impl Guard {
    /// Takes the function back without running it. Returns whether the function was still registered.
    ///
    /// ```
    /// let guard = terminate_std::defer(|_| println!("rolled back"))?;
    /// // All went well: there is nothing to roll back.
    /// assert!(guard.disarm());
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn disarm(self) -> bool {
        register::unregister(ManuallyDrop::new(self).0).is_ok()
    }

    /// Runs the function now. Returns whether the function was still registered.
    ///
    /// ```
    /// let guard = terminate_std::defer(|_| println!("closed"))?;
    /// assert!(guard.run_now());
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn run_now(self) -> bool {
        run(ManuallyDrop::new(self).0)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        run(self.0);
    }
}

fn run(id: HookId) -> bool {
    register::run_now(id, if std::thread::panicking() { Cause::Panic } else { Cause::Exit })
}
