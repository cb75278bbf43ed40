//! What a sweep interrupts, and where its interrupts came.

/// Where the interrupts of one scenario came, in order.
pub(super) struct Landings {
    pub(super) name: String,
    pub(super) at: Vec<u32>,
}

impl Landings {
    /// The operation and the state that it began in.
    pub(super) fn subject(&self) -> &str {
        self.name.split_once(" / ").map_or(&self.name, |(subject, _)| subject)
    }
}

/// By which interrupt, and of which registry: the names that the firmware has for them.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) by: &'static str,
    pub(super) registry: &'static str,
}
