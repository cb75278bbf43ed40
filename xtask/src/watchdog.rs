//! A time limit for work that waits for other programs: at the limit they are named and killed, so that the work fails and says why. On
//! systems without `/proc` there is no limit.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{fs, process, thread};

use rustix::process::{Pid, Signal, kill_process};

/// How long after that, programs are killed that the work has started since.
const AGAIN: Duration = Duration::from_secs(5);

/// Does the work. At the limit, and from then on, the programs are printed and killed that this one has started, and those that these
/// have started.
pub(crate) fn watch<T>(mut limit: Duration, work: impl FnOnce() -> T) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                limit = AGAIN;
                kill_children();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn kill_children() {
    for (pid, program) in descendants(process::id()) {
        println!("takes too long, and is killed: {pid} {program}");
        if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The children of that process, and theirs; with what each was started as. Where there is no `/proc`, none is known.
fn descendants(of: u32) -> Vec<(u32, String)> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let processes: Vec<_> = pids.filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut known = BTreeSet::from([of]);
    let mut found = Vec::new();
    while let Some((pid, _)) = processes.iter().find(|(pid, parent)| known.contains(parent) && !known.contains(pid)) {
        known.insert(*pid);
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        found.push((*pid, String::from_utf8_lossy(&line).replace('\0', " ")));
    }
    found
}

/// In `/proc/PID/stat` the program's name, in parentheses, comes before the state and the parent. It may have parentheses itself.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::time::{Duration, Instant};
    use std::{env, thread};

    use super::watch;

    fn shell(script: &str, limit: Duration) -> Option<i32> {
        watch(limit, || Command::new("sh").args(["-c", script]).status().unwrap()).signal()
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        const ALONE: &str = "TERMINATE_WATCHDOG_ALONE";
        if env::var_os(ALONE).is_some() {
            let begun = Instant::now();
            assert_eq!(shell("sleep 1000 | sleep 1000; true", Duration::from_secs(1)), Some(9));
            assert!(begun.elapsed() < Duration::from_secs(100));
            return;
        }
        // In a process of its own: here, other tests have children too.
        let name = thread::current().name().unwrap().to_owned();
        let mut alone = Command::new(env::current_exe().unwrap());
        assert!(alone.args(["--exact", &name]).env(ALONE, "1").status().unwrap().success());
    }

    #[test]
    fn work_that_is_done_in_time_is_left_alone() {
        assert_eq!(shell("sleep 0.1", Duration::from_secs(100)), None);
    }
}
