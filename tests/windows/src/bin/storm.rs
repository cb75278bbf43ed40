//! A storm of console events: programs that end in some way get events at seeded instants, and each is judged.
//!
//! `storm [--rounds N] [--seed N]`. What must hold, whatever the instants:
//!
//! - a hook that was registered runs exactly once, and one that was refused never;
//! - hooks run newest first, unless they come while others run; all for one cause, and that cause was there;
//! - the exit code is that of the cause.
//!
//! One thing is less certain: `process::exit` ends the runner in the middle of a hook. Then one hook may be missing.

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    storm::run()
}

#[cfg(not(windows))]
fn main() {}

#[cfg(windows)]
mod storm {
    use std::panic;
    use std::process::ExitCode;
    use std::time::{Duration, Instant};

    use terminate_windows::{BREAK, CLOSE, CONTROL_C_EXIT, CTRL_C, Child, Event, LOGOFF, Outcome, SHUTDOWN, is_wine};

    const EVENTS: [(Event, &str); 5] = [
        (CTRL_C, "SIGINT"),
        (BREAK, "SIGBREAK"),
        (CLOSE, "SIGHUP"),
        (LOGOFF, "CTRL_LOGOFF_EVENT"),
        (SHUTDOWN, "CTRL_SHUTDOWN_EVENT"),
    ];
    /// How a program ends by itself, and its code. `stay` does not.
    const ENDS: [(&str, i32); 6] = [
        ("stay", CONTROL_C_EXIT),
        ("return", 0),
        ("c_exit", 4),
        ("terminate", 7),
        ("process_exit", 3),
        ("wait", CONTROL_C_EXIT),
    ];

    /// xorshift64*.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % limit
        }
    }

    /// What happens in a round.
    struct Plan {
        end: (&'static str, i32),
        /// How long the program works before it ends, in microseconds.
        works: u64,
        /// Whether the first event waits until the hooks are registered.
        is_ready: bool,
        events: Vec<(Duration, (Event, &'static str))>,
    }

    impl Plan {
        fn new(seed: u64) -> Self {
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            let end = ENDS[random.below(ENDS.len() as u64) as usize];
            let is_ready = matches!(end.0, "stay" | "wait") || random.below(4) != 0;
            let works = random.below(4000);
            let count = 1 + random.below(3);
            let event = |random: &mut Random| {
                let event = EVENTS[random.below(EVENTS.len() as u64) as usize];
                (Duration::from_micros(random.below(3000)), event)
            };
            Self { end, works, is_ready, events: (0..count).map(|_| event(&mut random)).collect() }
        }

        fn run(&self) -> Outcome {
            let events = self.events.iter().map(|(pause, (event, _))| format!("{}:{event}", pause.as_micros()));
            let events = events.collect::<Vec<_>>().join(",");
            let when = if self.is_ready { "ready" } else { "start" };
            Child::start(&format!("storm {} {} {when} {events}", self.end.0, self.works)).finish()
        }

        /// What is wrong with it.
        fn complaint(&self, outcome: &Outcome) -> Option<String> {
            let said = |what: &str| -> Vec<&str> {
                outcome.said().iter().filter_map(|line| line.strip_prefix(what)).collect()
            };
            let (registered, refused) = (said("registered "), said("refused "));
            let hooks: Vec<_> = outcome.hooks().filter_map(|hook| hook.split_once(' ')).collect();
            let Some((_, cause)) = hooks.first().copied() else {
                // The process ended before the first hook, by the system's own handler; wine's exits with 0.
                let code = if is_wine() { 0 } else { CONTROL_C_EXIT };
                let is_early = registered.len() <= 1 && !self.is_ready && outcome.code() == code;
                return (!is_early).then(|| "no hook ran".to_owned());
            };
            if hooks.iter().any(|(_, other)| *other != cause) {
                return Some("hooks ran for two causes".to_owned());
            }
            let names: Vec<_> = hooks.iter().map(|(name, _)| *name).collect();
            // A hook that is registered while others run takes part at once.
            let of = |prefix| move |line: &String| line.starts_with(prefix);
            let is_late = outcome.said().iter().skip_while(|line| !of("hook ")(line)).any(of("registered "));
            // Where the event came as main registered, the first one may have been chosen before newer ones were there, and say so later.
            let in_order = &names[usize::from(!self.is_ready)..];
            let mut sorted = names.clone();
            sorted.sort_unstable_by(|one, other| other.cmp(one));
            let is_each_once = sorted.is_sorted_by(|one, next| one > next);
            if !is_each_once || !in_order.is_sorted_by(|one, next| one > next) && !is_late {
                return Some("not each once, newest first".to_owned());
            }
            if let Some(name) = names.iter().find(|name| refused.contains(name)) {
                return Some(format!("hook {name} was refused, and ran"));
            }
            let missing = registered.iter().filter(|name| !names.contains(name)).count();
            let may_miss = usize::from(self.end.0 == "process_exit");
            if missing > may_miss {
                return Some(format!("{missing} hooks are missing"));
            }
            let is_sent = self.events.iter().any(|(_, (_, name))| *name == cause);
            if cause != "exit" && !is_sent {
                return Some(format!("no {cause} was sent"));
            }
            let code = if cause == "exit" { self.end.1 } else { CONTROL_C_EXIT };
            (outcome.code() != code).then(|| format!("code {:#x} after {cause}, not {code:#x}", outcome.code()))
        }
    }

    pub(super) fn run() -> ExitCode {
        let argument = |name: &str| {
            let mut arguments = std::env::args().skip_while(|argument| argument != name);
            arguments.nth(1).map(|number| number.parse::<u64>().expect("a number"))
        };
        let (rounds, first) = (argument("--rounds").unwrap_or(200), argument("--seed").unwrap_or(1));
        let (mut wrong, mut by_event) = (0, 0);
        let begun = Instant::now();
        for seed in first..first + rounds {
            let plan = Plan::new(seed);
            let outcome = match panic::catch_unwind(|| plan.run()) {
                Ok(outcome) => outcome,
                // The child did not end: the panic tells what it said.
                Err(panic) => {
                    wrong += 1;
                    let said = panic.downcast_ref::<String>().map_or("", String::as_str);
                    eprintln!("seed {seed}: {:?} {said}", plan.events);
                    continue;
                }
            };
            by_event += u64::from(outcome.code() == CONTROL_C_EXIT);
            if let Some(complaint) = plan.complaint(&outcome) {
                wrong += 1;
                eprintln!("seed {seed}: {complaint}: {:?} {outcome:?}", plan.events);
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "storm: {rounds} rounds from seed {first}, {by_event} ended by an event, {wrong} wrong, in {seconds:.0} s"
        );
        if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
