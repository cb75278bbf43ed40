//! The target's side of the protocol: lines that are appended to the log from anywhere, signal handlers included.

use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{IntoRawFd, RawFd};

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
/// use terminate_fuzz::storm::Log;
///
/// let log = Log::from_environment()?;
/// log.line().word("arming").word("tidy").word("1").write();
/// terminate_std::register(move |_| {
///     log.line().word("begin").word("tidy").word("-").write();
///     log.line().word("end").word("tidy").write();
/// }).unwrap();
/// log.line().word("armed").word("tidy").write();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Log(RawFd);

impl Log {
    /// Opens the log that [`LOG`] names. It stays open until the process ends.
    ///
    /// # Errors
    ///
    /// If the variable is not set, or the file cannot be opened.
    pub fn from_environment() -> io::Result<Self> {
        let path =
            env::var_os(LOG).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{LOG} is not set")))?;
        Self::open(&path)
    }

    fn open(path: &OsStr) -> io::Result<Self> {
        Ok(Self(OpenOptions::new().append(true).open(path)?.into_raw_fd()))
    }

    /// Begins a line, with the time and the process. This is async-signal-safe.
    pub fn line(self) -> Line {
        // SAFETY: takes nothing, and cannot fail.
        let pid = unsafe { libc::getpid() };
        Line { log: self, text: [0; LONGEST], length: 0 }.number(now()).number(pid.unsigned_abs().into())
    }
}

/// A line of the log, in the making. All of it is async-signal-safe.
#[derive(Debug)]
#[must_use = "a line does nothing until it is written"]
pub struct Line {
    log: Log,
    text: [u8; LONGEST],
    length: usize,
}

impl Line {
    /// Adds a word. What does not fit is cut off.
    pub fn word(mut self, word: &str) -> Self {
        if self.length > 0 {
            self.push(b' ');
        }
        self.bytes(word.as_bytes())
    }

    /// Adds a number.
    pub fn number(mut self, number: u64) -> Self {
        if self.length > 0 {
            self.push(b' ');
        }
        self.digits(number)
    }

    /// Adds a word that is a prefix and a number, such as `h12`.
    pub fn name(self, prefix: &str, number: u64) -> Self {
        self.word(prefix).digits(number)
    }

    /// Appends the line to the log, by one `write(2)`.
    pub fn write(mut self) {
        self.length = self.length.min(LONGEST - 1);
        self.push(b'\n');
        // SAFETY: reads what was written above. If it fails, the log has no such line, and the verdict says so.
        unsafe { libc::write(self.log.0, self.text.as_ptr().cast(), self.length) };
    }

    fn digits(self, mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            first -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes(digits.get(first..).unwrap_or_default())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.push(*byte);
        }
        self
    }

    fn push(&mut self, byte: u8) {
        if let Some(to) = self.text.get_mut(self.length) {
            *to = byte;
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
        log.line().word("begin").name("h", 120).number(0).number(u64::MAX).write();
        log.line().word(&"x".repeat(500)).write();
        let text = fs::read_to_string(file.path()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let words: Vec<_> = lines[0].split(' ').skip(1).collect();
        let pid = std::process::id().to_string();
        assert_eq!(words, [pid.as_str(), "begin", "h120", "0", "18446744073709551615"]);
        assert_eq!((lines.len(), lines[1].len()), (2, LONGEST - 1));
        assert!(text.ends_with("x\n"));
    }
}
