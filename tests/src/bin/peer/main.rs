//! One job, done with terminate-std and with each of its peers, for the storm to compare: remove a file, write one line,
//! end by the signal.
//!
//! `peer NAME`, started by the storm. Each does it in the way that its own documentation recommends. How it is to end by
//! itself, and when, is in the plan. What a peer cannot do, its program does not try: the table says so.

mod ctrl_c;
mod hook;
mod signals;
mod terminate;
mod tokio_signals;

use std::env;
use std::ffi::CString;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use terminate_fuzz::storm::Part::{Number, Word};
use terminate_fuzz::storm::{DIRECTORY, Exit, Log, PLAN, Plan};

const FILE: &str = "scratch";
/// The exit code of the ends without a signal.
const CODE: i32 = 7;
const SIGNALS: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

/// The file that is to be removed, and the log.
struct Job {
    log: Log,
    file: CString,
}

static JOB: OnceLock<Job> = OnceLock::new();

/// The job, told by that cause. This is async-signal-safe.
fn clean_up(cause: Option<&str>, signal: Option<i32>) {
    let Some(job) = JOB.get() else { return };
    let cause = signal.map_or(Word(cause.unwrap_or("-")), |signal| Number(signal.unsigned_abs().into()));
    job.log.say(&[Word("begin"), Word("job"), cause]);
    // SAFETY: reads the path.
    unsafe { libc::unlink(job.file.as_ptr()) };
    job.log.say(&[Word("end"), Word("job")]);
}

fn log() -> Log {
    JOB.get().expect("it is there before anything else").log
}

/// What is to be cleaned up is there; from when `armed` is called on, it has to be.
fn begin() -> Plan {
    let plan = env::var(PLAN).expect("this is for the storm to start").parse().expect("a plan");
    let directory = env::var_os(DIRECTORY).expect("a directory");
    let path = Path::new(&directory).join(FILE);
    fs::write(&path, "").expect("the directory can be written to");
    let file = CString::new(path.as_os_str().as_encoded_bytes()).expect("a path");
    JOB.get_or_init(|| Job { log: Log::from_environment().expect("a log"), file });
    log().say(&[Word("arming"), Word("job"), Word("1")]);
    plan
}

fn armed() {
    log().say(&[Word("armed"), Word("job"), Word(FILE)]);
}

/// What follows a signal is that code.
fn declare(signal: i32, code: i32) {
    log().say(&[Word("status"), Number(signal.unsigned_abs().into()), Number(code.unsigned_abs().into())]);
}

/// For how long to work; nothing for those who wait.
fn work(plan: &Plan) -> Option<Duration> {
    (plan.exit != Exit::Wait).then(|| Duration::from_micros(plan.nap.into()))
}

/// Says that the work is done, and how the program is going to end; panics, if that is how.
fn work_is_done(plan: &Plan) {
    if plan.exit == Exit::Panic {
        log().say(&[Word("ends"), Word("panic"), Number(101)]);
        panic!("as planned");
    } else {
        log().say(&[Word("ends"), Word("exit"), Number(CODE.unsigned_abs().into())]);
    }
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("terminate") => terminate::main(),
        Some("ctrlc") => ctrl_c::main(),
        Some("signal-hook") => signals::main(),
        Some("tokio") => tokio_signals::main(),
        other => panic!("{other:?} is no peer"),
    }
}
