//! A temporary directory that is gone afterwards, however the program ends: return, panic, Ctrl-C or `kill`.

use std::{env, error::Error, fs, process, thread, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = env::temp_dir().join(format!("quickstart-{}", process::id()));
    // The program cannot end inside `hold`: either there is no directory, or there is a hook that removes it.
    terminate_std::hold(|| -> Result<(), Box<dyn Error>> {
        fs::create_dir(&directory)?;
        let to_remove = directory.clone();
        terminate_std::register(move |cause| match fs::remove_dir_all(&to_remove) {
            Ok(()) => terminate_std::println!("ended by {cause}, and {} is gone", to_remove.display()),
            Err(error) => terminate_std::println!("{}: {error}", to_remove.display()),
        })
        .map_err(terminate_std::RegisterError::call)?;
        Ok(fs::write(directory.join("work"), "in progress")?)
    })?;
    println!("{} is there; press Ctrl-C, or: kill {}", directory.display(), process::id());
    let seconds = env::args().nth(1).map_or(60, |seconds| seconds.parse().expect("a number of seconds"));
    thread::sleep(Duration::from_secs(seconds));
    Ok(())
}
