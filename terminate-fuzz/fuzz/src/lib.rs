//! What the fuzz targets do with an input. Each `run` panics if something is wrong.
//!
//! `tests/fuzz_inputs.rs` of terminate-fuzz has these modules too, and replays the inputs that are committed in `inputs/`,
//! on any toolchain.

pub mod adapter;
mod draw;
pub mod interrupted;
pub mod registry;
