//! Runs a cell in a process of its own, and tells what happened from what the process said and how it ended.

use std::path::Path;

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal, kernel, library};

use crate::cell::{Cell, End, Installed, Owner, Ran, Verdict};

/// In milliseconds: more than any work takes, also on a busy machine.
const ENOUGH: u32 = 4_000;
/// So long that it decides nothing.
const LONG: u32 = 60_000;
const SHORT: u32 = 100;

impl Cell {
    /// # Errors
    ///
    /// If what happened is none of the verdicts that there are.
    pub(crate) fn measure(self) -> Result<Verdict, Outcome> {
        let mut child = self.start();
        // For the two that wait for a signal in a system call.
        kernel::until_asleep(child.pid());
        child.signal(self.signal);
        let is_to_go_on = self.rule().end == End::None;
        if is_to_go_on {
            child.expect("work done");
            child.send("leave");
        }
        let outcome = child.finish();
        self.verdict(&outcome).ok_or(outcome)
    }

    fn start(self) -> Child {
        let ends = if self.ends { "ends" } else { "stays" };
        let installed = match self.installed {
            Installed::Alone => "never",
            Installed::BeforeUs => "before",
            Installed::AfterUs => "after",
        };
        // An owner that ends the process is to have the time that it wants. One that does not is to be waited for in vain.
        let owner_ends = self.ends && self.owner.handles(self.signal);
        let (grace, linger) = match (self.has_grace, owner_ends) {
            (false, true) => (0, LONG),
            (true, true) => (LONG, LONG),
            (false, false) => (0, ENOUGH),
            (true, false) => (ENOUGH, SHORT),
        };
        let owner = match self.owner {
            Owner::Ctrlc => "ctrlc",
            Owner::Flag => "flag",
            Owner::Iterator => "iterator",
            Owner::Tokio => "tokio",
            Owner::AsyncSignal => "async-signal",
            Owner::SignalMod => "signal-mod",
            Owner::CFlag => "c-flag",
            Owner::CExit => "c-exit",
            Owner::Python => {
                let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix/host.py");
                let words = vec!["python3".into(), host.into(), library().into()];
                return Fixture::of_command(words, &format!("{ends} {installed} {grace} {linger}"))
                    .start()
                    .until_ready();
            }
        };
        // Only what runs at the same time can wait for each other.
        let timing = if self.rule().ran == [Ran::HookBesideWork] { "meet" } else { "apart" };
        Child::ready(&format!("matrix {owner} {ends} {installed} {grace} {linger} {timing}"))
    }

    fn verdict(self, outcome: &Outcome) -> Option<Verdict> {
        let mut ran = ran(&outcome.after_ready(), self.signal)?;
        let end = match outcome.ended {
            Ended::Code(3) => End::Code,
            // Main was told to leave.
            Ended::Code(9) => {
                if self.installed != Installed::Alone {
                    ran.pop_if(|last| *last == Ran::HookAtExit)?;
                }
                End::None
            }
            ended if ended == Ended::by(self.signal) => End::Signal,
            _ => return None,
        };
        Some(Verdict { ran, end })
    }
}

/// Each that began must have come to its end.
fn ran(mut events: &[&str], signal: Signal) -> Option<Vec<Ran>> {
    let by_signal = format!("hook {signal}");
    let mut ran = Vec::new();
    while let [first, second, rest @ ..] = events {
        let begun = [*first, *second];
        let (step, rest) = match begun {
            ["work", "work done"] => (Ran::Work, rest),
            ["hook exit", "hook done"] => (Ran::HookAtExit, rest),
            [hook, "hook done"] if hook == by_signal => (Ran::Hook, rest),
            _ if is_both(begun, ["work", &by_signal]) => match rest {
                [third, fourth, rest @ ..] if is_both([third, fourth], ["work done", "hook done"]) => {
                    (Ran::HookBesideWork, rest)
                }
                _ => return None,
            },
            _ => return None,
        };
        ran.push(step);
        events = rest;
    }
    events.is_empty().then_some(ran)
}

fn is_both(events: [&str; 2], [a, b]: [&str; 2]) -> bool {
    events == [a, b] || events == [b, a]
}
