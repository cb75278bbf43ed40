//! A command-line tool that sorts its input by way of a temporary directory, which is gone however the tool ends.

use std::{error::Error, fs, io, thread, time::Duration};

use terminate_std::{RegisterError, hold, register};

fn main() -> Result<(), Box<dyn Error>> {
    // No end begins inside `hold`: there is no directory, or there is a hook that removes it.
    let directory = hold(|| -> Result<_, Box<dyn Error>> {
        let directory = tempfile::tempdir()?.keep();
        let to_remove = directory.clone();
        let remove = move || fs::remove_dir_all(&to_remove);
        // It tries again if main has added a file meanwhile.
        let hook = move |_| {
            for _ in 0..100 {
                if !remove().is_err_and(|error| error.kind() == io::ErrorKind::DirectoryNotEmpty) {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
        };
        register(hook).map_err(RegisterError::call)?;
        Ok(directory)
    })?;
    let spill = directory.join("spill");
    io::copy(&mut io::stdin(), &mut fs::File::create(&spill)?)?;
    let text = fs::read_to_string(&spill)?;
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    println!("{}", lines.join("\n"));
    Ok(())
}
