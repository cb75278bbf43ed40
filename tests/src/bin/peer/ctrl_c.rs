//! The job with ctrlc: as in its documentation, the handler tells main by a channel.
//!
//! It handles SIGINT. (With its feature `termination` TERM and HUP too, without telling which one it was.)

use std::process;
use std::sync::mpsc;

use crate::hook::CleanUp;
use crate::{CODE, armed, begin, declare, work, work_is_done};

/// What a shell has for Ctrl-C.
const INTERRUPTED: i32 = 130;

pub(crate) fn main() {
    let plan = begin();
    let (tell, told) = mpsc::channel();
    declare(libc::SIGINT, INTERRUPTED);
    let clean_up = CleanUp;
    ctrlc::set_handler(move || tell.send(()).unwrap_or(())).expect("nobody else has");
    armed();
    let came = match work(&plan) {
        None => told.recv().is_ok(),
        Some(work) => told.recv_timeout(work).is_ok(),
    };
    if came {
        drop(clean_up);
        process::exit(INTERRUPTED);
    }
    work_is_done(&plan);
    drop(clean_up);
    process::exit(CODE);
}
