//! G9: what stood before is called, and what is not ours stays as it is.

use terminate_tests::platform::REPEATS_RECORDS;
use terminate_tests::{Child, Ended, Fixture, Signal, kernel, os};

/// The parent's record, as the fixture says it.
fn previous(number: i32, code: i32, value: usize) -> String {
    // SAFETY: cannot fail.
    let uid = unsafe { libc::getuid() };
    format!("previous {number} by parent uid {uid} code {code} value {value} context true")
}

/// The same after hooks of that kind. The runner has the signal delivered once more, with the record if the system can.
fn previous_after(kind: &str, number: i32, code: i32, value: usize) -> String {
    let parents = previous(number, code, value);
    if REPEATS_RECORDS || kind == ":safe" {
        return parents;
    }
    let parents = parents.replace("by parent", "by another process");
    parents.replace(&format!("code {code} value {value} "), &format!("code {} value 0 ", libc::SI_TKILL))
}

#[test]
fn g9_the_previous_handler_gets_what_the_kernel_gave_after_the_hooks() {
    for kind in ["", ":safe"] {
        for (signal, end) in [(Signal::TERM, Ended::by(Signal::TERM)), (Signal::USR1, Ended::by(Signal::USR1))] {
            let number = signal.as_raw();
            let child =
                Child::ready(&format!("at-once previous says {number} A:{number}{kind} B:{number}{kind} -- idle"));
            child.signal(signal);
            let hooks = [format!("B {signal}"), format!("A {signal}")];
            child.finish().must_be(end, &[&hooks[0], &hooks[1], &previous_after(kind, number, libc::SI_USER, 0)]);
        }
    }
}

#[test]
fn g9_the_previous_handler_gets_the_value_of_a_queued_signal() {
    for kind in ["", ":safe"] {
        let real_time = Signal::real_time(2).unwrap();
        for signal in [Signal::TERM, real_time] {
            let number = signal.as_raw();
            let child = Child::ready(&format!("at-once previous says {number} A:{number}{kind} -- idle"));
            child.queue(signal, 4711);
            let hook = format!("A {signal}");
            child.finish().must_be(Ended::by(signal), &[&hook, &previous_after(kind, number, libc::SI_QUEUE, 4711)]);
        }
    }
}

#[test]
fn g9_a_previous_handler_without_siginfo_is_called_too() {
    for kind in ["", ":safe"] {
        let child = Child::ready(&format!("at-once previous says-number TERM A{kind} -- idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM", "previous 15"]);
    }
}

#[test]
fn g9_a_previous_handler_that_ends_the_process_decides() {
    for kind in ["", ":safe", ":status=65"] {
        let child = Child::ready(&format!("previous ends TERM A{kind} -- idle"));
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::Code(66), &["A SIGTERM", "previous ends the process"]);
    }
}

#[test]
fn g9_a_previous_handler_that_calls_exit_decides() {
    let child = Child::ready("previous exits TERM A -- idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(67), &["A SIGTERM", "previous exits"]);
}

// The runner went on with what was left, and called it again.
#[test]
fn g9_a_previous_handler_that_aborts_is_called_once() {
    let outcome = Child::start("at-once previous aborts TERM A:TERM+ABRT -- signal TERM").finish();
    outcome.must_be(Ended::by(Signal::ABRT), &["A SIGTERM", "previous 15"]);
}

#[test]
fn g9_the_previous_handler_of_sigabrt_is_called_before_the_process_dies_by_it() {
    let child = Child::ready("at-once previous says ABRT A:ABRT -- idle");
    child.signal(Signal::ABRT);
    child.finish().must_be(Ended::by(Signal::ABRT), &["A SIGABRT", &previous_after("", 6, libc::SI_USER, 0)]);
}

#[test]
fn g9_the_previous_handler_alone_is_called_when_the_hooks_are_gone() {
    let mut child = Child::ready("previous says USR1 A:USR1 B:TERM -A -- line exit 4");
    child.queue(Signal::USR1, 42);
    child.expect(&previous(10, libc::SI_QUEUE, 42));
    child.send("go");
    child.finish().must_be(Ended::Code(4), &[&previous(10, libc::SI_QUEUE, 42), "B exit"]);
}

#[test]
fn g9_the_status_of_a_hook_stands_if_the_previous_handler_returns() {
    let child = Child::ready("at-once previous says-number TERM A:status=65 -- idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::Code(65), &["A SIGTERM", "previous 15"]);
}

#[test]
fn g9_ctrlc_before_us_gets_its_signal() {
    let child = Child::ready("at-once ctrlc-before");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::Code(5), &["A SIGINT", "the peer has seen it"]);
}

#[test]
fn g9_ctrlc_after_us_takes_the_signal_and_its_exit_runs_the_hooks() {
    let child = Child::ready("ctrlc-after");
    child.signal(Signal::INT);
    child.finish().must_be(Ended::Code(3), &["ctrlc", "A exit"]);
}

#[test]
fn g9_signal_hook_before_us_gets_its_signal() {
    let before = |kind: &str| {
        let child = Child::ready(&format!("at-once signal-hook-before {kind}"));
        child.signal(Signal::TERM);
        child.finish()
    };
    before("action").must_be(Ended::Code(5), &["A SIGTERM", "signal-hook", "the peer has seen it"]);
    before("flag").must_be(Ended::Code(5), &["A SIGTERM", "the peer has seen it"]);
    before("iterator").must_be(Ended::Code(5), &["A SIGTERM", "signal-hook 15", "the peer has seen it"]);
}

#[test]
fn g9_signal_hook_after_us_and_we_both_get_the_signal() {
    let mut child = Child::ready("at-once signal-hook-after");
    child.signal(Signal::TERM);
    let both = [child.expect_value(""), child.expect_value("")];
    assert!(both.contains(&"A SIGTERM".to_owned()) && both.contains(&"signal-hook".to_owned()), "{both:?}");
    child.send("go");
    child.finish().must_end(Ended::by(Signal::TERM));
}

#[test]
fn g9_the_previous_panic_hook_is_called_once() {
    let outcome = Child::start("previous-panic-hook panic").finish();
    outcome.must_be(Ended::Code(101), &["previous panic hook: on purpose", "B panic", "A panic"]);
    let outcome = Child::start("previous-panic-hook thread-panic 3").finish();
    outcome.must_be(Ended::Code(3), &["previous panic hook: on purpose", "B exit", "A exit"]);
}

#[test]
fn g9_errno_is_as_it_was_when_the_handler_returns() {
    let child = Child::ready("errno");
    assert_eq!(child.events()[0], "errno changed 0 times");
    child.signal(Signal::KILL);
    let _ = child.finish();
}

#[test]
fn g9_a_fault_that_the_previous_handler_repairs_lets_the_program_go_on() {
    let expected = ["B SIGSEGV", "repaired", "went on, errno 12345", "A exit"];
    Child::start("fault-repaired").finish().must_be(Ended::Code(0), &expected);
}

#[test]
fn g9_an_inherited_ignored_signal_stays_ignored() {
    for kind in ["", ":safe"] {
        let mut child = Fixture::new(&format!("hooks A{kind} -- line exit 4")).ignoring(&[Signal::HUP]).start();
        child.expect("ready");
        child.signal(Signal::HUP);
        child.send("go");
        child.finish().must_be(Ended::Code(4), &["A exit"]);

        let mut child = Fixture::new(&format!("hooks A{kind} -- idle")).ignoring(&[Signal::HUP]).start();
        child.expect("ready");
        child.signal(Signal::HUP);
        child.signal(Signal::TERM);
        child.finish().must_be(Ended::by(Signal::TERM), &["A SIGTERM"]);
    }
}

#[test]
fn g9_a_process_that_inherits_all_of_them_as_ignored_has_no_handler() {
    let all = [Signal::INT, Signal::TERM, Signal::HUP];
    let mut child = Fixture::new("actions INT TERM HUP -- A B:safe").ignoring(&all).start();
    child.expect("ready");
    for name in ["INT", "TERM", "HUP"] {
        assert!(child.events().contains(&format!("{name} after ignored ")), "{:?}", child.events());
    }
    child.signal(Signal::KILL);
    let _ = child.finish();
}

#[test]
fn g9_an_ignored_signal_can_be_requested_all_the_same() {
    let mut child = Fixture::new("hooks A:HUP:override -- idle").ignoring(&[Signal::HUP]).start();
    child.expect("ready");
    child.signal(Signal::HUP);
    child.finish().must_be(Ended::by(Signal::HUP), &["A SIGHUP"]);
}

#[test]
fn g9_a_program_that_ends_itself_by_a_signal_which_it_inherited_as_ignored_runs_its_hooks() {
    let child = Fixture::new("hooks A B:USR1 -- signal HUP").ignoring(&[Signal::HUP]).start();
    child.finish().must_be(Ended::by(Signal::HUP), &["B SIGHUP", "A SIGHUP"]);
    let child = Fixture::new("hooks A:HUP:status=66 -- signal HUP").ignoring(&[Signal::HUP]).start();
    child.finish().must_be(Ended::Code(66), &["A SIGHUP"]);
}

#[test]
fn g9_sigpipe_can_be_requested_though_the_runtime_ignores_it() {
    let child = Child::ready("hooks A:PIPE -- idle");
    child.signal(Signal::PIPE);
    child.finish().must_be(Ended::by(Signal::PIPE), &["A SIGPIPE"]);
}

#[test]
fn g9_the_handler_is_installed_with_its_flags_and_for_the_requested_signals_alone() {
    for kind in ["", ":safe"] {
        let child = Child::ready(&format!("actions INT TERM HUP USR1 QUIT CHLD -- A:TERM+USR1{kind}"));
        for name in ["TERM", "USR1"] {
            assert!(child.events().contains(&format!("{name} before default ")), "{:?}", child.events());
            let after = format!("{name} after handled siginfo,onstack,restart");
            assert!(child.events().contains(&after), "{:?}", child.events());
        }
        for name in ["INT", "HUP", "QUIT", "CHLD"] {
            assert!(child.events().contains(&format!("{name} after default ")), "{:?}", child.events());
        }
        child.signal(Signal::KILL);
        let _ = child.finish();
    }
}

#[test]
fn g9_a_read_that_a_requested_signal_interrupts_goes_on() {
    let mut child = Child::ready("interrupted-read");
    kernel::until_asleep(child.pid());
    child.signal(Signal::TERM);
    child.expect("hook");
    child.send("give main something to read");
    child.expect("main read Some(120)");
    child.send("go");
    child.finish().must_be(Ended::by(Signal::TERM), &["hook", "main read Some(120)"]);
}

#[test]
fn g9_no_threads_mask_changes() {
    let child = Child::ready("masks");
    let of = |when: &str| -> Vec<String> {
        child.events().iter().filter_map(|event| event.strip_prefix(when)).map(str::to_owned).collect()
    };
    let before = of("before");
    assert_eq!(before.len(), 2, "main and another one: {:?}", child.events());
    assert!(before[0].ends_with("0000000000000800"), "main blocks SIGUSR2: {before:?}");
    assert_eq!(before, of("after"));
    child.signal(Signal::KILL);
    let _ = child.finish();
}

/// What a child process of the fixture sees of its own signals.
fn signals_of_a_child(place: &str, blocked: &[Signal]) -> Vec<String> {
    let mut child = Fixture::new(&format!("spawns {place}")).blocking(blocked).start();
    if place == "hook" {
        child.expect("ready");
        child.signal(Signal::TERM);
    }
    let outcome = child.finish();
    let seen: Vec<String> = outcome.events.iter().filter(|event| event.starts_with("Sig")).cloned().collect();
    assert_eq!(seen.len(), 3, "{outcome:#?}");
    seen
}

#[test]
fn g9_a_child_process_inherits_what_it_would_without_us() {
    for blocked in [&[][..], &[Signal::USR2]] {
        let without_us = signals_of_a_child("alone", blocked);
        assert_eq!(signals_of_a_child("main", blocked), without_us);
        assert_eq!(signals_of_a_child("hook", blocked), without_us);
    }
    let empty = "SigBlk:\t0000000000000000";
    assert_eq!(signals_of_a_child("hook", &[])[0], empty);
}

#[test]
fn g9_closing_every_descriptor_breaks_nothing() {
    let child = Child::ready("closes-all idle");
    child.signal(Signal::TERM);
    child.finish().must_be(Ended::by(Signal::TERM), &["B SIGTERM", "A SIGTERM"]);
    Child::start("closes-all return").finish().must_be(Ended::Code(0), &["B exit", "A exit"]);
}

#[test]
fn g9_there_is_one_thread_more_and_only_for_ordinary_hooks() {
    for (specs, threads) in [("A:safe B:safe:SEGV", "1 1"), ("A", "1 2"), ("A B C:safe D:USR1", "1 2")] {
        let child = Child::ready(&format!("threads {specs}"));
        assert_eq!(child.events()[0], format!("threads {threads}"));
        child.signal(Signal::KILL);
        let _ = child.finish();
    }
}

#[test]
fn g9_a_signal_to_the_process_group_is_one_like_any_other() {
    let child = Fixture::new("hooks A -- idle").in_a_group_of_its_own().start();
    let child = child.until_ready();
    os::kill(-child.pid(), Signal::INT);
    child.finish().must_be(Ended::by(Signal::INT), &["A SIGINT"]);
}
