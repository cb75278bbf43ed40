#![doc = include_str!("../README.md")]
#![no_std]

mod atomic;
mod call;
mod cause;
mod close;
mod error;
pub mod guide;
mod hook;
mod id;
mod inspect;
mod order;
mod progress;
mod register;
mod registry;
mod run;
mod slot;
mod table;
mod unregister;
mod word;

#[doc(hidden)]
pub use atomic::Once;
pub use cause::{Cause, SignalNumber, Triggers};
pub use error::{RegisterError, Report, ReserveError, UnregisterError};
pub use hook::{Context, Hook, Phase};
pub use id::HookId;
pub use register::Reservation;
pub use registry::Registry;
pub use table::{Entry, Table};
