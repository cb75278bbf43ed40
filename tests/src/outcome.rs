//! The verdict on a child: how it ended, as its parent learned it from the kernel, and what it said before.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use terminate_std::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with that exit code.
    Code(i32),
    /// By a signal.
    Signal {
        /// Which one.
        number: Signal,
        /// Whether it left a core.
        core: bool,
    },
}

impl Ended {
    /// By that signal, without a core.
    #[must_use]
    pub const fn by(signal: Signal) -> Self {
        Self::Signal { number: signal, core: false }
    }
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, number) => {
                Self::Signal { number: Signal::from_raw(number.unwrap_or(0)), core: status.core_dumped() }
            }
        }
    }
}

/// All that is to be known of a child that has ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its scenario.
    pub scenario: String,
    /// What it said, line by line.
    pub events: Vec<String>,
    /// How it ended.
    pub ended: Ended,
    /// What is on its standard error.
    pub stderr: String,
}

impl Outcome {
    /// What it said after `ready`.
    #[must_use]
    pub fn after_ready(&self) -> Vec<&str> {
        self.events.iter().map(String::as_str).skip_while(|event| *event != "ready").skip(1).collect()
    }

    /// How often it said that.
    #[must_use]
    pub fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|said| *said == event).count()
    }

    /// Judges the end, and all that was said after `ready`.
    ///
    /// # Panics
    ///
    /// If it is anything else, with all of the outcome.
    #[track_caller]
    pub fn must_be(&self, ended: Ended, after_ready: &[&str]) {
        self.must_end(ended);
        assert_eq!(self.after_ready(), after_ready, "{self:#?}");
    }

    /// Judges the end.
    ///
    /// # Panics
    ///
    /// If it is another one, with all of the outcome.
    #[track_caller]
    pub fn must_end(&self, ended: Ended) {
        assert_eq!(self.ended, ended, "{self:#?}");
    }

    /// Judges that it said that, once.
    ///
    /// # Panics
    ///
    /// If it did not, or more often, with all of the outcome.
    #[track_caller]
    pub fn must_say_once(&self, event: &str) {
        assert_eq!(self.count(event), 1, "{event:?} in {self:#?}");
    }

    /// Judges standard error.
    ///
    /// # Panics
    ///
    /// If the text is not in it, with all of the outcome.
    #[track_caller]
    pub fn must_complain(&self, text: &str) {
        assert!(self.stderr.contains(text), "{text:?} is not on stderr of {self:#?}");
    }
}
