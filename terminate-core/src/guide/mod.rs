//! What is worth knowing beyond the single items: pages to read.

#[doc = include_str!("on_bare_metal.md")]
pub mod on_bare_metal {}
