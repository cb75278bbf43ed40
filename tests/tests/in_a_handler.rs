//! A handler runs the hooks, all of which are handler-safe. Another thread registers an ordinary hook meanwhile, too late.

use terminate_tests::{Child, Ended, Signal};

#[test]
fn g8_a_hook_that_aborts_in_a_handler_ends_the_process_by_it_after_the_hooks_that_are_left() {
    for signal in [Signal::TERM, Signal::INT] {
        for _ in 0..20 {
            let child = Child::ready(&format!("handler-aborts {}", signal.as_raw()));
            child.signal(signal);
            let all = ["I", "S"].map(|name| format!("{name} {signal}"));
            child.finish().must_be(Ended::by(Signal::ABRT), &all.each_ref().map(String::as_str));
        }
    }
}

#[test]
fn g10_a_child_that_a_hook_has_forked_in_a_handler_ends_as_its_parent_does() {
    let outcome = Child::start("handler-forks").finish();
    outcome.must_be(Ended::by(Signal::TERM), &["I SIGTERM", "the child ended by 15", "S SIGTERM"]);
}
