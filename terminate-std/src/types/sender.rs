//! [`Sender`]: the process that sent a signal.

/// The process that sent the signal, as the kernel reports it.
///
/// ```
/// use terminate_std::Sender;
/// fn describe(sender: Sender) -> String {
///     format!("process {} of user {}", sender.pid, sender.uid)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// Its process id. That process may have ended by now.
    pub pid: u32,
    /// Its real user id.
    pub uid: u32,
}
