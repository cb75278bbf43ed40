//! Makes a schedule shorter as long as it still fails: pure, over a predicate.

use super::{Action, Schedule};

/// The shortest schedule that was found to fail: what is left of it cannot be taken away by itself.
///
/// `fails` may be wrong now and then, as races are: whatever comes out has failed once more, when it was tried.
///
/// ```
/// use terminate_fuzz::storm::{Schedule, What, Wishes, shrink};
/// let schedule = Schedule::draw(7, &Wishes::default());
/// let fails = |schedule: &Schedule| schedule.actions.iter().any(|action| matches!(action.what, What::Kill(_)));
/// assert_eq!(shrink(schedule, fails).actions.len(), 1);
/// ```
pub fn shrink(mut schedule: Schedule, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    loop {
        let before = schedule.clone();
        schedule = without_actions(schedule, &mut fails);
        schedule = simpler_plan(schedule, &mut fails);
        if schedule == before {
            return schedule;
        }
    }
}

/// Takes actions away: halves, quarters, down to single ones.
fn without_actions(mut schedule: Schedule, fails: &mut impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut size = schedule.actions.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < schedule.actions.len() {
            let keep = |(index, action): (usize, &Action)| (index < start || index >= start + size).then_some(*action);
            let actions = schedule.actions.iter().enumerate().filter_map(keep).collect();
            let shorter = Schedule { plan: schedule.plan.clone(), actions };
            if fails(&shorter) {
                schedule = shorter;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    schedule
}

/// Asks the target for less.
fn simpler_plan(mut schedule: Schedule, fails: &mut impl FnMut(&Schedule) -> bool) -> Schedule {
    let numbers: [fn(&mut super::Plan) -> &mut u32; 4] =
        [|plan| &mut plan.threads, |plan| &mut plan.hooks, |plan| &mut plan.work, |plan| &mut plan.nap];
    for number in numbers {
        let mut tried = 0;
        loop {
            let mut simpler = schedule.clone();
            let value = number(&mut simpler.plan);
            // None of it; if that is too little, half as much.
            let next = if tried == 0 { 0 } else { *value / 2 };
            if tried > 1 || *value == next {
                break;
            }
            *value = next;
            if fails(&simpler) {
                schedule = simpler;
            } else {
                tried += 1;
            }
        }
    }
    schedule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm::{What, Wishes};

    fn stops_and_kills(schedule: &Schedule) -> bool {
        let stop = schedule.actions.iter().position(|action| action.what == What::Stop);
        let kill = schedule.actions.iter().rposition(|action| matches!(action.what, What::Kill(_)));
        stop.zip(kill).is_some_and(|(stop, kill)| stop < kill)
    }

    #[test]
    fn what_does_not_matter_is_taken_away_and_what_matters_stays() {
        let mut tried = 0;
        for seed in 0..300 {
            let schedule = Schedule::draw(seed, &Wishes::default());
            let fails = |schedule: &Schedule| stops_and_kills(schedule) && schedule.plan.threads > 0;
            if !fails(&schedule) {
                continue;
            }
            tried += 1;
            let shrunk = shrink(schedule.clone(), fails);
            assert!(fails(&shrunk), "{shrunk}");
            assert_eq!((shrunk.actions.len(), shrunk.plan.hooks, shrunk.plan.nap), (2, 0, 0), "{shrunk}");
            assert_eq!(shrunk.plan.threads, 1);
            assert!(shrunk.actions.iter().all(|action| schedule.actions.contains(action)));
        }
        assert!(tried > 5, "{tried}");
    }

    #[test]
    fn a_schedule_of_which_nothing_can_be_taken_away_stays() {
        let schedule = Schedule::draw(3, &Wishes::default());
        let same = |other: &Schedule| *other == schedule;
        assert_eq!(shrink(schedule.clone(), same), schedule);
    }
}
