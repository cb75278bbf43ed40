//! What whole processes have measured, off the lines that the bench prints.

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use super::{Measure, quantile};
use crate::foreign;
use crate::workspace::Workspace;

pub(super) fn measure(ws: &Workspace, rounds: u32) -> Result<Vec<Measure>> {
    let mut bench = cmd!(ws.sh, "cargo bench --package terminate-benches --bench process");
    bench = bench.env("TERMINATE_BENCH_ROUNDS", rounds.to_string());
    match foreign::compiled(ws, "benches/process/measured.c") {
        Ok(program) => bench = bench.env("TERMINATE_BENCH_C", program),
        Err(why) => println!("without C: {why}"),
    }
    match foreign::python(ws) {
        Ok(python) => {
            let script = ws.root().join("benches/process/measured.py");
            bench = bench.env("TERMINATE_BENCH_PY", format!("{} {}", python.display(), script.display()));
        }
        Err(why) => println!("without Python: {why}"),
    }
    let measures = bench.read()?.lines().map(parse).collect::<Result<Vec<_>>>()?;
    ensure!(!measures.is_empty(), "the processes have measured nothing");
    Ok(measures)
}

/// What, whose, hooks, and a value for each round.
fn parse(line: &str) -> Result<Measure> {
    let fields: Vec<_> = line.split('\t').collect();
    let [what, whose, hooks, values] = fields[..] else { anyhow::bail!("not a measure: {line}") };
    let rounds: Result<Vec<f64>, _> = values.split(' ').map(str::parse).collect();
    let rounds = rounds.with_context(|| line.to_owned())?;
    let at = |of_a_hundred| quantile(rounds.iter().copied(), of_a_hundred);
    Ok(Measure {
        what: what.to_owned(),
        whose: whose.to_owned(),
        number: Some(hooks.parse().with_context(|| line.to_owned())?),
        median: at(50),
        spread: (at(90) - at(10)) / 2.0,
        rounds,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_is_a_measure_or_an_error() {
        let measure = super::parse("signal to reaped\tctrlc\t16\t200 150 350").unwrap();
        assert_eq!((measure.whose.as_str(), measure.number, measure.median), ("ctrlc", Some(16), 200.0));
        assert_eq!((measure.rounds.as_slice(), measure.spread), ([200.0, 150.0, 350.0].as_slice(), 25.0));
        super::parse("signal to reaped\tctrlc\t16").unwrap_err();
        super::parse("signal to reaped\tctrlc\tmany\t1").unwrap_err();
        super::parse("signal to reaped\tctrlc\t16\t1 one").unwrap_err();
    }
}
