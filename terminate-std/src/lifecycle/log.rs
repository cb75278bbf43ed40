//! Events for the crate `tracing`, with the feature of that name: the stages, and each hook.
//!
//! The program's subscriber is user code. So only the runner calls it, as it calls a hook: under the label [`SUBSCRIBER`], which a
//! supervisor names if it waits for it, and with panics caught. A successor reports nothing: the first runner may have been lost
//! inside the subscriber. Nor do hooks that run in place, where the thread may be in a signal handler.

use super::process::Process;

#[cfg(not(feature = "tracing"))]
mod off {
    use super::Process;
    use crate::storage::label::Label;

    pub(crate) struct Begin;

    pub(crate) fn stage(_: &Process) {}

    pub(crate) fn begin(_: &Process) -> Begin {
        Begin
    }

    pub(crate) fn end(_: &Process, _: Begin, _: &Label) {}
}

#[cfg(feature = "tracing")]
mod on {
    use std::borrow::Cow;
    use std::panic::{self, AssertUnwindSafe, Location};
    use std::time::Instant;

    use super::Process;
    use crate::lifecycle::state::Stage;
    use crate::storage::label::Label;
    use crate::sys;
    use crate::types::atomic::Ordering;
    use crate::types::cause::Cause;

    static SUBSCRIBER: Label =
        Label { name: Some(Cow::Borrowed("tracing subscriber")), place: Location::caller(), timeout: None };

    /// Whether this thread is the first runner, on a stack of its own.
    fn may_report(process: &Process) -> bool {
        let state = process.state();
        !state.is_in_place() && state.epoch() == 0 && process.runner.epoch_of(sys::thread_token()) == Some(0)
    }

    fn report(process: &Process, event: impl FnOnce()) {
        if !may_report(process) {
            return;
        }
        let (label, outer) = ((&raw const SUBSCRIBER).cast_mut(), process.current.load(Ordering::Relaxed));
        process.current.store(label, Ordering::Release);
        if panic::catch_unwind(AssertUnwindSafe(event)).is_err() {
            SUBSCRIBER.report("panicked");
        }
        // As after a hook: a successor may have replaced this runner.
        let _ = process.current.compare_exchange(label, outer, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The word says where the process is.
    pub(crate) fn stage(process: &Process) {
        let state = process.state();
        let cause = Cause::from(state.cause());
        report(process, || match state.stage() {
            Stage::Requested => tracing::info!(target: "terminate", %cause, "termination requested"),
            Stage::Interrupting => tracing::debug!(target: "terminate", "interrupt"),
            Stage::Running => tracing::debug!(target: "terminate", %cause, "running the hooks"),
            Stage::Chaining => tracing::debug!(target: "terminate", %cause, "calling the previous handler"),
            Stage::Closed => {
                let hooks = process.ran.load(Ordering::Relaxed);
                tracing::info!(target: "terminate", %cause, hooks, "terminating");
            }
            Stage::Alive | Stage::Done => {}
        });
    }

    /// When a hook began, if it is to be reported.
    #[derive(Clone, Copy)]
    pub(crate) struct Begin(Option<Instant>);

    pub(crate) fn begin(process: &Process) -> Begin {
        Begin(may_report(process).then(Instant::now))
    }

    /// The hook has run.
    pub(crate) fn end(process: &Process, begin: Begin, label: &Label) {
        if let Some(begin) = begin.0 {
            let (name, place, elapsed) = (label.name.as_deref(), label.place, begin.elapsed());
            report(process, || tracing::debug!(target: "terminate", name, %place, ?elapsed, "a hook has run"));
        }
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;
#[cfg(feature = "tracing")]
pub(crate) use on::*;
