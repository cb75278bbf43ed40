//! Whole processes: what a signal and an exit cost with terminate-std, and with what is used in its place.
//!
//! Each line of the output is one measure: what, whose, with how many hooks, and the value of each round, in nanoseconds (or
//! bytes, or threads). The programs take turns, round by round, so that what else the machine
//! does meanwhile hits all of them alike. `cargo xtask bench` makes the table of it.

mod floor;
mod handled;
mod measure;
mod program;

use std::collections::BTreeMap;
use std::env;

use measure::SETTLE;
use program::{HOOKS, Kind};

fn main() {
    let mut arguments = env::args().skip(1);
    match arguments.next().as_deref() {
        Some("program") => {
            let arguments: Vec<String> = arguments.collect();
            program::main(&arguments);
        }
        // What cargo says to every bench.
        Some("--bench") | None => bench(),
        // `cargo test --benches`: that it works.
        Some(_) => rounds(2),
    }
}

fn bench() {
    rounds(env::var("TERMINATE_BENCH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200));
}

/// All of them, in an order of its own for each round.
fn in_turn(kinds: &[Kind], round: usize) -> impl Iterator<Item = &Kind> {
    let count = kinds.len();
    let coprime =
        |stride: &usize| !(2..=*stride).any(|divisor| stride.is_multiple_of(divisor) && count.is_multiple_of(divisor));
    let strides: Vec<usize> = (1..count).filter(coprime).collect();
    let stride = strides[round % strides.len()];
    (0..count).map(move |at| &kinds[(round + at * stride) % count])
}

fn rounds(rounds: usize) {
    let kinds = Kind::all();
    let mut all = BTreeMap::<(&str, String, usize), Vec<u64>>::new();
    // Each comes after all of the others, so that none finds more of what it needs in the cache than another one does; and after
    // another one each time, since what ran just before decides which processors are awake.
    for round in 0..rounds {
        for measure in [measure::signal, measure::exit] {
            for hooks in HOOKS {
                for kind in in_turn(&kinds, round).filter(|kind| hooks == 0 || kind.runs_hooks()) {
                    for (what, value) in measure(kind, hooks) {
                        all.entry((what, kind.name(), hooks)).or_default().push(value);
                    }
                }
            }
        }
    }
    let pendings = handled::pending();
    // These are many signals each, so they need fewer rounds.
    for _ in 0..rounds.div_ceil(10) {
        for kind in kinds.iter().filter(|kind| kind.is_handled()) {
            for pending in pendings {
                for (what, value) in handled::measure(kind, pending) {
                    let number = if what == "pending" { pending } else { 1 };
                    all.entry((what, kind.handler(), number)).or_default().push(value);
                }
            }
        }
    }
    eprintln!("{rounds} rounds, {} programs, a pause of {SETTLE:?} before each signal", kinds.len());
    for ((what, whose, hooks), values) in all {
        let values: Vec<_> = values.iter().map(u64::to_string).collect();
        println!("{what}\t{whose}\t{hooks}\t{}", values.join(" "));
    }
}
