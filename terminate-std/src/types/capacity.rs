//! How many hooks there is room for: a number that is chosen when the program is built.

/// How many hooks there is room for.
#[cfg(loom)]
pub(crate) const CAPACITY: usize = 2;

/// How many hooks there is room for: from 1 to 1,024. No more, because a pass in a signal handler needs two bytes of its
/// stack a slot, and alternate stacks are small.
#[cfg(not(loom))]
pub(crate) const CAPACITY: usize = match option_env!("TERMINATE_CAPACITY") {
    None => 256,
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(number @ 1..=1024) => number,
        _ => panic!("TERMINATE_CAPACITY must be a number from 1 to 1024"),
    },
};
