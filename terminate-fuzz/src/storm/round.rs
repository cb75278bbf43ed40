//! One round with a real child: start it, send what the schedule says, wait for its end, collect what it left.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::Duration;
use std::{fs, thread};

use super::evidence::{Ended, Evidence, Line, Sent};
use super::log::now;
use super::sys::Process;
use super::target::{Place, Target};
use super::{Action, Schedule, Signal, What};

/// How long processes of the target's group may outlive it.
const OUTLIVE: Duration = Duration::from_secs(2);
const REMARKS: usize = 2_000;

/// Plays the schedule.
pub(super) fn play(target: &Target, schedule: &Schedule, place: &Place, deadline: Duration) -> io::Result<Evidence> {
    place.clear()?;
    let mut child = target.start(place, &schedule.plan)?;
    let begun = now();
    let played = Process::new(child.id().cast_signed()).and_then(|process| {
        let sent = send(&process, schedule, begun);
        let limit = Duration::from_micros(schedule.length().into()) + deadline;
        finish(&mut child, &process, begun + nanoseconds(limit)).map(|end| (process, sent, end))
    });
    if played.is_err() {
        // It is not to be left behind, whatever went wrong.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (process, sent, (status, reaped, threads)) = played?;
    let Group { outlived, dumped } = wait_for_group(&process);
    let log = fs::read(&place.log)?;
    let (lines, unreadable) = read_log(&String::from_utf8_lossy(&log));
    let stderr = String::from_utf8_lossy(&fs::read(&place.stderr)?).into_owned();
    Ok(Evidence {
        pid: process.pid,
        lines,
        unreadable,
        sent,
        ended: status.map_or(Ended::Hang, ended),
        cores: status.filter(|_| target.cores && !dumped).map(|status| (status.core_dumped(), place.cores.left)),
        reaped,
        files: place.left()?,
        processes: usize::from(outlived),
        remarks: format!("{threads}{}", tail(&stderr)),
    })
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Does what the schedule says, until the target ends.
fn send(process: &Process, schedule: &Schedule, begun: u64) -> Vec<Sent> {
    let mut sent = Vec::with_capacity(schedule.actions.len());
    for action in &schedule.actions {
        if process.ends_before(begun + u64::from(action.at) * 1_000) {
            return sent;
        }
        sent.extend(carry_out(process, *action));
    }
    process.kill(libc::SIGCONT);
    sent
}

fn carry_out(process: &Process, action: Action) -> Option<Sent> {
    let at = now();
    let (number, done) = match action.what {
        What::Kill(signal) => (signal.number(), process.kill(signal.number())),
        What::Thread(signal, index) => (signal.number(), to_thread(process, signal, index)),
        What::Queue(signal, value) => (signal.number(), process.queue(signal, value)),
        What::Group(signal) => (signal.number(), process.kill_group(signal.number())),
        What::Stop => (libc::SIGSTOP, process.kill(libc::SIGSTOP)),
        What::Continue => (libc::SIGCONT, process.kill(libc::SIGCONT)),
    };
    let signal = Signal::new(number)?;
    done.then_some(Sent { at, signal, job_control: action.what.ending().is_none() })
}

fn to_thread(process: &Process, signal: Signal, index: u32) -> bool {
    let threads = threads(process.pid);
    let place = (index as usize).checked_rem(threads.len()).unwrap_or(0);
    threads.get(place).is_some_and(|tid| process.kill_thread(*tid, signal))
}

fn threads(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut threads: Vec<i32> = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok()).collect();
    // The oldest first: numbers rise until they wrap, and then a younger thread has a lower one than main.
    threads.sort_unstable_by_key(|tid| (*tid < pid, *tid));
    threads
}

/// Waits for the end, or makes one at the deadline: its status, unless it had not ended, when, and what its threads did if it had not.
fn finish(child: &mut Child, process: &Process, deadline: u64) -> io::Result<(Option<ExitStatus>, u64, String)> {
    if process.ends_before(deadline) {
        return Ok((Some(child.wait()?), now(), String::new()));
    }
    let threads = describe_threads(process.pid);
    process.kill_group(libc::SIGKILL);
    child.wait()?;
    Ok((None, now(), threads))
}

fn ended(status: ExitStatus) -> Ended {
    let by_signal = || status.signal().and_then(Signal::new).map(Ended::Signal);
    status.code().map(Ended::Code).or_else(by_signal).unwrap_or(Ended::Hang)
}

/// What each thread of a process that hangs does: its name, its state, and the system call that it is in.
fn describe_threads(pid: i32) -> String {
    let read = |tid, file| fs::read_to_string(format!("/proc/{pid}/task/{tid}/{file}")).unwrap_or_default();
    let state = |tid| {
        let stat: String = read(tid, "stat");
        let (_, rest) = stat.rsplit_once(") ").unwrap_or_default();
        rest.chars().next().unwrap_or('?')
    };
    let mut text = String::new();
    for tid in threads(pid) {
        let (name, call) = (read(tid, "comm"), read(tid, "syscall"));
        text.extend(["thread ", name.trim(), " (", &state(tid).to_string(), ") in ", call.trim(), "; "]);
    }
    text
}

/// What else was in the target's group when it had ended.
struct Group {
    /// Whether a process outlived it for too long.
    outlived: bool,
    /// Whether one was ended by a signal that makes a core. Linux removes a file of the core's name and then creates it
    /// (`core(5)`): of two processes that do so at once in one directory, one may be left without, in whatever way it ends.
    dumped: bool,
}

/// Waits until nothing is left of the group. What outlives the target for too long is killed; one whose parent has left the group,
/// and does not wait for it, stays.
fn wait_for_group(process: &Process) -> Group {
    let begun = now();
    let mut group = Group { outlived: false, dumped: false };
    loop {
        while let Some(status) = process.reap_one_of_group() {
            group.dumped |= status.signal().and_then(Signal::new).is_some_and(Signal::makes_core);
        }
        let waited = now() - begun;
        if !process.kill_group(0) || waited > 2 * nanoseconds(OUTLIVE) {
            return group;
        }
        if waited > nanoseconds(OUTLIVE) && !group.outlived {
            process.kill_group(libc::SIGKILL);
            group.outlived = true;
        }
        thread::yield_now();
    }
}

fn read_log(log: &str) -> (Vec<Line>, Vec<String>) {
    let (mut lines, mut unreadable) = (Vec::new(), Vec::new());
    let mut begins = 0;
    for text in log.split_inclusive('\n') {
        let whole = |text: &str| text.strip_suffix('\n').and_then(Line::read);
        match whole(text).or_else(|| after_cut(text, begins).and_then(whole)) {
            Some(line) => lines.push(line),
            None if after_cut(text, begins) == Some("") => {}
            None => unreadable.push(text.to_owned()),
        }
        begins += text.len();
    }
    (lines, unreadable)
}

/// What follows a line that the end of its process has cut off. Linux copies what is written page by page, and a thread that
/// another one's `_exit` kills stops between two of them. So the line that it was about to say is not there: what is amiss
/// then, such as a hook that was cut off, shows in the lines that are.
fn after_cut(text: &str, begins: usize) -> Option<&str> {
    const PAGE: usize = 4_096;
    let cut = (begins + 1).next_multiple_of(PAGE) - begins;
    text.get(cut..)
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(REMARKS);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_off_or_senseless_is_kept_as_unreadable() {
        let (lines, unreadable) = read_log("1 2 armed a\nwhat\n3 4 end a");
        assert_eq!(lines.len(), 1);
        assert_eq!(unreadable, ["what\n", "3 4 end a"]);
    }

    #[test]
    fn a_line_that_a_page_ends_in_is_cut_by_the_end_of_its_process_and_by_nothing_else() {
        let say = |before: usize, cut: &str, after: &str| {
            let filler = format!("1 2 note {}\n", "x".repeat(before - 10));
            let (lines, unreadable) = read_log(&(filler + cut + after));
            (lines.len(), unreadable.len())
        };
        assert_eq!(say(4_086, "3 4 armed ", ""), (1, 0));
        assert_eq!(say(4_085, "3 4 armed ", ""), (1, 1));
        assert_eq!(say(4_087, "3 4 armed ", ""), (1, 1));
        // A process that it had forked goes on.
        assert_eq!(say(4_086, "3 4 armed ", "5 6 end a\n"), (2, 0));
        assert_eq!(say(4_086, "3 4 armed ", "5 6 end"), (1, 1));
        // A whole one is one.
        assert_eq!(say(4_090, "3 4 end a\n", ""), (2, 0));
    }

    #[test]
    fn the_end_of_a_text_is_cut_between_characters() {
        let text = "ä".repeat(REMARKS);
        assert!(tail(&text).len() <= REMARKS && tail("short") == "short");
    }
}
