//! A thread that does not come out of `Shutdown::poll` keeps no hook from running (G6), and no forked child (G10).

use terminate_tests::{Child, Ended, Signal, kernel};

#[test]
fn g6_an_allocator_that_aborts_inside_poll_has_the_hooks_run() {
    Child::start("poll-aborts").finish().must_be(Ended::by(Signal::ABRT), &["A SIGABRT"]);
}

#[test]
fn g6_a_thread_that_stays_inside_poll_keeps_no_hook_from_running_nor_from_using_futures() {
    for (end, ended, cause) in [
        ("exit 3", Ended::Code(3), "exit"),
        ("return", Ended::Code(0), "exit"),
        ("panic", Ended::Code(101), "panic"),
        ("signal TERM", Ended::by(Signal::TERM), "SIGTERM"),
    ] {
        let outcome = Child::start(&format!("at-once poll-stays {end}")).finish();
        outcome.must_be(ended, &[&format!("A {cause}: [true, true]")]);
    }
}

#[test]
fn a_thread_that_is_inside_poll_as_the_end_is_requested_wakes_the_others_when_it_goes_on() {
    let mut child = Child::ready("poll-goes-on");
    child.signal(Signal::TERM);
    child.expect("notified SIGTERM");
    // The runner has looked at the wakers then.
    kernel::until_all_asleep(child.pid());
    child.send("go on");
    child.finish().must_be(Ended::by(Signal::TERM), &["notified SIGTERM", "woken", "A SIGTERM"]);
}

#[test]
fn g10_a_child_that_is_forked_while_another_thread_polls_drops_and_awaits_what_it_inherits() {
    let terminated = format!("child ended: {:?}", Ended::by(Signal::TERM));
    let notified = "child notified SIGTERM";
    for own in ["none", "own"] {
        let outcome = Child::start(&format!("poll-forks {own}")).finish();
        outcome.must_end(Ended::Code(0));
        let mut all = vec!["child ended: Code(5)", notified, "own SIGTERM", &terminated, "A exit"];
        if own == "none" {
            all.remove(2);
        }
        assert_eq!(outcome.events, all, "{outcome:#?}");
    }
}
