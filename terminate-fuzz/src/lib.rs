//! Sequences of operations on a registry of termination hooks, and a reference model to compare the registry with.
//!
//! A [`Script`] is plain data, so that any source of test cases can make one. [`replay::expected`] is what the model
//! says of it, [`replay::observed`] what a [`Registry`](terminate_core::Registry) does.
//!
//! ```
//! use terminate_fuzz::{Ending, Hook, Op, Script, replay};
//!
//! let script = Script(vec![Op::Register(Hook::default()), Op::Run(Ending::default())]);
//! assert_eq!(replay::observed::<4>(&script), replay::expected(&script, 4));
//! ```

pub mod model;
pub mod ops;
pub mod replay;
pub mod step;
#[cfg(target_os = "linux")]
pub mod storm;

pub use ops::{Ending, Event, Hook, Op, Outcome, Script, Which};
