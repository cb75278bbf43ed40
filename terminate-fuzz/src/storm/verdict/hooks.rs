//! Hooks: each once, in order, to its end.

use std::collections::BTreeMap;

use super::{Invariant, Violation};
use crate::storm::evidence::{Ended, Evidence, Line, Word};

/// Where the lines of one hook are in the log.
#[derive(Default)]
struct Story {
    arming: Option<usize>,
    phase: Option<u32>,
    armed: Option<usize>,
    refused: Option<usize>,
    disarming: Option<usize>,
    disarmed: Option<usize>,
    kept: Option<usize>,
    begins: Vec<usize>,
    ends: Vec<usize>,
}

/// A hook by its process and its name.
type Key<'e> = (i32, &'e str);

fn stories(evidence: &Evidence) -> BTreeMap<Key<'_>, Story> {
    let mut stories = BTreeMap::<Key<'_>, Story>::new();
    for (at, Line { pid, word, .. }) in evidence.lines.iter().enumerate() {
        let Some(id) = word.hook() else { continue };
        let story = stories.entry((*pid, id)).or_default();
        match word {
            Word::Arming(_, phase) => {
                story.arming = Some(at);
                story.phase = *phase;
            }
            Word::Armed(..) => story.armed = Some(at),
            Word::Refused(_) => story.refused = Some(at),
            Word::Disarming(_) => story.disarming = Some(at),
            Word::Kept(_) => story.kept = Some(at),
            Word::Disarmed(_) => story.disarmed = Some(at),
            Word::Begin(..) => story.begins.push(at),
            Word::End(_) => story.ends.push(at),
            Word::Ends(..) | Word::Status(..) | Word::Note => {}
        }
    }
    stories
}

/// The files that armed hooks are to remove.
pub(super) fn armed_files(evidence: &Evidence) -> impl Iterator<Item = &str> {
    evidence.lines.iter().filter_map(|line| match &line.word {
        Word::Armed(_, Some(file)) => Some(file.as_str()),
        _ => None,
    })
}

pub(super) fn judge(evidence: &Evidence) -> Vec<Violation> {
    let stories = stories(evidence);
    let mut found = Vec::new();
    for ((pid, id), story) in &stories {
        let whose = if *pid == evidence.pid { String::new() } else { format!(" of process {pid}") };
        let mut complain = |invariant, what: String| {
            found.push(Violation::new(invariant, format!("{id}{whose} {what}")));
        };
        let times = story.begins.len();
        if times > 1 {
            complain(Invariant::RanTwice, format!("ran {times} times"));
        }
        if times > 0 && story.arming.is_none() {
            complain(Invariant::RanUnasked, "ran in a process that did not register it".into());
        }
        if times > 0 && story.refused.is_some() {
            complain(Invariant::RanUnasked, "ran though it was refused".into());
        }
        if times > 0 && story.disarmed.is_some() {
            complain(Invariant::RanUnasked, "ran though it was taken back".into());
        }
        if evidence.ended != Ended::Hang {
            if times == 0 && is_due(story) {
                complain(Invariant::NeverRan, "was armed, and did not run".into());
            }
            if story.ends.len() < times {
                complain(Invariant::Interrupted, "began, and did not end".into());
            }
        }
    }
    found.extend(nested(&stories));
    found.extend(disordered(evidence, &stories));
    found
}

/// Armed, and not taken back, not even maybe.
fn is_due(story: &Story) -> bool {
    story.armed.is_some() && (story.disarming.is_none() || story.kept.is_some())
}

/// The runs of the hooks of one process that are in an order, by when they began.
fn runs<'s>(stories: &'s BTreeMap<Key<'_>, Story>, pid: i32) -> Vec<(usize, Option<usize>, &'s str, &'s Story)> {
    let of_process = stories.iter().filter(|((owner, _), story)| *owner == pid && story.phase.is_some());
    let mut runs: Vec<_> = of_process
        .flat_map(|((_, id), story)| {
            let ends = story.ends.iter().copied().map(Some).chain(std::iter::repeat(None));
            story.begins.iter().copied().zip(ends).map(move |(begin, end)| (begin, end, *id, story))
        })
        .collect();
    runs.sort_unstable_by_key(|(begin, ..)| *begin);
    runs
}

fn processes(stories: &BTreeMap<Key<'_>, Story>) -> Vec<i32> {
    let mut processes: Vec<_> = stories.keys().map(|(pid, _)| *pid).collect();
    processes.dedup();
    processes
}

/// Hooks that began in the middle of another one.
fn nested(stories: &BTreeMap<Key<'_>, Story>) -> Vec<Violation> {
    let mut found = Vec::new();
    for pid in processes(stories) {
        for pair in runs(stories, pid).windows(2) {
            let [(_, end, outer, _), (begin, _, inner, _)] = pair else { continue };
            if end.is_some_and(|end| begin < &end) {
                found.push(Violation::new(Invariant::Interrupted, format!("{inner} ran in the middle of {outer}")));
            }
        }
    }
    found
}

/// Hooks that ran before one that had to come first.
///
/// `older` had to wait for `newer` if it is of a later phase, or of the same and certainly registered before (its `armed`
/// stands before the other's `arming`); and if the newer one was certainly there when `older` was chosen: armed before
/// anything could have begun the end, or registered from beginning to end while a hook ran that was done before `older`
/// began. (One whose registration was under way when a pass looked for hooks may have to wait for the next look.)
fn disordered(evidence: &Evidence, stories: &BTreeMap<Key<'_>, Story>) -> Vec<Violation> {
    let mut found = Vec::new();
    let earliest = evidence.earliest_cause();
    let time = |at: usize| evidence.lines.get(at).map_or(0, |line| line.at);
    for pid in processes(stories) {
        let runs = runs(stories, pid);
        for (index, (_, _, older, old)) in runs.iter().enumerate() {
            let before: Vec<_> =
                runs.iter().take(index).filter_map(|(begin, end, ..)| Some((*begin, (*end)?))).collect();
            for (_, _, newer, new) in runs.iter().skip(index + 1) {
                let (Some(armed), Some(arming)) = (new.armed, new.arming) else { continue };
                let there = before.iter().any(|(begin, end)| *begin < arming && armed < *end)
                    || pid == evidence.pid && time(armed) != 0 && time(armed) < earliest;
                let certainly_older = old.armed.is_some_and(|old| old < arming);
                let first = new.phase < old.phase || new.phase == old.phase && certainly_older;
                if there && first {
                    found.push(Violation::new(Invariant::WrongOrder, format!("{older} ran before {newer}")));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{BY_TERM, found};
    use super::*;

    const TWO: [&str; 5] = ["arming a 1", "armed a", "arming b 1", "armed b", "sent TERM"];

    fn after_two(rest: &[&str]) -> Vec<Invariant> {
        found(BY_TERM, &[&TWO, rest].concat())
    }

    #[test]
    fn each_once_newest_first_is_right() {
        assert_eq!(after_two(&["begin b 15", "end b", "begin a 15", "end a"]), []);
    }

    #[test]
    fn a_second_run_is_told_and_so_is_none() {
        let twice = ["begin b 15", "end b", "begin a 15", "end a", "begin a 15", "end a"];
        assert_eq!(after_two(&twice), [Invariant::RanTwice]);
        assert_eq!(after_two(&["begin b 15", "end b"]), [Invariant::NeverRan]);
    }

    #[test]
    fn a_hook_that_was_not_certainly_armed_or_is_being_taken_back_may_run_or_not() {
        let armed = ["arming a 1", "armed a"];
        for maybe in [&["arming c 1"][..], &["arming c 1", "armed c", "disarming c"]] {
            for ran in [&[][..], &["begin c 15", "end c"]] {
                let story = [&armed, maybe, &["sent TERM"], ran, &["begin a 15", "end a"]].concat();
                assert_eq!(found(BY_TERM, &story), [], "{story:?}");
            }
        }
    }

    #[test]
    fn a_hook_that_could_not_be_taken_back_has_to_run() {
        let story = ["arming c 1", "armed c", "disarming c", "kept c", "sent TERM"];
        assert_eq!(found(BY_TERM, &story), [Invariant::NeverRan]);
        assert_eq!(found(BY_TERM, &[&story[..], &["begin c 15", "end c"]].concat()), []);
    }

    #[test]
    fn a_hook_runs_unasked_if_it_was_taken_back_refused_or_is_another_processs() {
        for before in [&["arming c -", "armed c", "disarming c", "disarmed c"][..], &["arming c -", "refused c"], &[]] {
            let story = [before, &["sent TERM", "begin c 15", "end c"]].concat();
            assert_eq!(found(BY_TERM, &story), [Invariant::RanUnasked], "{story:?}");
        }
        assert_eq!(
            found(BY_TERM, &["arming a 1", "armed a", "sent TERM", "2 begin a 15", "2 end a", "begin a 15", "end a"]),
            [Invariant::RanUnasked]
        );
    }

    #[test]
    fn a_hook_that_does_not_end_or_has_another_one_in_its_middle_was_interrupted() {
        assert_eq!(after_two(&["begin b 15", "end b", "begin a 15"]), [Invariant::Interrupted]);
        assert_eq!(after_two(&["begin b 15", "begin a 15", "end a", "end b"]), [Invariant::Interrupted]);
    }

    #[test]
    fn the_oldest_first_is_wrong_and_so_is_a_later_phase() {
        assert_eq!(after_two(&["begin a 15", "end a", "begin b 15", "end b"]), [Invariant::WrongOrder]);
        let phases = ["arming a 1", "armed a", "arming b 2", "armed b", "sent TERM"];
        let wrong = ["begin b 15", "end b", "begin a 15", "end a"];
        assert_eq!(found(BY_TERM, &[&phases[..], &wrong].concat()), [Invariant::WrongOrder]);
    }

    #[test]
    fn order_is_demanded_only_where_it_is_certain() {
        // Registered at the same time by two threads.
        let together = ["arming a 1", "arming b 1", "armed a", "armed b", "sent TERM"];
        // The second one when the first may have been chosen already.
        let late = ["arming a 1", "armed a", "sent TERM", "arming b 1", "armed b"];
        let run = ["begin a 15", "end a", "begin b 15", "end b"];
        assert_eq!(found(BY_TERM, &[&together[..], &run].concat()), []);
        assert_eq!(found(BY_TERM, &[&late[..], &run].concat()), []);
        // The same, when the pass has looked for hooks while it was being registered.
        let under_way = ["arming a 1", "armed a", "arming c 0", "armed c", "sent TERM", "arming b 1", "begin c 15"];
        assert_eq!(found(BY_TERM, &[&under_way[..], &["armed b", "end c"], &run].concat()), []);
        // When all of it is in the middle of another hook, it is certain.
        let during = ["arming a 1", "armed a", "arming c 0", "armed c", "sent TERM", "begin c 15"];
        let story = [&during[..], &["arming b 1", "armed b", "end c"], &run].concat();
        assert_eq!(found(BY_TERM, &story), [Invariant::WrongOrder]);
    }

    #[test]
    fn hooks_without_a_phase_are_in_no_order_and_in_nobodys_way() {
        let story =
            ["arming a 1", "armed a", "arming g -", "armed g", "sent TERM", "begin a 15", "begin g exit", "end a"];
        assert_eq!(found(BY_TERM, &[&story[..], &["end g"]].concat()), []);
    }

    #[test]
    fn of_a_process_that_hangs_only_that_is_told() {
        let story = [&TWO[..], &["begin b 15"]].concat();
        assert_eq!(found(Ended::Hang, &story), [Invariant::Hang]);
    }
}
