//! A table of 2 functions.
#![no_std]
#![no_main]

use terminate_core::{Cause, Context, Table, hooks};
use terminate_size::{a_hook, keep};

// SAFETY: nothing runs this program.
static HOOKS: Table = hooks![unsafe a_hook, a_hook];

keep! {
    fn run(cause: Cause, context: Context) -> usize {
        HOOKS.run(cause, context)
    }
}
