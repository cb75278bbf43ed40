//! The platform, behind one set of functions. A new platform is a folder that offers these; nothing else in the crate
//! knows which system it runs on. The platform uses no policy: it calls the functions that policy hands over.
//!
//! | function | does | signal-safe |
//! | --- | --- | --- |
//! | `install(signal, override_ignored, deliver)` | has our handler called for the signal, which calls `deliver` and carries out the [`Action`] that it returns; remembers what stood before | |
//! | `is_shared(signal)` | whether another handler stood before ours, or stands over it | yes |
//! | `is_foreign(signal)` | the same of handlers that are not those of other copies of this library, where these can be told apart | yes |
//! | `ON_RUNNER` | the signals whose handler-safe hooks run on the runner too | yes |
//! | `restart_calls(signal, restart)` | whether system calls go on that our handler interrupts | yes |
//! | [`signals`] | names, numbers, and which of them the system has | yes |
//! | `deliver_here(signal, info)` | has this thread's handler called once more, if a handler stood before ours | yes |
//! | `interrupts_calls(signal)`, `interrupt_call(signal, thread)` | whether a handler that stood before ours interrupts blocking calls; interrupts that of the thread, which the signal hit | yes |
//! | `die_by(signal)` | ends the process by the signal; as process 1, with the code 128 + n | yes |
//! | `exit(code)`, `exit_now(code)`, `exit_again(code)` | ends the process with, without exit handlers; goes on with an exit that a hook interrupted | `exit_now` |
//! | `exit_process(code)` | exits as Rust's `process::exit` does; hooks run before, with all threads | |
//! | `is_alone()` | whether the exit that calls `policy` has ended every other thread | yes |
//! | `send_to_this_thread(signal)` | sends a signal | yes |
//! | `on_exit(policy)` | has each exit call `policy`, which may have itself called in other threads' exits too | |
//! | `__keep!(declared)` | keeps a declared hook in the program, if the linker does not | |
//! | `at_start!(function)`, `at_exit(function)` | has the function called when the program starts, and exits | |
//! | `call_on_exit(status)` | does what an exit with that status would have `policy` do | |
//! | `at_fork(before, in_child)` | has the functions called by each thread that forks, and in each forked child | |
//! | `wait(word, value, limit)`, `wake(word)` | sleeps while the word has that value; wakes all that do | yes |
//! | `spawn(name, body)` | starts a thread | |
//! | [`Mask`] | the signals that a thread blocks | yes |
//! | `thread_token()`, `thread_id()`, `cached_thread_id()`, `is_main_thread()` | tells threads apart: without a system call; for `caught`; the same from a thread-local | but `cached_thread_id` |
//! | `process_token()`, `name_process()`, `borrows_memory()` | tells a forked child from its parent | yes |
//! | `monotonic()` | the time since some moment, on a clock that no program sets | yes |
//! | [`Info`], `sender(info)` | what the system says of a signal; the process that sent it | yes |
//! | `keep_alternate_stack()` | gives main a stack for handlers that outlives main | |
//! | `write_stderr(bytes)` | writes without a lock and without memory | yes |
//! | `write_line(descriptor, line)` | writes a line, and waits for no lock | |
//! | `park()` | sleeps until the process ends | yes |
//! | `caught(thread_id)` | whether a hook waits in `exit` for a thread that waits for the hooks: if two answers, an [`INTERVAL`] apart, are equal | |

cfg_if::cfg_if! {
    if #[cfg(all(any(target_os = "linux", target_os = "android"), not(terminate_posix)))] {
        mod linux;
        mod unix;
        pub(crate) use linux::*;
        pub(crate) use unix::*;
    } else if #[cfg(unix)] {
        // Of this, `posix` takes what programs on Linux need beyond POSIX.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        #[allow(dead_code, unused_imports)]
        mod linux;
        mod posix;
        mod unix;
        pub(crate) use posix::*;
        pub(crate) use unix::*;
    } else if #[cfg(windows)] {
        mod not_unix;
        mod windows;
        pub(crate) use not_unix::*;
        pub(crate) use windows::*;
    } else {
        mod none;
        mod not_unix;
        pub(crate) use none::*;
        pub(crate) use not_unix::*;
    }
}

mod action;
pub(crate) mod raw_stderr;
pub(crate) mod signals;

pub(crate) use action::Action;
