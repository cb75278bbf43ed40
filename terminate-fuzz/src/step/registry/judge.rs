//! The invariants. Each is asked of the whole history, so that it holds for every way in which the operations may have
//! come together; the history of one that nothing interrupted has no freedom left.

use terminate_core::{Cause, Context};

use super::history::{History, Kind, Operation};
use super::world::{CAPACITY, Outcome};

/// Judges a history that ends with an empty registry.
///
/// # Errors
///
/// What is wrong, with the history.
pub(super) fn judge(history: &History) -> Result<(), String> {
    let verdict = (0..history.hooks.len())
        .try_for_each(|hook| life(history, hook))
        .and_then(|()| (0..history.ops.len()).try_for_each(|op| result(history, op)));
    verdict.map_err(|what| format!("{what}\n{}", history.tell()))
}

/// Exactly once; and an id of its own.
fn life(history: &History, number: usize) -> Result<(), String> {
    let hook = &history.hooks[number];
    let registration = &history.ops[hook.by];
    let takers: Vec<_> = history.takers(number).collect();
    let by_takers = takers.iter().filter(|(_, taker)| taker.kind == Kind::TakeAndCall).count();
    let expected = match (registration.outcome, takers.len()) {
        (Outcome::Registered, 0) => 1,
        (Outcome::Registered, 1) => by_takers,
        (_, 0) => 0,
        (_, many) => return Err(format!("hook {number} was taken back {many} times")),
    };
    if hook.calls.len() != expected {
        return Err(format!("hook {number} was called {} times instead of {expected}", hook.calls.len()));
    }
    if let (Some((_, _, by)), Some((taker, _))) = (hook.calls.first(), takers.first())
        && by != taker
    {
        return Err(format!("hook {number} was called by {by}, and taken back by {taker}"));
    }
    if hook.dropped != 1 {
        return Err(format!("what hook {number} captured was dropped {} times", hook.dropped));
    }
    for (other, earlier) in history.hooks[..number].iter().enumerate() {
        if hook.id.is_some() && earlier.id == hook.id {
            return Err(format!("hooks {other} and {number} have the same id"));
        }
        let at = registration.end;
        let share = || earlier.id.zip(hook.id).is_some_and(|(a, b)| a.slot() == b.slot());
        if history.called(other) > at
            && share()
            && history.is_there(other, at, hook.by)
            && history.is_there(number, at + 1, hook.by)
        {
            return Err(format!("hooks {other} and {number} are in the same slot"));
        }
    }
    Ok(())
}

/// Every operation tells the truth, and a run does what it is for.
fn result(history: &History, number: usize) -> Result<(), String> {
    let op = &history.ops[number];
    let true_result = match op.kind {
        Kind::Register => register(history, number, op),
        Kind::Unregister | Kind::TakeAndCall => take(history, number, op),
        Kind::Run(cause, context) => run(history, number, op, cause, context),
    };
    true_result.map_err(|what| format!("operation {number}, {:?}: {what}", op.kind))
}

/// A slot was free at an instant at which it could look, or none was.
fn register(history: &History, number: usize, op: &Operation) -> Result<(), String> {
    let taken = |at| {
        (0..history.hooks.len()).fold((0, 0), |(least, most), hook| {
            let (more_at_least, more_at_most) = slots_of(history, hook, at, number);
            (least + more_at_least, most + more_at_most)
        })
    };
    let (least, most) =
        history.instants(number).map(taken).fold((CAPACITY, 0), |all, now| (all.0.min(now.0), all.1.max(now.1)));
    match op.outcome {
        Outcome::Registered if least < CAPACITY => Ok(()),
        Outcome::Full if most >= CAPACITY => Ok(()),
        outcome => Err(format!("{outcome:?}, though {least} to {most} of {CAPACITY} slots were in use")),
    }
}

/// How many slots the hook had at that time: at least, and at most.
fn slots_of(history: &History, number: usize, at: usize, but: usize) -> (usize, usize) {
    let hook = &history.hooks[number];
    let registration = &history.ops[hook.by];
    let begun = registration.begin < at && hook.by != but;
    let refused = registration.outcome == Outcome::Full;
    let gone = history.takers(number).any(|(_, taker)| taker.end < at);
    if !begun || gone || refused && registration.end < at {
        return (0, 0);
    }
    if let Some((called, _, by)) = hook.calls.first()
        && *called < at
    {
        return match history.ops[*by].kind {
            // Between its return and the release of its slot, it may be either.
            Kind::Run(..) if history.is_latest(number, at, but) => (usize::from(hook.returned > at), 1),
            _ => (0, 0),
        };
    }
    let uncertain = registration.end > at || history.is_being_taken(number, at, but);
    (usize::from(!uncertain), 1)
}

/// The hook was where the result says, at an instant inside the operation.
fn take(history: &History, number: usize, op: &Operation) -> Result<(), String> {
    let hook = &history.hooks[op.hook];
    let registration = &history.ops[hook.by];
    let possible = match op.outcome {
        Outcome::Taken => true,
        Outcome::Running => history.is_next(op.hook, op.end, number) || history.is_latest(op.hook, op.end, number),
        Outcome::Stale => {
            registration.outcome == Outcome::Full
                || registration.end > op.begin
                || history.called(op.hook) < op.end
                || history.takers(op.hook).any(|(_, taker)| taker.begin < op.end)
        }
        _ => false,
    };
    if possible { Ok(()) } else { Err(format!("{:?} is not true of hook {}", op.outcome, op.hook)) }
}

/// It called those that asked, all of them, in order, and its report says so.
fn run(history: &History, number: usize, op: &Operation, cause: Cause, context: Context) -> Result<(), String> {
    let asks = |hook: usize| history.hooks[hook].spec.triggers().contains(cause);
    let may = |hook: usize| context == Context::Thread || history.hooks[hook].spec.handler_safe();
    let all = || 0..history.hooks.len();
    for (hook, at) in op.calls.iter().copied() {
        if !asks(hook) || !may(hook) || history.hooks[hook].calls.iter().any(|call| call.1 != Some(cause)) {
            return Err(format!("hook {hook} was called, which did not ask for it"));
        }
        let earlier = |other: &usize| {
            asks(*other)
                && may(*other)
                && history.was_registered(*other, op.begin)
                && history.called(*other) > at
                && history.comes_before(*other, hook)
        };
        if let Some(other) = all().filter(earlier).find(|other| history.is_there(*other, at, number)) {
            return Err(format!("hook {hook} was called before {other}"));
        }
    }
    let wanted = || all().filter(|hook| asks(*hook) && may(*hook));
    for new in wanted() {
        let since = history.ops[history.hooks[new].by].end;
        if !history.is_open(number, since) || !history.was_registered(new, since + 1) {
            continue;
        }
        // The one that was about to be called when it came, and no other.
        let before = |call: &&(usize, usize)| call.1 > since && history.is_there(new, call.1, number);
        let calls = op.calls.iter().filter(before).filter(|call| history.comes_before(new, call.0));
        if calls.count() > 1 {
            return Err(format!("hook {new} was registered meanwhile, and was not called at its place"));
        }
    }
    if let Some(missed) =
        wanted().find(|hook| history.was_registered(*hook, op.begin) && history.is_there(*hook, op.end, number))
    {
        return Err(format!("hook {missed} was not called"));
    }
    let barred = |hook| asks(hook) && !may(hook);
    // It tries to call as many that came meanwhile as there are slots, and leaves the others.
    let came =
        |hook: &usize| !history.was_registered(*hook, op.begin) && history.ops[history.hooks[*hook].by].begin < op.end;
    report(history, number, op, &barred, wanted().filter(came).count().saturating_sub(CAPACITY))
}

/// The report is of an instant before the end, at which other runs may have got on to their next hooks or not. Up to `excess` hooks were
/// too many for the run.
fn report(
    history: &History,
    number: usize,
    op: &Operation,
    barred: &dyn Fn(usize) -> bool,
    excess: usize,
) -> Result<(), String> {
    let [ran, running, left] = op.report;
    if ran != op.calls.len() {
        return Err(format!("{ran} are said to have run, {} did", op.calls.len()));
    }
    let outer = || history.open_but(op.end, number).filter(|op| matches!(op.kind, Kind::Run(..)));
    let in_call = |outer: &&Operation| {
        let latest = outer.calls.iter().rfind(|call| call.1 < op.end);
        latest.is_some_and(|(hook, _)| history.hooks[*hook].returned > op.end)
    };
    let (least, most) = (outer().filter(in_call).count(), outer().count());
    if !(least..=most).contains(&running) {
        return Err(format!("{running} are said to be running elsewhere, {least} to {most} were"));
    }
    let barred = || (0..history.hooks.len()).filter(|hook| barred(*hook));
    let surely = |hook: &usize| history.is_there(*hook, op.end, number) && history.was_registered(*hook, op.begin);
    let perhaps = |hook: &usize| {
        let gone = history.takers(*hook).any(|(_, taker)| taker.end < op.begin);
        history.ops[history.hooks[*hook].by].begin < op.end && history.called(*hook) > op.begin && !gone
    };
    let (least, most) = (barred().filter(surely).count(), barred().filter(perhaps).count() + excess);
    if !(least..=most).contains(&left) {
        return Err(format!("{left} are said to be left, {least} to {most} were"));
    }
    Ok(())
}
