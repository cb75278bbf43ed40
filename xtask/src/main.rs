//! `cargo xtask`: every check that the project has, as one Rust program. A task lives in the file of its name.

mod audit;
mod bare_metal;
mod bench;
mod cfgs;
mod ci;
mod circles;
mod counts;
mod deadline;
mod examples;
mod explore;
mod features;
mod firmware;
mod flake;
mod foreign;
mod fuzz;
mod glibc;
mod libfuzzer;
mod libtest;
mod mutants;
mod no_std;
mod peers;
mod platforms;
mod seeds;
mod setup;
mod size;
mod step;
mod steps;
mod table;
mod test;
mod tidy;
mod tour;
mod tree;
mod tsan;
mod watchdog;
mod windows;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Every check that the project has. What one needs beside Rust itself, it says when it is missing.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All that a change must pass: format, lints, docs, policy, tests, features, seeds, threads, steps, a short fuzz, packages
    Ci(steps::Going),
    /// All tests: the workspace's, the core's under each of its cfgs, loom's models, the processes that abort on panic
    Test(steps::Going),
    /// Builds each bug of seeds/*.toml into a scratch tree, and demands that the tests named there go red
    Seeds(seeds::Options),
    /// Runs the tour of terminate-std, or all tests, again and again on a busy machine, and counts what fails
    Flake(flake::Options),
    /// Interrupts the registry and the signal path at every instruction, or proves that this finds bugs
    Step(step::Options),
    /// Fuzzes the registry and the adapter's values with libFuzzer, or proves that this finds bugs; needs nightly
    Fuzz(fuzz::Options),
    /// Runs the process tests that exits concern with glibc 2.41, from Debian's packages; needs apt
    Glibc(glibc::Options),
    /// Runs the core's thread tests under `ThreadSanitizer`, or proves that this finds races; builds std from source
    Tsan(tsan::Options),
    /// Lists what can run inside the signal handler, read off the machine code, and fails on what must not
    Audit(audit::Options),
    /// Builds the firmware for every target, and runs it in an emulator, interrupted at every instruction
    Firmware(firmware::Options),
    /// Measures the core on every firmware target, beside three other ways, and demands the budgets
    Size(size::Options),
    /// Measures terminate beside its peers, in one run, and compares with the budgets; for an idle machine
    Bench(bench::Options),
    /// Counts the instructions of the core and of the handler, and compares them with docs/instructions.md; needs valgrind
    Counts(counts::Options),
    /// Changes the source in small ways, and lists the changes that no test notices; takes hours
    Mutants(mutants::Options),
    /// Policy on the text: headers, lengths, the changelog, one place for each fact, nothing left over
    Tidy,
    /// Fails on a circle among the imports of a crate's modules
    Circles,
    /// Demands an example that runs of every public item of the core and of terminate-std; needs nightly
    Examples,
    /// Explores every interleaving of the life cycle's model, within five minutes
    Explore,
    /// terminate-std on Windows: process tests, the tour and a storm of console events by wine, and checks for other targets
    Windows(windows::Options),
    /// Checks each crate with none of its features, with each alone, and with all
    Features,
    /// Builds for every platform, runs what can be run here, by emulators too, and says how far each is verified
    Platforms(platforms::Options),
    /// The same job with terminate-std and with its peers, under the same storm, as a table
    Peers(peers::Options),
    /// Proves that terminate-core links neither std nor alloc
    NoStd,
    /// Packs and builds the crates to be published, as a publication would
    Package,
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What a check has found is no bug of the check's: no backtrace.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let ws = Workspace::load()?;
    match task {
        Task::Ci(going) => steps::run(&ws, ci::steps(), going),
        Task::Test(going) => steps::run(&ws, test::steps(), going),
        Task::Seeds(options) => seeds::run(&ws, &options),
        Task::Flake(options) => flake::run(&ws, &options),
        Task::Step(options) => step::run(&ws, &options),
        Task::Fuzz(options) => fuzz::run(&ws, &options),
        Task::Glibc(options) => glibc::run(&ws, &options),
        Task::Tsan(options) => tsan::run(&ws, &options, &mut libtest::Tally::default()),
        Task::Audit(options) => audit::run(&ws, &options),
        Task::Firmware(options) => firmware::run(&ws, &options),
        Task::Size(options) => size::run(&ws, &options),
        Task::Bench(options) => bench::run(&ws, &options),
        Task::Counts(options) => counts::run(&ws, &options),
        Task::Mutants(options) => mutants::run(&ws, &options),
        Task::Tidy => tidy::run(&ws),
        Task::Circles => circles::run(&ws),
        Task::Examples => examples::run(&ws),
        Task::Explore => explore::run(&ws, &mut libtest::Tally::default()),
        Task::Windows(options) => windows::run(&ws, &options),
        Task::Features => features::run(&ws),
        Task::Peers(options) => peers::run(&ws, &options),
        Task::Platforms(options) => platforms::run(&ws, &options),
        Task::NoStd => no_std::run(&ws),
        Task::Package => ci::package(&ws),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
