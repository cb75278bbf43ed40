//! Whether a thread waits for ever in `process::exit`.
//!
//! Rust's runtime lets one thread into `process::exit`, also when main returns, and has every other one call `pause(2)`
//! without end. If the one is in our exit handler and waits for the watcher, and a hook on the watcher calls
//! `process::exit`, they would wait for each other. The guard has no hook and no flag that could be read, but the kernel
//! tells in which system call a thread is, with its stack and instruction pointers (`proc_pid_syscall(5)`): twice the same
//! `pause` is taken for the guard. So a hook that waits by `pause(2)` of its own, at a moment when another thread is in
//! `exit`, or in a panic that aborts, is given up too; nothing else is. Without `/proc` nobody is, and the deadline remains.

use std::time::Duration;
use std::{fs, io, thread};

use crate::ending;

/// How long to wait between two looks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

/// Where a thread is in `pause(2)`: what the kernel tells of it.
#[derive(PartialEq, Eq)]
pub(crate) struct Pause(String);

/// The `pause(2)` in which that thread of this process is, if it is in one.
pub(crate) fn pause_of(tid: i32) -> Option<Pause> {
    let told = syscall_of(tid).ok()?;
    is_pause(&told).then_some(Pause(told))
}

/// Waits until that thread, which was the conductor, is at rest: in the same `pause(2)` still, or in another one for so long that it has
/// nothing else to do; or where it waits for the end, as a hook of its own has aborted or called `exit`; or gone.
pub(crate) fn wait_until_at_rest(tid: i32, mut before: Pause) {
    while let Ok(told) = syscall_of(tid)
        && told != before.0
        && !is_wait_for_the_end(&told)
    {
        before = Pause(if is_pause(&told) { told } else { String::new() });
        thread::sleep(INTERVAL);
    }
}

/// Whether it waits for the word of [`ending`] to change (`futex(2)`, whose first argument is the address).
fn is_wait_for_the_end(told: &str) -> bool {
    let mut words = told.split(' ');
    let word = format!("{:#x}", ending::word().addr());
    words.next().and_then(|number| number.parse().ok()) == Some(libc::SYS_futex) && words.next() == Some(&word)
}

fn syscall_of(tid: i32) -> io::Result<String> {
    fs::read_to_string(format!("/proc/self/task/{tid}/syscall"))
}

cfg_if::cfg_if! {
    if #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "arm"))] {
        fn is_pause(told: &str) -> bool {
            told.split(' ').next().and_then(|number| number.parse().ok()) == Some(libc::SYS_pause)
        }
    } else {
        /// Younger architectures have no `pause`: the C library waits for no descriptor, without a limit.
        fn is_pause(told: &str) -> bool {
            let mut words = told.split(' ');
            words.next().and_then(|number| number.parse().ok()) == Some(libc::SYS_ppoll)
                && words.take(3).eq(["0x0", "0x0", "0x0"])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::sys::tid;

    #[test]
    fn who_has_come_back_is_waited_for_until_it_has_nothing_to_do() {
        static BUSY: AtomicBool = AtomicBool::new(true);
        let (send, receive) = mpsc::channel();
        let tell = send.clone();
        thread::spawn(move || {
            tell.send(tid()).unwrap();
            while BUSY.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        });
        let busy = receive.recv().unwrap();
        let waiter = thread::spawn(move || {
            send.send(tid()).unwrap();
            wait_until_at_rest(busy, Pause("34 0x0".to_owned()));
            assert!(!BUSY.load(Ordering::Relaxed), "it is not at rest");
        });
        let waiting = receive.recv().unwrap();
        let sleeps = || syscall_of(waiting).is_ok_and(|told| told.split(' ').next().is_some_and(is_sleep));
        while !sleeps() {
            assert!(!waiter.is_finished(), "it did not wait");
        }
        BUSY.store(false, Ordering::Relaxed);
        waiter.join().unwrap();
        wait_until_at_rest(i32::MAX, Pause(String::new()));
    }

    #[test]
    fn who_waits_for_the_end_is_at_rest() {
        let (send, receive) = mpsc::channel();
        let tell = send.clone();
        thread::spawn(move || {
            tell.send(tid()).unwrap();
            loop {
                ending::wait(ending::state(), None);
            }
        });
        let waiting = receive.recv().unwrap();
        thread::spawn(move || {
            wait_until_at_rest(waiting, Pause(String::new()));
            send.send(0).unwrap();
        });
        assert_eq!(receive.recv_timeout(Duration::from_secs(60)), Ok(0));
    }

    fn is_sleep(number: &str) -> bool {
        number.parse() == Ok(libc::SYS_clock_nanosleep)
    }
}
