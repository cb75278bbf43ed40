//! `storm`: starts a program again and again, sends it signals at random instants, and says what does not hold.
//!
//! Exit status: 0 if everything held, 1 if something did not, 2 if it could not be looked for.

use std::process::ExitCode;

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod again;
        mod cli;
        mod plain;
        mod summary;
        mod built_in;

        fn main() -> ExitCode {
            match std::env::args_os().nth(1).as_deref().and_then(std::ffi::OsStr::to_str) {
                Some(built_in::ARGUMENT) => built_in::main(),
                Some(plain::ARGUMENT) => plain::main(),
                _ => cli::main(),
            }
        }
    } else {
        fn main() -> ExitCode {
            eprintln!("storm needs Linux");
            ExitCode::from(2)
        }
    }
}
