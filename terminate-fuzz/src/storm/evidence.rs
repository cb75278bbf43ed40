//! All that is known of a round when it is over: what the target logged, what it was sent, how it ended, what it left.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::Signal;

/// Why the hooks run, as they were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An exit.
    Exit,
    /// A panic, or what the language of the target has in its place.
    Panic,
    /// A signal.
    Signal(Signal),
}

impl Cause {
    fn read(word: &str) -> Option<Self> {
        match word {
            "exit" => Some(Self::Exit),
            "panic" => Some(Self::Panic),
            number => number.parse().ok().and_then(Signal::new).map(Self::Signal),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit => f.write_str("exit"),
            Self::Panic => f.write_str("panic"),
            Self::Signal(signal) => write!(f, "SIG{signal}"),
        }
    }
}

/// What one line of the log says. The words are those of the [protocol](super#the-protocol).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// The hook of that name is going to be registered, in that phase; without one, its order is not promised.
    Arming(String, Option<u32>),
    /// It is registered; it removes that file.
    Armed(String, Option<String>),
    /// It could not be registered.
    Refused(String),
    /// It is going to be taken back.
    Disarming(String),
    /// It has been taken back.
    Disarmed(String),
    /// It could not be taken back.
    Kept(String),
    /// It begins to run, and was told that cause, if it was.
    Begin(String, Option<Cause>),
    /// It is done.
    End(String),
    /// The target is going to end so, by itself: the cause, and the exit status that belongs to it.
    Ends(Cause, Option<i32>),
    /// After that signal, the exit status is that.
    Status(Signal, i32),
    /// Anything else.
    Note,
}

impl Word {
    fn read(words: &[&str]) -> Option<Self> {
        let number = |word: &str| word.parse::<i32>().ok();
        Some(match words {
            ["arming", id, "-"] => Self::Arming((*id).to_owned(), None),
            ["arming", id, phase] => Self::Arming((*id).to_owned(), Some(phase.parse().ok()?)),
            ["armed", id] => Self::Armed((*id).to_owned(), None),
            ["armed", id, file] => Self::Armed((*id).to_owned(), Some((*file).to_owned())),
            ["refused", id] => Self::Refused((*id).to_owned()),
            ["disarming", id] => Self::Disarming((*id).to_owned()),
            ["disarmed", id] => Self::Disarmed((*id).to_owned()),
            ["kept", id] => Self::Kept((*id).to_owned()),
            ["begin", id, "-"] => Self::Begin((*id).to_owned(), None),
            ["begin", id, cause] => Self::Begin((*id).to_owned(), Some(Cause::read(cause)?)),
            ["end", id] => Self::End((*id).to_owned()),
            ["ends", cause] => Self::Ends(Cause::read(cause)?, None),
            ["ends", cause, status] => Self::Ends(Cause::read(cause)?, Some(number(status)?)),
            ["status", signal, status] => Self::Status(Signal::new(number(signal)?)?, number(status)?),
            ["note", ..] => Self::Note,
            _ => return None,
        })
    }

    /// The hook that it is about.
    #[must_use]
    pub fn hook(&self) -> Option<&str> {
        match self {
            Self::Arming(id, _)
            | Self::Armed(id, _)
            | Self::Begin(id, _)
            | Self::Refused(id)
            | Self::Disarming(id)
            | Self::Disarmed(id)
            | Self::Kept(id)
            | Self::End(id) => Some(id),
            Self::Ends(..) | Self::Status(..) | Self::Note => None,
        }
    }
}

/// In the words of the protocol, but for signals, which have their names.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |what: Option<String>| what.unwrap_or_else(|| "-".to_owned());
        let (word, rest) = match self {
            Self::Arming(_, phase) => ("arming", or_dash(phase.map(|phase| phase.to_string()))),
            Self::Armed(_, file) => ("armed", file.clone().unwrap_or_default()),
            Self::Refused(_) => ("refused", String::new()),
            Self::Disarming(_) => ("disarming", String::new()),
            Self::Disarmed(_) => ("disarmed", String::new()),
            Self::Kept(_) => ("kept", String::new()),
            Self::Begin(_, cause) => ("begin", or_dash(cause.map(|cause| cause.to_string()))),
            Self::End(_) => ("end", String::new()),
            Self::Ends(cause, None) => ("ends", cause.to_string()),
            Self::Ends(cause, Some(status)) => ("ends", format!("{cause} {status}")),
            Self::Status(signal, status) => ("status", format!("SIG{signal} {status}")),
            Self::Note => ("note", String::new()),
        };
        let words = [word, self.hook().unwrap_or_default(), &rest];
        f.write_str(&words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, on the monotonic clock, in nanoseconds; zero if the target does not know.
    pub at: u64,
    /// The process that wrote it.
    pub pid: i32,
    /// What it says.
    pub word: Word,
}

impl Line {
    /// Reads a line.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let (at, rest) = words.split_first()?;
        let (pid, rest) = rest.split_first()?;
        Some(Self { at: at.parse().ok()?, pid: pid.parse().ok()?, word: Word::read(rest)? })
    }
}

/// A signal that the storm has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Just before the system call, on the monotonic clock, in nanoseconds.
    pub at: u64,
    /// Which one.
    pub signal: Signal,
    /// Whether it was to stop or continue, and not to end.
    pub job_control: bool,
}

/// How the target ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// By an exit, with that status.
    Code(i32),
    /// By that signal.
    Signal(Signal),
    /// Not at all, up to the deadline.
    Hang,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit {code}"),
            Self::Signal(signal) => write!(f, "SIG{signal}"),
            Self::Hang => f.write_str("no end"),
        }
    }
}

impl Serialize for Ended {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All that is known of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The target's process.
    pub pid: i32,
    /// The log.
    pub lines: Vec<Line>,
    /// Lines of the log that make no sense.
    pub unreadable: Vec<String>,
    /// What was sent, in order.
    pub sent: Vec<Sent>,
    /// How it ended.
    pub ended: Ended,
    /// Whether it left a core, and whether a bare process that ends by such a signal does; if that was looked at.
    pub cores: Option<(bool, bool)>,
    /// When that was known, on the monotonic clock, in nanoseconds.
    pub reaped: u64,
    /// The files that it left.
    pub files: Vec<String>,
    /// How many processes of its group outlived it for long.
    pub processes: usize,
    /// What its threads were doing when it was given up, and what it said on standard error.
    pub remarks: String,
}

impl Evidence {
    /// The moment at which the end can have begun at the earliest: a signal, or what the target says it does.
    #[must_use]
    pub fn earliest_cause(&self) -> u64 {
        let sent = self.sent.iter().filter(|sent| !sent.job_control).map(|sent| sent.at);
        let own = self.lines.iter().filter(|line| matches!(line.word, Word::Ends(..))).map(|line| line.at);
        sent.chain(own).min().unwrap_or(self.reaped)
    }

    /// The cause that the hooks of the target were told first, guards at the end of a scope aside.
    #[must_use]
    pub fn told(&self) -> Option<Cause> {
        self.passes().find_map(|(_, cause)| cause)
    }

    /// The hooks of a pass: those that are in an order. Where each begins in the log, and what it was told.
    pub fn passes(&self) -> impl Iterator<Item = (usize, Option<Cause>)> {
        let lines = || self.lines.iter().enumerate().filter(|(_, line)| line.pid == self.pid);
        let in_order: HashSet<_> = lines()
            .filter_map(|(_, line)| match &line.word {
                Word::Arming(id, Some(_)) => Some(id.as_str()),
                _ => None,
            })
            .collect();
        lines().filter_map(move |(at, line)| match &line.word {
            Word::Begin(id, cause) if in_order.contains(id.as_str()) => Some((at, *cause)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_in_the_words_that_it_was_written_in_and_signals_by_name() {
        let told = |text: &str| Word::read(&text.split(' ').collect::<Vec<_>>()).unwrap().to_string();
        let same =
            ["arming a 1", "arming a -", "armed a", "armed a file", "refused a", "disarming a", "disarmed a", "kept a"];
        for text in
            same.into_iter().chain(["begin a exit", "begin a -", "end a", "ends panic 101", "ends exit", "note"])
        {
            assert_eq!(told(text), text);
        }
        assert_eq!((told("begin a 15"), told("status 2 130")), ("begin a SIGTERM".into(), "status SIGINT 130".into()));
    }

    #[test]
    fn a_line_is_a_time_a_process_and_words() {
        let line = Line::read("12 34 begin h1 15").unwrap();
        let cause = Some(Cause::Signal(Signal::TERM));
        assert_eq!(line, Line { at: 12, pid: 34, word: Word::Begin("h1".into(), cause) });
        assert_eq!(Line::read("0 1 note any thing").unwrap().word, Word::Note);
        for wrong in ["", "1", "1 2", "1 2 begin", "1 2 begin h 99", "1 2 arming h x", "1 2 armed h f x", "x 2 end h"] {
            assert_eq!(Line::read(wrong), None, "{wrong}");
        }
    }
}
