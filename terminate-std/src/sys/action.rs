//! [`Action`]: what the platform carries out.

/// What policy wants done about a [`Delivery`](super::Delivery).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing: policy has taken it, and the interrupted code goes on.
    Return,
    /// What the signal did before we handled it.
    Chain,
    /// The process dies by the signal, whatever else happens.
    Die,
    /// Ask policy again: this is a forked child by now.
    Redeliver,
    /// Put the previous action back for good, and let the fault recur.
    Restore,
}
