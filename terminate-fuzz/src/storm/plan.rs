//! What the target is asked to do in one round: a line of text in its environment, which the storm's own target obeys, and
//! any other may.

use std::fmt;
use std::str::FromStr;

use super::Signal;

/// How the target is to end, unless a signal comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Main returns.
    Return,
    /// `std::process::exit`.
    Exit,
    /// libc's `exit`, around Rust's own.
    CExit,
    /// `quick_exit`.
    QuickExit,
    /// A thread exits while main waits.
    ThreadExit,
    /// A thread exits while main returns.
    TwoExits,
    /// A panic leaves main.
    Panic,
    /// Panics are caught, and end a thread; then main returns.
    PanicCaught,
    /// A forked child registers hooks of its own and exits, then the parent does.
    Fork,
    /// It waits for a signal.
    Wait,
    /// It asks to be told of the end, and returns when it is.
    Told,
    /// It raises a signal.
    Raise,
    /// A timer's signal.
    Timer,
    /// `abort`.
    Abort,
}

impl Exit {
    /// Every one, with the word for it.
    pub const ALL: [(Self, &str); 14] = [
        (Self::Return, "return"),
        (Self::Exit, "exit"),
        (Self::CExit, "c-exit"),
        (Self::QuickExit, "quick-exit"),
        (Self::ThreadExit, "thread-exit"),
        (Self::TwoExits, "two-exits"),
        (Self::Panic, "panic"),
        (Self::PanicCaught, "panic-caught"),
        (Self::Fork, "fork"),
        (Self::Wait, "wait"),
        (Self::Told, "told"),
        (Self::Raise, "raise"),
        (Self::Timer, "timer"),
        (Self::Abort, "abort"),
    ];
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(exit, _)| exit == self).map_or("?", |(_, word)| word))
    }
}

impl FromStr for Exit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let exit = Self::ALL.iter().find(|(_, word)| *word == text);
        let words = || Self::ALL.map(|(_, word)| word).join(", ");
        exit.map(|(exit, _)| *exit).ok_or_else(|| format!("no way to end is called {text:?}; there are {}", words()))
    }
}

/// What the target is asked to do. Times are microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What everything else depends on.
    pub seed: u64,
    /// How it ends, unless a signal comes first.
    pub exit: Exit,
    /// How many hooks the main thread registers.
    pub hooks: u32,
    /// How many threads register and unregister meanwhile.
    pub threads: u32,
    /// How long it does nothing between its last hook and its end.
    pub nap: u32,
    /// How long a hook takes, at the most.
    pub work: u32,
    /// Whether all hooks have to be fit for a signal handler.
    pub safe: bool,
    /// The signals that end it with its hooks.
    pub signals: Vec<Signal>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, exit, hooks, threads, nap, work, safe, signals } = self;
        let safe = u8::from(*safe);
        write!(
            f,
            "seed={seed} exit={exit} hooks={hooks} threads={threads} nap={nap} work={work} safe={safe} signals="
        )?;
        for (index, signal) in signals.iter().enumerate() {
            write!(f, "{}{signal}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value = |name: &str| {
            let mut words = text.split_whitespace().filter_map(|word| word.split_once('='));
            words.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or_else(|| format!("no {name}= in {text:?}"))
        };
        let number = |name: &str| value(name)?.parse::<u32>().map_err(|error| format!("{name}: {error}"));
        let signals = value("signals")?.split(',').filter(|name| !name.is_empty());
        Ok(Self {
            seed: value("seed")?.parse().map_err(|error| format!("seed: {error}"))?,
            exit: value("exit")?.parse()?,
            hooks: number("hooks")?,
            threads: number("threads")?,
            nap: number("nap")?,
            work: number("work")?,
            safe: number("safe")? != 0,
            signals: signals.map(str::parse).collect::<Result<_, _>>()?,
        })
    }
}
