//! Ways to find out whether a registry of termination hooks is right.
//!
//! - A [`Script`] is a sequence of operations, plain data, so that any source of test cases can make one. [`replay::expected`]
//!   is what a reference model says of it, [`replay::observed`] what a [`Registry`](terminate_core::Registry) does.
//! - The [stepper](step) interrupts an operation before each of its machine instructions, one fork each, and looks at what
//!   came of it; for the registry, for a program with real signals, or for a scenario of your own. `step` is its command.
//! - A [`Program`](step::registry::Program) is a sequence of operations with any interrupts inside each other, in this
//!   process: for a fuzzer.
//! - The storm (`storm`, on Linux) starts a real program again and again, sends it signals at random instants, and judges it
//!   from the outside. `storm` is its command; [how to use it][guide], step by step, with a finding.
//!
//! ```
//! use terminate_fuzz::{Ending, Hook, Op, Script, replay};
//!
//! let script = Script(vec![Op::Register(Hook::default()), Op::Run(Ending::default())]);
//! assert_eq!(replay::observed::<4>(&script), replay::expected(&script, 4));
//! ```
//!
//! [guide]: https://github.com/terminate-rs/terminate/blob/main/docs/storm-your-program.md

pub mod model;
pub mod ops;
pub mod replay;
pub mod step;
#[cfg(target_os = "linux")]
pub mod storm;

pub use ops::{Ending, Event, Hook, Op, Outcome, Script, Which};
