//! Hooks in statics, and hooks that are declared with `#[hook]` and armed by `install()`.

use terminate_tests::{Child, Ended, Fixture, Signal};

/// The order is the source's, newest first: files by name, then lines, then columns; and phases before that.
const ALL: [&str; 13] = [
    "first",
    "deeper",
    "inherited",
    "hangs up",
    "on fault",
    "interrupted",
    "shell",
    "right",
    "left",
    "second",
    "plain",
    "early",
    "last",
];

fn declared(scenario: &str) -> Child {
    Fixture::of_program("declared", scenario).start()
}

/// What all say; three of them say the cause.
fn all(cause: &str) -> Vec<String> {
    let kind = if cause.starts_with("SIG") { "signal" } else { "other" };
    let say = |name: &&str| match *name {
        "second" | "inherited" => format!("{name} {cause}"),
        "on fault" => format!("{name} {kind}"),
        name => name.to_owned(),
    };
    ALL.iter().map(say).collect()
}

#[track_caller]
fn ends_by(signal: Signal, ended: Ended) {
    let child = declared("idle").until_ready();
    child.signal(signal);
    let outcome = child.finish();
    outcome.must_end(ended);
    assert_eq!(outcome.after_ready(), all(&format!("{signal}")), "{outcome:#?}");
}

#[test]
fn install_arms_declared_hooks_in_source_order() {
    let outcome = declared("").finish();
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.after_ready(), all("exit"), "{outcome:#?}");
}

#[test]
fn declared_hooks_that_are_not_installed_do_nothing_and_a_debug_build_says_so() {
    let outcome = declared("not-installed").finish();
    outcome.must_be(Ended::Code(0), &[]);
    if cfg!(debug_assertions) {
        assert_eq!(
            outcome.stderr.matches("was never installed; call terminate_std::install()").count(),
            1,
            "{outcome:#?}"
        );
    }
    // Those that were installed are no reason for that, nor is a forked child.
    assert_eq!(declared("fork").finish().stderr, "");
}

#[test]
fn declared_hooks_catch_the_signals_that_they_declare_and_end_as_they_declare() {
    ends_by(Signal::TERM, Ended::by(Signal::TERM));
    ends_by(Signal::HUP, Ended::by(Signal::HUP));
    ends_by(Signal::USR1, Ended::Code(3));
    ends_by(Signal::USR2, Ended::Code(128 + 12));
    ends_by(Signal::QUIT, Ended::Code(128 + 3));
    ends_by(Signal::ALRM, Ended::Code(14));
    ends_by(Signal::XCPU, Ended::Code(0));
    let child = declared("idle").until_ready();
    child.signal(Signal::VTALRM);
    child.finish().must_be(Ended::by(Signal::VTALRM), &[]);
}

#[test]
fn a_declared_hook_may_override_an_ignored_signal_and_the_others_do_not() {
    let ignoring = Fixture::of_program("declared", "idle").ignoring(&[Signal::HUP, Signal::USR1]);
    let child = ignoring.start().until_ready();
    child.signal(Signal::USR1);
    child.signal(Signal::HUP);
    let outcome = child.finish();
    outcome.must_end(Ended::by(Signal::HUP));
    assert_eq!(outcome.after_ready(), all("SIGHUP"), "{outcome:#?}");
}

#[test]
fn a_declared_hook_may_make_ctrl_c_an_interrupt() {
    let child = declared("interrupt").until_ready();
    child.signal(Signal::INT);
    let outcome = child.finish();
    outcome.must_end(Ended::Code(4));
    let ran = ["interrupted", "plain", "early", "Err(Interrupt)"].map(str::to_owned);
    let mut rest = all("exit");
    rest.retain(|name| !ran.contains(name));
    assert_eq!(outcome.after_ready(), [&ran[..], &rest].concat(), "{outcome:#?}");
}

#[test]
fn a_declared_hook_may_be_handler_safe() {
    let outcome = declared("fault").finish();
    assert_eq!(outcome.after_ready()[0], "on fault signal", "{outcome:#?}");
}

#[test]
fn a_declared_hook_may_be_inherited_on_fork() {
    let outcome = declared("fork").finish();
    outcome.must_end(Ended::Code(0));
    let childs = ["inherited exit", "child ended: Code(5)"].map(str::to_owned);
    assert_eq!(outcome.after_ready(), [&childs[..], &all("exit")].concat(), "{outcome:#?}");
}

#[test]
fn a_declared_hook_has_the_name_that_it_declares() {
    let outcome = declared("clumsy").finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_complain("the hook \"the second one\" made at ");
}

#[test]
fn if_one_declared_hook_is_refused_none_is_registered() {
    let outcome = declared("full").finish();
    assert_eq!((outcome.count("true"), outcome.count("room for 2")), (1, 1), "{outcome:#?}");
    assert!(outcome.events[1].starts_with("a declared hook was refused: the hook was not registered: all "));
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.after_ready(), all("exit"), "{outcome:#?}");
}

#[test]
fn of_a_configuration_that_was_refused_nothing_is_in_force() {
    let outcome = declared("full-deadline").finish();
    assert_eq!(outcome.stderr, "");
    outcome.must_end(Ended::Code(0));
    outcome.must_say_once("slow");
}

#[test]
fn a_static_hook_can_be_registered_again_after_it_was_taken_back_or_has_run() {
    let outcome = Child::start("static-twice return").finish();
    outcome.must_say_once("same id: true");
    let mut child = Child::ready("script");
    for _ in 0..2 {
        child.send("static");
        child.expect("static: Ok(())");
        child.send("sleep");
        child.expect("sleeps");
        child.signal(Signal::INT);
        child.expect("sleep: Err(Interrupt)");
    }
    child.send("static");
    child.expect("static: Ok(())");
    child.send("unregister-static");
    child.expect("static back: Ok(())");
    child.send("unregister-static");
    child.expect("static back: Err(Stale)");
    child.send("static");
    child.send("exit 3");
    let outcome = child.finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!((outcome.count("static SIGINT"), outcome.count("static exit")), (2, 1), "{outcome:#?}");
}

#[test]
fn a_static_hook_can_be_registered_in_a_forked_child_unless_it_was_inherited() {
    let outcome = Child::start("static-family").finish();
    let child = [
        r#"child: own Err(Stale), inherited Err("already")"#,
        r#"child: own Ok(()), Err("already")"#,
        "static exit",
        "static exit",
        "child ended: Code(0)",
        r#"parent: own Err("already"), inherited Ok(())"#,
        "ready",
        "static exit",
    ];
    outcome.must_end(Ended::Code(0));
    assert_eq!(outcome.events, child);
}

#[test]
fn a_static_hook_that_another_thread_was_registering_can_be_registered_in_a_forked_child() {
    let outcome = Child::start("static-forked-in-the-middle 200").finish();
    outcome.must_end(Ended::Code(0));
    outcome.must_say_once("refused in 0 children");
}
