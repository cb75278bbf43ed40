#![doc = include_str!("../README.md")]
// loom's models use a part of each.
#![cfg_attr(loom, allow(dead_code, unused_imports, unused_macros))]

#[cfg(not(loom))]
mod api;
#[cfg(not(loom))]
pub mod guide;
mod lifecycle;
mod storage;
mod sys;
mod types;

#[cfg(not(loom))]
pub use api::*;
