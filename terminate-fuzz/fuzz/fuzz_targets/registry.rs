//! Drives `terminate_fuzz_targets::registry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| terminate_fuzz_targets::registry::run(input));
