//! On functions of every kind.

use std::process::ExitCode;

use terminate_std::exit_with_signal;

#[exit_with_signal(USR1)]
fn plain() {}

#[exit_with_signal(KILL)]
fn with_arguments<T: ToString>(number: u32, text: &str, other: T) -> Result<(), String> {
    if number > 1 {
        return Err(other.to_string());
    }
    text.parse::<u32>().map_err(|error| error.to_string())?;
    Ok(())
}

#[exit_with_signal(SEGV)]
fn with_a_code() -> ExitCode {
    ExitCode::FAILURE
}

struct Work(u32);

impl Work {
    #[exit_with_signal(TERM)]
    fn consumed(self) {
        assert_eq!(self.0, 1);
    }

    #[exit_with_signal(TERM)]
    fn borrowed(&mut self) {
        self.0 += 1;
    }
}

fn main() {
    if std::env::args().count() > 100 {
        match std::env::args().count() {
            1 => plain(),
            2 => with_arguments(1, "2", 3),
            3 => with_a_code(),
            4 => Work(1).borrowed(),
            _ => Work(1).consumed(),
        }
    }
}
