//! The command line: what to storm and how, and what to write down.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use terminate_fuzz::storm::{Exit, Outcome, Report, Schedule, Signal, Storm, Target, Wishes, page};

use crate::{again, built_in, summary};

/// How often each step of the shrinker is tried, times what a violation needed to come back.
const TRIES: u64 = 3;
/// How many failing rounds are tried, if one does not fail again.
const CANDIDATES: usize = 5;

/// Nothing does not hold of a program that never came to its first hook.
const NOTHING_RAN: &str = "no hook ran in any round, so that nothing was tested. Either the program is still starting when \
    the first signal comes (--after leaves it time), or it does not find its files (it runs in an empty \
    directory: name them by absolute paths), or it writes no log";

/// Starts a program again and again, sends it signals at random instants, and says what does not hold
///
/// Without a command, the program is one with hooks of every kind by terminate-std, which ends in every way there is.
/// With one, that program: judged by its log, if it keeps one (`--log`: the documentation of `terminate_fuzz::storm` has the
/// protocol), and else by its status, by the files that it leaves in its working directory, and by whether it ends. It runs
/// in an empty directory: name files in its arguments by absolute paths.
///
/// Two rounds are played at once (`--jobs`): of a program that needs a certain port, say, only one can be there.
///
/// Exit status: 0 if everything held, 1 if something did not, 2 if it could not be looked for.
#[derive(Parser)]
#[command(name = "storm")]
pub(crate) struct Cli {
    /// How many rounds; 1000, if nothing says when to stop
    #[arg(long)]
    rounds: Option<u64>,
    /// For how many seconds rounds are begun; with --rounds, whichever is over first
    #[arg(long, visible_alias = "duration")]
    seconds: Option<u64>,
    /// What all schedules depend on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many rounds are played at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// The signals, with weights: TERM:3,INT,RTMIN+1. Each should end the program. By default all that commonly do; for a
    /// command, TERM, INT and HUP
    #[arg(long, value_delimiter = ',', value_parser = weighted)]
    signals: Vec<(Signal, u32)>,
    /// How many signals, or bursts of them, come a second
    #[arg(long, default_value_t = 600)]
    rate: u32,
    /// How many signals come at once, at the most
    #[arg(long, default_value_t = 4)]
    burst: u32,
    /// For how many microseconds after its start the program is left alone. 0 tests the start, too
    #[arg(long, default_value_t = 0)]
    after: u32,
    /// For how many microseconds signals come then, in each round; at the end comes the last one
    #[arg(long, default_value_t = 6_000)]
    window: u32,
    /// Only `kill` and `sigqueue` of the process: no single threads, no process groups, no stops
    #[arg(long)]
    plain: bool,
    /// How many threads of the program register and unregister meanwhile; by default as the seed says
    #[arg(long)]
    threads: Option<u32>,
    /// How the program is to end by itself; by default as the seed says
    #[arg(long)]
    exit: Option<Exit>,
    /// How many seconds the program may take to end after the last signal
    #[arg(long, default_value_t = 10)]
    deadline: u64,
    /// The command keeps a log. If no hook ran in all rounds, that is an error: nothing was tested
    #[arg(long, requires = "command")]
    log: bool,
    /// Exit statuses that are right at any time; without a log, 0 if nothing is said
    #[arg(long, value_delimiter = ',')]
    status: Vec<i32>,
    /// Exit statuses that are right as long as the log is empty, as of an interpreter that is told to end as it starts
    #[arg(long, value_delimiter = ',', requires = "log")]
    starting: Vec<i32>,
    /// Plays the round with this seed again, as often as --rounds says (100)
    #[arg(long, conflicts_with = "schedule")]
    replay: Option<u64>,
    /// Plays this schedule, as a failing round has printed it, as often as --rounds says (100)
    #[arg(long)]
    schedule: Option<Schedule>,
    #[command(flatten)]
    output: Output,
    /// The program, and its arguments
    #[arg(last = true)]
    command: Vec<OsString>,
}

/// What comes of it.
#[derive(Args)]
struct Output {
    /// Makes the schedule of a failing round shorter, as long as it still fails: of the first one that fails again
    #[arg(long)]
    shrink: bool,
    /// Writes the report as JSON to standard output, instead of the summary
    #[arg(long)]
    json: bool,
    /// Writes the report as an HTML page to this file
    #[arg(long)]
    html: Option<PathBuf>,
}

fn weighted(text: &str) -> Result<(Signal, u32), String> {
    let (name, weight) = text.split_once(':').unwrap_or((text, "1"));
    Ok((name.parse()?, weight.parse().map_err(|error| format!("{weight}: {error}"))?))
}

pub(crate) fn main() -> ExitCode {
    let command = Cli::command();
    let matches = command.clone().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(&cli, &again::options(&command, &matches)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything held.
fn run(cli: &Cli, options: &str) -> Result<bool, Box<dyn Error>> {
    let command = command(cli)?;
    let storm = storm(cli, &command);
    let outcome = play(cli, &storm)?;
    let names: Vec<_> = cli.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let seed = cli.replay.unwrap_or(cli.seed);
    let mut report =
        Report::new(if cli.command.is_empty() { vec!["terminate-std".into()] } else { names }, seed, &outcome);
    for failed in &mut report.failures {
        failed.again = match &cli.schedule {
            // Its seed would give the one that this was made from.
            Some(schedule) => format!("storm --schedule '{schedule}'{options}"),
            None => format!("storm --replay {}{options}", failed.seed),
        };
    }
    if let Some(path) = &cli.output.html {
        write_page(path, &report)?;
    }
    if cli.output.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", summary::of(&report));
    }
    if cli.output.shrink {
        shrink(&storm, &outcome, options)?;
    }
    let whole = cli.replay.is_none() && cli.schedule.is_none();
    if whole && outcome.log && outcome.tally.failed == 0 && outcome.tally.hooks == 0 {
        return Err(NOTHING_RAN.into());
    }
    Ok(outcome.tally.failed == 0)
}

fn command(cli: &Cli) -> Result<Vec<OsString>, Box<dyn Error>> {
    if cli.command.is_empty() {
        return Ok(vec![std::env::current_exe()?.into(), built_in::ARGUMENT.into()]);
    }
    let mut command = cli.command.clone();
    // Its working directory will be another one.
    if let Some(program) = command.first_mut().filter(|program| Path::new(program).components().count() > 1) {
        // Not what a link points to: a program may go by its name.
        *program = path::absolute(&*program)?.into();
    }
    Ok(command)
}

fn storm(cli: &Cli, command: &[OsString]) -> Storm {
    let mut target = match (cli.command.is_empty(), cli.log) {
        (true, _) => Target::with_log(command).with_cores(),
        (false, true) => Target::with_log(command),
        (false, false) => Target::without_log(command),
    };
    if !cli.status.is_empty() {
        target = target.statuses(cli.status.iter().copied());
    }
    target = target.starting(cli.starting.iter().copied());
    let signals = match (cli.signals.is_empty(), cli.command.is_empty()) {
        (false, _) => cli.signals.clone(),
        (true, true) => Wishes::default().signals,
        (true, false) => vec![(Signal::TERM, 2), (Signal::INT, 1), (Signal::HUP, 1)],
    };
    let wishes = Wishes {
        signals,
        rate: cli.rate,
        burst: cli.burst,
        after: cli.after,
        window: cli.window,
        threads: cli.threads,
        exit: cli.exit,
        all_ways: !cli.plain,
    };
    let storm = Storm::new(target).wishes(wishes).seed(cli.seed).jobs(cli.jobs);
    storm.deadline(Duration::from_secs(cli.deadline))
}

fn play(cli: &Cli, storm: &Storm) -> Result<Outcome, Box<dyn Error>> {
    let again = cli.schedule.clone().or_else(|| cli.replay.map(|seed| storm.schedule(seed)));
    if let Some(schedule) = again {
        eprintln!("{schedule}");
        return Ok(storm.repeat(&schedule, cli.rounds.unwrap_or(100))?);
    }
    let mut storm = storm.clone();
    if let Some(rounds) = cli.rounds {
        storm = storm.rounds(rounds);
    }
    if let Some(seconds) = cli.seconds {
        storm = storm.duration(Duration::from_secs(seconds));
    }
    let bar = bar(cli);
    let outcome = storm.run_watched(|rounds, failed| {
        bar.set_position(rounds);
        if failed > 0 {
            bar.set_message(format!("{failed} failed"));
        }
    });
    bar.finish_and_clear();
    Ok(outcome?)
}

/// On standard error, and only if that is a terminal.
fn bar(cli: &Cli) -> ProgressBar {
    let rounds = cli.rounds.or(cli.seconds.is_none().then_some(1_000));
    let template = match rounds {
        Some(_) => "{elapsed_precise} {wide_bar} {pos}/{len} rounds, {per_sec}, {eta} left {msg}",
        None => "{elapsed_precise} {spinner} {pos} rounds, {per_sec} {msg}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    rounds.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style)
}

fn write_page(path: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    fs::write(path, page(report)?).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(())
}

fn shrink(storm: &Storm, outcome: &Outcome, options: &str) -> Result<(), Box<dyn Error>> {
    for failure in outcome.failures.iter().take(CANDIDATES) {
        let Some(violation) = failure.violations.first() else { continue };
        // How rare is it? As many tries are needed, and some more.
        let again = storm.repeat(&failure.schedule, 200)?;
        let Some(times) = again.tally.violations.get(&violation.invariant) else {
            eprintln!("round {} did not fail again in {} replays", failure.seed, again.tally.rounds);
            continue;
        };
        eprintln!(
            "round {}: {} in {times} of {} replays; shrinking",
            failure.seed, violation.invariant, again.tally.rounds
        );
        let shrunk =
            storm.shrink(&failure.schedule, violation.invariant, TRIES * again.tally.rounds.div_ceil(*times))?;
        eprintln!("still fails: storm --schedule '{shrunk}'{options}");
        return Ok(());
    }
    if !outcome.failures.is_empty() {
        eprintln!("nothing to shrink");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Cli, weighted};

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_signal_weighs_one_if_nothing_is_said() {
        assert_eq!(weighted("TERM:3").map(|(_, weight)| weight), Ok(3));
        assert_eq!(weighted("INT").map(|(_, weight)| weight), Ok(1));
        weighted("INT:").unwrap_err();
        weighted("NOSUCH:1").unwrap_err();
    }
}
