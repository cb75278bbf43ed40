//! After a fork: the functions are the parent's alone, or run in both if they say so; a child may have its own.

use terminate_tests::{Child, Ended, Signal, os};

/// Runs a family in which the child ends by `end`, or by the signal, and then its parent too.
struct Family {
    child: Child,
    pid: i32,
}

impl Family {
    fn start(scenario: &str) -> Self {
        let mut child = Child::ready(scenario);
        // The two speak at once.
        let pid = child.expect_value("pid ").parse().unwrap();
        if child.events().iter().all(|event| event != "child waits") {
            child.expect("child waits");
        }
        Self { child, pid }
    }

    /// The child goes on, or is sent a signal; then the parent.
    fn end(mut self, signal: Option<Signal>) -> (Ended, Vec<String>) {
        for pid in [self.pid, self.child.pid()] {
            match signal {
                Some(signal) => os::kill(pid, signal),
                None => self.child.send("go"),
            }
            if pid == self.pid {
                self.child.expect_value("child ended: ");
            }
        }
        let outcome = self.child.finish();
        let said = |event: &&str| !event.starts_with("pid ") && *event != "child waits";
        let events = outcome.after_ready().into_iter().filter(said);
        (outcome.ended, events.map(str::to_owned).collect())
    }
}

/// What a process says whose hooks run, each with its witness.
fn all(role: &str, names: &[&str], cause: &str) -> Vec<String> {
    names.iter().flat_map(|name| [format!("{role} {name} {cause}"), format!("{role} freed")]).collect()
}

#[test]
fn after_a_fork_functions_neither_run_nor_are_dropped_in_the_child() {
    for (end, code) in [("exit", 3), ("c-exit", 3)] {
        let (ended, events) = Family::start(&format!("family -- {end} {code}")).end(None);
        let expected = [vec![format!("child ended: Code({code})")], all("parent", &["B", "A"], "exit")].concat();
        assert_eq!((ended, events), (Ended::Code(code), expected));
    }
    for signal in Signal::TERMINATION {
        let (ended, events) = Family::start("family -- idle").end(Some(signal));
        let child = vec![format!("child ended: {:?}", Ended::by(signal))];
        let cause = format!("{signal}");
        assert_eq!((ended, events), (Ended::by(signal), [child, all("parent", &["B", "A"], &cause)].concat()));
    }
}

#[test]
fn after_a_fork_functions_that_are_inherited_run_in_both() {
    let (ended, events) = Family::start("family inherits -- exit 3").end(None);
    let childs = [all("child", &["B"], "exit"), vec!["child ended: Code(3)".to_owned()]].concat();
    assert_eq!((ended, events), (Ended::Code(3), [childs, all("parent", &["B", "A"], "exit")].concat()));
    for signal in Signal::TERMINATION {
        let (ended, events) = Family::start("family inherits -- idle").end(Some(signal));
        let cause = format!("{signal}");
        let childs = [all("child", &["B"], &cause), vec![format!("child ended: {:?}", Ended::by(signal))]].concat();
        assert_eq!((ended, events), (Ended::by(signal), [childs, all("parent", &["B", "A"], &cause)].concat()));
    }
}

#[test]
fn after_a_fork_a_child_may_take_back_what_it_inherited() {
    let (ended, events) = Family::start("family inherits unregisters -- exit 3").end(None);
    let childs = ["child freed", "child: Ok(())", "child ended: Code(3)"].map(str::to_owned).to_vec();
    assert_eq!((ended, events), (Ended::Code(3), [childs, all("parent", &["B", "A"], "exit")].concat()));
    let (ended, events) = Family::start("family unregisters -- exit 3").end(None);
    let childs = ["child: Err(Stale)", "child ended: Code(3)"].map(str::to_owned).to_vec();
    assert_eq!((ended, events), (Ended::Code(3), [childs, all("parent", &["B", "A"], "exit")].concat()));
}

#[test]
fn after_a_fork_a_child_may_register_functions_of_its_own() {
    for inherits in [false, true] {
        let specs = if inherits { "own inherits" } else { "own" };
        let childs = |cause: &str, ended: Ended| {
            let own = vec![format!("child own {cause}")];
            let inherited = if inherits { all("child", &["B"], cause) } else { Vec::new() };
            [own, inherited, vec![format!("child ended: {ended:?}")], all("parent", &["B", "A"], cause)].concat()
        };
        let (ended, events) = Family::start(&format!("family {specs} -- exit 3")).end(None);
        assert_eq!((ended, events), (Ended::Code(3), childs("exit", Ended::Code(3))));
        let (ended, events) = Family::start(&format!("family {specs} -- idle")).end(Some(Signal::TERM));
        assert_eq!((ended, events), (Ended::by(Signal::TERM), childs("SIGTERM", Ended::by(Signal::TERM))));
    }
}
