//! Threads that abort at the same time, or while another one registers.

use terminate_tests::{Child, Ended, Signal, kernel};

#[track_caller]
fn two_abort_at_once(how: &str, ended: Ended) {
    for kind in ["ordinary", "safe"] {
        let mut child = Child::ready(&format!("aborts-at-once {kind} {how}"));
        child.expect("A SIGABRT");
        kernel::until_all_asleep(child.pid());
        child.send("hook");
        child.expect("previous 6");
        // By now the other one has found out that the hooks have run.
        kernel::until_all_asleep(child.pid());
        child.send("handler");
        child.finish().must_be(ended, &["A SIGABRT", "previous 6"]);
    }
}

#[test]
fn of_two_threads_that_abort_one_calls_the_previous_handler_and_the_other_waits_for_it() {
    two_abort_at_once("returns", Ended::by(Signal::ABRT));
}

#[test]
fn of_two_threads_that_abort_one_ends_the_process_as_the_previous_handler_says() {
    two_abort_at_once("exits", Ended::Code(67));
}

#[test]
fn a_previous_handler_that_aborts_is_not_called_once_more() {
    two_abort_at_once("aborts", Ended::by(Signal::ABRT));
}

#[test]
fn a_hook_that_is_registered_when_one_in_a_handler_has_aborted_is_refused() {
    for (when, rest) in [
        ("hook", ["A SIGTERM", "registered: false", "previous 6"]),
        ("previous", ["A SIGTERM", "previous 6", "registered: false"]),
    ] {
        let child = Child::ready(&format!("abort-in-handler {when}"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::ABRT), &[&["B SIGTERM"], &rest[..]].concat());
    }
}

fn end_in_an_exit_handler(how: &str, ended: Ended, events: [&str; 2]) {
    let child = Child::ready(&format!("end-in-an-exit-handler {how}"));
    if events.contains(&"A SIGTERM") {
        child.signal(Signal::TERM);
    }
    child.finish().must_be(ended, &events);
}

#[test]
fn g8_an_end_in_an_exit_handler_after_the_hooks_is_as_without_us() {
    for (first, cause) in [("return", "A exit"), ("panic", "A panic"), ("idle", "A SIGTERM")] {
        // Rust takes a second `process::exit` on one thread for a bug, and aborts.
        for how in ["abort", "panic", "exit 9", "terminate 9"] {
            end_in_an_exit_handler(
                &format!("after here {first} {how}"),
                Ended::by(Signal::ABRT),
                [cause, "exit handler"],
            );
        }
        end_in_an_exit_handler(
            &format!("after here {first} signal USR1"),
            Ended::by(Signal::USR1),
            [cause, "exit handler"],
        );
    }
}

#[test]
fn g8_an_end_of_another_thread_after_the_hooks_of_an_exit_is_as_without_us() {
    for (how, ended) in [
        ("after thread return abort", Ended::by(Signal::ABRT)),
        ("after thread return signal USR1", Ended::by(Signal::USR1)),
        ("after thread return panic", Ended::Code(0)),
        ("after-any thread return panic", Ended::Code(0)),
    ] {
        end_in_an_exit_handler(how, ended, ["A exit", "exit handler"]);
    }
}

/// It waits, until the time of the exit handlers is over.
#[test]
fn g8_a_thread_that_aborts_after_the_hooks_of_a_signal_does_not_change_the_exit_code() {
    end_in_an_exit_handler("after thread idle abort", Ended::Code(3), ["A SIGTERM", "exit handler"]);
}

/// The exiting thread waits for the one that panics, which waits for the exiting one in the C library.
#[test]
fn a_panic_that_ends_the_process_is_not_caught_behind_a_thread_in_exit() {
    end_in_an_exit_handler("before thread return panic", Ended::Code(101), ["exit handler", "A panic"]);
}

#[test]
fn g8_a_hook_that_exits_in_an_aborting_panic_leaves_it_one_where_no_thread_can_be_had() {
    let outcome = Child::start("panic-without-thread").finish();
    outcome.must_end(Ended::by(Signal::ABRT));
    assert_eq!(outcome.events, ["B panic", "A panic"], "{outcome:#?}");
}
