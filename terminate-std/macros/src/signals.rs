//! The names of signals, checked where they are written.

use syn::{Error, Ident, Result};

/// As in `terminate_std::Signal`; what cannot be handled is not among them.
const NAMES: &[&str] = &[
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR",
    "SYS",
];

const FAULTS: &[&str] = &["SEGV", "BUS", "ILL", "FPE", "TRAP", "SYS"];

/// Refuses what is no signal, or none that a program can handle.
pub(crate) fn check(name: &Ident) -> Result<()> {
    let text = name.to_string();
    if NAMES.contains(&text.as_str()) {
        return Ok(());
    }
    let message = match text.as_str() {
        "KILL" | "STOP" => format!("SIG{text} cannot be caught by any program: leave it out"),
        long if long.strip_prefix("SIG").is_some_and(|short| NAMES.contains(&short)) => {
            format!("write the signal without its prefix: `{}`", &text[3..])
        }
        _ => format!("no signal is called `{text}`; there are: {}", NAMES.join(", ")),
    };
    Err(Error::new(name.span(), message))
}

/// Whether the kernel raises it for what a thread did.
pub(crate) fn is_fault(name: &Ident) -> bool {
    FAULTS.contains(&name.to_string().as_str())
}
