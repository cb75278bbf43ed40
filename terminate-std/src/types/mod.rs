//! Plain values: signals, statuses, limits, options. They know neither the process nor the life cycle.

pub(crate) mod atomic;
pub(crate) mod capacity;
pub(crate) mod cause;
pub(crate) mod exit_status;
pub(crate) mod options;
pub(crate) mod register_error_kind;
pub(crate) mod sender;
pub(crate) mod settings;
pub(crate) mod signal;
pub(crate) mod signal_set;
