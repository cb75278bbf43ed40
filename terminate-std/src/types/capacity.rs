//! How many hooks there is room for: a number that is chosen when the program is built.

/// How many hooks there is room for.
#[cfg(loom)]
pub(crate) const CAPACITY: usize = 2;

/// How many hooks there is room for.
#[cfg(not(loom))]
pub(crate) const CAPACITY: usize = match option_env!("TERMINATE_CAPACITY") {
    None => 256,
    Some(text) => parse(text),
};

/// A number from 1 to 1,024. No more, because a pass in a signal handler needs two bytes of its stack a slot, and
/// alternate stacks are small.
#[cfg(not(loom))]
const fn parse(text: &str) -> usize {
    let digits = text.as_bytes();
    let mut value = 0;
    let mut at = 0;
    while at < digits.len() {
        assert!(digits[at].is_ascii_digit() && value <= 1024, "TERMINATE_CAPACITY must be a number from 1 to 1024");
        value = value * 10 + (digits[at] - b'0') as usize;
        at += 1;
    }
    assert!(value >= 1 && value <= 1024, "TERMINATE_CAPACITY must be a number from 1 to 1024");
    value
}
