//! The process in which a scenario is played.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

use super::ending::{Ending, OBJECTION, end, judge, wait_for};
use super::report::Report;
use super::trap::{self, Play};
use super::{Scenario, StepError, Stepper, Verdict, Window};

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
