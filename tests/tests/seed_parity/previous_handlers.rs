//! A handler from before is called after the functions, and may end the process itself, with its own status.

use terminate_tests::{Child, Ended, Signal};

#[test]
fn a_previous_handler_is_called_after_the_functions_and_then_the_signal_ends_the_process() {
    for signal in [Signal::TERM, Signal::USR1] {
        let number = signal.as_raw();
        for kind in ["", ":safe"] {
            let specs = format!("A:{number}{kind} B:{number}{kind}");
            let child = Child::ready(&format!("at-once previous says-number {number} {specs} -- idle"));
            child.signal(signal);
            let all = [format!("B {signal}"), format!("A {signal}"), format!("previous {number}")];
            child.finish().must_be(Ended::by(signal), &all.each_ref().map(String::as_str));
        }
    }
}

#[test]
fn a_previous_handler_may_end_the_process_with_a_status_of_its_own_by_underscore_exit() {
    for option in ["", ":safe", ":status=success", ":status=65", ":status=number"] {
        let child = Child::ready(&format!("previous-with-66 _exit TERM A{option} B:TERM -- idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::Code(66), &["B SIGTERM", "A SIGTERM", "previous"]);
    }
}

#[test]
fn a_previous_handler_may_end_the_process_with_a_status_of_its_own_by_exit() {
    for option in ["", ":status=success", ":status=65", ":status=number"] {
        let child = Child::ready(&format!("previous-with-66 exit TERM A{option} B:TERM -- idle"));
        child.signal(Signal::TERM);
        // Other exit handlers run, and ours has nothing left to do.
        child.finish().must_be(Ended::Code(66), &["B SIGTERM", "A SIGTERM", "previous", "exit handler"]);
    }
}

#[test]
fn a_previous_handler_may_end_the_process_by_exit_from_the_handler_of_handler_safe_functions() {
    for option in ["", ":status=success", ":status=65"] {
        let child = Child::ready(&format!("previous-with-66 exit TERM A:safe{option} B:TERM:safe -- idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::Code(66), &["B SIGTERM", "A SIGTERM", "previous", "exit handler"]);
    }
}

#[test]
fn a_previous_handler_of_a_signal_that_no_function_chose_is_called_alone() {
    let child = Child::ready("previous-with-66 _exit USR1 A -- idle");
    child.signal(Signal::USR1);
    child.finish().must_be(Ended::Code(66), &["previous"]);
}

#[test]
fn a_previous_handler_is_not_called_at_exit() {
    let outcome = Child::start("previous-with-66 _exit TERM A -- exit 3").finish();
    outcome.must_be(Ended::Code(3), &["A exit", "exit handler"]);
}
