//! [`Guard`]: a hook that also runs at the end of a scope.

use terminate_core::Cause;

use crate::lifecycle::register::{self, HookId};

/// Runs a function when the guard goes out of scope, or when the process ends, whichever is first: once.
///
/// If a signal arrives while the guard is being dropped, one of the two runs the function, and the process does not end
/// before it has returned. In a forked child the guard does nothing, since the hook is the parent's.
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
pub struct Guard {
    id: HookId,
}

impl Guard {
    pub(crate) fn new(id: HookId) -> Self {
        Self { id }
    }

    /// Takes the function back without running it. Whether it was still there.
    ///
    /// ```
    /// let guard = terminate_std::defer(|_| println!("rolled back"))?;
    /// // All went well: there is nothing to roll back.
    /// assert!(guard.disarm());
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn disarm(self) -> bool {
        let id = self.id;
        std::mem::forget(self);
        register::unregister(id).is_ok()
    }

    /// Runs the function now. Whether it was still there to be run.
    ///
    /// ```
    /// let guard = terminate_std::defer(|_| println!("closed"))?;
    /// assert!(guard.run_now());
    /// # Ok::<(), terminate_std::RegisterError>(())
    /// ```
    pub fn run_now(self) -> bool {
        let id = self.id;
        std::mem::forget(self);
        run(id)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        run(self.id);
    }
}

fn run(id: HookId) -> bool {
    register::run_now(id, if std::thread::panicking() { Cause::Panic } else { Cause::Exit })
}
