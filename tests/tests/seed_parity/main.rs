//! What pyterminate promises, row by row: each test is a real child process, and its name is the feature.

mod after_fork;
mod exit_codes;
mod exit_with_signal;
mod on_every_end;
mod previous_handlers;
mod unregistering;
