//! The storm's own target: a program with hooks of every kind by terminate-std, which does what its plan says.
//!
//! It is this very command, started again with [`ARGUMENT`].

mod ends;
mod hooks;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use terminate_fuzz::storm::{Exit, Log, PLAN, Plan, Random};

/// What makes this command the target.
pub(crate) const ARGUMENT: &str = "built-in-target";

static LOG: OnceLock<Log> = OnceLock::new();

/// The log, once it is open. This is async-signal-safe.
fn log() -> Log {
    *LOG.get().expect("it is opened before anything is registered")
}

pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("this is for the storm to start: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let plan: Plan = env::var(PLAN)?.parse()?;
    LOG.get_or_init(|| Log::from_environment().unwrap_or_else(|error| panic!("no log: {error}")));
    let mut random = Random::new(plan.seed);
    let _guards = hooks::register(&plan, &mut random);
    start_threads(&plan);
    if plan.nap > 0 {
        thread::sleep(Duration::from_micros(plan.nap.into()));
    }
    ends::end(&plan, &mut random);
    Ok(())
}

fn start_threads(plan: &Plan) {
    let begun = Arc::new(AtomicU32::new(0));
    let mut started = 0;
    for number in 0..plan.threads {
        let (plan, random) = (plan.clone(), Random::new(plan.seed ^ u64::from(number + 1)));
        let has_begun = begun.clone();
        let work = move || {
            has_begun.fetch_add(1, Ordering::Relaxed);
            hooks::churn(&plan, random);
        };
        // Without a thread, the round has one less.
        started += u32::from(thread::Builder::new().spawn(work).is_ok());
    }
    // A child that is forked as a thread of its parent starts may inherit a lock: see `terminate_std::guide::fork`.
    while plan.exit == Exit::Fork && begun.load(Ordering::Relaxed) < started {
        thread::yield_now();
    }
}
