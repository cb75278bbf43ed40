//! G2: phases in order, and inside a phase the last registered first.

use terminate_tests::{Child, Ended, Signal};

/// After an exit, a panic, and a signal.
#[track_caller]
fn runs_in_order(specs: &str, names: &[&str]) {
    let ends = [("exit", Ended::Code(0), "exit"), ("panic", Ended::Code(101), "panic")];
    for (end, ended, cause) in ends {
        let expected: Vec<String> = names.iter().map(|name| format!("{name} {cause}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        Child::start(&format!("hooks {specs} -- {end}")).finish().must_be(ended, &expected);
    }
    let child = Child::ready(&format!("hooks {specs} -- idle"));
    child.signal(Signal::TERM);
    let expected: Vec<String> = names.iter().map(|name| format!("{name} SIGTERM")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    child.finish().must_be(Ended::by(Signal::TERM), &expected);
}

#[test]
fn g2_the_last_registered_runs_first() {
    runs_in_order("A B C D E", &["E", "D", "C", "B", "A"]);
}

#[test]
fn g2_phases_run_in_order_and_each_newest_first() {
    runs_in_order("L1:last F1:first M1 F2:first M2 L2:last", &["F2", "F1", "M2", "M1", "L2", "L1"]);
}

#[test]
fn g2_a_slot_that_is_used_again_has_the_place_of_its_new_hook() {
    runs_in_order("A B C -A D", &["D", "C", "B"]);
    runs_in_order("A B C D -B -C E F -A G", &["G", "F", "E", "D"]);
}

#[test]
fn g2_handler_safe_hooks_have_their_place_among_the_others() {
    runs_in_order("A B:safe C D:safe:last E", &["E", "C", "B", "A", "D"]);
    runs_in_order("A:safe B:safe:first C:safe", &["B", "C", "A"]);
}

#[test]
fn g2_hooks_that_are_registered_during_the_pass_take_their_place_in_it() {
    let order = ["C", "B", "B returns", "new first", "new main", "A", "new last", "last"];
    let with =
        |cause: &str| order.map(|name| if name == "B returns" { name.into() } else { format!("{name} {cause}") });
    let outcome = Child::start("hook-registers return").finish();
    outcome.must_be(Ended::Code(0), &with("exit").each_ref().map(String::as_str));
    let child = Child::ready("hook-registers idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &with("SIGTERM").each_ref().map(String::as_str));
}
