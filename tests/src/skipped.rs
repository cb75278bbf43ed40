//! What a test says if the machine does not give it what it needs.

use std::thread;

use crate::os;

/// Says that this test, or a part of it, is not done here, and why.
///
/// With a plain `write(2)`: libtest keeps what a test that passes prints, and it would look like one that was done.
/// `cargo xtask test` counts these lines.
pub fn skipped(why: &str) {
    let thread = thread::current();
    // libtest names a test's thread after it, unless it runs one test at a time: then it has just printed the name itself.
    let test = thread.name().filter(|name| *name != "main").map_or(String::new(), |name| format!("{name}: "));
    os::write(libc::STDOUT_FILENO, format!("SKIPPED: {test}{}\n", why.trim()).as_bytes());
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::skipped;

    #[test]
    fn what_is_skipped_is_seen_though_the_test_passes() {
        const NAME: &str = "skipped::tests::what_is_skipped_is_seen_though_the_test_passes";
        const INNER: &str = "TERMINATE_SKIP";
        if env::var_os(INNER).is_some() {
            return skipped("on purpose");
        }
        let this = env::current_exe().expect("this program has a path");
        for threads in ["1", "2"] {
            let mut inner = Command::new(&this);
            inner.args(["--exact", NAME, "--test-threads", threads]).env(INNER, "1");
            let run = inner.output().expect("it can be started");
            let said = String::from_utf8_lossy(&run.stdout);
            assert!(run.status.success(), "{said}");
            let seen = |line: &str| line.contains("SKIPPED: ") && line.contains(NAME) && line.ends_with(": on purpose");
            assert_eq!(said.lines().filter(|line| seen(line)).count(), 1, "{said}");
        }
    }
}
