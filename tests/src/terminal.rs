//! A program on a terminal of its own: a pseudoterminal, whose other side is the test.

use std::ffi::{CStr, OsStr};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use terminate_std::Signal;

use crate::child::limit;
use crate::{Ended, os};

/// The flags of a terminal, and its special characters.
pub type Settings = ([libc::tcflag_t; 4], [libc::cc_t; libc::NCCS]);

/// A program that runs on its own terminal, as the leader of its session. If the test fails, it is killed.
pub struct Terminal {
    process: std::process::Child,
    /// Where the test types and reads.
    ours: Option<File>,
    /// The program's side. It stays open here, so that the settings can be read when the program has ended.
    theirs: OwnedFd,
    shown: String,
    /// How much of it was waited for.
    seen: usize,
    start: Instant,
}

impl Terminal {
    /// Starts the program on a new terminal.
    ///
    /// # Panics
    ///
    /// If the system has no pseudoterminal, or the program cannot be started.
    #[must_use]
    pub fn start(program: &Path) -> Self {
        let (ours, theirs) = open();
        let mut command = Command::new(program);
        let side = || theirs.try_clone().expect("there is a descriptor");
        command.stdin(side()).stdout(side()).stderr(side()).env_remove("RUST_BACKTRACE");
        let prepare = || {
            os::clean_signals();
            os::limit(libc::RLIMIT_CORE, 0);
            // SAFETY: touch no memory.
            let owns = unsafe { libc::setsid() >= 0 && libc::ioctl(0, libc::TIOCSCTTY as _, 0) == 0 };
            if owns { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: system calls alone.
        unsafe { command.pre_exec(prepare) };
        let process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        Self { process, ours: Some(ours), theirs, shown: String::new(), seen: 0, start: Instant::now() }
    }

    /// The settings of the terminal.
    ///
    /// # Panics
    ///
    /// If the terminal was closed.
    #[must_use]
    pub fn settings(&self) -> Settings {
        settings(&self.theirs)
    }

    /// The settings of a terminal that no program has changed.
    ///
    /// # Panics
    ///
    /// If the system has no pseudoterminal.
    #[must_use]
    pub fn fresh_settings() -> Settings {
        let (_ours, theirs) = open();
        settings(&theirs)
    }

    /// Types these keys.
    ///
    /// # Panics
    ///
    /// If the terminal was closed.
    pub fn keys(&mut self, keys: &str) {
        self.ours.as_mut().expect("it is open").write_all(keys.as_bytes()).expect("a terminal takes a few keys");
    }

    /// The program's process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.process.id().cast_signed()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        os::kill(self.pid(), signal);
    }

    /// Closes the terminal. The kernel sends SIGHUP.
    pub fn close(&mut self) {
        self.ours = None;
    }

    /// Reads until the terminal shows that, after what was waited for before.
    ///
    /// # Panics
    ///
    /// At the deadline.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        while !self.shown[self.seen..].contains(text) {
            assert!(self.start.elapsed() < limit(), "{text:?} never came: {:?}", self.shown);
            self.read();
        }
        self.seen += self.shown[self.seen..].find(text).unwrap_or(0) + text.len();
    }

    /// Waits for the end of the program: how it ended, and all that the terminal showed.
    ///
    /// # Panics
    ///
    /// At the deadline.
    #[track_caller]
    pub fn finish(&mut self) -> (Ended, String) {
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("no other thread waits for it") {
                break status;
            }
            assert!(self.start.elapsed() < limit(), "it does not end: {:?}", self.shown);
            self.read();
        };
        self.read();
        (status.into(), std::mem::take(&mut self.shown))
    }

    /// Reads what is there, or waits a little.
    fn read(&mut self) {
        let Some(ours) = &mut self.ours else { return std::thread::yield_now() };
        let mut poll = libc::pollfd { fd: ours.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one `pollfd`.
        unsafe { libc::poll(&raw mut poll, 1, 20) };
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = ours.read(&mut bytes) {
            self.shown.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
    }
}

/// A new pseudoterminal: our side and the program's. Children of other threads inherit neither of them.
fn open() -> (File, OwnedFd) {
    // SAFETY: opens a descriptor.
    let ours = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(ours >= 0, "{}", io::Error::last_os_error());
    // SAFETY: it is new.
    let ours = unsafe { File::from_raw_fd(ours) };
    let fd = ours.as_raw_fd();
    // SAFETY: touch no memory.
    let ready = unsafe {
        libc::grantpt(fd) == 0 && libc::unlockpt(fd) == 0 && libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) == 0
    };
    assert!(ready, "{}", io::Error::last_os_error());
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let theirs = options.open(name(&ours)).expect("there is the other side");
    (ours, theirs.into())
}

/// Of the program's side.
fn name(ours: &File) -> PathBuf {
    /// Held where `ptsname` writes to its one buffer, and where that is read.
    static BUFFER: Mutex<()> = Mutex::new(());
    let _lock = BUFFER.lock().expect("no thread panics with it");
    // SAFETY: no other thread changes the buffer.
    let name = unsafe { libc::ptsname(ours.as_raw_fd()) };
    assert!(!name.is_null(), "{}", io::Error::last_os_error());
    // SAFETY: it is a string until the next call.
    OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()).into()
}

fn settings(theirs: &OwnedFd) -> Settings {
    // SAFETY: zeros are a `termios`.
    let mut now: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: writes `now`.
    assert_eq!(unsafe { libc::tcgetattr(theirs.as_raw_fd(), &raw mut now) }, 0);
    ([now.c_iflag, now.c_oflag, now.c_cflag, now.c_lflag], now.c_cc)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
