//! What criterion has measured, out of the files that it leaves.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use walkdir::WalkDir;

use super::Measure;

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: String,
    value_str: Option<String>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
    median_abs_dev: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

pub(super) fn read(directory: &Path) -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if entry.file_name() == "benchmark.json" && entry.path().parent().is_some_and(|parent| parent.ends_with("new"))
        {
            let estimates = entry.path().with_file_name("estimates.json");
            let read = |path: &Path| fs::read_to_string(path).with_context(|| path.display().to_string());
            measures.push(measure(&read(entry.path())?, &read(&estimates)?)?);
        }
    }
    ensure!(!measures.is_empty(), "criterion has left nothing in {}", directory.display());
    Ok(measures)
}

fn measure(benchmark: &str, estimates: &str) -> Result<Measure> {
    let Benchmark { group_id, function_id, value_str } = serde_json::from_str(benchmark)?;
    let Estimates { median, median_abs_dev } = serde_json::from_str(estimates)?;
    Ok(Measure {
        what: group_id,
        whose: function_id,
        number: value_str.map(|number| number.parse()).transpose().context("a parameter is a number")?,
        median: median.point_estimate,
        spread: median_abs_dev.point_estimate,
        rounds: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_benchmark_is_read_with_its_parameter_or_without() {
        let benchmark = |value: &str| format!(r#"{{"group_id":"run","function_id":"ours","value_str":{value},"x":1}}"#);
        let estimates = r#"{"median":{"point_estimate":2.5,"y":0},"median_abs_dev":{"point_estimate":0.5}}"#;
        let measure = super::measure(&benchmark("\"64\""), estimates).unwrap();
        assert_eq!((measure.what.as_str(), measure.whose.as_str(), measure.number), ("run", "ours", Some(64)));
        assert_eq!((measure.median, measure.spread), (2.5, 0.5));
        assert_eq!(super::measure(&benchmark("null"), estimates).unwrap().number, None);
        super::measure(&benchmark("\"many\""), estimates).unwrap_err();
    }
}
