//! What a libFuzzer program prints: how many inputs it ran, and what made it stop.

use std::time::Duration;

/// What one run of a fuzzer came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) runs: u64,
    pub(crate) runs_a_second: u64,
    /// The input that failed, as libFuzzer names its file.
    pub(crate) crash: Option<String>,
    /// The first line of why: a panic's message, or libFuzzer's own word for it.
    pub(crate) why: Option<String>,
}

/// Reads it off the output, which libFuzzer writes to standard error; `took` tells the speed where libFuzzer does not.
pub(crate) fn summary(output: &str, took: Duration) -> Summary {
    let stat = |name: &str| {
        let value = output.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|value| value.trim().parse().ok())
    };
    let runs = stat("number_of_executed_units").unwrap_or_else(|| latest(output));
    let runs_a_second = stat("average_exec_per_sec").unwrap_or(runs / took.as_secs().max(1));
    let crash = output.lines().find_map(|line| Some(line.split_once("Test unit written to ")?.1.to_owned()));
    Summary { runs, runs_a_second, crash, why: why(output) }
}

/// The number of runs in the last line of progress, as in `#4096 pulse cov: …` with a tab.
fn latest(output: &str) -> u64 {
    let number = |line: &str| line.strip_prefix('#')?.split_whitespace().next()?.parse().ok();
    output.lines().rev().find_map(number).unwrap_or(0)
}

fn why(output: &str) -> Option<String> {
    // A panic's message is on the line after its place.
    let panic = || output.lines().skip_while(|line| !line.contains("panicked at ")).nth(1);
    let own = || output.lines().find_map(|line| Some(line.split_once("ERROR: ")?.1));
    panic().or_else(own).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::summary;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_that_found_nothing_is_summed_up_by_its_statistics() {
        let output = "#2\tINITED cov: 9\n#64\tNEW    cov: 10\nDone 700 runs in 7 second(s)\n\
                      stat::number_of_executed_units: 700\nstat::average_exec_per_sec:     100\n";
        let found = summary(output, SECOND);
        assert_eq!((found.runs, found.runs_a_second, found.crash, found.why), (700, 100, None, None));
    }

    #[test]
    fn a_panic_is_told_by_its_message_and_its_input() {
        let output = "#64\tNEW    cov: 10\n\nthread '<unnamed>' panicked at src/registry.rs:28:9:\nevent 3 is wrong\nin x\n\
                      ==7== ERROR: libFuzzer: deadly signal\nartifact_prefix='a/'; Test unit written to a/crash-1\n";
        let found = summary(output, 4 * SECOND);
        assert_eq!((found.runs, found.runs_a_second), (64, 16));
        assert_eq!(found.crash.as_deref(), Some("a/crash-1"));
        assert_eq!(found.why.as_deref(), Some("event 3 is wrong"));
    }

    #[test]
    fn what_ends_without_a_panic_is_told_in_libfuzzers_words() {
        let output = "==7== ERROR: libFuzzer: timeout after 10 seconds\n";
        assert_eq!(summary(output, SECOND).why.as_deref(), Some("libFuzzer: timeout after 10 seconds"));
    }
}
