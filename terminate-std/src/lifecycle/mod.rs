//! The life cycle of a process, from its first hook to its end.
//!
//! | file | holds |
//! | --- | --- |
//! | `state` | the stages and the events, in one word; [`state::next`], which moves it |
//! | `table` | the registry, and what each hook wants |
//! | `start_once` | a thread that is started by the first that needs it |
//! | `runner_seat` | which thread is the runner |
//! | `exits` | threads in `exit` |
//! | `process` | all mutable state of a process |
//! | `fork` | which process this is, and what a forked child does |
//! | `calls` | guards and faults: calls that the end waits for |
//! | `clock` | time limits |
//! | `threads` | how our threads start, and what a fork waits for |
//! | `hook_cell` | what a slot holds, and how a hook is called |
//! | `interrupt` | the interrupt that waits for the program's next checkpoint |
//! | `log` | events for the crate `tracing` |
//! | `listen` | signals that end nothing, and the thread that calls the functions for them |
//! | `outcome` | how the process ends, once all is done |
//! | `runner` | what the thread that runs the hooks does |
//! | `supervise` | waiting for that thread, and replacing it |
//! | `runner_thread` | the thread that waits for work |
//! | `alone` | an exit that has ended all other threads |
//! | `request`, `on_exit`, `on_panic` | ends that the program requests itself |
//! | `on_signal` | ends and interrupts by a signal |
//! | `register` | registering hooks |
//!
//! No import runs in a circle: `cargo xtask circles`. Loom's models (`--cfg loom`) run `process` and what it imports; `cargo xtask
//! explore` runs `state`.

#[cfg(not(loom))]
pub(crate) mod alone;
#[cfg(not(loom))]
pub(crate) mod calls;
#[cfg(not(loom))]
pub(crate) mod clock;
pub(crate) mod exits;
#[cfg(not(loom))]
pub(crate) mod fork;
#[cfg(not(loom))]
pub(crate) mod hook_cell;
#[cfg(not(loom))]
pub(crate) mod interrupt;
#[cfg(not(loom))]
pub(crate) mod listen;
#[cfg(not(loom))]
pub(crate) mod log;
#[cfg(all(test, loom))]
mod loom_models;
#[cfg(not(loom))]
pub(crate) mod on_exit;
#[cfg(not(loom))]
pub(crate) mod on_panic;
#[cfg(not(loom))]
pub(crate) mod on_signal;
#[cfg(not(loom))]
pub(crate) mod outcome;
pub(crate) mod process;
#[cfg(not(loom))]
pub(crate) mod register;
#[cfg(not(loom))]
pub(crate) mod request;
#[cfg(not(loom))]
pub(crate) mod runner;
pub(crate) mod runner_seat;
#[cfg(not(loom))]
pub(crate) mod runner_thread;
pub(crate) mod start_once;
pub(crate) mod state;
#[cfg(not(loom))]
pub(crate) mod supervise;
pub(crate) mod table;
#[cfg(not(loom))]
pub(crate) mod threads;
