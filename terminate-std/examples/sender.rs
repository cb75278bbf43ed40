//! Logs who asked the process to end: "SIGTERM from pid 1234 (uid 1000)".

use std::{error::Error, process};

use terminate_std::{TerminationInfo, register, termination, wait};

fn main() -> Result<(), Box<dyn Error>> {
    register(|_| {
        if let Some(termination) = termination() {
            terminate_std::println!("{}", describe(&termination));
        }
    })?;
    println!("waiting; try: kill {}", process::id());
    wait();
    // The hooks run now, and then the process ends by the signal.
    process::exit(0)
}

fn describe(termination: &TerminationInfo) -> String {
    let what = match termination.signal() {
        Some(signal) => signal.to_string(),
        None => termination.cause().to_string(),
    };
    let who = match termination.sender() {
        Some(sender) => format!(" from pid {} (uid {})", sender.pid, sender.uid),
        None => " from the terminal or the kernel".to_owned(),
    };
    let when = termination.elapsed().map(|elapsed| format!(", {elapsed:?} ago")).unwrap_or_default();
    what + &who + &when
}
