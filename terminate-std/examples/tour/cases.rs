//! The table of cases: what happens, what the child is to write, and how it is to end.

use terminate_std::Signal;

use crate::child::{self, Outcome};
use crate::os::{self, ABORTED, KILLED, by};

/// One way to end, and what is expected of it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What happens, in one sentence.
    pub(crate) what: &'static str,
    /// What the child does.
    pub(crate) child: fn() -> Outcome,
    /// Every line that it writes, in order: see `log`.
    pub(crate) log: &'static [&'static str],
    pub(crate) end: End,
    /// What the parent does after one of those lines.
    pub(crate) answers: &'static [(&'static str, &'static [Answer])],
    /// What has to be on its standard error.
    pub(crate) stderr: &'static str,
    /// Whether it is started as by `nohup`.
    pub(crate) ignores_hangup: bool,
    /// Why it is expected to do something else here than on Linux with glibc; empty if it is not.
    pub(crate) differs: &'static str,
    /// Why this system does not have it; empty if it does.
    pub(crate) left_out: &'static str,
    /// Whether it makes sense only if panics unwind.
    unwinds: bool,
    /// Whether it makes sense on this system.
    is_here: bool,
}

/// How the parent sees a child end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    #[cfg(unix)]
    Signal(Signal),
    /// It did not, and the deadline was over.
    Hang,
}

/// What the parent does.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Send(Signal),
    Kill,
    /// Writes the line that the child waits for.
    GoOn,
}

use Answer::{GoOn, Kill, Send};

const BY_EXIT: &[&str] = &["hook newer exit", "hook older exit"];
const BY_PANIC: &[&str] = &["hook newer panic", "hook older panic"];
const BY_TERM: &[&str] = &["ready", "hook newer SIGTERM", "hook older SIGTERM"];
const SEND_TERM: &[(&str, &[Answer])] = &[("ready", &[Send(Signal::TERM)])];
const SEND_USR1: &[(&str, &[Answer])] = &[("ready", &[Send(Signal::USR1)])];
const END_OF_PANIC: End = if cfg!(panic = "abort") { ABORTED } else { End::Code(101) };

impl Case {
    const fn new(name: &'static str, what: &'static str, child: fn() -> Outcome, end: End) -> Self {
        let (log, answers, stderr, differs, left_out) = (&[], &[], "", "", "");
        let (ignores_hangup, unwinds, is_here) = (false, false, true);
        Self { name, what, child, log, end, answers, stderr, ignores_hangup, differs, left_out, unwinds, is_here }
    }

    pub(crate) const fn log(mut self, lines: &'static [&'static str]) -> Self {
        self.log = lines;
        self
    }

    const fn answers(mut self, answers: &'static [(&'static str, &'static [Answer])]) -> Self {
        self.answers = answers;
        self
    }

    const fn stderr(mut self, text: &'static str) -> Self {
        self.stderr = text;
        self
    }

    const fn ignores_hangup(mut self) -> Self {
        self.ignores_hangup = true;
        self
    }

    pub(crate) const fn differs(mut self, why: &'static str) -> Self {
        self.differs = why;
        self
    }

    const fn needs(mut self, there: bool, otherwise: &'static str) -> Self {
        if !there {
            self.left_out = otherwise;
        }
        self
    }

    const fn unwinds(mut self) -> Self {
        self.unwinds = true;
        self
    }

    /// Only on Unix.
    const fn unix(mut self) -> Self {
        self.is_here = cfg!(unix);
        self
    }

    /// Only on Windows.
    const fn windows(mut self) -> Self {
        self.is_here = cfg!(windows);
        self
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        all().find(|case| case.name == name)
    }
}

/// The cases that make sense in this build, and can be had on this system.
pub(crate) fn all() -> impl Iterator<Item = Case> {
    in_this_build().filter(|case| case.left_out.is_empty())
}

/// Those that cannot be had here.
pub(crate) fn left_out() -> impl Iterator<Item = Case> {
    in_this_build().filter(|case| !case.left_out.is_empty())
}

fn in_this_build() -> impl Iterator<Item = Case> {
    CASES.iter().copied().filter(|case| case.is_here && (cfg!(panic = "unwind") || !case.unwinds))
}

static CASES: &[Case] = &[
    Case::new("return", "main returns", child::returns, End::Code(0)).log(BY_EXIT),
    Case::new("exit-3", "process::exit(3)", child::exits, End::Code(3)).log(BY_EXIT),
    Case::new("quick-exit", "libc's quick_exit(4)", child::exits_quickly, End::Code(4))
        .log(BY_EXIT)
        .unix()
        .needs(os::QUICK_EXIT.is_some(), "the C library has no quick_exit"),
    Case::new("terminate", "terminate(ExitStatus::Code(7))", child::terminates, End::Code(7)).log(BY_EXIT),
    Case::new("panic-in-main", "main panics", child::panics, END_OF_PANIC).log(BY_PANIC).stderr("nobody catches this"),
    Case::new("panic-in-thread", "a thread panics, and the program goes on", child::panics_in_a_thread, End::Code(0))
        .log(&["the thread panicked", "hook newer exit", "hook older exit"])
        .unwinds(),
    Case::new("caught-panic", "main panics, and catches it", child::catches_a_panic, End::Code(0))
        .log(&["the panic was caught", "hook newer exit", "hook older exit"])
        .unwinds(),
    Case::new(
        "previous-panic-hook",
        "main panics, and there was a panic hook before",
        child::panics_after_another_panic_hook,
        END_OF_PANIC,
    )
    .log(&["the previous panic hook", "hook newer panic", "hook older panic"]),
    Case::new("hook-panics", "one of the hooks panics", child::panics_in_a_hook, End::Code(0))
        .log(&["hook newer exit", "hook faulty exit", "hook older exit"])
        .stderr("faulty")
        .unwinds(),
    Case::new("sigint", "SIGINT, as by Ctrl-C", child::waits, by(Signal::INT))
        .log(&["ready", "hook newer SIGINT", "hook older SIGINT"])
        .answers(&[("ready", &[Send(Signal::INT)])]),
    Case::new("sigterm", "SIGTERM, as by kill", child::waits, by(Signal::TERM)).log(BY_TERM).answers(SEND_TERM).unix(),
    Case::new("sighup", "SIGHUP, as by a closed terminal", child::waits, by(Signal::HUP))
        .log(&["ready", "hook newer SIGHUP", "hook older SIGHUP"])
        .answers(&[("ready", &[Send(Signal::HUP)])]),
    Case::new("sigusr1-asked-for", "SIGUSR1, which a hook asks for", child::asks_for_usr1, by(Signal::USR1))
        .log(&["ready", "hook newer SIGUSR1", "hook older SIGUSR1"])
        .answers(SEND_USR1)
        .unix(),
    Case::new("signal-not-asked-for", "SIGUSR1, which no hook asks for", child::waits, by(Signal::USR1))
        .log(&["ready"])
        .answers(SEND_USR1)
        .unix(),
    Case::new("successful-exit", "SIGTERM, which counts as success", child::counts_as_success, End::Code(0))
        .log(BY_TERM)
        .answers(SEND_TERM)
        .unix(),
    Case::new("two-sigterms", "a second SIGTERM, while a hook runs", child::waits_with_a_slow_hook, by(Signal::TERM))
        .log(&["ready", "a hook is running", "hook slow SIGTERM", "hook older SIGTERM"])
        .answers(&[("ready", &[Send(Signal::TERM)]), ("a hook is running", &[Send(Signal::TERM), GoOn])])
        .unix(),
    Case::new("sigterm-during-exit", "SIGTERM, while exit runs a hook", child::exits_with_a_slow_hook, End::Code(3))
        .log(&["a hook is running", "hook slow exit", "hook older exit"])
        .answers(&[("a hook is running", &[Send(Signal::TERM), GoOn])])
        .unix(),
    Case::new(
        "previous-handler",
        "SIGTERM, and there was a handler before",
        child::has_a_handler_already,
        by(Signal::TERM),
    )
    .log(&["ready", "hook newer SIGTERM", "hook older SIGTERM", "the previous handler"])
    .answers(SEND_TERM)
    .unix(),
    Case::new("nohup-sighup", "SIGHUP under nohup, then main returns", child::survives_a_hangup, End::Code(0))
        .ignores_hangup()
        .log(&["ready", "still here", "hook newer exit", "hook older exit"])
        .answers(&[("ready", &[Send(Signal::HUP), GoOn])])
        .unix(),
    Case::new(
        "handler-safe-only",
        "SIGTERM, and all hooks may run in the handler",
        child::has_only_handler_safe_hooks,
        by(Signal::TERM),
    )
    .log(&["one thread", "ready", "hook newer SIGTERM", "hook older SIGTERM"])
    .answers(SEND_TERM)
    .unix(),
    Case::new("sigabrt-by-abort", "abort(), which a hook asks for", child::aborts, by(Signal::ABRT))
        .log(&["hook newer SIGABRT", "hook older SIGABRT"])
        .unix(),
    Case::new("null-write", "a write to a null pointer", child::writes_to_null, by(Signal::SEGV))
        .log(&["hook asked SIGSEGV"]),
    Case::new("stack-overflow", "endless recursion", child::overflows_the_stack, by(Signal::ABRT))
        .log(&["hook asked SIGSEGV"])
        .stderr("has overflowed its stack")
        .unix(),
    Case::new("sigkill", "SIGKILL, or TerminateProcess: nothing in the process can run", child::waits, KILLED)
        .log(&["ready"])
        .answers(&[("ready", &[Kill])]),
    Case::new("raise-sigterm", "raise(SIGTERM) of the C runtime", child::raises_term, by(Signal::TERM))
        .log(&["hook newer SIGTERM", "hook older SIGTERM"])
        .windows(),
    Case::new("ctrl-c-as-success", "Ctrl-C, which counts as success", child::counts_as_success, End::Code(0))
        .log(&["ready", "hook newer SIGINT", "hook older SIGINT"])
        .answers(&[("ready", &[Send(Signal::INT)])])
        .windows(),
    Case::new("ctrl-c-twice", "a second Ctrl-C, while a hook runs", child::waits_with_a_slow_hook, by(Signal::INT))
        .log(&["ready", "a hook is running", "hook slow SIGINT", "hook older SIGINT"])
        .answers(&[("ready", &[Send(Signal::INT)]), ("a hook is running", &[Send(Signal::INT), GoOn])])
        .windows(),
    #[cfg(windows)]
    Case::new("ctrl-break", "Ctrl-Break", child::waits, by(Signal::BREAK))
        .log(&["ready", "hook newer SIGBREAK", "hook older SIGBREAK"])
        .answers(&[("ready", &[Send(Signal::BREAK)])]),
    #[cfg(windows)]
    Case::new("logoff", "the user logs off", child::waits, by(Signal::LOGOFF))
        .log(&["ready", "hook newer CTRL_LOGOFF_EVENT", "hook older CTRL_LOGOFF_EVENT"])
        .answers(&[("ready", &[Send(Signal::LOGOFF)])]),
    #[cfg(windows)]
    Case::new("shutdown", "the system shuts down", child::waits, by(Signal::SHUTDOWN))
        .log(&["ready", "hook newer CTRL_SHUTDOWN_EVENT", "hook older CTRL_SHUTDOWN_EVENT"])
        .answers(&[("ready", &[Send(Signal::SHUTDOWN)])]),
    Case::new("unregistered", "one hook was taken back", child::takes_a_hook_back, End::Code(0)).log(BY_EXIT),
    Case::new(
        "guard-out-of-scope",
        "a guard goes out of scope, then main returns",
        child::leaves_a_scope,
        End::Code(0),
    )
    .log(&["in the scope", "hook guarded exit", "out of the scope", "hook newer exit", "hook older exit"]),
    Case::new("phases", "hooks of every phase", child::has_phases, End::Code(0)).log(&[
        "hook first exit",
        "hook newer exit",
        "hook older exit",
        "hook last exit",
    ]),
];
