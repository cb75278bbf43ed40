//! The end: the cause that hooks were told, and the status that the parent saw, were possible, and belong together.

use super::{Expected, Invariant, Violation};
use crate::storm::Signal;
use crate::storm::evidence::{Cause, Ended, Evidence, Word};

pub(super) fn judge(evidence: &Evidence, expected: &Expected) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut complain = |what: String| found.push(Violation::new(Invariant::WrongStatus, what));
    let told = evidence.told();
    for (at, cause) in evidence.passes() {
        let Some(cause) = cause else { continue };
        if Some(cause) != told {
            complain(format!(
                "one hook was told {}, and another one {cause}",
                told.map_or("-".into(), |c| c.to_string())
            ));
        }
        if !was_possible(evidence, cause, at) {
            complain(format!("a hook was told {cause}, which had not happened"));
        }
    }
    let mut possible = possible_ends(evidence, expected, told);
    if !possible.contains(&evidence.ended) {
        possible.sort_unstable();
        possible.dedup();
        let possible: Vec<_> = possible.iter().map(ToString::to_string).collect();
        let right = if possible.is_empty() { "nothing".to_owned() } else { possible.join(", ") };
        let causes = told.map_or_else(String::new, |told| format!(", and its hooks were told {told}"));
        complain(format!("it ended by {}{causes}; right was {right}", evidence.ended));
    }
    if let (Ended::Signal(signal), Some((left, bare))) = (evidence.ended, evidence.cores)
        && left != (bare && signal.makes_core())
    {
        let without = if left { "with" } else { "without" };
        complain(format!("it ended by SIG{signal} {without} a core, unlike a process that does not catch it"));
    }
    found.dedup();
    found
}

/// Whether the cause had happened when the hook whose line that is began.
fn was_possible(evidence: &Evidence, cause: Cause, line: usize) -> bool {
    let began = evidence.lines.get(line).map_or(0, |line| line.at);
    let sent = |signal| evidence.sent.iter().any(|sent| sent.signal == signal && (began == 0 || sent.at <= began));
    let before = evidence.lines.iter().take(line);
    let announced =
        before.filter(|line| line.pid == evidence.pid).any(|line| matches!(line.word, Word::Ends(c, _) if c == cause));
    announced || matches!(cause, Cause::Signal(signal) if sent(signal))
}

fn possible_ends(evidence: &Evidence, expected: &Expected, told: Option<Cause>) -> Vec<Ended> {
    let mut ends: Vec<_> = expected.statuses.iter().copied().map(Ended::Code).collect();
    if evidence.lines.is_empty() {
        ends.extend(expected.starting.iter().copied().map(Ended::Code));
    }
    let own = |wanted: fn(Cause) -> bool| {
        let lines = evidence.lines.iter().filter(|line| line.pid == evidence.pid);
        lines.filter_map(move |line| match line.word {
            Word::Ends(cause, status) if wanted(cause) => Some((cause, status)),
            _ => None,
        })
    };
    let is_signal = |cause| matches!(cause, Cause::Signal(_));
    match told {
        Some(Cause::Signal(signal)) => ends.extend(by_signal(evidence, expected, signal)),
        Some(cause) => {
            ends.extend(
                own(|_| true).filter(|(own, _)| *own == cause).filter_map(|(_, status)| status).map(Ended::Code),
            );
        }
        None => {
            ends.extend(
                own(|cause| !matches!(cause, Cause::Signal(_))).filter_map(|(_, status)| status).map(Ended::Code),
            );
        }
    }
    // What an abort asks for, it gets as soon as the hooks have run.
    let aborts = own(|cause| matches!(cause, Cause::Signal(signal) if signal.number() == libc::SIGABRT));
    ends.extend(aborts.map(|(cause, _)| cause).chain(None).filter_map(signal_of).map(Ended::Signal));
    if !matches!(told, Some(Cause::Signal(_))) {
        // Before there were hooks, or after those of an exit, a signal does what it always does.
        let raised = own(is_signal).filter_map(|(cause, _)| signal_of(cause));
        let sent = evidence.sent.iter().filter(|sent| !sent.job_control).map(|sent| sent.signal);
        ends.extend(raised.chain(sent).flat_map(|signal| by_signal(evidence, expected, signal)));
    }
    ends
}

fn signal_of(cause: Cause) -> Option<Signal> {
    match cause {
        Cause::Signal(signal) => Some(signal),
        Cause::Exit | Cause::Panic => None,
    }
}

/// How a process ends by that signal, if it says nothing else: by it; without a log, a shell's code will do.
fn by_signal(evidence: &Evidence, expected: &Expected, signal: Signal) -> Vec<Ended> {
    let declared = |line: &crate::storm::evidence::Line| match line.word {
        Word::Status(of, code) if of == signal && line.pid == evidence.pid => Some(Ended::Code(code)),
        _ => None,
    };
    let mut ends: Vec<_> = evidence.lines.iter().filter_map(declared).collect();
    let nothing_ran = evidence.told().is_none();
    if ends.is_empty() || nothing_ran || matches!(evidence.told(), Some(Cause::Exit | Cause::Panic)) {
        ends.push(Ended::Signal(signal));
    }
    if !expected.log {
        ends.push(Ended::Code(128 + signal.number()));
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::super::tests::{BY_TERM, found};
    use super::*;

    const ONE: [&str; 2] = ["arming a 1", "armed a"];

    fn story(ended: Ended, rest: &[&str]) -> Vec<Invariant> {
        found(ended, &[&ONE, rest].concat())
    }

    fn by(name: &str) -> Ended {
        Ended::Signal(name.parse().unwrap())
    }

    #[test]
    fn the_status_is_that_of_the_cause_that_hooks_were_told() {
        let exits = ["ends exit 7", "begin a exit", "end a"];
        assert_eq!(story(Ended::Code(7), &exits), []);
        assert_eq!(story(Ended::Code(0), &exits), [Invariant::WrongStatus]);
        let signal = ["sent INT", "sent TERM", "ends exit 7", "begin a 15", "end a"];
        assert_eq!(story(BY_TERM, &signal), []);
        for wrong in [by("INT"), Ended::Code(7), Ended::Code(143), by("SEGV")] {
            assert_eq!(story(wrong, &signal), [Invariant::WrongStatus], "{wrong}");
        }
        assert_eq!(story(Ended::Code(101), &["ends panic 101", "begin a panic", "end a"]), []);
    }

    #[test]
    fn a_wrong_status_comes_with_the_right_ones() {
        let told = |expected: &Expected, story: &[&str]| {
            let evidence = super::super::tests::evidence(Ended::Code(9), story);
            judge(&evidence, expected).remove(0).details
        };
        let log = Expected { log: true, ..Expected::default() };
        let declared = [&ONE[..], &["status 15 3", "sent TERM", "begin a 15", "end a"]].concat();
        assert_eq!(told(&log, &declared), "it ended by exit 9, and its hooks were told SIGTERM; right was exit 3");
        let any = Expected { statuses: vec![0], ..Expected::default() };
        assert_eq!(told(&any, &["sent TERM"]), "it ended by exit 9; right was exit 0, exit 143, SIGTERM");
        assert_eq!(told(&log, &[]), "it ended by exit 9; right was nothing");
    }

    #[test]
    fn a_signal_may_end_an_exit_when_its_hooks_have_run_if_it_was_sent() {
        let exits = ["ends exit 7", "begin a exit", "end a", "sent TERM"];
        assert_eq!(story(BY_TERM, &exits), []);
        assert_eq!(story(by("INT"), &exits), [Invariant::WrongStatus]);
    }

    #[test]
    fn a_status_that_was_declared_for_a_signal_is_demanded() {
        let rest = ["status 15 3", "sent TERM", "begin a 15", "end a"];
        assert_eq!(story(Ended::Code(3), &rest), []);
        assert_eq!(story(BY_TERM, &rest), [Invariant::WrongStatus]);
    }

    #[test]
    fn hooks_are_told_one_cause_and_one_that_has_happened() {
        let two = ["sent INT", "begin a 2", "end a", "arming b 1", "begin b 15", "end b"];
        assert_eq!(story(by("INT"), &two), [Invariant::WrongStatus; 2]);
        assert_eq!(story(BY_TERM, &["begin a 15", "end a", "sent TERM"]), [Invariant::WrongStatus]);
        assert_eq!(story(Ended::Code(0), &["begin a exit", "end a", "ends exit 0"]), [Invariant::WrongStatus]);
    }

    #[test]
    fn without_hooks_any_cause_that_was_there_may_end_it() {
        let nothing = ["sent TERM", "ends exit 7"];
        for right in [BY_TERM, Ended::Code(7)] {
            assert_eq!(found(right, &nothing), []);
        }
        assert_eq!(found(Ended::Code(0), &nothing), [Invariant::WrongStatus]);
        assert_eq!(found(by("ALRM"), &["ends 14"]), []);
    }

    #[test]
    fn a_status_of_the_start_is_right_until_the_first_line_of_the_log() {
        let expected = Expected { log: true, starting: vec![1], ..Expected::default() };
        let judged = |story: &[&str]| judge(&super::super::tests::evidence(Ended::Code(1), story), &expected).len();
        assert_eq!(judged(&["sent TERM"]), 0);
        assert_eq!(judged(&["arming a 1", "sent TERM"]), 1);
    }

    #[test]
    fn a_core_is_there_if_a_bare_process_leaves_one_and_only_for_signals_that_make_one() {
        let judged = |signal: &str, cores| {
            let evidence = super::super::tests::evidence(by(signal), &[&format!("sent {signal}")]);
            let expected = Expected { log: true, ..Expected::default() };
            judge(&Evidence { cores, ..evidence }, &expected).len()
        };
        for (signal, left, bare, wrong) in [
            ("QUIT", true, true, 0),
            ("QUIT", false, true, 1),
            ("QUIT", false, false, 0),
            ("QUIT", true, false, 1),
            ("TERM", false, true, 0),
            ("TERM", true, true, 1),
        ] {
            assert_eq!(judged(signal, Some((left, bare))), wrong, "{signal} {left} {bare}");
            assert_eq!(judged(signal, None), 0);
        }
    }

    #[test]
    fn an_abort_may_end_it_after_the_hooks_of_another_cause() {
        let rest = ["sent TERM", "ends 6", "begin a 15", "end a"];
        assert_eq!(story(by("ABRT"), &rest), []);
        assert_eq!(story(BY_TERM, &rest), []);
        assert_eq!(story(by("ABRT"), &["ends 6", "begin a 6", "end a"]), []);
    }
}
