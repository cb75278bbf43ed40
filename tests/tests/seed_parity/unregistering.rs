//! Functions can be taken back: the others, and the handler from before, are untouched.

use terminate_tests::{Child, Ended, Signal};

const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

/// Takes these back, and expects the others at each kind of end, and the previous handler after a signal.
#[track_caller]
fn without(gone: &[&str]) {
    let back: Vec<String> = gone.iter().map(|name| format!("-{name}")).collect();
    let specs = format!("{} {}", NAMES.join(" "), back.join(" "));
    let left = |cause: &str| -> Vec<String> {
        NAMES.iter().rev().filter(|name| !gone.contains(name)).map(|name| format!("{name} {cause}")).collect()
    };
    let outcome = Child::start(&format!("previous says-number TERM {specs} -- exit 3")).finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!(outcome.after_ready(), left("exit"), "{outcome:#?}");

    let outcome = Child::start(&format!("previous says-number TERM {specs} -- panic")).finish();
    outcome.must_end(Ended::Code(101));
    assert_eq!(outcome.after_ready(), left("panic"), "{outcome:#?}");

    let child = Child::ready(&format!("at-once previous says-number TERM {specs} -- idle"));
    child.signal(Signal::TERM);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    let expected = [left("SIGTERM"), vec!["previous 15".to_owned()]].concat();
    assert_eq!(outcome.after_ready(), expected, "{outcome:#?}");
}

#[test]
fn unregistering_the_newest_leaves_the_others_and_the_previous_handler_untouched() {
    without(&["E"]);
}

#[test]
fn unregistering_the_oldest_leaves_the_others_and_the_previous_handler_untouched() {
    without(&["A"]);
}

#[test]
fn unregistering_one_in_the_middle_leaves_the_others_and_the_previous_handler_untouched() {
    for name in ["B", "C", "D"] {
        without(&[name]);
    }
}

#[test]
fn unregistering_several_in_any_order_leaves_the_others_and_the_previous_handler_untouched() {
    without(&["A", "E"]);
    without(&["E", "A"]);
    without(&["C", "B", "D"]);
    without(&["A", "B", "D", "E"]);
}

#[test]
fn unregistering_all_leaves_the_previous_handler_alone_in_charge() {
    let mut child = Child::ready("previous says-number TERM A B -A -B -- line exit 3");
    for _ in 0..3 {
        child.signal(Signal::TERM);
        child.expect("previous 15");
    }
    child.send("go");
    child.finish().must_be(Ended::Code(3), &["previous 15"; 3]);
}

#[test]
fn unregistering_all_leaves_the_default_action() {
    for signal in Signal::TERMINATION {
        let child = Child::ready("hooks A B -B -A -- idle");
        child.signal(signal);
        child.finish().must_be(Ended::by(signal), &[]);
    }
}

#[test]
fn a_function_that_was_taken_back_can_be_registered_again_and_is_the_newest_then() {
    let outcome = Child::start("hooks A B -A A -- return").finish();
    outcome.must_be(Ended::Code(0), &["A exit", "B exit"]);
}

/// All orders of four.
fn permutations() -> Vec<[usize; 4]> {
    let digits = |number: usize| [number / 64, number / 16 % 4, number / 4 % 4, number % 4];
    let all_differ = |order: &[usize; 4]| (0..4).all(|number| order.contains(&number));
    (0..256).map(digits).filter(all_differ).collect()
}

#[test]
fn what_was_captured_is_freed_on_unregistering_at_once_and_in_every_order() {
    let permutations = permutations();
    assert_eq!(permutations.len(), 24);
    for order in permutations {
        let numbers = order.map(|number| number.to_string());
        let outcome = Child::start(&format!("freed {} -- exit 3", numbers.join(" "))).finish();
        outcome.must_end(Ended::Code(3));
        let freed = order.map(|number| [format!("{} freed", NAMES[number]), format!("{number} is back")]);
        assert_eq!(outcome.after_ready(), freed.concat(), "{outcome:#?}");
    }
}

#[test]
fn what_was_captured_is_freed_once_whether_taken_back_or_run() {
    for order in permutations() {
        // Two are taken back, and two run.
        let outcome = Child::start(&format!("freed {} {} -- exit 3", order[0], order[1])).finish();
        outcome.must_end(Ended::Code(3));
        let mut left = [order[2], order[3]];
        left.sort_unstable_by(|one, other| other.cmp(one));
        let back = [order[0], order[1]].map(|number| [format!("{} freed", NAMES[number]), format!("{number} is back")]);
        let ran = left.map(|number| [format!("{} exit", NAMES[number]), format!("{} freed", NAMES[number])]);
        assert_eq!(outcome.after_ready(), [back.concat(), ran.concat()].concat(), "{outcome:#?}");
    }
}

#[test]
fn what_was_captured_is_freed_after_a_signal_too() {
    let child = Child::ready("freed-at-the-end idle");
    child.signal(Signal::TERM);
    let events = ["D", "C", "B", "A"].map(|name| [format!("{name} SIGTERM"), format!("{name} freed")]).concat();
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::TERM));
    assert_eq!(outcome.after_ready(), events);
}

#[test]
fn the_same_static_function_registered_twice_is_one_registration_and_says_so() {
    let error = "the hook was not registered: this static hook is registered already, and will run once; unregister \
                 it first to change that";
    // Taken back and registered again, it is the newest.
    let run = |cause: &str| ["static", "static", "A"].map(|name| format!("{name} {cause}"));
    let outcome = Child::start("static-twice return").finish();
    assert_eq!((outcome.count(error), outcome.count("same id: true")), (3, 1), "{outcome:#?}");
    outcome.must_be(Ended::Code(0), &run("exit").each_ref().map(String::as_str));
    let child = Child::ready("static-twice idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &run("SIGTERM").each_ref().map(String::as_str));
}

#[test]
fn the_same_static_function_registered_by_two_threads_at_once_is_one_registration() {
    let outcome = Child::start("statics-at-once return").finish();
    outcome.must_say_once("0 times not exactly one");
    outcome.must_be(Ended::Code(0), &["static exit"]);
}
