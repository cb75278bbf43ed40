//! G9: several copies of this library in one process, as plugins in a program of another language: each copy's hook runs once, to
//! its end, and the process ends as it does without them.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;

use terminate_tests::{Child, Ended, Fixture, Outcome, Signal, at_once, library};

/// Two plugins, in files of their own: the loader takes equal files for one library.
fn plugins() -> [PathBuf; 2] {
    static SECOND: OnceLock<PathBuf> = OnceLock::new();
    let copy = |to: &Path| assert!(std::fs::copy(library(), to).is_ok(), "there is no room");
    let second = SECOND.get_or_init(|| made("second_plugin.so", copy));
    [library(), second.clone()]
}

/// A file beside the plugins. Test programs that run at once make it anew, and none sees a part of it.
fn made(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let (part, whole) = (library().with_file_name(format!("{}-{name}", process::id())), library().with_file_name(name));
    make(&part);
    std::fs::rename(&part, &whole).expect("it was made");
    whole
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins")
}

/// The host in C, which is compiled once.
fn host() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    let compile = |to: &Path| {
        let mut compiler = Command::new("cc");
        compiler.arg(here().join("host.c")).arg("-o").arg(to).arg("-ldl");
        assert!(compiler.status().expect("there is a C compiler").success());
    };
    HOST.get_or_init(|| made("plugin_host", compile))
}

/// The host with both plugins, in either order. At a signal, the copy whose hook is done gives the other one two seconds.
fn in_both_orders(begin: &[PathBuf], judge: impl Fn(Child) + Sync) {
    let [one, other] = plugins();
    at_once([[one.clone(), other.clone()], [other, one]], |pair| {
        let words = begin.iter().chain(&pair).map(|word| word.clone().into_os_string()).collect();
        judge(Fixture::of_command(words, "").start().until_ready());
    });
}

#[track_caller]
fn both_must_have_run(outcome: &Outcome, cause: &str, ended: Ended) {
    outcome.must_end(ended);
    for (line, times) in [("hook done", 2), (&format!("hook {cause}"), 2)] {
        assert_eq!(outcome.count(line), times, "{outcome:#?}");
    }
}

#[track_caller]
fn c_host_must_end(end: &str, signal: Option<Signal>, cause: &str, ended: Ended) {
    in_both_orders(&[host().to_owned(), end.into()], |mut child| {
        match signal {
            Some(signal) => child.signal(signal),
            None => child.send("go"),
        }
        both_must_have_run(&child.finish(), cause, ended);
    });
}

#[test]
fn g9_two_plugins_of_a_program_in_c_run_their_hooks_at_each_end() {
    c_host_must_end("return", None, "exit", Ended::Code(0));
    c_host_must_end("exit", None, "exit", Ended::Code(7));
    c_host_must_end("wait", Some(Signal::INT), "SIGINT", Ended::by(Signal::INT));
    c_host_must_end("wait", Some(Signal::TERM), "SIGTERM", Ended::by(Signal::TERM));
}

#[test]
fn g9_plugins_that_were_closed_stay_mapped_and_run_their_hooks() {
    c_host_must_end("dlclose", None, "exit", Ended::Code(0));
    c_host_must_end("dlclose-exit", None, "exit", Ended::Code(7));
    c_host_must_end("dlclose-wait", Some(Signal::TERM), "SIGTERM", Ended::by(Signal::TERM));
}

#[test]
fn g9_two_plugins_whose_hooks_request_sigabrt_run_them_at_an_abort() {
    c_host_must_end("abort", None, "SIGABRT", Ended::by(Signal::ABRT));
}

/// Python with both plugins, which does that.
fn in_python(program: &str, judge: impl Fn(Child) + Sync) {
    in_both_orders(&["python3".into(), here().join("host.py"), program.into()], judge);
}

#[test]
fn g9_two_plugins_of_python_run_their_hooks_at_each_exit() {
    for (program, code) in [("load(); wait()", 0), ("load(); wait(); sys.exit(7)", 7), ("load(); wait(); 1 / 0", 1)] {
        in_python(program, |mut child| {
            child.send("go");
            let outcome = child.finish();
            both_must_have_run(&outcome, "exit", Ended::Code(code));
            outcome.must_say_once("atexit");
        });
    }
}

#[test]
fn g9_two_plugins_of_python_run_their_hooks_at_a_signal_that_python_does_not_handle() {
    in_python("load(); wait()", |child| {
        child.signal(Signal::TERM);
        both_must_have_run(&child.finish(), "SIGTERM", Ended::by(Signal::TERM));
    });
}

#[test]
fn g9_hooks_that_yield_in_two_plugins_both_run_at_a_signal_that_nothing_else_handles() {
    for signal in [Signal::TERM, Signal::HUP] {
        in_python("load('terminate_tests_register_yielding'); wait()", |child| {
            child.signal(signal);
            both_must_have_run(&child.finish(), &signal.to_string(), Ended::by(signal));
        });
    }
}

const CATCHES: &str = "
try: wait()
except KeyboardInterrupt: say('interrupted'); sys.exit(6)
finally: say('finally')";

#[test]
fn g9_hooks_that_yield_to_python_run_at_the_exit_that_follows() {
    in_python(&format!("load('terminate_tests_register_yielding'){CATCHES}"), |child| {
        child.signal(Signal::INT);
        let outcome = child.finish();
        both_must_have_run(&outcome, "exit", Ended::Code(6));
        for line in ["interrupted", "finally", "atexit"] {
            outcome.must_say_once(line);
        }
    });
}

#[test]
fn g9_a_handler_of_python_after_the_plugins_ends_the_process_in_its_own_way() {
    in_python("load(); signal.signal(signal.SIGTERM, on_sigterm); wait()", |child| {
        child.signal(Signal::TERM);
        let outcome = child.finish();
        both_must_have_run(&outcome, "exit", Ended::Code(5));
        outcome.must_say_once("python's handler");
        outcome.must_say_once("atexit");
    });
}
