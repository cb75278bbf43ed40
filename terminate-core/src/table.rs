//! [`hooks!`](crate::hooks): a table of plain functions, for programs whose hooks are known at compile time.

use crate::atomic::Once;
use crate::cause::Cause;
use crate::hook::Context;

/// One function of a [`Table`].
///
/// ```
/// use terminate_core::{Cause, Entry};
/// fn flush_log(_: Cause) {}
/// const FLUSH: Entry = Entry::new(flush_log);
/// ```
#[derive(Clone, Copy)]
pub struct Entry {
    function: fn(Cause),
    handler_safe: bool,
}

impl Entry {
    /// An ordinary function: it runs in [`Context::Thread`] only.
    ///
    /// ```
    /// use terminate_core::Entry;
    /// const FLUSH: Entry = Entry::new(|_| println!("flushed"));
    /// ```
    #[must_use]
    pub const fn new(function: fn(Cause)) -> Self {
        Self { function, handler_safe: false }
    }

    /// A function that may also run in [`Context::Handler`].
    ///
    /// ```
    /// use terminate_core::{Cause, Entry};
    /// fn motors_off(_: Cause) {}
    /// // SAFETY: it does nothing.
    /// const MOTORS: Entry = unsafe { Entry::handler_safe(motors_off) };
    /// ```
    ///
    /// # Safety
    ///
    /// As for [`Hook::handler_safe`](crate::Hook::handler_safe).
    #[must_use]
    pub const unsafe fn handler_safe(function: fn(Cause)) -> Self {
        Self { function, handler_safe: true }
    }
}

/// A fixed table of functions, each called once. [`hooks!`](crate::hooks) makes it.
///
/// ```
/// use terminate_core::{Cause, Table, hooks};
/// fn flush_log(_: Cause) {}
/// static HOOKS: Table = hooks![flush_log];
/// ```
pub struct Table {
    entries: &'static [Entry],
    called: &'static [Once],
}

impl Table {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(entries: &'static [Entry], called: &'static [Once]) -> Self {
        Self { entries, called }
    }

    /// Calls the functions that were not called before, in the order of the table. Returns how many it called.
    ///
    /// In [`Context::Handler`] it skips the ordinary functions; a later run calls them. Nested and concurrent runs share the
    /// functions: each function is called by one run.
    ///
    /// ```
    /// use terminate_core::{Cause, Context, Table, hooks};
    /// fn flush_log(_: Cause) {}
    /// static HOOKS: Table = hooks![flush_log];
    /// assert_eq!(HOOKS.run(Cause::Exit, Context::Handler), 0);
    /// assert_eq!(HOOKS.run(Cause::Exit, Context::Thread), 1);
    /// ```
    pub fn run(&self, cause: Cause, context: Context) -> usize {
        let mut ran = 0;
        for (entry, called) in self.entries.iter().zip(self.called) {
            if (context == Context::Thread || entry.handler_safe) && called.take() {
                (entry.function)(cause);
                ran += 1;
            }
        }
        ran
    }
}

/// Makes a [`Table`] of plain `fn(Cause)`, for a `static`: the table lies in flash, and takes one byte of RAM a hook.
///
/// The functions run in the order in which they are written. `unsafe` before a function is the promise of
/// [`Entry::handler_safe`]. The others run in [`Context::Thread`](crate::Context::Thread) only.
///
/// ```
/// use terminate_core::{Cause, Context, Table, hooks};
///
/// fn motors_off(_: Cause) {}
/// fn flush_log(_: Cause) {}
///
/// // SAFETY: `motors_off` writes to one register, and does nothing else.
/// static HOOKS: Table = hooks![unsafe motors_off, flush_log];
///
/// assert_eq!(HOOKS.run(Cause::Panic, Context::Handler), 1);
/// assert_eq!(HOOKS.run(Cause::Exit, Context::Thread), 1);
/// assert_eq!(HOOKS.run(Cause::Exit, Context::Thread), 0);
/// ```
#[macro_export]
macro_rules! hooks {
    (@ [$($done:expr,)*]) => {{
        const ENTRIES: &[$crate::Entry] = &[$($done,)*];
        static CALLED: [$crate::Once; ENTRIES.len()] = [const { $crate::Once::new() }; ENTRIES.len()];
        $crate::Table::new(ENTRIES, &CALLED)
    }};
    (@ [$($done:expr,)*] unsafe $function:expr $(, $($rest:tt)*)?) => {
        $crate::hooks!(@ [$($done,)* unsafe { $crate::Entry::handler_safe($function) },] $($($rest)*)?)
    };
    (@ [$($done:expr,)*] $function:expr $(, $($rest:tt)*)?) => {
        $crate::hooks!(@ [$($done,)* $crate::Entry::new($function),] $($($rest)*)?)
    };
    ($($entries:tt)*) => {
        $crate::hooks!(@ [] $($entries)*)
    };
}
