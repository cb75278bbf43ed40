//! The platform, behind one set of functions. A new platform is a folder that offers these; nothing else in the crate
//! knows which system it runs on. The platform uses no policy: it calls the functions that policy hands over.
//!
//! | function | does | signal-safe |
//! | --- | --- | --- |
//! | `install(signal, override_ignored, deliver)` | has our handler called for the signal, which calls `deliver` and carries out the [`Action`] that it returns; remembers what stood before | |
//! | `is_shared(signal)` | whether another handler stood before ours, or stands over it | yes |
//! | `restart_calls(signal, restart)` | whether system calls go on that our handler interrupts | yes |
//! | `can_handle(signal)` | whether a program can handle the signal | |
//! | `deliver_here(signal, record)` | has this thread's handler called once more, if a handler stood before ours | yes |
//! | `die_by(signal)` | ends the process by the signal; as process 1, with the code 128 + n | yes |
//! | `exit(code)`, `exit_now(code)`, `exit_again(code)` | ends the process with, without exit handlers; goes on with an exit that a hook interrupted | `exit_now` |
//! | `send_to_this_thread(signal)` | sends a signal | yes |
//! | `on_exit(policy)` | has each exit call `policy`, which may have itself called in other threads' exits too | |
//! | `call_on_exit(status)` | does what an exit with that status would have `policy` do | |
//! | `after_fork(function)` | has the function called in each forked child | |
//! | `wait(word, value, limit)`, `wake(word)` | sleeps while the word has that value; wakes all that do | yes |
//! | `spawn_masked(name, body)`, [`Mask`] | starts a thread that takes no signals; the mask that hooks run with | |
//! | `thread_token()`, `thread_id()`, `cached_thread_id()`, `is_main_thread()` | tells threads apart: without a system call; for `caught`; the same from a thread-local | but `cached_thread_id` |
//! | `process_token()`, `name_process()`, `borrows_memory()` | tells a forked child from its parent | yes |
//! | `monotonic()` | the time since some moment, on a clock that no program sets | yes |
//! | [`Records`] | keeps what the system said of each signal: its record, its sender, the time | yes |
//! | `keep_alternate_stack()` | gives main a stack for handlers that outlives main | |
//! | `write_stderr(bytes)` | writes without a lock and without memory | yes |
//! | `write_line(descriptor, line)` | writes a line, and waits for no lock | |
//! | `park()` | sleeps until the process ends | yes |
//! | `caught(thread_id)` | whether a hook waits in `exit` for a thread that waits for the hooks: if two answers, an [`INTERVAL`] apart, are equal | |

cfg_if::cfg_if! {
    if #[cfg(target_os = "linux")] {
        mod linux;
        mod unix;
        pub(crate) use linux::*;
        pub(crate) use unix::*;
    } else {
        compile_error!(
            "terminate-std supports Linux so far. On other systems use terminate-core, and run its registry from where \
             your program ends"
        );
    }
}

pub(crate) mod raw_stderr;
