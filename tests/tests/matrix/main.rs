//! Other owners of a signal beside a hook: which of both runs, when, to its end, and with which status the process ends. Each owner
//! before us and after us, with a grace and without, and without us.
//!
//! `TERMINATE_WRITE_MATRIX=1` writes the table of `docs/with-other-crates.md` anew.

mod cell;
mod run;
mod table;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use terminate_tests::{Outcome, Signal};

use cell::{Cell, Owner, Verdict};

/// Most of the time a child waits for an owner.
const AT_ONCE: usize = 32;

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (ends, owner) in [true, false].into_iter().flat_map(|ends| Owner::ALL.map(|owner| (ends, owner))) {
        if owner == Owner::CExit && !ends {
            // That is the handler that sets a flag.
            continue;
        }
        for signal in [Signal::INT, Signal::TERM] {
            let cell = |(installed, has_grace)| Cell { owner, ends, signal, installed, has_grace };
            cells.extend(table::COLUMNS.map(cell));
        }
    }
    cells
}

fn measure(cells: &[Cell]) -> Vec<(Cell, Result<Verdict, Outcome>)> {
    let (next, measured) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(cell) = cells.get(number) else { break };
                    let verdict = cell.measure();
                    measured.lock().expect("no thread panics here").insert(number, (*cell, verdict));
                }
            });
        }
    });
    measured.into_inner().expect("no thread panics here").into_values().collect()
}

#[test]
fn g9_hooks_and_the_owner_of_another_handler_run_to_their_ends_as_the_docs_say() {
    let mut measured = Vec::new();
    let mut wrong = Vec::new();
    for (cell, verdict) in measure(&cells()) {
        let rule = cell.rule();
        match verdict {
            Ok(verdict) if verdict == rule => measured.push((cell, verdict)),
            Ok(verdict) => wrong.push(format!("{cell:?}: {}; right is: {}", verdict.text(), rule.text())),
            Err(outcome) => wrong.push(format!("{cell:?}: right is: {}; {outcome:#?}", rule.text())),
        }
    }
    assert!(wrong.is_empty(), "{} cells are wrong\n{}", wrong.len(), wrong.join("\n"));
    let table = table::table(&measured);
    assert_eq!(table::documented(&table), table);
}
