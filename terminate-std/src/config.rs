//! [`Config`]: what holds for the whole process.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::InstallError;
use crate::{ending, registration};

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// How the process is to behave as it ends. A program that is content with the defaults needs none of this.
///
/// ```
/// terminate_std::Config::new().force_after(2).install()?;
/// # Ok::<(), terminate_std::InstallError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a configuration does nothing until it is installed"]
pub struct Config {
    force_after: u32,
}

impl Config {
    /// The defaults: cleanup takes as long as it takes.
    pub const fn new() -> Self {
        Self { force_after: 0 }
    }

    /// Lets the `n`-th signal that was asked for, and that arrives while hooks run, end the process at once by that
    /// signal. The signal that made the hooks run is not counted. Zero, the default, never does.
    pub const fn force_after(mut self, n: u32) -> Self {
        self.force_after = n;
        self
    }

    /// Puts it into force, and connects this library to exit and panic, which otherwise the first registration does.
    ///
    /// # Errors
    ///
    /// [`InstallError::AlreadyInstalled`] if a configuration is in force already; it stays.
    pub fn install(self) -> Result<(), InstallError> {
        registration::attach().map_err(|_| InstallError::NoExitHandler)?;
        if INSTALLED.swap(true, Ordering::Relaxed) {
            return Err(InstallError::AlreadyInstalled);
        }
        ending::set_force_after(self.force_after);
        Ok(())
    }
}

/// Installs the default [`Config`].
///
/// # Errors
///
/// As for [`Config::install`].
pub fn install() -> Result<(), InstallError> {
    Config::new().install()
}
