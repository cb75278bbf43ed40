//! A process in which a scenario is played: how long it may run, and how it ends.

use std::io;

use super::report::Report;

/// The exit status of a process that has something to object.
pub(super) const OBJECTION: i32 = 1;
/// What one process may take of the processor, and in all.
const PROCESSOR_TIME: libc::timeval = libc::timeval { tv_sec: 1, tv_usec: 0 };
const SECONDS: u32 = 30;

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

pub(super) fn wait_for(child: libc::pid_t) -> io::Result<libc::c_int> {
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

pub(super) fn judge(status: libc::c_int) -> Ending {
    match libc::WTERMSIG(status) {
        0 if libc::WEXITSTATUS(status) == 0 => Ending::Content,
        0 if libc::WEXITSTATUS(status) == OBJECTION => Ending::Objects,
        0 => Ending::Otherwise(format!("it ended with status {}", libc::WEXITSTATUS(status))),
        libc::SIGALRM | libc::SIGPROF => Ending::Otherwise("it did not end".to_owned()),
        signal => Ending::Otherwise(format!("it crashed: signal {signal}")),
    }
}

/// Ends this process without exit handlers: they and the buffers belong to the process from which it was forked.
pub(super) fn end(status: i32) -> ! {
    // SAFETY: it ends the process, and no more.
    unsafe { libc::_exit(status) }
}

/// Limits what this process may take from now on. This is async-signal-safe.
pub(super) fn limit() {
    let once = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: once, it_value: PROCESSOR_TIME };
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
