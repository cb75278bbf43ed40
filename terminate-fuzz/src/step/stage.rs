//! The process in which a scenario is played.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

use super::report::Report;
use super::trap::{self, Play};
use super::{Scenario, StepError, Stepper, Verdict, Window};

/// The exit status of a process that has something to object.
pub(super) const OBJECTION: i32 = 1;
/// What one process may take of the processor, and in all.
const PROCESSOR_SECONDS: libc::time_t = 1;
const SECONDS: u32 = 30;

/// Plays the scenario in a fork of this process.
pub(super) fn play(stepper: &Stepper, scenario: &dyn Scenario) -> Result<Verdict, StepError> {
    let begun = Instant::now();
    let (ended, verdict, said) = stage(stepper, scenario)?;
    match judge(ended) {
        Ending::Content => Ok(Verdict { took: begun.elapsed(), ..verdict }),
        Ending::Objects => Err(StepError::Stage(format!("without any interruption, {said}"))),
        Ending::Otherwise(how) => Err(StepError::Stage(how)),
    }
}

/// The same, but the process that is interrupted is the one that was prepared: how that ended.
pub(super) fn play_in_place(stepper: &Stepper, scenario: &dyn Scenario) -> Result<Option<ExitStatus>, StepError> {
    let (ended, verdict, _) = stage(stepper, scenario)?;
    Ok((verdict.forks > 0).then(|| ExitStatus::from_raw(ended)))
}

/// How the process ended, as `waitpid` has it, what is in the report, and the last words.
fn stage(stepper: &Stepper, scenario: &dyn Scenario) -> Result<(libc::c_int, Verdict, String), StepError> {
    let report = Report::shared()?;
    // SAFETY: the child has one thread, this one. It uses the C library's allocator, which glibc and musl keep usable
    // in a forked child, and no lock that another thread may have held.
    let ended = match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => perform(stepper, scenario, report),
        child => wait_for(child),
    };
    let told = (report.verdict(), report.said());
    // SAFETY: the child is gone, and what is told are copies.
    unsafe { Report::release(report) };
    Ok((ended?, told.0, told.1))
}

/// How a process of the scenario ended.
pub(super) enum Ending {
    /// Nothing to object.
    Content,
    /// With an objection, which is in the report.
    Objects,
    /// Otherwise.
    Otherwise(String),
}

/// Waits for a forked process.
pub(super) fn wait(child: libc::pid_t) -> io::Result<Ending> {
    wait_for(child).map(judge)
}

fn wait_for(child: libc::pid_t) -> io::Result<libc::c_int> {
    let mut status = 0;
    // SAFETY: `status` is ours.
    while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(status)
}

fn judge(status: libc::c_int) -> Ending {
    match libc::WTERMSIG(status) {
        0 if libc::WEXITSTATUS(status) == 0 => Ending::Content,
        0 if libc::WEXITSTATUS(status) == OBJECTION => Ending::Objects,
        0 => Ending::Otherwise(format!("it ended with status {}", libc::WEXITSTATUS(status))),
        libc::SIGALRM | libc::SIGPROF => Ending::Otherwise("it did not end".to_owned()),
        signal => Ending::Otherwise(format!("it crashed: signal {signal}")),
    }
}

fn perform(stepper: &Stepper, scenario: &dyn Scenario, report: &'static Report) -> ! {
    // A crash is a verdict here, and no use as a core dump.
    // SAFETY: changes a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
    scenario.prepare();
    let play = Play { stepper, scenario, report };
    if let Err(error) = trap::catch(&play) {
        report.say(&format!("SIGTRAP cannot be caught: {error}"));
        end(OBJECTION);
    }
    scenario.perform(0, &Window { stepped: true, draw: 0 });
    // From here on it is either the process that was never interrupted, or one of those that were.
    let objection = scenario.check().err();
    if let Some(objection) = &objection {
        report.say(objection);
    }
    end(if objection.is_some() { OBJECTION } else { 0 })
}

/// Ends this process as it is: what it was forked from has its own exit handlers and buffers.
fn end(status: i32) -> ! {
    // SAFETY: it ends the process, and no more.
    unsafe { libc::_exit(status) }
}

/// Limits what this process may take from now on. This is async-signal-safe.
pub(super) fn limit() {
    let limit = libc::timeval { tv_sec: PROCESSOR_SECONDS, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: limit };
    // SAFETY: `timer` is valid; the default action of both signals ends the process.
    unsafe {
        libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut());
        libc::alarm(SECONDS);
    }
}

/// Ends the stage itself, when its operation does not end.
pub(super) fn give_up(report: &Report) -> ! {
    report.say("it does not end");
    end(OBJECTION)
}
