//! The hook alone: what every other program has too.
#![no_std]
#![no_main]

use terminate_size as _;

terminate_size::keep! {
    fn nothing() -> () {}
}
