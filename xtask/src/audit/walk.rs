//! From one function through every call and jump: what is reached, and what happens on the way.
//!
//! The parts that know a processor say what one function does ([`Step`]); this file puts them together. A call that does
//! not come back is a call of something that never returns: what stands behind it is not reached, unless something else
//! leads there. A function whose address is taken counts as reached: it is what a call by address may call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What happens at one instruction, as far as it leaves the function or the rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A call, or a jump in place of a call and a return.
    Call(u64),
    /// The function's address is taken, so that a call by address may call it.
    Address(u64),
    /// Of a library, with the first argument if it is a constant.
    Library(String, Option<u64>),
    /// A call or jump to an address that only the running program knows.
    Indirect,
    SystemCall(Option<u64>),
    ThreadLocal,
    /// An instruction that is there to fault.
    Trap,
    /// What the decoder, or we, cannot make sense of.
    NotUnderstood(&'static str),
}

/// One function, by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Every instruction that is reached.
    pub(super) instructions: BTreeSet<u64>,
    pub(super) events: BTreeSet<(u64, Event)>,
    /// Whether it can come back to its caller.
    pub(super) returns: bool,
}

#[derive(Debug)]
pub(super) struct Reached {
    pub(super) root: u64,
    pub(super) functions: BTreeMap<u64, Step>,
    /// Who called the function first, and where. The root was called by nobody.
    callers: BTreeMap<u64, (u64, u64)>,
}

impl Reached {
    /// The calls from the root to the function: who calls, and where.
    pub(super) fn path(&self, function: u64) -> Vec<(u64, u64)> {
        let mut path = Vec::new();
        let mut at = function;
        while let Some(&(caller, place)) = self.callers.get(&at) {
            path.push((caller, place));
            at = caller;
        }
        path.reverse();
        path
    }
}

/// Follows every call from the root. `step` looks at one function, and is told which others come back.
pub(super) fn walk(root: u64, mut step: impl FnMut(u64, &dyn Fn(u64) -> bool) -> Step) -> Reached {
    let mut functions = BTreeMap::<u64, Step>::new();
    let mut dependents = BTreeMap::<u64, BTreeSet<u64>>::new();
    let mut queue = VecDeque::from([root]);
    // At first nothing is known to come back. What is found to makes its callers go on, so they are looked at again.
    while let Some(at) = queue.pop_front() {
        let returns = |callee: u64| functions.get(&callee).is_some_and(|step| step.returns);
        let new = step(at, &returns);
        for callee in callees(&new) {
            dependents.entry(callee).or_default().insert(at);
            if !functions.contains_key(&callee) && callee != at && !queue.contains(&callee) {
                queue.push_back(callee);
            }
        }
        let before = functions.insert(at, new).is_some_and(|old| old.returns);
        if functions[&at].returns && !before {
            queue.extend(dependents.get(&at).into_iter().flatten());
        }
    }
    let callers = callers(root, &functions);
    Reached { root, functions, callers }
}

fn callees(step: &Step) -> impl Iterator<Item = u64> {
    step.events.iter().filter_map(|(_, event)| match event {
        Event::Call(callee) | Event::Address(callee) => Some(*callee),
        _ => None,
    })
}

/// The nearest caller of each function, so that a path is a shortest one.
fn callers(root: u64, functions: &BTreeMap<u64, Step>) -> BTreeMap<u64, (u64, u64)> {
    let mut callers = BTreeMap::new();
    let mut queue = VecDeque::from([root]);
    while let Some(at) = queue.pop_front() {
        for (place, event) in functions.get(&at).into_iter().flat_map(|step| &step.events) {
            if let Event::Call(callee) | Event::Address(callee) = event
                && *callee != root
                && !callers.contains_key(callee)
            {
                callers.insert(*callee, (at, *place));
                queue.push_back(*callee);
            }
        }
    }
    callers
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Event, Step, walk};

    /// A function as a list of callees, in order: each is called if the one before comes back.
    fn program(functions: &[(u64, &[u64], bool)]) -> impl FnMut(u64, &dyn Fn(u64) -> bool) -> Step {
        let functions: BTreeMap<_, _> =
            functions.iter().map(|(at, calls, ends)| (*at, (calls.to_vec(), *ends))).collect();
        move |at, returns| {
            let (calls, ends) = &functions[&at];
            let mut step = Step::default();
            for (place, callee) in (at..).zip(calls) {
                step.instructions.insert(place);
                step.events.insert((place, Event::Call(*callee)));
                if !returns(*callee) {
                    return step;
                }
            }
            step.returns = *ends;
            step
        }
    }

    #[test]
    fn what_stands_behind_a_call_that_does_not_come_back_is_not_reached() {
        // 10 calls 20, which comes back, 30, which does not, and 40.
        let reached =
            walk(10, program(&[(10, &[20, 30, 40], true), (20, &[], true), (30, &[], false), (40, &[], true)]));
        assert_eq!(reached.functions.keys().copied().collect::<Vec<_>>(), [10, 20, 30]);
        assert!(!reached.functions[&10].returns);
    }

    #[test]
    fn functions_that_call_each_other_come_back_if_one_of_them_can() {
        let reached = walk(
            10,
            program(&[(10, &[20, 40], true), (20, &[30], true), (30, &[50], true), (40, &[], true), (50, &[], true)]),
        );
        assert!(reached.functions[&10].returns && reached.functions.contains_key(&40));
        let endless = walk(10, program(&[(10, &[20], true), (20, &[10], true)]));
        assert!(!endless.functions[&10].returns);
    }

    #[test]
    fn a_function_whose_address_is_taken_is_reached() {
        let step = |at| {
            let mut step = Step { returns: true, ..Step::default() };
            if at < 30 {
                step.events.insert((at + 1, Event::Address(at + 10)));
            }
            step
        };
        let reached = walk(10, |at, _| step(at));
        assert_eq!(reached.functions.keys().copied().collect::<Vec<_>>(), [10, 20, 30]);
        assert_eq!(reached.path(30), [(10, 11), (20, 21)]);
    }

    #[test]
    fn a_path_is_a_shortest_one_from_the_root() {
        let reached =
            walk(10, program(&[(10, &[20, 30], true), (20, &[30], true), (30, &[40], true), (40, &[], true)]));
        assert_eq!(reached.path(40), [(10, 11), (30, 30)]);
        assert!(reached.path(10).is_empty());
    }
}
