#![doc = include_str!("../README.md")]

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
