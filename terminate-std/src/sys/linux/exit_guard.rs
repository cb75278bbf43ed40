//! Whether a hook is caught in `exit`, where it waits for a thread that waits for the hooks.
//!
//! | caught in | how the kernel shows it (`proc_pid_syscall(5)`) |
//! | --- | --- |
//! | the guard by which Rust lets one thread into `process::exit`: all others call `pause(2)` for ever | the same `pause(2)` twice, and a return address inside of `process::exit` on its stack |
//! | the C library's lock of `exit`, glibc 2.41 and later | the same `futex(2)` twice, for a lock that the asking thread holds |
//!
//! Neither has a name, so this looks at the thread, as a supervisor that is in `exit` itself. Without `/proc`, or where a process
//! may not read its own memory by `process_vm_readv(2)`, no hook is found so, and time limits remain.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

/// How long to wait between two looks.
pub(crate) const INTERVAL: Duration = Duration::from_millis(25);

/// Where a thread is caught, as the kernel shows it: with its stack and instruction pointers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caught([usize; 9]);

/// More than nine numbers have.
const LONGEST: usize = 256;

/// Where that thread of this process is caught, if it looks like that. Two equal answers, [`INTERVAL`] apart, mean that it is.
pub(crate) fn caught(thread_id: i32) -> Option<Caught> {
    let mut shown = [0; LONGEST];
    let length = File::open(format!("/proc/self/task/{thread_id}/syscall")).ok()?.read(&mut shown).ok()?;
    // The call's number, its six arguments, the stack pointer and the instruction pointer; less if it is in no call.
    let mut words = str::from_utf8(shown.get(..length)?).ok()?.split_ascii_whitespace().map(parse);
    let mut seen = [0; 9];
    for word in &mut seen {
        *word = words.next()??;
    }
    let [number, arguments @ .., stack, _] = &seen;
    let is_pause = is_call(*number, PAUSE) && arguments.starts_with(PAUSE_TAKES);
    (is_pause && is_in_process_exit(*stack) || waits_for_this_thread(*number, arguments)).then_some(Caught(seen))
}

fn parse(word: &str) -> Option<usize> {
    let (digits, radix) = word.strip_prefix("0x").map_or((word, 10), |hexadecimal| (hexadecimal, 16));
    usize::from_str_radix(digits, radix).ok()
}

cfg_if::cfg_if! {
    if #[cfg(any(
        target_arch = "aarch64",
        target_arch = "loongarch64",
        target_arch = "riscv32",
        target_arch = "riscv64",
    ))] {
        // Younger architectures have no `pause`: the C library waits for no descriptor, without a limit.
        const PAUSE: libc::c_long = libc::SYS_ppoll;
        const PAUSE_TAKES: &[usize] = &[0, 0, 0];
    } else {
        const PAUSE: libc::c_long = libc::SYS_pause;
        const PAUSE_TAKES: &[usize] = &[];
    }
}

fn is_call(number: usize, call: libc::c_long) -> bool {
    usize::try_from(call) == Ok(number)
}

/// Whether `process::exit` is among the callers of the system call, as far as the top of the stack shows.
fn is_in_process_exit(stack: usize) -> bool {
    /// More than the function has; what it calls is far away.
    const LENGTH: usize = 256;
    const DEPTH: usize = 64;
    let exit = std::process::exit as *const () as usize;
    (0..DEPTH)
        .filter_map(|at| read_word(stack + at * size_of::<usize>()))
        .any(|word| (exit..exit + LENGTH).contains(&word))
}

/// Whether it waits for a recursive lock of the C library that the calling thread holds. Such a lock is `{ word, count, owner }`,
/// and its owner is the thread's descriptor, as `pthread_self` returns it (glibc's `sysdeps/nptl/libc-lockP.h`).
#[allow(clippy::cast_possible_truncation, reason = "it is as wide as an address, or is one")]
fn waits_for_this_thread(number: usize, arguments: &[usize]) -> bool {
    const OWNER: usize = 8;
    // SAFETY: takes nothing, and cannot fail.
    let this = unsafe { libc::pthread_self() } as usize;
    is_call(number, libc::SYS_futex)
        && arguments.first().is_some_and(|lock| read_word(lock.wrapping_add(OWNER)) == Some(this))
}

/// The word at that address of this process, or `None` where there is none: the thread may have unmapped it by now.
fn read_word(address: usize) -> Option<usize> {
    let mut word = 0_usize;
    let into = libc::iovec { iov_base: (&raw mut word).cast(), iov_len: size_of::<usize>() };
    let from = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: size_of::<usize>() };
    // SAFETY: writes to `word`. The kernel checks the other address, and fails where nothing is (`process_vm_readv(2)`).
    let read = unsafe { libc::process_vm_readv(super::pid(), &raw const into, 1, &raw const from, 1, 0) };
    (usize::try_from(read) == Ok(size_of::<usize>())).then_some(word)
}
