//! The worker with a known mistake, for the storm to find: it looks whether it has tidied up, and then does it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::{env, error::Error, fs, path::Path, thread, time::Duration};
use terminate_fuzz::storm::{DIRECTORY, Log, Part::Word};
use terminate_std::Cause;

static TIDY: AtomicBool = AtomicBool::new(false);

fn tidy(log: Log, scratch: &Path, cause: Cause) {
    if TIDY.load(SeqCst) {
        return;
    }
    log.say(&[Word("begin"), Word("tidy"), cause.into()]);
    thread::sleep(Duration::from_millis(1)); // What it takes to flush.
    let _ = fs::remove_file(scratch);
    log.say(&[Word("end"), Word("tidy")]);
    TIDY.store(true, SeqCst);
}

fn main() -> Result<(), Box<dyn Error>> {
    let log = Log::from_environment()?;
    let scratch = Path::new(&env::var(DIRECTORY)?).join("scratch");
    fs::write(&scratch, "in progress")?;
    log.say(&[Word("arming"), Word("tidy"), Word("1")]);
    let by_hook = scratch.clone();
    terminate_std::register(move |cause| tidy(log, &by_hook, cause))?;
    log.say(&[Word("armed"), Word("tidy"), Word("scratch")]);
    thread::sleep(Duration::from_millis(3)); // The work.
    log.say(&[Word("ends"), Word("exit"), Word("0")]);
    tidy(log, &scratch, Cause::Exit);
    Ok(())
}
