//! A long computation that Ctrl-C stops cleanly: the cleanup runs, and then `?` carries the interrupt out of the loop.
//!
//! The first Ctrl-C keeps what was found so far, and asks for a second one; that one main returns.

use std::error::Error;

use terminate_std::interrupt::{Interrupt, checkpoint};
use terminate_std::{Hook, RegisterError, Signal};

fn main() -> Result<(), Box<dyn Error>> {
    let mut primes = Vec::new();
    clean_up_on_interrupt()?;
    println!("looking for primes as process {}; press Ctrl-C", std::process::id());
    if let Err(Interrupt) = search(&mut primes) {
        // The hook has run, and is gone: without another one, the next Ctrl-C would end the process right away.
        clean_up_on_interrupt()?;
        println!("{} primes so far; press Ctrl-C again to stop", primes.len());
        search(&mut primes)?;
    }
    Ok(())
}

fn clean_up_on_interrupt() -> Result<(), RegisterError> {
    let hook = Hook::new(|cause| terminate_std::println!("cleaning up after {cause}"));
    hook.signals([Signal::INT]).interrupt_on_sigint(true).register().map(drop)
}

/// Goes on for ever, but for an interrupt.
fn search(primes: &mut Vec<u64>) -> Result<(), Interrupt> {
    let first = primes.last().map_or(2, |last| last + 1);
    for candidate in first.. {
        checkpoint()?;
        if primes.iter().take_while(|prime| *prime * *prime <= candidate).all(|prime| candidate % prime != 0) {
            primes.push(candidate);
        }
    }
    Ok(())
}
