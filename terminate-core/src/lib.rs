#![doc = include_str!("../README.md")]
#![no_std]

mod atomic;
mod cause;
mod error;
pub mod guide;
mod hook;
mod id;
mod inspect;
mod order;
mod registry;
mod reservation;
mod run;
mod slot;
mod table;
mod word;

#[doc(hidden)]
pub use atomic::Once;
pub use cause::{Cause, SignalNumber, Triggers};
pub use error::{RegisterError, Report, ReserveError, UnregisterError};
pub use hook::{Context, Hook, Phase};
pub use id::HookId;
pub use registry::Registry;
pub use reservation::Reservation;
pub use table::{Entry, Table};
