//! A full-screen program: whatever ends it, the terminal has its settings back, and shows what the program says at its end.

use terminate_tests::{Ended, Signal, Terminal, example};

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?1049l";

/// Returns how it ended, and what is on the normal screen afterwards.
fn ended_by(end: impl FnOnce(&mut Terminal)) -> (Ended, String) {
    let program = example("guide_full_screen");
    let mut terminal = Terminal::start(&program);
    terminal.shows(ENTER);
    terminal.shows("press q, p or s");
    // Another terminal has the settings that this one had.
    let raw = terminal.settings();
    end(&mut terminal);
    let (ended, shown) = terminal.finish();
    let fresh = Terminal::fresh_settings();
    assert_ne!(raw, fresh);
    assert_eq!(terminal.settings(), fresh, "{ended:?}, {shown:?}");
    assert_eq!(shown.matches(LEAVE).count(), 1, "{ended:?}, {shown:?}");
    (ended, shown.split_once(LEAVE).unwrap().1.to_owned())
}

#[test]
fn the_terminal_is_restored_when_main_returns() {
    assert_eq!(ended_by(|terminal| terminal.keys("xyq")), (Ended::Code(0), String::new()));
}

#[test]
fn the_terminal_is_restored_after_each_signal() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        assert_eq!(ended_by(|terminal| terminal.signal(signal)), (Ended::by(signal), String::new()));
    }
}

#[test]
fn the_terminal_is_restored_at_a_panic_and_its_message_is_readable() {
    let (ended, shown) = ended_by(|terminal| terminal.keys("p"));
    assert_eq!(ended, Ended::Code(101));
    // On the normal screen, and each line from its beginning.
    assert!(shown.contains("panicked at") && shown.contains(":\r\np was pressed\r\n"), "{shown:?}");
}

#[test]
fn the_terminal_is_restored_at_a_fault() {
    assert_eq!(ended_by(|terminal| terminal.keys("s")), (Ended::by(Signal::SEGV), String::new()));
}

#[test]
fn the_program_ends_by_sighup_when_its_terminal_is_closed() {
    let mut terminal = Terminal::start(&example("guide_full_screen"));
    terminal.shows("press q, p or s");
    terminal.close();
    assert_eq!(terminal.finish().0, Ended::by(Signal::HUP));
}
