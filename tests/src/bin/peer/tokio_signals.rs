//! The job with tokio: a task that waits for a signal or for the end of its work.
//!
//! Once tokio listens to a signal its default action is gone, so the end is a shell's code for it.

use std::process;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::hook::CleanUp;
use crate::{CODE, SIGNALS, armed, begin, declare, work, work_is_done};

pub(crate) fn main() {
    let plan = begin();
    for number in SIGNALS {
        declare(number, 128 + number);
    }
    let clean_up = CleanUp;
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let came = runtime.block_on(async {
        let listen = |number| signal(SignalKind::from_raw(number)).expect("it can be had");
        let [mut term, mut int, mut hup] = SIGNALS.map(listen);
        armed();
        let done = async {
            match work(&plan) {
                None => std::future::pending().await,
                Some(work) => tokio::time::sleep(work).await,
            }
        };
        tokio::select! {
            _ = term.recv() => Some(libc::SIGTERM),
            _ = int.recv() => Some(libc::SIGINT),
            _ = hup.recv() => Some(libc::SIGHUP),
            () = done => None,
        }
    });
    if let Some(number) = came {
        drop(clean_up);
        process::exit(128 + number);
    }
    work_is_done(&plan);
    drop(clean_up);
    process::exit(CODE);
}
