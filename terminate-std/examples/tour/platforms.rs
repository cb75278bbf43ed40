//! What cases do on other platforms than Linux with glibc, and why. The caller says where
//! the tour runs.
//!
//! A difference is demanded as any other outcome is: if a platform no longer has it, the tour fails there, and its row goes.

use crate::cases::Case;

/// What one case does on one platform.
pub(crate) struct Difference {
    on: &'static str,
    case: &'static str,
    why: &'static str,
    /// The outcome there, from that on Linux with glibc.
    outcome: fn(Case) -> Case,
}

static DIFFERENCES: &[Difference] = &[
    Difference {
        on: "qemu-user",
        case: "handler-safe-only",
        why: "the emulator has a thread of its own",
        outcome: |case| case.log(&["several threads", "ready", "hook newer SIGTERM", "hook older SIGTERM"]),
    },
    Difference {
        on: "no-proc",
        case: "handler-safe-only",
        why: "nothing tells the number of threads",
        outcome: |case| {
            case.log(&["an unknown number of threads", "ready", "hook newer SIGTERM", "hook older SIGTERM"])
        },
    },
    Difference { on: "musl", case: "caught-panic", why: NO_STATUS, outcome: after_a_caught_panic },
    Difference { on: "posix", case: "caught-panic", why: NO_STATUS, outcome: after_a_caught_panic },
    Difference { on: "windows", case: "caught-panic", why: NO_STATUS, outcome: after_a_caught_panic },
];

const NO_STATUS: &str = "exit handlers get no status, so an exit after a panic of main counts as one by the panic";

fn after_a_caught_panic(case: Case) -> Case {
    case.log(&["the panic was caught", "hook newer panic", "hook older panic"])
}

/// All of them, as the guide's page on platforms has them.
pub(crate) fn table() -> String {
    let rows = DIFFERENCES.iter().map(|row| format!("| {} | `{}` | {} |\n", row.on, row.case, row.why));
    format!("| on | case | why it differs |\n| --- | --- | --- |\n{}", rows.collect::<String>())
}

/// What is expected of the case on these platforms. An emulated platform with another C library counts as two.
pub(crate) fn on(platforms: &[String], case: Case) -> Case {
    let differences = DIFFERENCES.iter().filter(|row| row.case == case.name && platforms.iter().any(|on| on == row.on));
    differences.fold(case, |case, row| (row.outcome)(case).differs(row.why))
}

/// The platform of that name, if any case differs there.
pub(crate) fn named(name: String) -> Result<String, String> {
    if DIFFERENCES.iter().any(|row| row.on == name) {
        return Ok(name);
    }
    let mut names: Vec<_> = DIFFERENCES.iter().map(|row| row.on).collect();
    names.dedup();
    Err(format!("no case differs on {name:?}; some do on {}", names.join(", ")))
}
