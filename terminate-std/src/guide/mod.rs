//! What is worth knowing beyond the single items: pages to read.

#[doc = include_str!("what_runs_when.md")]
pub mod what_runs_when {}

#[doc = include_str!("inside_a_hook.md")]
pub mod inside_a_hook {}

#[doc = include_str!("capacity.md")]
pub mod capacity {}

#[doc = include_str!("fork.md")]
pub mod fork {}

#[doc = include_str!("for_libraries.md")]
pub mod for_libraries {}

#[doc = include_str!("sandboxes.md")]
pub mod sandboxes {}

#[doc = include_str!("graceful_shutdown.md")]
pub mod graceful_shutdown {}
