//! The fixture's hook that takes its time, and what must not disturb it.

use terminate_std::Signal;

use crate::{Child, Ended};

/// Ends the fixture by SIGTERM, does that to it while its slow hook is under way, and judges that the hook went on from where
/// it was, the others ran, and the process ended by SIGTERM.
///
/// # Panics
///
/// If anything else happened.
#[track_caller]
pub fn disturb_a_slow_hook(disturb: impl FnOnce(&Child)) {
    let mut child = Child::ready("slow 0 idle");
    child.signal(Signal::TERM);
    child.expect("slow begins, SIGTERM");
    disturb(&child);
    child.send("ping");
    child.expect("pong");
    child.send("go");
    let all = ["C SIGTERM", "slow begins, SIGTERM", "pong", "slow ends", "B SIGTERM", "A SIGTERM"];
    child.finish().must_be(Ended::by(Signal::TERM), &all);
}
