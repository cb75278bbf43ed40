//! `storm`: starts a program again and again, sends it signals at random instants, and says what does not hold.
//!
//! Exit status: 0 if everything held, 1 if something did not, 2 if it could not be looked for.

use std::process::ExitCode;

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod cli;
        mod summary;
        mod target;

        fn main() -> ExitCode {
            if std::env::args_os().nth(1).is_some_and(|argument| argument == target::ARGUMENT) {
                return target::main();
            }
            cli::main()
        }
    } else {
        fn main() -> ExitCode {
            eprintln!("storm needs Linux");
            ExitCode::from(2)
        }
    }
}
