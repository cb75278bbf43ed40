//! Ends as its argument says. Two hooks and a guard say so.

use std::{env, process};

use terminate_std::{ExitStatus, Hook, RegisterErrorKind, Signal};

fn main() {
    terminate_std::register(|cause| println!("A {cause}")).expect("there is room");
    terminate_std::register(|cause| println!("B {cause}")).expect("there is room");
    let refused = Hook::new(|_| ()).signals([Signal::INT]).register().expect_err("there are no signals");
    assert!(matches!(refused.kind(), RegisterErrorKind::InvalidSignal(Signal::INT)), "{refused}");
    let refused = terminate_std::interrupt::on([Signal::HUP], |_| ()).expect_err("there are no signals");
    assert!(refused.to_string().contains("this system has no SIGHUP"), "{refused}");
    let _guard = terminate_std::defer(|cause| println!("guard {cause}")).expect("there is room");
    match env::args().nth(1).as_deref() {
        Some("exit") => process::exit(7),
        Some("panic") => panic!("on purpose"),
        Some("terminate") => terminate_std::terminate(ExitStatus::Code(9)),
        Some("request") => terminate_std::request(ExitStatus::Code(5)),
        Some("exit-with-signal") => terminate_std::exit_with_signal(Signal::TERM, || ()),
        _ => {}
    }
}
