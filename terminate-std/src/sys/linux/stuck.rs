//! Whether a thread waits for ever in `process::exit`.
//!
//! Rust's runtime lets one thread into `process::exit`, also when main returns, and has every other one call `pause(2)`
//! without end. If the one is in our exit handler and waits for the watcher, and a hook on the watcher calls
//! `process::exit`, they would wait for each other. The guard has no hook and no flag that could be read, but the kernel
//! tells in which system call a thread is, with its stack and instruction pointers (`proc_pid_syscall(5)`): twice the same
//! `pause` is taken for the guard. So a hook that waits by `pause(2)` of its own, at a moment when another thread is in
//! `exit`, is given up too; nothing else is. Without `/proc` nobody is, and the deadline remains.

use std::fs;
use std::time::Duration;

/// How long to wait between two looks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

/// Where a thread is in `pause(2)`: what the kernel tells of it.
#[derive(PartialEq, Eq)]
pub(crate) struct Pause(String);

/// The `pause(2)` in which that thread of this process is, if it is in one.
pub(crate) fn pause_of(tid: i32) -> Option<Pause> {
    let told = fs::read_to_string(format!("/proc/self/task/{tid}/syscall")).ok()?;
    is_pause(&told).then_some(Pause(told))
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
