//! The target's side of the protocol: lines that are appended to the log from anywhere, signal handlers included.

use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{IntoRawFd, RawFd};

use terminate_core::Cause;

/// The environment variable that names the log.
pub const LOG: &str = "TERMINATE_STORM_LOG";
/// The environment variable that names the directory that is to be empty at the end.
pub const DIRECTORY: &str = "TERMINATE_STORM_DIR";
/// The environment variable with the [`Plan`](super::Plan).
pub const PLAN: &str = "TERMINATE_STORM_PLAN";

/// Handlers have small stacks.
const LONGEST: usize = 120;

/// The log that the storm gave to this process.
///
/// ```no_run
/// use terminate_fuzz::storm::{Log, Part::Word};
///
/// let log = Log::from_environment()?;
/// log.say(&[Word("arming"), Word("tidy"), Word("1")]);
/// terminate_std::register(move |cause| {
///     log.say(&[Word("begin"), Word("tidy"), cause.into()]);
///     log.say(&[Word("end"), Word("tidy")]);
/// }).unwrap();
/// log.say(&[Word("armed"), Word("tidy")]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Log(RawFd);

/// One word of a line.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// As it is.
    Word(&'a str),
    /// A number.
    Number(u64),
    /// A prefix with a number, such as `h12`.
    Name(&'a str, u64),
}

impl From<Cause> for Part<'_> {
    /// As it stands after `begin ID`.
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Exit => Self::Word("exit"),
            Cause::Panic => Self::Word("panic"),
            Cause::Signal(number) => Self::Number(number.get().into()),
            // One that the protocol has no word for yet.
            _ => Self::Word("-"),
        }
    }
}

/// With the feature `cli`, which has terminate-std.
#[cfg(feature = "cli")]
impl From<terminate_std::Cause> for Part<'_> {
    fn from(cause: terminate_std::Cause) -> Self {
        match (cause, cause.signal()) {
            (_, Some(signal)) => Self::Number(signal.as_raw().unsigned_abs().into()),
            (terminate_std::Cause::Exit, None) => Self::Word("exit"),
            (terminate_std::Cause::Panic, None) => Self::Word("panic"),
            _ => Self::Word("-"),
        }
    }
}

impl Log {
    /// Opens the log that [`LOG`] names. It stays open until the process ends.
    ///
    /// # Errors
    ///
    /// If the variable is not set, or the file cannot be opened.
    pub fn from_environment() -> io::Result<Self> {
        let path = env::var_os(LOG).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{LOG} is not set: `storm --log` does that"))
        })?;
        Self::open(&path)
    }

    fn open(path: &OsStr) -> io::Result<Self> {
        Ok(Self(OpenOptions::new().append(true).open(path)?.into_raw_fd()))
    }

    /// Appends a line: the time, the process, and these words; cut off if it is too long. This is async-signal-safe, and
    /// needs little stack.
    pub fn say(self, parts: &[Part<'_>]) {
        let mut line = Line { text: [0; LONGEST], length: 0 };
        // SAFETY: takes nothing, and cannot fail.
        let pid = unsafe { libc::getpid() };
        line.number(now());
        line.push(b' ');
        line.number(pid.unsigned_abs().into());
        for part in parts {
            line.push(b' ');
            match *part {
                Part::Word(word) => line.word(word),
                Part::Number(number) => line.number(number),
                Part::Name(prefix, number) => {
                    line.word(prefix);
                    line.number(number);
                }
            }
        }
        line.text[line.length] = b'\n';
        // SAFETY: reads what was written above. If it fails, the log has no such line, and the verdict says so.
        unsafe { libc::write(self.0, line.text.as_ptr().cast(), line.length + 1) };
    }
}

/// A line in the making.
struct Line {
    text: [u8; LONGEST],
    length: usize,
}

impl Line {
    fn word(&mut self, word: &str) {
        for byte in word.as_bytes() {
            self.push(*byte);
        }
    }

    fn number(&mut self, number: u64) {
        let mut unit = 1;
        while number / unit > 9 {
            unit *= 10;
        }
        while unit > 0 {
            // One digit.
            self.push(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
    }

    /// Leaves room for the end of the line.
    fn push(&mut self, byte: u8) {
        if self.length < LONGEST - 1 {
            self.text[self.length] = byte;
            self.length += 1;
        }
    }
}

/// The monotonic clock, in nanoseconds. This is async-signal-safe.
#[must_use]
pub fn now() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `now`. This clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lines_are_appended_whole_and_cut_where_they_are_too_long() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = Log::open(file.path().as_os_str()).unwrap();
        log.say(&[Part::Word("begin"), Part::Name("h", 120), Part::Number(0), Part::Number(u64::MAX)]);
        log.say(&[Part::Word(&"x".repeat(500))]);
        let text = fs::read_to_string(file.path()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let words: Vec<_> = lines[0].split(' ').skip(1).collect();
        let pid = std::process::id().to_string();
        assert_eq!(words, [pid.as_str(), "begin", "h120", "0", "18446744073709551615"]);
        assert_eq!((lines.len(), lines[1].len()), (2, LONGEST - 1));
        assert!(text.ends_with("x\n"));
    }

    #[test]
    fn a_cause_is_read_as_it_is_written() {
        let signal = terminate_core::SignalNumber::new(15).unwrap();
        for (cause, word) in [(Cause::Exit, "exit"), (Cause::Panic, "panic"), (Cause::Signal(signal), "SIGTERM")] {
            let file = tempfile::NamedTempFile::new().unwrap();
            Log::open(file.path().as_os_str()).unwrap().say(&[Part::Word("begin"), Part::Word("a"), cause.into()]);
            let line = super::super::Line::read(&fs::read_to_string(file.path()).unwrap()).unwrap();
            let super::super::Word::Begin(_, told) = line.word else { panic!("{line:?}") };
            assert_eq!(told.map(|told| told.to_string()).as_deref(), Some(word));
        }
    }
}
