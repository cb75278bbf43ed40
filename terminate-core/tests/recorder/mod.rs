//! Hooks that write down their names when they are called.

use std::sync::{Arc, Mutex};

use terminate_core::Hook;

#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<&'static str>>>);

impl Recorder {
    pub(crate) fn hook(&self, name: &'static str) -> Hook {
        let recorder = self.clone();
        Hook::new(move |_| recorder.write(name))
    }

    pub(crate) fn write(&self, name: &'static str) {
        self.0.lock().unwrap().push(name);
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
