//! What may be reached, and why. Whoever adds a line here answers for it: the reason is printed.

use object::elf::{EM_AARCH64, Machine};

/// Library functions that POSIX calls async-signal-safe: POSIX.1-2024, 2.4.3, as `signal-safety(7)` lists them; those of
/// them that deal with memory, signals, threads, clocks, processes and descriptors.
pub(super) const POSIX: [&str; 103] = [
    "_Exit",
    "_exit",
    "abort",
    "accept",
    "access",
    "alarm",
    "bind",
    "chdir",
    "chmod",
    "chown",
    "clock_gettime",
    "close",
    "connect",
    "creat",
    "dup",
    "dup2",
    "execl",
    "execle",
    "execv",
    "execve",
    "faccessat",
    "fchmod",
    "fchown",
    "fcntl",
    "fdatasync",
    "ffs",
    "fstat",
    "fstatat",
    "fsync",
    "ftruncate",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpeername",
    "getpgrp",
    "getpid",
    "getppid",
    "getsockname",
    "getsockopt",
    "getuid",
    "kill",
    "link",
    "listen",
    "lseek",
    "lstat",
    "memccpy",
    "memchr",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "mkdir",
    "mkfifo",
    "mknod",
    "open",
    "openat",
    "pause",
    "pipe",
    "poll",
    "pselect",
    "pthread_kill",
    "pthread_self",
    "pthread_sigmask",
    "raise",
    "read",
    "readlink",
    "recv",
    "recvfrom",
    "recvmsg",
    "rename",
    "rmdir",
    "select",
    "sem_post",
    "send",
    "sendmsg",
    "sendto",
    "setgid",
    "setpgid",
    "setsid",
    "setsockopt",
    "setuid",
    "shutdown",
    "sigaction",
    "sigaddset",
    "sigdelset",
    "sigemptyset",
    "sigfillset",
    "sigismember",
    "signal",
    "sigpending",
    "sigprocmask",
    "sigqueue",
    "sigsuspend",
    "sleep",
    "stat",
    "strlen",
    "symlink",
    "sysconf",
    "time",
    "unlink",
    "waitpid",
    "write",
];

pub(super) struct Allowed {
    pub(super) name: &'static str,
    pub(super) reason: &'static str,
}

/// Library functions that are not on that list.
pub(super) const LIBRARY: [Allowed; 5] = [
    Allowed {
        name: "__errno_location",
        reason: "the address of this thread's errno, which POSIX has handlers read and restore (2.4.3). In glibc it adds \
                 an offset to the thread pointer: `errno` lies in the static part of thread-local storage, which is \
                 there before a thread's first instruction, and is never allocated",
    },
    Allowed { name: "gettid", reason: "one system call, `gettid(2)`: glibc keeps no copy of its result" },
    Allowed {
        name: "sigtimedwait",
        reason: "one system call, `rt_sigtimedwait(2)`, which takes a pending signal and here never waits",
    },
    Allowed {
        name: "syscall",
        reason: "puts its arguments into registers, enters the kernel, and sets errno (`syscall(2)`); the calls \
                 that it makes are listed below by number",
    },
    Allowed {
        name: "bcmp",
        reason: "`memcmp`, when only equality is asked for: the compiler puts it in memcmp's place",
    },
];

/// Further ones, for POSIX's calls alone: POSIX has a call to wake a thread from a handler, and none to wait in one.
const POSIX_BACKEND: [Allowed; 3] = [
    Allowed {
        name: "sem_wait",
        reason: "waits for a semaphore of which this thread alone is the waiter, by a place in a table: it reads and \
                 writes a number, and sleeps in the kernel. No lock, and nothing that interrupted code may be inside of",
    },
    Allowed { name: "sem_timedwait", reason: "as `sem_wait`, with a limit" },
    Allowed { name: "sigwait", reason: "one system call, which takes a pending signal and here never waits" },
];

/// System calls: their numbers on `x86_64` and on `aarch64`.
pub(super) const SYSTEM_CALLS: [(u64, u64, Allowed); 5] = [
    (
        202,
        98,
        Allowed {
            name: "futex",
            reason: "waits for a word, or wakes those who do: `futex(2)`; no descriptor, no lock",
        },
    ),
    (
        234,
        131,
        Allowed {
            name: "tgkill",
            reason: "sends a signal to one thread, as `pthread_kill`, which is on POSIX's list, does",
        },
    ),
    (
        297,
        240,
        Allowed {
            name: "rt_tgsigqueueinfo",
            reason: "sends a signal to one thread, with its record, as `sigqueue`, which is on POSIX's list, does for a process",
        },
    ),
    (
        222,
        107,
        Allowed {
            name: "timer_create",
            reason: "fails if the kernel has no record left for a signal: `timer_create(2)`; no memory of ours",
        },
    ),
    (226, 111, Allowed { name: "timer_delete", reason: "takes that timer away, which was never set" }),
];

/// The system call of that number.
pub(super) fn system_call(machine: Machine, number: u64) -> Option<&'static Allowed> {
    let is_it = |row: &&(u64, u64, Allowed)| number == if machine == EM_AARCH64 { row.1 } else { row.0 };
    SYSTEM_CALLS.iter().find(is_it).map(|(.., allowed)| allowed)
}

/// What one program may reach beyond what each may.
#[derive(Clone, Copy, Default)]
pub(super) struct Lists {
    /// Library functions.
    pub(super) library: &'static [Allowed],
    /// Functions of its own that call what they only know by address.
    pub(super) indirect: &'static [Allowed],
}

/// Of programs with our crates.
pub(super) const OURS: Lists = Lists { library: &[], indirect: &INDIRECT };
/// Of those that use the backend of POSIX's calls.
pub(super) const OURS_ON_POSIX: Lists = Lists { library: &POSIX_BACKEND, indirect: &INDIRECT };

const INDIRECT: [Allowed; 4] = [
    Allowed {
        name: "terminate_std::sys::unix::handler::Delivery::carry_out",
        reason: "policy, which is a root of this list",
    },
    Allowed {
        name: "terminate_std::sys::unix::handler::Delivery::call_previous",
        reason: "the handler that stood before ours: it was a signal handler, so it may run in one",
    },
    Allowed {
        name: "terminate_core::hook::Payload::finish",
        reason: "the registered closure; in a handler, of handler-safe hooks only. What the adapter registers, around the \
                 program's own function, is a root of its list",
    },
    Allowed {
        name: "terminate_std::lifecycle::hook_cell::RegisteredCell::run",
        reason: "the handler-safe hook itself, whose author has promised; and, after a guard's call on a thread, its cell's end",
    },
];
