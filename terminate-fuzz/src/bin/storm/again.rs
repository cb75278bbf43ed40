//! The options and the command that a round needs to be played again: a seed alone is drawn from in vain without them.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// What says which rounds are played, and what is written down; everything else says how.
const NOT_OF_A_ROUND: [&str; 9] =
    ["rounds", "seconds", "seed", "replay", "schedule", "shrink", "json", "html", "command"];

/// What was given on this command line and matters for a single round, ready to be pasted into a shell, with a space before
/// it; empty if there was no such thing.
pub(crate) fn options(command: &Command, matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let (Some(name), Some(ValueSource::CommandLine)) = (argument.get_long(), matches.value_source(id)) else {
            continue;
        };
        if NOT_OF_A_ROUND.contains(&id) {
            continue;
        }
        words.push(format!("--{name}"));
        if argument.get_action().takes_values() {
            words.push(quoted(&strings(matches, id).join(",")));
        }
    }
    let program = strings(matches, "command");
    if !program.is_empty() {
        words.push("--".into());
        words.extend(program.iter().map(|word| quoted(word)));
    }
    words.iter().flat_map(|word| [" ", word]).collect()
}

fn strings(matches: &ArgMatches, id: &str) -> Vec<String> {
    let values = matches.get_raw(id).into_iter().flatten();
    values.map(|value| OsString::from(value).to_string_lossy().into_owned()).collect()
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::options;
    use crate::cli::Cli;

    fn again(line: &[&str]) -> String {
        let command = Cli::command();
        let matches = command.clone().try_get_matches_from([&["storm"], line].concat()).unwrap();
        options(&command, &matches)
    }

    #[test]
    fn what_makes_a_round_is_said_again_and_what_counts_them_is_not() {
        assert_eq!(again(&["--rounds", "5", "--seed", "3", "--shrink", "--html", "x"]), "");
        let line =
            ["--seed", "3", "--signals", "TERM:2,INT", "--log", "--window", "100", "--", "./a b", "--port", "it's"];
        assert_eq!(again(&line), r" --signals TERM:2,INT --window 100 --log -- './a b' --port 'it'\''s'");
    }

    #[test]
    fn what_it_says_is_understood_and_says_the_same() {
        let line = ["--plain", "--status", "0,1", "--deadline", "3", "--", "true"];
        let once = again(&line);
        let words: Vec<_> = once.split_whitespace().collect();
        assert_eq!(again(&words), once);
    }
}
