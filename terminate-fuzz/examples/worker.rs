//! A worker with a scratch file, which tells the storm what becomes of its hook.

use std::{env, error::Error, fs, path::Path, thread, time::Duration};
use terminate_fuzz::storm::{DIRECTORY, Log, Part::Word};

fn main() -> Result<(), Box<dyn Error>> {
    let log = Log::from_environment()?;
    let scratch = Path::new(&env::var(DIRECTORY)?).join("scratch");
    fs::write(&scratch, "in progress")?;
    log.say(&[Word("arming"), Word("tidy"), Word("1")]);
    terminate_std::register(move |cause| {
        log.say(&[Word("begin"), Word("tidy"), cause.into()]);
        thread::sleep(Duration::from_millis(1)); // What it takes to flush.
        fs::remove_file(&scratch).expect("the file is there");
        log.say(&[Word("end"), Word("tidy")]);
    })?;
    log.say(&[Word("armed"), Word("tidy"), Word("scratch")]);
    thread::sleep(Duration::from_millis(3)); // The work.
    log.say(&[Word("ends"), Word("exit"), Word("0")]);
    Ok(())
}
