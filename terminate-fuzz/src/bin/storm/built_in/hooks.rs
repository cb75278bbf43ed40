//! Hooks that say in the log what becomes of them: of both kinds, in every phase, guards, one in a static, one that
//! removes a file, one that registers another, one that does not return.

use std::env;
use std::ffi::CString;
use std::fs;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use terminate_fuzz::storm::Part::{self, Number, Word};
use terminate_fuzz::storm::{self, DIRECTORY, Exit, Plan, Random};
use terminate_std::{Cause, ExitStatus, Guard, Hook, HookId, Phase, Signal, StaticHook, unregister};

use super::log;

/// The exit code after a signal, in rounds in which hooks ask for one.
const CODE: u8 = 33;

/// The code of an `exit` in a hook: the process has its first cause's status.
const IGNORED_CODE: i32 = 9;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// The name of a hook in the log: `h` and a number.
type Name = u64;

fn say(word: &str, name: Name) {
    log().say(&[Word(word), Part::Name("h", name)]);
}

/// Says that the hook runs, and takes its time. This is async-signal-safe.
fn ran(name: Name, work: u32, cause: Cause) {
    log().say(&[Word("begin"), Part::Name("h", name), cause.into()]);
    pass(work);
    say("end", name);
}

/// Lets so many microseconds pass, without a system call that a signal could interrupt.
fn pass(microseconds: u32) {
    let until = storm::now() + u64::from(microseconds) * 1_000;
    while microseconds > 0 && storm::now() < until {
        std::hint::spin_loop();
    }
}

/// A hook, before it is registered.
struct Draft {
    name: Name,
    hook: Hook,
    phase: Phase,
}

fn draft(plan: &Plan, random: &mut Random) -> Draft {
    let name = NEXT.fetch_add(1, Ordering::Relaxed);
    let work = random.below(plan.work + 1);
    let hook = if plan.safe || random.one_in(3) {
        // SAFETY: `ran` is async-signal-safe, and what is captured owns no memory.
        unsafe { Hook::handler_safe(move |cause| ran(name, work, cause)) }
    } else {
        Hook::new(move |cause| ran(name, work, cause))
    };
    dress(name, hook, plan, random)
}

fn dress(name: Name, hook: Hook, plan: &Plan, random: &mut Random) -> Draft {
    let phase = random.weighted(&[(Phase::First, 1), (Phase::Main, 3), (Phase::Last, 1)]).unwrap_or_default();
    let asked = signals(plan).into_iter().filter(|_| random.one_in(2)).collect::<Vec<_>>();
    Draft { name, hook: hook.signals(asked).phase(phase), phase }
}

fn signals(plan: &Plan) -> Vec<Signal> {
    plan.signals.iter().map(|signal| Signal::from_raw(signal.number())).collect()
}

fn announce(name: Name, phase: Option<Phase>) {
    let phase = match phase {
        Some(Phase::First) => "0",
        Some(Phase::Last) => "2",
        Some(_) => "1",
        None => "-",
    };
    log().say(&[Word("arming"), Part::Name("h", name), Word(phase)]);
}

fn arm(Draft { name, hook, phase }: Draft) -> Option<(Name, HookId)> {
    announce(name, Some(phase));
    let id = hook.register();
    say(if id.is_ok() { "armed" } else { "refused" }, name);
    id.ok().map(|id| (name, id))
}

fn guard(Draft { name, hook, .. }: Draft) -> Option<Guard> {
    announce(name, None);
    let guard = hook.guard();
    say(if guard.is_ok() { "armed" } else { "refused" }, name);
    guard.ok()
}

fn take_back((name, id): (Name, HookId)) {
    say("disarming", name);
    say(if unregister(id).is_ok() { "disarmed" } else { "kept" }, name);
}

/// Registers what the plan says. The first one asks for every signal, so that each of them runs the hooks from then on.
pub(super) fn register(plan: &Plan, random: &mut Random) -> Vec<Guard> {
    let mut guards = Vec::new();
    let Draft { name, mut hook, phase } = draft(plan, random);
    let mut all = signals(plan);
    if plan.exit == Exit::Abort {
        all.push(Signal::ABRT);
    }
    // Another thread's `exit` in C may have its own code then: the README says so.
    let exits_in_c = matches!(plan.exit, Exit::CExit | Exit::QuickExit);
    if random.one_in(4) && !exits_in_c {
        hook = hook.exit_status(ExitStatus::Code(CODE));
        for signal in signals(plan) {
            log().say(&[Word("status"), Number(signal.as_raw().unsigned_abs().into()), Number(CODE.into())]);
        }
    }
    arm(Draft { name, hook: hook.signals(all), phase });
    for _ in 1..plan.hooks {
        match random.below(9) {
            0 => guards.extend(guard(draft(plan, random))),
            1 => drop(guard(draft(plan, random))),
            2 => remove_a_file(plan, random),
            3 if !plan.safe => register_another(plan, random),
            4 if !plan.safe => register_static(),
            8 if !plan.safe => register_one_that_does_not_return(plan, random),
            5 => drop(arm(draft(plan, random)).map(take_back)),
            _ => drop(arm(draft(plan, random))),
        }
    }
    guards
}

/// A hook that removes a file, which is there before it.
fn remove_a_file(plan: &Plan, random: &mut Random) {
    let name = NEXT.fetch_add(1, Ordering::Relaxed);
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let file = format!("file{name}");
    let path = Path::new(&directory).join(&file);
    let (Ok(raw), Ok(())) = (CString::new(path.as_os_str().as_encoded_bytes()), fs::write(&path, "")) else { return };
    let work = random.below(plan.work + 1);
    // It outlives every handler.
    let raw: &'static CString = Box::leak(Box::new(raw));
    let remove = move |cause| {
        // SAFETY: reads the path.
        unsafe { libc::unlink(raw.as_ptr()) };
        ran(name, work, cause);
    };
    // SAFETY: `unlink` and `ran` are async-signal-safe, and what is captured owns no memory.
    let hook = if plan.safe { unsafe { Hook::handler_safe(remove) } } else { Hook::new(remove) };
    let Draft { name, hook, phase } = dress(name, hook, plan, random);
    announce(name, Some(phase));
    match hook.register() {
        Ok(_) => log().say(&[Word("armed"), Part::Name("h", name), Word(&file)]),
        Err(_) => say("refused", name),
    }
}

/// A hook that registers another one when it runs.
fn register_another(plan: &Plan, random: &mut Random) {
    let name = NEXT.fetch_add(1, Ordering::Relaxed);
    let (plan_then, mut random_then) = (plan.clone(), Random::new(random.draw()));
    let hook = Hook::new(move |cause| {
        arm(draft(&plan_then, &mut random_then));
        ran(name, 0, cause);
    });
    arm(dress(name, hook, plan, random));
}

/// A hook that ends in a panic or in an `exit`. Neither keeps other hooks from running, and neither changes how the process ends.
fn register_one_that_does_not_return(plan: &Plan, random: &mut Random) {
    let name = NEXT.fetch_add(1, Ordering::Relaxed);
    let (work, how) = (random.below(plan.work + 1), random.below(3));
    let hook = Hook::new(move |cause| {
        ran(name, work, cause);
        match how {
            0 => panic!("in a hook, as planned"),
            1 => process::exit(IGNORED_CODE),
            // SAFETY: this program has no exit handlers but those of the library, which are written for it.
            _ => unsafe { libc::exit(IGNORED_CODE) },
        }
    });
    arm(dress(name, hook, plan, random));
}

fn register_static() {
    /// Not a number that any other one has.
    const NAME: Name = 1_000_000;
    static HOOK: StaticHook = StaticHook::new(|cause| ran(NAME, 0, cause));
    static ONCE: AtomicU64 = AtomicU64::new(0);
    if ONCE.fetch_add(1, Ordering::Relaxed) == 0 {
        announce(NAME, Some(Phase::Main));
        say(if HOOK.register().is_ok() { "armed" } else { "refused" }, NAME);
    }
}

/// One hook, for a forked child that has let go of its parent's.
pub(super) fn register_one(plan: &Plan, random: &mut Random) {
    let Draft { name, hook, phase } = draft(plan, random);
    arm(Draft { name, hook: hook.signals(signals(plan)), phase });
}

/// Registers and unregisters, until it is too late for that.
pub(super) fn churn(plan: &Plan, mut random: Random) {
    loop {
        if random.one_in(4) {
            let Some(guard) = guard(draft(plan, &mut random)) else { break };
            pass(random.below(60));
            drop(guard);
        } else {
            let Some(armed) = arm(draft(plan, &mut random)) else { break };
            pass(random.below(60));
            if random.one_in(16) {
                continue;
            }
            take_back(armed);
        }
        // A moment in which it does nothing, so that the log does not grow without need.
        std::thread::sleep(Duration::from_micros(random.below(100).into()));
    }
    loop {
        std::thread::park();
    }
}
