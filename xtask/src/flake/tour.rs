//! The tour of terminate-std: a program that ends in every way that there is, and judges that itself.

use std::time::Duration;

use anyhow::Result;
use xshell::cmd;

use super::{Program, outputs};
use crate::deadline::Run;
use crate::tour;
use crate::workspace::{self, Workspace};

const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn program(ws: &Workspace) -> Result<Program> {
    let build = cmd!(ws.sh, "cargo build --package terminate-std --example").arg(tour::NAME);
    Ok(Program {
        name: tour::NAME.to_owned(),
        path: workspace::executable(&workspace::artifacts(build)?, tour::NAME)?,
        arguments: &["--json"],
        directory: ws.root().to_owned(),
        environment: Vec::new(),
        limit: LIMIT,
        judge,
    })
}

/// The number of cases of a good run, or what is wrong with it.
fn judge(run: &Run) -> Result<u64, String> {
    let Some(status) = run.status else { return Err(outputs(run, LIMIT)) };
    let cases = tour::cases(&run.stdout).map_err(|error| format!("{error:#}, {}", outputs(run, LIMIT)))?;
    let bad: Vec<_> = cases.iter().filter(|case| !case.ok).map(ToString::to_string).collect();
    if !bad.is_empty() {
        return Err(bad.join("\n"));
    }
    if !status.success() || cases.is_empty() {
        return Err(format!("{} cases, {}", cases.len(), outputs(run, LIMIT)));
    }
    Ok(cases.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Run, judge};

    fn run(raw_status: Option<i32>, stdout: &str) -> Run {
        Run { status: raw_status.map(ExitStatus::from_raw), stdout: stdout.to_owned(), stderr: String::new() }
    }

    fn case(ok: bool) -> String {
        format!(r#"{{"case":"exit","hooks":["a"],"ended":"exit 3","expected":"exit 3","ok":{ok}}}"#)
    }

    #[test]
    fn a_good_run_counts_its_cases() {
        assert_eq!(judge(&run(Some(0), &format!("[{},{}]", case(true), case(true)))), Ok(2));
    }

    #[test]
    fn a_case_that_is_not_ok_is_told_whatever_the_status_says() {
        let failure = judge(&run(Some(0), &format!("[{},{}]", case(true), case(false)))).unwrap_err();
        assert_eq!(failure, r#"exit: ended "exit 3", expected "exit 3", hooks ["a"]"#);
    }

    #[test]
    fn a_run_without_an_end_a_report_a_case_or_a_good_status_has_failed() {
        judge(&run(None, "[]")).unwrap_err();
        judge(&run(Some(0), "Segmentation fault")).unwrap_err();
        judge(&run(Some(0), "[]")).unwrap_err();
        judge(&run(Some(1 << 8), &format!("[{}]", case(true)))).unwrap_err();
    }
}
