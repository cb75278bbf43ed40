//! The signals of each system: names, numbers, and what they are for. It uses nothing else of the crate.
//!
//! The names of POSIX are on every system. Where there is no such signal, the name has a number that stands for nothing else, and
//! [`exists`] says no. What only some systems have is there alone.

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod unix;
        pub(crate) use unix::*;
    } else if #[cfg(windows)] {
        mod windows;
        pub(crate) use windows::*;
    } else {
        mod none;
        pub(crate) use none::*;
    }
}

/// Calls the macro with all of them: name, its name in C as text and as a constant, and what it is for.
macro_rules! for_each_signal {
    ($callback:ident) => {
        $callback! {
            HUP "SIGHUP" SIGHUP "the terminal is gone, or a daemon should read its configuration again.",
            INT "SIGINT" SIGINT "Ctrl-C.",
            QUIT "SIGQUIT" SIGQUIT "Ctrl-\\, ends with a core.",
            ILL "SIGILL" SIGILL "an illegal instruction.",
            TRAP "SIGTRAP" SIGTRAP "a breakpoint.",
            ABRT "SIGABRT" SIGABRT "`abort()`.",
            BUS "SIGBUS" SIGBUS "an access to memory that is not there.",
            FPE "SIGFPE" SIGFPE "an arithmetic fault.",
            KILL "SIGKILL" SIGKILL "cannot be caught.",
            USR1 "SIGUSR1" SIGUSR1 "the program's own.",
            SEGV "SIGSEGV" SIGSEGV "an access to memory that is not allowed.",
            USR2 "SIGUSR2" SIGUSR2 "the program's own.",
            PIPE "SIGPIPE" SIGPIPE "a write to a pipe without a reader.",
            ALRM "SIGALRM" SIGALRM "`alarm(2)`.",
            TERM "SIGTERM" SIGTERM "the request to terminate.",
            CHLD "SIGCHLD" SIGCHLD "a child has ended.",
            CONT "SIGCONT" SIGCONT "go on after a stop.",
            STOP "SIGSTOP" SIGSTOP "cannot be caught.",
            TSTP "SIGTSTP" SIGTSTP "Ctrl-Z.",
            TTIN "SIGTTIN" SIGTTIN "a background process reads from the terminal.",
            TTOU "SIGTTOU" SIGTTOU "a background process writes to the terminal.",
            URG "SIGURG" SIGURG "urgent data on a socket.",
            XCPU "SIGXCPU" SIGXCPU "the limit of processor time is reached.",
            XFSZ "SIGXFSZ" SIGXFSZ "the limit of file size is reached.",
            VTALRM "SIGVTALRM" SIGVTALRM "a timer of processor time.",
            PROF "SIGPROF" SIGPROF "a profiling timer.",
            WINCH "SIGWINCH" SIGWINCH "the terminal has another size.",
            IO "SIGIO" SIGIO "input or output is possible.",
            SYS "SIGSYS" SIGSYS "a system call that is not allowed.",
            #[cfg(all(
                any(target_os = "linux", target_os = "android"),
                not(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64"))
            ))]
            STKFLT "SIGSTKFLT" SIGSTKFLT "has no use on today's processors.",
            #[cfg(any(
                target_os = "linux",
                target_os = "android",
                target_os = "illumos",
                target_os = "solaris"
            ))]
            PWR "SIGPWR" SIGPWR "the power fails.",
            #[cfg(any(
                target_vendor = "apple",
                target_os = "freebsd",
                target_os = "netbsd",
                target_os = "openbsd",
                target_os = "dragonfly"
            ))]
            INFO "SIGINFO" SIGINFO "Ctrl-T: the terminal requests a report.",
            #[cfg(any(
                target_vendor = "apple",
                target_os = "freebsd",
                target_os = "netbsd",
                target_os = "openbsd",
                target_os = "dragonfly"
            ))]
            EMT "SIGEMT" SIGEMT "an instruction that is emulated.",
            #[cfg(windows)]
            BREAK "SIGBREAK" SIGBREAK "Ctrl-Break.",
            #[cfg(windows)]
            LOGOFF "CTRL_LOGOFF_EVENT" LOGOFF "the user logs off.",
            #[cfg(windows)]
            SHUTDOWN "CTRL_SHUTDOWN_EVENT" SHUTDOWN "the system shuts down.",
        }
    };
}

pub(crate) use for_each_signal;
