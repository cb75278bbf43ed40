//! The atomics of the life cycle: the standard library's, or loom's under `--cfg loom`.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

/// A function that is `const`, but for loom, whose atomics are not made in constants.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$attribute])* $visibility const fn $($rest)*
        #[cfg(loom)]
        $(#[$attribute])* $visibility fn $($rest)*
    };
}

/// A struct, and its `new`, which gives each field the value beside it.
macro_rules! with_new {
    (
        $(#[$attribute:meta])* $visibility:vis struct $name:ident {
            $($(#[$of_field:meta])* $seen:vis $field:ident: $type:ty = $value:expr,)*
        }
    ) => {
        $(#[$attribute])* $visibility struct $name {
            $($(#[$of_field])* $seen $field: $type,)*
        }
        impl $name {
            const_fn! { pub(crate) const fn new() -> Self { Self { $($field: $value,)* } } }
        }
    };
}

/// An array whose elements are all made by the same expression.
macro_rules! array {
    ($element:expr; $length:expr) => {{
        #[cfg(not(loom))]
        let array = [const { $element }; $length];
        #[cfg(loom)]
        let array = std::array::from_fn(|_| $element);
        array
    }};
}

pub(crate) use {array, const_fn, with_new};
