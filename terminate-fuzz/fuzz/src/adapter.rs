//! The values of terminate-std that can be had without a hook being registered: signals and their names, sets of them,
//! and hooks that are refused. Each is compared with the plainest model of it.
//!
//! Not here: how options of several hooks are merged, and what a configuration does. Both can only be seen as the process
//! ends, and are for the process tests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use arbitrary::{Result, Unstructured};
use terminate_core::{Cause, SignalNumber, Triggers};
use terminate_std::{ExitStatus, Hook, Phase, RegisterErrorKind, Signal, SignalSet};

use super::draw;

/// The ordinary signals by number.
const NAMES: [(i32, &str); 31] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGTRAP, "SIGTRAP"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGKILL, "SIGKILL"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGCONT, "SIGCONT"),
    (libc::SIGSTOP, "SIGSTOP"),
    (libc::SIGTSTP, "SIGTSTP"),
    (libc::SIGTTIN, "SIGTTIN"),
    (libc::SIGTTOU, "SIGTTOU"),
    (libc::SIGURG, "SIGURG"),
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGWINCH, "SIGWINCH"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGPWR, "SIGPWR"),
    (libc::SIGSYS, "SIGSYS"),
];
const LAST: i32 = SignalNumber::MAX as i32;
const FAULTS: [i32; 6] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS];

/// Compares values with their models.
///
/// # Panics
///
/// If one differs.
pub fn run(input: &[u8]) {
    let mut u = Unstructured::new(input);
    while !u.is_empty() && part(&mut u).is_ok() {}
}

fn part(u: &mut Unstructured<'_>) -> Result<()> {
    match u.int_in_range(0..=3)? {
        0 => signal(number(u)?),
        1 => signal_set(u)?,
        2 => triggers(u)?,
        _ => refused_hook(u)?,
    }
    Ok(())
}

/// Mostly a signal's number or one near the ends of their range.
fn number(u: &mut Unstructured<'_>) -> Result<i32> {
    Ok(if u.ratio(7, 8)? { u.int_in_range(-1..=LAST + 2)? } else { u.arbitrary()? })
}

fn signal(number: i32) {
    let raw = Signal::from_raw(number);
    assert_eq!(raw.as_raw(), number);
    let is_one = (1..=LAST).contains(&number);
    match Signal::try_from(number) {
        Ok(signal) => {
            assert!(is_one, "{number} is taken for a signal");
            assert_eq!(signal, raw);
            let number = SignalNumber::new(u8::try_from(number).unwrap()).unwrap();
            assert_eq!(Signal::from(number), signal);
            let cause = terminate_std::Cause::from(Cause::Signal(number));
            assert_eq!((cause.signal(), cause.to_string()), (Some(signal), signal.to_string()));
        }
        Err(error) => {
            assert!(!is_one, "{number} is not taken for a signal");
            assert!(error.to_string().starts_with(&format!("{number} is no signal")), "{error}");
        }
    }
    assert_eq!((raw.to_string(), format!("{raw:?}")), (name(number), name(number)));
}

fn name(number: i32) -> String {
    let first = libc::SIGRTMIN();
    match NAMES.iter().find(|named| named.0 == number) {
        Some((_, name)) => (*name).to_owned(),
        None if (first..=libc::SIGRTMAX()).contains(&number) => {
            let n = u8::try_from(number - first).unwrap();
            assert_eq!(Signal::real_time(n).map(Signal::as_raw), Some(number));
            format!("SIGRTMIN+{n}")
        }
        None => format!("signal {number}"),
    }
}

/// A set against a set of numbers; what is no signal changes nothing.
fn signal_set(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut set, mut model) = some_signals(u)?;
    match u.int_in_range(0..=5)? {
        0 => {
            let (other, other_model) = some_signals(u)?;
            set = set.union(other);
            model.extend(other_model);
        }
        1 => {
            let one = number(u)?;
            set = set.with(Signal::from_raw(one));
            model.extend((1..=LAST).contains(&one).then_some(one));
        }
        2 => {
            let one = number(u)?;
            set = set.without(Signal::from_raw(one));
            model.remove(&one);
        }
        3 => {
            let (other, other_model) = some_signals(u)?;
            set = set.intersection(other);
            model.retain(|number| other_model.contains(number));
        }
        4 => {
            let (other, other_model) = some_signals(u)?;
            set = set.difference(other);
            model.retain(|number| !other_model.contains(number));
        }
        _ => assert_eq!(set, set.into_iter().collect()),
    }
    assert_eq!((set.is_empty(), set.len()), (model.is_empty(), model.len()));
    assert!(set.into_iter().map(Signal::as_raw).eq(model.iter().copied()), "{set:?} is not {model:?}");
    let probe = number(u)?;
    assert_eq!(set.contains(Signal::from_raw(probe)), model.contains(&probe), "{probe} in {set:?}");
    let names: Vec<_> = model.iter().map(|number| name(*number)).collect();
    assert_eq!(format!("{set:?}"), format!("{{{}}}", names.join(", ")));
    Ok(())
}

fn some_signals(u: &mut Unstructured<'_>) -> Result<(SignalSet, BTreeSet<i32>)> {
    let numbers = (0..u.int_in_range(0..=6)?).map(|_| number(u)).collect::<Result<Vec<_>>>()?;
    let set = numbers.iter().copied().map(Signal::from_raw).collect();
    Ok((set, numbers.into_iter().filter(|number| (1..=LAST).contains(number)).collect()))
}

/// Set arithmetic of the core, by what each side contains.
fn triggers(u: &mut Unstructured<'_>) -> Result<()> {
    let (a, b) = (draw::triggers(u)?, draw::triggers(u)?);
    let signals = (1..=SignalNumber::MAX).filter_map(SignalNumber::new).map(Cause::Signal);
    let causes: Vec<Cause> = [Cause::Exit, Cause::Panic].into_iter().chain(signals).collect();
    let of = |set: Triggers| -> Vec<Cause> { causes.iter().copied().filter(|cause| set.contains(*cause)).collect() };
    let (in_a, in_b) = (of(a), of(b));
    let by = |wanted: &dyn Fn(&Cause) -> bool| -> Vec<Cause> { causes.iter().copied().filter(|c| wanted(c)).collect() };
    assert_eq!(of(a.union(b)), by(&|cause| in_a.contains(cause) || in_b.contains(cause)));
    assert_eq!(of(a.difference(b)), by(&|cause| in_a.contains(cause) && !in_b.contains(cause)));
    assert_eq!((a.is_empty(), a == b), (in_a.is_empty(), in_a == in_b));
    assert_eq!(a | b, b | a);
    assert!(a.difference(a).is_empty());
    Ok(())
}

/// A hook that asks for a signal that nobody can have is refused for the first of those, before anything of the process is
/// changed, and comes back as it was. It is neither called nor dropped on the way.
fn refused_hook(u: &mut Unstructured<'_>) -> Result<()> {
    let mut numbers = (0..u.int_in_range(0..=4)?).map(|_| number(u)).collect::<Result<Vec<_>>>()?;
    let handler_safe = u.arbitrary()?;
    if !numbers.iter().any(|number| is_refused(*number, handler_safe)) {
        numbers.push(*u.choose(&[0, libc::SIGKILL, LAST + 1, libc::SIGSTOP, i32::MIN])?);
    }
    let refused = *numbers.iter().find(|number| is_refused(**number, handler_safe)).expect("there is one by now");

    let captured = Arc::new(AtomicUsize::new(0));
    let called = captured.clone();
    let f = move |_: terminate_std::Cause| {
        called.fetch_add(1, Relaxed);
    };
    // SAFETY: it is never registered, so never called.
    let mut hook = if handler_safe { unsafe { Hook::handler_safe(f) } } else { Hook::new(f) };
    hook = hook.signals(numbers.iter().copied().map(Signal::from_raw));
    for _ in 0..u.int_in_range(0..=4)? {
        hook = option(u, hook)?;
    }
    let before = format!("{hook:?}");
    let error = hook.register().expect_err("it asks for what nobody can have");
    let told = error.to_string();
    match error.kind() {
        RegisterErrorKind::Uncatchable(signal) => {
            assert!([libc::SIGKILL, libc::SIGSTOP].contains(&refused));
            assert_eq!(signal.as_raw(), refused);
            assert!(told.contains(&name(refused)), "{told}");
        }
        RegisterErrorKind::OrdinaryOnFault(signal) => {
            assert!(FAULTS.contains(&refused) && !handler_safe);
            assert_eq!(signal.as_raw(), refused);
            assert!(told.contains(&name(refused)), "{told}");
        }
        RegisterErrorKind::InvalidSignal(signal) => {
            assert!(!is_a_programs(refused));
            assert_eq!(signal.as_raw(), refused);
            assert!(told.contains(&refused.to_string()), "{told}");
        }
        other => panic!("refused for {other:?}, and not for {refused}"),
    }
    let hook = error.into_hook();
    assert_eq!(format!("{hook:?}"), before);
    assert_eq!(Arc::strong_count(&captured), 2);
    drop(hook);
    assert_eq!((Arc::strong_count(&captured), captured.load(Relaxed)), (1, 0));
    assert!(terminate_std::termination().is_none());
    Ok(())
}

fn option(u: &mut Unstructured<'_>, hook: Hook) -> Result<Hook> {
    const STATUSES: [ExitStatus; 4] =
        [ExitStatus::Signal, ExitStatus::Success, ExitStatus::SignalNumber, ExitStatus::Shell];
    Ok(match u.int_in_range(0..=6)? {
        0 => hook.phase(*u.choose(&[Phase::First, Phase::Main, Phase::Last])?),
        1 => hook.exit_status(ExitStatus::Code(u.arbitrary()?)),
        2 => hook.exit_status(*u.choose(&STATUSES)?),
        3 => hook.override_ignored(u.arbitrary()?),
        4 => hook.interrupt_on_sigint(u.arbitrary()?),
        5 => hook.inherit_on_fork(u.arbitrary()?).override_ignored(u.arbitrary()?),
        _ => hook.name(u.arbitrary::<&str>()?.to_owned()),
    })
}

fn is_refused(number: i32, handler_safe: bool) -> bool {
    [libc::SIGKILL, libc::SIGSTOP].contains(&number)
        || !is_a_programs(number)
        || FAULTS.contains(&number) && !handler_safe
}

/// Not those that the C library keeps for its threads, between the ordinary and the real-time signals.
fn is_a_programs(number: i32) -> bool {
    (1..=31).contains(&number) || (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&number)
}
