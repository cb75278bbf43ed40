//! The job with terminate-std: one hook.

use std::process;
use std::thread;

use terminate_fuzz::storm::Exit;
use terminate_std::Cause;

use crate::{CODE, armed, begin, clean_up, work, work_is_done};

pub(crate) fn main() {
    let plan = begin();
    let job = |cause: Cause| match (cause.signal(), cause) {
        (Some(signal), _) => clean_up(None, Some(signal.as_raw())),
        (None, Cause::Panic) => clean_up(Some("panic"), None),
        (None, _) => clean_up(Some("exit"), None),
    };
    terminate_std::register(job).expect("there is room");
    armed();
    let Some(work) = work(&plan) else { wait() };
    thread::sleep(work);
    work_is_done(&plan);
    match plan.exit {
        Exit::ThreadExit => {
            thread::spawn(|| process::exit(CODE));
            wait()
        }
        _ => process::exit(CODE),
    }
}

fn wait() -> ! {
    loop {
        thread::park();
    }
}
