//! Trap 5: ctrlc, signal-hook and tokio's signals in one process with us, in every order; and the recipes of
//! `docs/with-other-crates.md`.

use terminate_tests::{Child, Ended, Outcome, Signal};

/// All orders of these names.
fn orders(names: &[&'static str]) -> Vec<Vec<&'static str>> {
    if names.is_empty() {
        return vec![Vec::new()];
    }
    let with_first = |first: &&'static str| {
        let rest: Vec<&str> = names.iter().copied().filter(|name| name != first).collect();
        orders(&rest).into_iter().map(|order| [&[*first], &order[..]].concat()).collect::<Vec<_>>()
    };
    names.iter().flat_map(with_first).collect()
}

/// Only ctrlc's function ends the process. Nothing else uses the time that it would have.
fn run(order: &[&str], signal: Signal) -> Outcome {
    let ends = signal == Signal::INT && order.contains(&"ctrlc");
    let child = Child::ready(&format!("trap-crates {} {}", if ends { "" } else { "no-linger" }, order.join(" ")));
    child.signal(signal);
    child.finish()
}

/// Our hooks, among what the others say at the same time.
#[track_caller]
fn hooks_ran_for(outcome: &Outcome, cause: &str) {
    let ours = |event: &&str| event.starts_with("A ") || event.starts_with("B ");
    let ours: Vec<&str> = outcome.after_ready().into_iter().filter(ours).collect();
    assert_eq!(ours, [format!("B {cause}"), format!("A {cause}")], "{outcome:#?}");
}

/// Whichever crate is there, and in which order they were installed, hooks run once. The end is the signal's, unless ctrlc is there,
/// whose function exits with 3. ctrlc replaces the handlers that stand when it comes: after us, its exit is the cause.
#[track_caller]
fn judge(order: &[&str], signal: Signal) {
    let place = |name| order.iter().position(|other| *other == name);
    let ctrlc = place("ctrlc").filter(|_| signal == Signal::INT);
    let outcome = run(order, signal);
    let cause = if ctrlc > place("us") { "exit".to_owned() } else { signal.to_string() };
    hooks_ran_for(&outcome, &cause);
    if ctrlc.is_some() {
        outcome.must_say_once("ctrlc");
        outcome.must_end(Ended::Code(3));
    } else {
        outcome.must_end(Ended::by(signal));
    }
}

#[test]
fn trap_05_each_crate_alone_before_us_and_after_us_leaves_a_correct_end() {
    for name in ["ctrlc", "signal-hook", "tokio"] {
        for signal in [Signal::INT, Signal::TERM] {
            judge(&[name, "us"], signal);
            judge(&["us", name], signal);
        }
    }
}

#[test]
fn trap_05_all_three_crates_and_us_in_every_order_leave_a_correct_end() {
    for order in orders(&["us", "ctrlc", "signal-hook", "tokio"]) {
        for signal in [Signal::INT, Signal::TERM] {
            judge(&order, signal);
        }
    }
}

#[test]
fn trap_05_without_us_the_same_program_would_not_end_by_itself() {
    // Otherwise the tests above would pass for the wrong reason.
    let mut child = Child::ready("trap-crates signal-hook tokio");
    child.signal(Signal::TERM);
    let said = [child.expect_value(""), child.expect_value("")];
    assert!(said.contains(&"signal-hook 15".to_owned()) && said.contains(&"tokio 15".to_owned()), "{said:?}");
    child.signal(Signal::KILL);
    child.finish().must_end(Ended::by(Signal::KILL));
}

#[test]
fn trap_05_the_recipe_for_ctrlc_before_us_ends_by_the_signal() {
    let child = Child::ready("at-once trap-recipe ctrlc-before");
    child.signal(Signal::INT);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::INT));
    outcome.must_say_once("A SIGINT");
}

#[test]
fn trap_05_the_recipes_for_ctrlc_after_us_run_the_hooks() {
    let child = Child::ready("trap-recipe ctrlc-after");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::Code(130), &["A exit"]);
    let child = Child::ready("trap-recipe ctrlc-after-truthful");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["A SIGINT"]);
}

#[test]
fn trap_05_the_recipe_for_signal_hook_keeps_its_signal_and_ours() {
    let mut child = Child::ready("trap-recipe signal-hook");
    for _ in 0..2 {
        child.signal(Signal::USR1);
        child.expect("reload");
    }
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["reload", "reload", "A SIGTERM"]);
}

#[test]
fn trap_05_the_recipe_for_tokio_finishes_its_work_before_the_hooks_run() {
    let mut child = Child::ready("trap-recipe tokio");
    child.signal(Signal::USR1);
    child.expect("reload");
    child.signal(Signal::TERM);
    let expected = ["reload", "notified of SIGTERM", "finished", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &expected);
}
