//! A target with a signal handler of its own and no library, in which a bug can be chosen: what proves that bugs are found.
//!
//! The bugs are `none`, `twice`, `forgotten`, `reversed`, `status`, `hang`, `interrupted` and `file`. They show when SIGINT
//! comes, and not when SIGTERM does. And `core` shows when SIGQUIT does.

use std::convert::Infallible;
use std::error::Error;
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, ptr};

use libc::c_int;
use terminate_fuzz::storm::Part::{Number, Word};
use terminate_fuzz::storm::{DIRECTORY, Log, now};

/// What makes this command that target; then follows the bug.
pub(crate) const ARGUMENT: &str = "plain-target";

const FILE: &str = "scratch";

struct World {
    log: Log,
    file: CString,
    bug: String,
}

static WORLD: OnceLock<World> = OnceLock::new();

/// A hook, once. This is async-signal-safe.
fn hook(name: &str, ran: &AtomicBool, signal: c_int) {
    let Some(world) = WORLD.get() else { return };
    if ran.swap(true, Ordering::Relaxed) {
        return;
    }
    world.log.say(&[Word("begin"), Word(name), Number(signal.unsigned_abs().into())]);
    // Long enough to be interrupted, if that can be.
    let until = now() + 200_000;
    while now() < until {}
    world.log.say(&[Word("end"), Word(name)]);
}

extern "C" fn handle(signal: c_int) {
    static OLDER: AtomicBool = AtomicBool::new(false);
    static NEWER: AtomicBool = AtomicBool::new(false);
    let Some(world) = WORLD.get() else { return };
    let has = |bug: &str| signal == libc::SIGINT && world.bug == bug;
    if has("reversed") {
        hook("older", &OLDER, signal);
    }
    hook("newer", &NEWER, signal);
    if has("twice") {
        NEWER.store(false, Ordering::Relaxed);
        hook("newer", &NEWER, signal);
    }
    if has("hang") {
        // SAFETY: waits, and changes nothing.
        unsafe { libc::pause() };
    }
    if !has("file") {
        // SAFETY: reads the path.
        unsafe { libc::unlink(world.file.as_ptr()) };
    }
    if !has("forgotten") {
        hook("older", &OLDER, signal);
    }
    if has("status") {
        // SAFETY: does not return.
        unsafe { libc::_exit(0) };
    }
    if signal == libc::SIGQUIT && world.bug == "core" {
        // SAFETY: touches no memory.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    }
    // Here and now, and no other one that waits: a return would let in the lowest number first.
    let mut this = MaybeUninit::uninit();
    // SAFETY: installs no handler; initialises `this`, then reads it.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
        libc::sigemptyset(this.as_mut_ptr());
        libc::sigaddset(this.as_mut_ptr(), signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, this.as_ptr(), ptr::null_mut());
    }
}

pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("this is for the storm to start: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Infallible, Box<dyn Error>> {
    let bug = env::args().nth(2).unwrap_or_else(|| "none".into());
    let directory = env::var_os(DIRECTORY).ok_or("no directory")?;
    let path = Path::new(&directory).join(FILE);
    let file = CString::new(path.as_os_str().as_bytes())?;
    let interrupted = bug == "interrupted";
    let World { log, .. } = WORLD.get_or_init(|| World { log: Log::from_environment().expect("a log"), file, bug });
    let mut all = MaybeUninit::uninit();
    // SAFETY: initialises `all`, then blocks what is in it: nothing comes before everything is armed.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigprocmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
    }
    fs::write(&path, "")?;
    log.say(&[Word("arming"), Word("older"), Word("1")]);
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT] {
        // SAFETY: all zero is valid.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handle as extern "C" fn(c_int) as usize;
        if interrupted {
            action.sa_flags = libc::SA_NODEFER;
        } else {
            // SAFETY: initialised above.
            action.sa_mask = unsafe { all.assume_init() };
        }
        // SAFETY: the handler is of the kind that the flags say, and async-signal-safe.
        unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    }
    log.say(&[Word("armed"), Word("older"), Word(FILE)]);
    log.say(&[Word("arming"), Word("newer"), Word("1")]);
    log.say(&[Word("armed"), Word("newer")]);
    // SAFETY: initialised above.
    unsafe { libc::sigprocmask(libc::SIG_UNBLOCK, all.as_ptr(), ptr::null_mut()) };
    loop {
        // SAFETY: waits, and changes nothing.
        unsafe { libc::pause() };
    }
}
