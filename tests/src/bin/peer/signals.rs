//! The job with signal-hook: as in its documentation, an iterator in main, and `emulate_default_handler` for the end.

use std::process;
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::hook::CleanUp;
use crate::{CODE, SIGNALS, armed, begin, work, work_is_done};

pub(crate) fn main() {
    let plan = begin();
    let clean_up = CleanUp;
    let mut signals = Signals::new(SIGNALS).expect("these can be had");
    armed();
    let came = match work(&plan) {
        None => signals.forever().next(),
        Some(work) => work_until_told(&mut signals, work),
    };
    if let Some(signal) = came {
        drop(clean_up);
        emulate_default_handler(signal).expect("it ends");
        unreachable!("it ends by the signal");
    }
    work_is_done(&plan);
    drop(clean_up);
    process::exit(CODE);
}

/// Works in small portions, and looks in between.
fn work_until_told(signals: &mut Signals, work: Duration) -> Option<i32> {
    let until = Instant::now() + work;
    loop {
        if let Some(signal) = signals.pending().next() {
            return Some(signal);
        }
        if Instant::now() >= until {
            return None;
        }
        thread::sleep(Duration::from_micros(100));
    }
}
