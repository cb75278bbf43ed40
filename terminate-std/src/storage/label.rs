//! [`Label`]: how messages name a hook.

use std::borrow::Cow;
use std::panic::Location;

use crate::sys::raw_stderr::Line;

/// The name of a hook, and where it was made.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) place: &'static Location<'static>,
}

impl Label {
    /// Adds it to a line. This is async-signal-safe.
    pub(crate) fn describe(&self, line: Line) -> Line {
        let line = line.and("the hook");
        let line = match self.name.as_deref() {
            Some(name) => line.and(" \"").and(name).and("\""),
            None => line,
        };
        line.and(" made at ").and(self.place.file()).and(":").and_number(self.place.line())
    }

    /// Says what became of the hook. Apart, since a line is large, and a thread's alternate stack is small.
    #[cold]
    #[inline(never)]
    pub(crate) fn report(&self, what: &str) {
        self.describe(Line::new("terminate: ")).and(" ").and(what).and("; going on with the others").write();
    }
}
