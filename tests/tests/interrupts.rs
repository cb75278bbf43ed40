//! `interrupt_on_sigint`: Ctrl-C runs the functions that requested it, and the program learns of it where it looks.

use terminate_tests::{Child, Ended, Fixture, Signal, kernel};

/// Main sleeps, and is interrupted once.
#[track_caller]
fn interrupt(child: &mut Child) {
    child.send("sleep");
    child.expect("sleeps");
    child.signal(Signal::INT);
    child.expect("sleep: Err(Interrupt)");
}

#[test]
fn an_interrupt_runs_the_hooks_that_requested_it_and_the_others_stay_for_the_end() {
    let mut child = Child::ready("script A:TERM B:INT:yes C:USR1 D:INT+TERM");
    interrupt(&mut child);
    child.send("exit 3");
    let all = ["sleeps", "D SIGINT", "B SIGINT", "sleep: Err(Interrupt)", "C exit", "A exit"];
    child.finish().must_be(Ended::Code(3), &all);

    let mut child = Child::ready("script A:TERM B:INT:yes C:USR1 D:INT+TERM");
    interrupt(&mut child);
    child.signal(Signal::TERM);
    let all = ["sleeps", "D SIGINT", "B SIGINT", "sleep: Err(Interrupt)", "C SIGTERM", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn an_interrupt_is_given_once() {
    let mut child = Child::ready("script A:INT:yes");
    child.send("checkpoint");
    child.expect("checkpoint: Ok(())");
    interrupt(&mut child);
    for line in ["checkpoint", "nap", "checkpoint"] {
        child.send(line);
        child.expect(&format!("{line}: Ok(())"));
    }
    child.send("return");
    child.finish().must_end(Ended::Code(0));
}

#[test]
fn an_interrupt_waits_for_the_next_checkpoint() {
    let mut child = Child::ready("script A:INT:yes");
    child.signal(Signal::INT);
    child.expect("A SIGINT");
    kernel::until_all_asleep(child.pid());
    child.send("nap");
    child.expect("nap: Err(Interrupt)");
    child.send("nap");
    child.expect("nap: Ok(())");
    child.send("exit 5");
    child.finish().must_end(Ended::Code(5));
}

#[test]
fn an_interrupt_is_given_to_one_of_several_threads() {
    let mut child = Child::ready("script A:INT:yes");
    child.send("all-sleep");
    child.expect("all sleep");
    kernel::until_all_asleep(child.pid());
    child.signal(Signal::INT);
    child.expect("one of them: Err(Interrupt)");
    child.expect("the others: None");
    child.send("exit 0");
    child.finish().must_end(Ended::Code(0));
}

#[test]
fn a_second_ctrl_c_interrupts_again_if_a_hook_was_registered_again() {
    for kind in ["", ":safe"] {
        let mut child = Child::ready(&format!("script A:INT:yes{kind}"));
        for round in 0..5 {
            interrupt(&mut child);
            child.send(&format!("register {round}:INT:yes{kind}"));
        }
        child.send("exit 3");
        let outcome = child.finish();
        outcome.must_end(Ended::Code(3));
        for event in ["A SIGINT", "0 SIGINT", "1 SIGINT", "2 SIGINT", "3 SIGINT", "4 exit"] {
            outcome.must_say_once(event);
        }
    }
}

#[test]
fn a_second_ctrl_c_interrupts_again_if_a_static_hook_was_registered_again() {
    let mut child = Child::ready("script");
    for _ in 0..3 {
        child.send("static");
        child.expect("static: Ok(())");
        child.send("static");
        child.expect("static: Err(())");
        interrupt(&mut child);
        child.send("unregister-static");
        child.expect("static back: Err(Stale)");
    }
    child.send("exit 3");
    let outcome = child.finish();
    outcome.must_end(Ended::Code(3));
    assert_eq!((outcome.count("static SIGINT"), outcome.count("static exit")), (3, 0), "{outcome:#?}");
}

#[test]
fn a_second_ctrl_c_ends_the_program_if_no_hook_requests_an_interrupt_any_more() {
    for kind in ["", ":safe"] {
        let mut child = Child::ready(&format!("script A:INT:yes{kind}"));
        interrupt(&mut child);
        child.send("sleep");
        child.expect("sleeps");
        child.signal(Signal::INT);
        let all = ["sleeps", "A SIGINT", "sleep: Err(Interrupt)", "sleeps"];
        child.finish().must_be(Ended::by(Signal::INT), &all);
    }
    // Another hook requests the signal, but no interrupt.
    let mut child = Child::ready("script A:INT:yes");
    interrupt(&mut child);
    child.send("register B:INT");
    child.send("sleep");
    child.expect("sleeps");
    child.signal(Signal::INT);
    let all = ["sleeps", "A SIGINT", "sleep: Err(Interrupt)", "sleeps", "B SIGINT"];
    child.finish().must_be(Ended::by(Signal::INT), &all);
}

#[test]
fn a_ctrl_c_that_comes_as_soon_as_the_last_one_was_notified_is_not_lost() {
    for kind in ["ordinary", "safe"] {
        let outcome = Child::start(&format!("interrupt-rounds {kind} 20000")).finish();
        outcome.must_say_once("0 of 20000 lost");
        outcome.must_end(Ended::Code(0));
    }
}

#[test]
fn a_sigterm_that_comes_during_an_interrupt_is_not_lost() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut child = Child::ready("script A:TERM+HUP B:INT:yes C:INT:yes:slow");
        child.send("sleep");
        child.expect("sleeps");
        child.signal(Signal::INT);
        child.expect("C SIGINT");
        child.signal(signal);
        kernel::until_delivered(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_end(Ended::by(signal));
        let events = outcome.after_ready().into_iter().filter(|event| *event != "sleep: Err(Interrupt)");
        let last = format!("A {signal}");
        assert_eq!(events.collect::<Vec<_>>(), ["sleeps", "C SIGINT", "C returns", "B SIGINT", &last], "{outcome:#?}");
    }
}

#[test]
fn further_ctrl_cs_during_an_interrupt_are_one_with_it() {
    let mut child = Child::ready("script A:INT B:INT:yes:slow");
    child.send("sleep");
    child.expect("sleeps");
    child.signal(Signal::INT);
    child.expect("B SIGINT");
    for _ in 0..20 {
        child.signal(Signal::INT);
        kernel::until_delivered(child.pid());
    }
    child.send("go");
    child.expect("sleep: Err(Interrupt)");
    child.send("nap");
    child.expect("nap: Ok(())");
    child.send("exit 3");
    let all = ["sleeps", "B SIGINT", "B returns", "A SIGINT", "sleep: Err(Interrupt)", "nap: Ok(())"];
    child.finish().must_be(Ended::Code(3), &all);
}

#[test]
fn a_hook_that_exits_during_an_interrupt_ends_the_program_and_the_others_run() {
    let mut child = Child::ready("script A:TERM B:INT:yes C:INT:exits D:INT");
    child.send("sleep");
    child.expect("sleeps");
    child.signal(Signal::INT);
    let all = ["sleeps", "D SIGINT", "C SIGINT", "B exit", "A exit"];
    child.finish().must_be(Ended::Code(4), &all);
}

#[test]
fn a_hook_that_panics_during_an_interrupt_is_reported_and_the_program_goes_on() {
    let mut child = Child::ready("script A:INT:yes B:INT:panics");
    interrupt(&mut child);
    child.send("exit 3");
    let outcome = child.finish();
    outcome.must_be(Ended::Code(3), &["sleeps", "B SIGINT", "A SIGINT", "sleep: Err(Interrupt)"]);
    outcome.must_complain("panicked; going on with the others");
}

#[test]
fn a_hook_may_fork_during_an_interrupt() {
    let mut child = Child::ready("script A:TERM B:INT:yes:forks");
    interrupt(&mut child);
    child.send("exit 3");
    let all = ["sleeps", "B SIGINT", "child Some(5)", "sleep: Err(Interrupt)", "A exit"];
    child.finish().must_be(Ended::Code(3), &all);
}

#[test]
fn an_exit_during_an_interrupt_waits_for_it_and_keeps_its_code() {
    for (end, code) in [("exit 6", 6), ("c-exit 6", 6), ("return", 0)] {
        let mut child = Child::ready(&format!("trap-interrupt-exits {end} -- return"));
        child.signal(Signal::INT);
        child.expect("a thread is in exit");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        let outcome = child.finish();
        outcome.must_be(Ended::Code(code), &["B SIGINT", "a thread is in exit", "B returns", "A exit"]);
    }
}

#[test]
fn an_interrupt_of_handler_safe_hooks_alone_runs_them_on_the_runner() {
    let mut child = Child::ready("script A:TERM:safe B:INT:yes:safe");
    child.send("threads");
    child.expect("2 threads");
    interrupt(&mut child);
    child.send("sleep");
    child.expect("sleeps");
    child.signal(Signal::TERM);
    child.expect("A SIGTERM");
    child.finish().must_end(Ended::by(Signal::TERM));
}

#[test]
fn the_previous_handler_of_sigint_is_still_called_and_the_next_interrupt_is_ours_too() {
    for kind in ["", ":safe"] {
        let mut child = Child::ready(&format!("script-previous A:INT:yes{kind}"));
        interrupt(&mut child);
        child.send(&format!("register B:INT:yes{kind}"));
        interrupt(&mut child);
        child.send("exit 3");
        let all = [
            ["sleeps", "A SIGINT", "previous 2", "sleep: Err(Interrupt)"],
            ["sleeps", "B SIGINT", "previous 2", "sleep: Err(Interrupt)"],
        ];
        child.finish().must_be(Ended::Code(3), &all.concat());
    }
}

#[test]
fn the_oldest_explicit_setting_decides_whether_it_is_an_interrupt() {
    for (specs, interrupts) in [
        ("A:INT:yes B:INT:no", true),
        ("A:INT:no B:INT:yes", false),
        ("A:INT B:INT:yes", true),
        ("A:INT B:INT:no C:INT:yes", false),
        ("A:INT B:INT", false),
        // It has no say in a signal that it does not request.
        ("A:TERM:no B:INT:yes", true),
        ("A:TERM:yes B:INT", false),
    ] {
        let mut child = Child::ready(&format!("script {specs}"));
        child.send("sleep");
        child.expect("sleeps");
        child.signal(Signal::INT);
        if interrupts {
            child.expect("sleep: Err(Interrupt)");
            child.send("exit 3");
        }
        child.finish().must_end(if interrupts { Ended::Code(3) } else { Ended::by(Signal::INT) });
    }
}

#[test]
fn an_inherited_ignored_sigint_interrupts_nothing() {
    let mut child = Fixture::new("script A:INT:yes").ignoring(&[Signal::INT]).start().until_ready();
    child.signal(Signal::INT);
    child.send("nap");
    child.expect("nap: Ok(())");
    child.send("exit 3");
    child.finish().must_be(Ended::Code(3), &["nap: Ok(())", "A exit"]);
}

#[test]
fn a_signal_that_waits_for_the_hooks_of_an_interrupt_is_still_known_by_its_sender() {
    let mut child = Child::ready("interrupt-sender");
    child.signal(Signal::INT);
    child.expect("B SIGINT");
    child.signal(Signal::TERM);
    kernel::until_delivered(child.pid());
    child.send("go");
    let all = ["B SIGINT", "B returns", "A SIGTERM, from the parent: Some(true)"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}

#[test]
fn an_end_by_a_signal_that_no_process_sent_does_not_name_the_sender_of_an_interrupt() {
    let child = Child::ready("interrupt-then-signal");
    child.signal(Signal::INT);
    let all = ["B SIGINT", "A SIGINT, interrupted true, None None"];
    child.finish().must_be(Ended::by(Signal::INT), &all);
}

#[test]
fn an_end_by_a_signal_of_the_programs_own_is_one_in_the_middle_of_an_interrupt_too() {
    // By main, which waits for the interrupt to be over, and by the hook.
    let (by_main, by_hook) = (["B SIGINT", "B returns", "A SIGTERM"], ["B SIGINT", "A SIGTERM"]);
    for (who, all) in [("signal TERM -- return", &by_main[..]), ("idle -- signal TERM", &by_hook)] {
        let mut child = Child::ready(&format!("trap-interrupt-exits {who}"));
        child.signal(Signal::INT);
        child.expect("B SIGINT");
        kernel::until_all_asleep(child.pid());
        child.send("go");
        child.finish().must_be(Ended::by(Signal::TERM), all);
    }
}
