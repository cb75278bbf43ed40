//! The programs that are compared. Each sets up its hooks, says how long that took, and then waits for its end.
//!
//! The first hook tells the time, and each writes a dot, so that nothing is measured that was not done. Where a peer has one
//! function for all, that is what its users write: it calls the hooks one by one.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use terminate_std::{Hook, Signal};

use crate::floor::Floor;
use crate::handled;
use crate::measure::now;

pub(crate) const HOOKS: [usize; 4] = [0, 1, 16, 128];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Signal,
    Return,
    /// None: see `handled.rs`.
    Handled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody handles anything.
    Nothing,
    /// Ours; main is asleep elsewhere.
    Terminate,
    /// Ours; main is in `wait()`.
    Waiting,
    /// Ours; every hook is handler-safe, so there is no runner.
    HandlerSafe,
    Ctrlc,
    SignalHook,
    SignalMod,
    Tokio,
    Floor(Floor),
    /// Programs in other languages, built by whoever starts the bench: their names and commands.
    Foreign(&'static str, Vec<OsString>),
}

const RUST: [(&str, Kind); 10] = [
    ("nothing", Kind::Nothing),
    ("terminate", Kind::Terminate),
    ("terminate, main in wait()", Kind::Waiting),
    ("terminate, in the handler", Kind::HandlerSafe),
    ("ctrlc", Kind::Ctrlc),
    ("signal-hook", Kind::SignalHook),
    ("signal-mod", Kind::SignalMod),
    ("tokio, current thread", Kind::Tokio),
    ("floor: the least, in the handler", Kind::Floor(Floor::Handler)),
    ("floor: the least, a thread waits", Kind::Floor(Floor::Thread)),
];

/// Where the programs of other languages are, as a command with spaces.
const FOREIGN: [(&str, &str); 2] =
    [("C: sigaction, atexit", "TERMINATE_BENCH_C"), ("pyterminate", "TERMINATE_BENCH_PY")];

impl Kind {
    pub(crate) fn all() -> Vec<Self> {
        let foreign = FOREIGN.iter().filter_map(|(name, variable)| {
            let command = env::var(variable).ok()?;
            Some(Self::Foreign(name, command.split(' ').map(OsString::from).collect()))
        });
        RUST.into_iter().map(|(_, kind)| kind).chain(foreign).collect()
    }

    pub(crate) fn name(&self) -> String {
        let of_rust = RUST.iter().find(|(_, kind)| kind == self).map(|(name, _)| *name);
        let name = if let Self::Foreign(name, _) = self { Some(*name) } else { of_rust };
        name.unwrap_or_default().to_owned()
    }

    /// Whether it has hooks at all.
    pub(crate) fn runs_hooks(&self) -> bool {
        *self != Self::Nothing
    }

    /// Whether it does anything when main returns, or is what to compare that with.
    pub(crate) fn runs_at_exit(&self) -> bool {
        matches!(self, Self::Nothing | Self::Terminate | Self::HandlerSafe | Self::Foreign(..))
    }

    /// Whether its handler is measured alone.
    pub(crate) fn is_handled(&self) -> bool {
        matches!(self, Self::Nothing | Self::Terminate | Self::SignalHook | Self::Floor(Floor::Handler))
    }

    /// What that is called.
    pub(crate) fn handler(&self) -> String {
        match self {
            Self::Nothing => "a handler that does nothing".to_owned(),
            Self::SignalHook => "signal-hook, a flag".to_owned(),
            Self::Floor(_) => "floor: a handler that asks which thread it is on".to_owned(),
            _ => self.name(),
        }
    }

    /// What it is ended by. ctrlc handles SIGINT alone, unless it is told otherwise.
    pub(crate) fn signal(&self) -> Signal {
        if *self == Self::Ctrlc { Signal::INT } else { Signal::TERM }
    }

    pub(crate) fn command(&self, hooks: usize, end: End) -> Command {
        let mut command = if let Self::Foreign(_, words) = self {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            command
        } else {
            let mut command = Command::new(env::current_exe().expect("this program has a path"));
            command.arg("program").arg(self.name());
            command
        };
        command.arg(hooks.to_string()).arg(match end {
            End::Signal => "signal",
            End::Return => "return",
            End::Handled => "handled",
        });
        command
    }
}

/// `program KIND HOOKS END`
pub(crate) fn main(arguments: &[String]) {
    let [name, hooks, end] = arguments else { panic!("a kind, a number and an end") };
    let (_, kind) = RUST.into_iter().find(|(known, _)| known == name).expect("a kind that there is");
    let hooks = hooks.parse().expect("a number");
    if end == "handled" {
        return handled::main(&kind, hooks);
    }
    // Written once, so that the first hook does not wait for the page, which is nobody's that is measured.
    TOLD.store(false, Ordering::Relaxed);
    let begun = now();
    match kind {
        Kind::Nothing => {}
        Kind::Terminate | Kind::Waiting => (0..hooks).for_each(|_| register(Hook::new(|_| hook()))),
        // SAFETY: `hook` is async-signal-safe.
        Kind::HandlerSafe => (0..hooks).for_each(|_| register(unsafe { Hook::handler_safe(|_| hook()) })),
        // As in its own example, but for the end.
        Kind::Ctrlc => {
            let done = move || {
                (0..hooks).for_each(|_| hook());
                std::process::exit(128 + libc::SIGINT);
            };
            ctrlc::set_handler(done).expect("nobody else has one");
        }
        Kind::SignalHook => {
            let mut signals = signal_hook::iterator::Signals::new([libc::SIGTERM, libc::SIGINT, libc::SIGHUP])
                .expect("they can be handled");
            thread::spawn(move || {
                for signal in signals.forever() {
                    (0..hooks).for_each(|_| hook());
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
            });
        }
        Kind::SignalMod => return in_signal_mod(hooks, begun),
        Kind::Tokio => return in_tokio(hooks, begun),
        Kind::Floor(floor) => floor.set_up(hooks),
        Kind::Foreign(..) => unreachable!("they are other programs"),
    }
    say(now() - begun);
    if end == "return" {
        return say(now());
    }
    if kind == Kind::Waiting {
        terminate_std::wait();
        return;
    }
    sleep_for_ever()
}

fn register(hook: Hook) {
    hook.signals([Signal::TERM, Signal::INT, Signal::HUP]).register().expect("there is room");
}

/// As in its own example without a runtime.
fn in_signal_mod(hooks: usize, begun: u64) {
    let graceful = signal_mod::SignalSet::graceful();
    let builder = (0..hooks).fold(signal_mod::Coordinator::builder().signals(graceful), |builder, _| {
        builder.hook(signal_mod::hook_from_fn("hook", 100, |_| hook()))
    });
    let coordinator = builder.build();
    coordinator.install().expect("nobody else handles them");
    say(now() - begun);
    let token = coordinator.token();
    token.wait_blocking();
    let reason = token.reason().expect("the token was waited for");
    coordinator.run_hooks(reason);
    std::process::exit(reason.exit_code());
}

fn in_tokio(hooks: usize, begun: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut term =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("it can be handled");
        say(now() - begun);
        term.recv().await;
        (0..hooks).for_each(|_| hook());
        let _ = signal_hook::low_level::emulate_default_handler(libc::SIGTERM);
    });
}

pub(crate) fn say(number: u64) {
    let mut line = Vec::new();
    writeln!(line, "{number}").expect("there is memory");
    write(&line);
}

/// Writes it to standard output. This is async-signal-safe.
fn write(bytes: &[u8]) {
    // SAFETY: reads `bytes`. A pipe takes so few at once.
    unsafe { libc::write(1, bytes.as_ptr().cast(), bytes.len()) };
}

static TOLD: AtomicBool = AtomicBool::new(false);

/// Tells the time if it is the first, and that it ran. This is async-signal-safe.
pub(crate) fn hook() {
    if !TOLD.swap(true, Ordering::Relaxed) {
        let (mut line, mut left, mut at) = ([b'\n'; 21], now(), 20);
        while left > 0 {
            at -= 1;
            line[at] = b'0' + u8::try_from(left % 10).unwrap_or(0);
            left /= 10;
        }
        write(&line[at..]);
    }
    write(b".");
}

fn sleep_for_ever() -> ! {
    loop {
        // SAFETY: waits for a signal.
        unsafe { libc::pause() };
    }
}
