//! The storm: a real program, started again and again, with signals at random instants, judged from the outside.
//!
//! # How it works
//!
//! A [`Schedule`] is drawn from a seed: what is done to the program, at which microsecond after its start, and what the
//! program is asked to do. A round plays it with a real child process: signals by `kill`, `tgkill` to single threads,
//! `sigqueue`, to the process group, stops and continuations; single ones and bursts, from before the program has
//! handlers to its last instruction. The verdict is made of what is there afterwards: the program's log, the status
//! that its parent saw (with the core, for a target [that may leave one](Target::with_cores)), the files and processes that
//! it left, and whether it ended at all. What does not hold has a
//! name: [`Invariant`]. The schedule of a round depends on the round's seed alone, so it can be played again, and
//! [`shrink`] makes it shorter as long as it still fails. (The scheduler of the kernel is not seeded: a race may take
//! some replays to come back.)
//!
//! ```no_run
//! use std::time::Duration;
//! use terminate_fuzz::storm::{Storm, Target};
//!
//! let storm = Storm::new(Target::with_log(["./my-program"])).signals([("TERM".parse()?, 1)]);
//! let outcome = storm.rounds(1_000).duration(Duration::from_secs(60)).run()?;
//! assert_eq!(outcome.tally.failed, 0, "{:?}", outcome.failures.first());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Any program
//!
//! Without anything done to it, a program is judged by three things ([`Target::without_log`]): it ends; by a signal that
//! it was sent, the code 128 + n of such a signal, or an exit status that is right at any time; and it leaves nothing in
//! the directory that the environment variable `TERMINATE_STORM_DIR` names, which is its working directory too.
//!
//! # The protocol
//!
//! For exact verdicts ([`Target::with_log`]) a program keeps a log. It appends lines to the file that
//! `TERMINATE_STORM_LOG` names, each by one `write(2)` to a descriptor opened with `O_APPEND`, so that they are whole
//! and in order, whatever thread, handler or process they are from. In Rust there is [`Log`]. A line is
//!
//! ```text
//! NANOSECONDS PID WORD ARGUMENT…
//! ```
//!
//! with the time of `CLOCK_MONOTONIC` (0 if unknown), the process that writes it, and one of these words:
//!
//! | line | says | and then must hold |
//! | --- | --- | --- |
//! | `arming ID PHASE` | a hook of that name is going to be registered. `PHASE` is a number, or `-` for one that is in no order, such as a guard that may run at the end of its scope | it may run |
//! | `armed ID [FILE]` | it is registered; it is to remove that file from `TERMINATE_STORM_DIR` | it runs, once, and the file is gone |
//! | `refused ID` | it could not be registered | it does not run |
//! | `disarming ID` | it is going to be taken back | it may run |
//! | `disarmed ID` | it has been taken back | it does not run |
//! | `kept ID` | it could not be taken back, since it runs, or has run | it runs, once |
//! | `begin ID CAUSE` | it begins, and was told that cause: `exit`, `panic`, the number of a signal, or `-` if it was not told | no other one with a phase is under way |
//! | `end ID` | it is done | |
//! | `ends CAUSE [STATUS]` | the program is going to end so by itself, with that exit status: `ends exit 3`; `ends panic 101`; `ends 14`, a signal that it raises, or has a timer raise | |
//! | `status SIGNAL CODE` | after that signal its exit status is `CODE` | it is |
//! | `note …` | anything | |
//!
//! Of two hooks with a phase, the one of the lower phase begins first, and within a phase the newer one, as far as it is
//! certain which one is newer, and that both were there. All hooks with a phase are told the same cause, one that has
//! happened; the status is what belongs to it. After an exit's hooks have run, the exit may be cut short by a signal
//! that was sent, and after those of a signal, by an `abort` that was announced.
//!
//! Hooks run whichever of the storm's signals comes: choose signals that the program handles. Before the first hook is
//! registered it may end by any of them.
//!
//! `TERMINATE_STORM_PLAN` has what the program is asked to do in this round, a [`Plan`]: how to end by itself, how many
//! hooks and threads. It may obey, or not. `seed=` there is a number for choices of its own.

mod cores;
mod evidence;
#[cfg(feature = "cli")]
mod html;
mod log;
mod plan;
#[cfg(feature = "cli")]
mod report;
mod round;
mod rounds;
mod schedule;
mod shrink;
mod signal;
mod sys;
mod tally;
mod target;
mod verdict;

use std::io;
use std::time::Duration;

pub use evidence::{Cause, Ended, Evidence, Line, Sent, Word};
#[cfg(feature = "cli")]
pub use html::page;
pub use log::{DIRECTORY, LOG, Log, PLAN, Part, now};
pub use plan::{Exit, Plan};
#[cfg(feature = "cli")]
pub use report::{Failed, Latency, Report};
pub use schedule::{Action, Schedule, What, Wishes};
pub use shrink::shrink;
pub use signal::{Random, Signal};
pub use tally::{Failure, Tally};
pub use target::Target;
pub use verdict::{Expected, Invariant, Violation, judge};

use rounds::round_seed;

/// Many rounds with one target.
#[derive(Clone, Debug)]
pub struct Storm {
    target: Target,
    wishes: Wishes,
    rounds: Option<u64>,
    duration: Option<Duration>,
    seed: u64,
    jobs: usize,
    deadline: Duration,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sums.
    pub tally: Tally,
    /// The first rounds in which something did not hold, at most 20.
    pub failures: Vec<Failure>,
    /// How long it took.
    pub took: Duration,
    /// Whether the target was to keep a log. Without one, nothing is known of its hooks.
    pub log: bool,
}

impl Storm {
    /// A storm of 1,000 rounds with seed 1, two at a time, with the signals that commonly end programs.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            wishes: Wishes::default(),
            rounds: None,
            duration: None,
            seed: 1,
            jobs: 2,
            deadline: Duration::from_secs(10),
        }
    }

    /// What schedules are drawn from, as a whole.
    #[must_use]
    pub fn wishes(mut self, wishes: Wishes) -> Self {
        self.wishes = wishes;
        self
    }

    /// The signals to send, each with its weight. The last one of a round is one of them, so each should end the target.
    #[must_use]
    pub fn signals(mut self, signals: impl IntoIterator<Item = (Signal, u32)>) -> Self {
        self.wishes.signals = signals.into_iter().collect();
        self
    }

    /// How many signals or bursts come a second.
    #[must_use]
    pub fn rate(mut self, per_second: u32) -> Self {
        self.wishes.rate = per_second;
        self
    }

    /// How many signals come at once, at the most.
    #[must_use]
    pub fn burst(mut self, signals: u32) -> Self {
        self.wishes.burst = signals;
        self
    }

    /// For how long the target is left alone after its start, to the microsecond. 0 tests the start, too.
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.wishes.after = u32::try_from(after.as_micros()).unwrap_or(u32::MAX);
        self
    }

    /// For how long signals come in each round, to the microsecond. At the end of it comes the last one.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.wishes.window = u32::try_from(window.as_micros()).unwrap_or(u32::MAX);
        self
    }

    /// How many of the target's threads are to register and unregister meanwhile.
    #[must_use]
    pub fn threads(mut self, threads: u32) -> Self {
        self.wishes.threads = Some(threads);
        self
    }

    /// How the target is to end by itself.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.wishes.exit = Some(exit);
        self
    }

    /// How many rounds; if a duration is set too, whichever is over first.
    #[must_use]
    pub fn rounds(mut self, rounds: u64) -> Self {
        self.rounds = Some(rounds);
        self
    }

    /// For how long rounds are begun.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// What all schedules depend on.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many rounds are played at once.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// How long the target may take to end after the last signal, before it counts as hanging.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The schedule of the round with that seed.
    #[must_use]
    pub fn schedule(&self, round_seed: u64) -> Schedule {
        Schedule::draw(round_seed, &self.wishes)
    }

    /// Plays the rounds.
    ///
    /// The calling process becomes the parent of what the targets leave behind, and stays so.
    ///
    /// # Errors
    ///
    /// If the target cannot be started, or there is no place for its log. What is found is no error.
    pub fn run(&self) -> io::Result<Outcome> {
        self.run_watched(|_, _| ())
    }

    /// As [`run`](Self::run), and tells after every round how many have been played, and how many of them failed.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn run_watched(&self, watch: impl Fn(u64, u64) + Sync) -> io::Result<Outcome> {
        let rounds = self.rounds.unwrap_or(if self.duration.is_some() { u64::MAX } else { 1_000 });
        self.play_all(rounds, &|index| self.schedule(round_seed(self.seed, index)), &watch)
    }

    /// Plays one schedule so many times.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn repeat(&self, schedule: &Schedule, times: u64) -> io::Result<Outcome> {
        self.play_all(times, &|_| schedule.clone(), &|_, _| ())
    }

    /// The shortest schedule that still violates that invariant, within so many tries each. One signal stays at least, since
    /// many a target waits for one.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    pub fn shrink(&self, schedule: &Schedule, invariant: Invariant, tries: u64) -> io::Result<Schedule> {
        let mut error = None;
        let shrunk = shrink(schedule.clone(), |shorter| {
            let fails = self.fails(shorter, invariant, tries);
            fails.unwrap_or_else(|failed| {
                error = Some(failed);
                false
            })
        });
        error.map_or(Ok(shrunk), Err)
    }

    /// Whether the schedule violates that invariant within so many tries; if it hangs instead, that is the answer.
    fn fails(&self, schedule: &Schedule, invariant: Invariant, tries: u64) -> io::Result<bool> {
        let mut left = if schedule.actions.iter().any(|action| action.what.ending().is_some()) { tries } else { 0 };
        while left > 0 {
            let some = left.min(self.jobs as u64);
            let found = self.repeat(schedule, some)?.tally.violations;
            if found.contains_key(&invariant) || found.contains_key(&Invariant::Hang) {
                return Ok(found.contains_key(&invariant));
            }
            left -= some;
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_not_there_is_an_error() {
        Storm::new(Target::without_log(["/not/there"])).rounds(3).run().unwrap_err();
        Storm::new(Target::without_log([""; 0])).rounds(3).run().unwrap_err();
    }

    #[test]
    fn a_shell_that_sleeps_is_ended_by_the_signals_that_it_gets() {
        let storm = Storm::new(Target::without_log(["sleep", "100"])).rounds(50).seed(3);
        let outcome = storm.run().unwrap();
        assert_eq!((outcome.tally.rounds, outcome.tally.failed), (50, 0), "{:?}", outcome.failures.first());
        assert!(outcome.tally.sent() >= 50);
    }
}
