//! A REPL that adds up 1 to n: Ctrl-C stops a computation or gives a new prompt, Ctrl-D ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use terminate_std::interrupt::{self, Interrupt, checkpoint};
use terminate_std::{Signal, register};

static IS_AT_PROMPT: AtomicBool = AtomicBool::new(true);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let prompt = |text: &str| io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    register(|cause| terminate_std::println!("history saved, because of {cause}"))?;
    let _ctrl_c = interrupt::on([Signal::INT], move |_| drop(IS_AT_PROMPT.load(SeqCst).then(|| prompt("\n> "))))?;
    prompt("> ")?;
    for line in io::stdin().lines() {
        let n = line?.trim().parse().unwrap_or(0_u64);
        let _ = checkpoint(); // A Ctrl-C at the prompt is over.
        IS_AT_PROMPT.store(false, SeqCst);
        match (1..=n).try_fold(0_u64, |sum, k| checkpoint().map(|()| sum.wrapping_add(k))) {
            Ok(sum) => println!("{sum}"),
            Err(Interrupt) => println!("stopped"),
        }
        IS_AT_PROMPT.store(true, SeqCst);
        prompt("> ")?;
    }
    Ok(())
}
