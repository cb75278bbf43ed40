//! A REPL on a terminal: what Ctrl-C and Ctrl-D do, and that cleanup runs at each end.

use std::fs;

use terminate_tests::{Ended, Signal, Terminal, example, kernel};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
/// It would take years.
const LONG: &str = "9999999999999999\n";

fn at_the_prompt() -> Terminal {
    let mut terminal = Terminal::start(&example("guide_repl"));
    terminal.shows("> ");
    terminal
}

fn begin_to_compute(repl: &mut Terminal) {
    let pid = repl.pid();
    let used = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // `utime` of proc_pid_stat(5), in ticks of ten milliseconds. Before its name there may be spaces, after it none.
        stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(11)?.parse::<u64>().ok()).unwrap()
    };
    let before = used();
    repl.keys(LONG);
    kernel::until("it computes", || used() > before + 2);
}

#[test]
fn ctrl_c_in_the_repl_gives_a_new_prompt_and_stops_a_computation() {
    let mut repl = at_the_prompt();
    for _ in 0..20 {
        repl.keys("12");
        repl.keys(CTRL_C);
        repl.shows("\n> ");
        kernel::until_all_asleep(repl.pid());
        // What was typed before is forgotten, and the interrupt with it.
        repl.keys("3\n");
        repl.shows("6\r\n> ");
        begin_to_compute(&mut repl);
        repl.keys(CTRL_C);
        repl.shows("stopped\r\n> ");
    }
    repl.keys(CTRL_D);
    let (ended, shown) = repl.finish();
    assert_eq!(ended, Ended::Code(0), "{shown}");
    assert!(shown.ends_with("history saved, because of exit\r\n"), "{shown}");
}

#[test]
fn the_repl_cleans_up_at_sigterm_at_the_prompt_and_in_a_computation() {
    for computes in [false, true] {
        let mut repl = at_the_prompt();
        if computes {
            begin_to_compute(&mut repl);
        }
        repl.signal(Signal::TERM);
        let (ended, shown) = repl.finish();
        assert_eq!(ended, Ended::by(Signal::TERM), "{shown}");
        assert!(shown.ends_with("history saved, because of SIGTERM\r\n"), "{shown}");
    }
}

#[test]
fn the_repl_ends_by_sighup_when_its_terminal_is_closed() {
    let mut repl = at_the_prompt();
    repl.close();
    assert_eq!(repl.finish().0, Ended::by(Signal::HUP));
}
