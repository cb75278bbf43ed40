//! A daemon that opens its log anew at SIGHUP, and loses no line of it.

use std::io::{BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, error::Error, fs::File, time::Duration};

use terminate_std::{Config, Signal, interrupt, register, wait_timeout};

fn main() -> Result<(), Box<dyn Error>> {
    Config::new().signals(Signal::TERMINATION.without(Signal::HUP)).install()?;
    let path = env::args().nth(1).ok_or("usage: daemon LOG")?;
    let open = move || File::options().append(true).create(true).open(&path).map(BufWriter::new);
    let log = Arc::new(Mutex::new(open()?));
    let at_end = Arc::clone(&log);
    register(move |cause| {
        let mut log = at_end.lock().unwrap_or_else(PoisonError::into_inner);
        drop(writeln!(log, "{cause}").and_then(|()| log.flush()));
    })?;
    let at_reload = Arc::clone(&log);
    let _reloads = interrupt::on([Signal::HUP], move |_| match open() {
        // Dropping the old log writes what it has buffered.
        Ok(new) => *at_reload.lock().unwrap_or_else(PoisonError::into_inner) = new,
        Err(error) => terminate_std::eprintln!("the log stays the old one: {error}"),
    })?;
    println!("ready");
    let mut job = 0;
    while wait_timeout(Duration::from_micros(50)).is_none() {
        job += 1;
        writeln!(log.lock().map_err(|_| "a thread has panicked")?, "job {job}")?;
    }
    Ok(())
}
