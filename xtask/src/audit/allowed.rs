//! What may be reached, and why. Whoever adds a line here answers for it: the reason is printed.

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

/// System calls by number, on `x86_64`.
pub(super) const SYSTEM_CALLS: [(u64, Allowed); 3] = [
    (
        202,
        Allowed {
            name: "futex",
            reason: "waits for a word, or wakes those who do: `futex(2)`; no descriptor, no lock",
        },
    ),
    (
        234,
        Allowed {
            name: "tgkill",
            reason: "sends a signal to one thread, as `pthread_kill`, which is on POSIX's list, does",
        },
    ),
    (
        297,
        Allowed {
            name: "rt_tgsigqueueinfo",
            reason: "sends a signal to one thread, with its record, as `sigqueue`, which is on POSIX's list, does for a process",
        },
    ),
];

/// Functions of ours that call what they only know by address.
pub(super) const INDIRECT: [Allowed; 4] = [
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
