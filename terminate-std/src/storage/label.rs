//! [`Label`]: how messages name a hook.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::sys::raw_stderr::Line;

/// In bytes: more of a name would leave no room for what happened.
const LONGEST: usize = 100;

/// The name of a hook, and where it was made.
pub(crate) struct Label {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) place: &'static Location<'static>,
    /// How long the hook may run.
    pub(crate) timeout: Option<Duration>,
}

impl Label {
    /// Adds it to a line. This is async-signal-safe.
    pub(crate) fn describe(&self, line: &mut Line) {
        line.and("the hook");
        if let Some(name) = self.name.as_deref() {
            let length = (0..=LONGEST).rev().find(|length| name.is_char_boundary(*length)).unwrap_or(0);
            line.and(" \"").and(name.get(..length).unwrap_or_default()).and("\"");
        }
        line.and(" made at ").and(self.place.file()).and(":").and_number(self.place.line());
    }

    /// Says what became of the hook. Apart, since a line is large, and a thread's alternate stack is small.
    #[cold]
    #[inline(never)]
    pub(crate) fn report(&self, what: &str) {
        let mut line = Line::new("terminate: ");
        self.describe(&mut line);
        line.and(" ").and(what).and("; going on with the others").write();
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} made at {}", self.name.as_deref().unwrap_or_default(), self.place)
    }
}
