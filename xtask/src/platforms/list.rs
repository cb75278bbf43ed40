//! The platforms: how each is verified, as far as a Debian on an x86-64 processor can, and what is done on it.

use clap::ValueEnum;

use super::emulator::Emulator;

/// A target, and what is done there.
pub(super) struct Platform {
    pub(super) triple: &'static str,
    /// Under which the workspace's crates are built, if any.
    pub(super) cfg: Option<&'static str>,
    pub(super) by: By,
    /// Debian's compiler and C library for it, where those of this machine are other ones: the start of the compiler's name, and
    /// Debian's name of the architecture.
    pub(super) cross: Option<(&'static str, &'static str)>,
    /// In what it differs from Linux with glibc, by the names that the tour and `tests/platforms.toml` have for that.
    pub(super) on: &'static [&'static str],
    /// Packages of the workspace that are built optimised.
    pub(super) optimised: &'static [&'static str],
    pub(super) parts: &'static [Part],
    /// Those of them that CI does.
    pub(super) quick: &'static [Part],
}

/// How a platform is verified.
pub(super) enum By {
    /// Its programs run here.
    Native,
    /// qemu's user mode runs its programs.
    Emulator(Emulator),
    /// Its programs are linked by zig, which has stubs of its C library under that name, with a library besides.
    Zig(&'static str, &'static str),
    /// node runs its programs.
    Node,
    /// The library is checked for it, and not linked.
    Check,
}

/// What is done on a platform.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Part {
    /// The library compiles.
    Check,
    /// The library, the tour and the fixture of the process tests link.
    Link,
    Tour,
    /// The tests of terminate-core.
    Core,
    /// The process tests.
    Suite,
    /// A storm of signals, with fewer rounds in CI.
    Storm,
    /// A signal at each instruction boundary of the signal path.
    Boundaries,
    /// A program that ends in every way there is.
    Ends,
}

const NATIVE: Platform = Platform {
    triple: "",
    cfg: None,
    by: By::Native,
    cross: None,
    on: &[],
    optimised: &[],
    parts: &[Part::Tour],
    quick: &[],
};
const EMULATED: Platform = Platform { on: &["qemu-user"], ..NATIVE };
const LINKED: Platform = Platform { parts: &[Part::Link], ..NATIVE };
const CHECKED: Platform = Platform { by: By::Check, parts: &[Part::Check], ..NATIVE };

/// What FreeBSD and NetBSD have in `libgcc_s`.
const UNWIND: &str = "-lunwind";

pub(super) static PLATFORMS: &[Platform] = &[
    Platform { triple: "x86_64-unknown-linux-gnu", ..NATIVE },
    Platform {
        triple: "x86_64-unknown-linux-gnu",
        cfg: Some("terminate_posix"),
        on: &["posix"],
        parts: &[Part::Tour, Part::Suite, Part::Storm, Part::Boundaries],
        quick: &[Part::Tour, Part::Suite, Part::Storm, Part::Boundaries],
        ..NATIVE
    },
    Platform {
        triple: "x86_64-unknown-linux-musl",
        on: &["musl"],
        parts: &[Part::Tour, Part::Core, Part::Suite, Part::Storm],
        quick: &[Part::Tour],
        ..NATIVE
    },
    Platform {
        triple: "i686-unknown-linux-gnu",
        cross: Some(("i686-linux-gnu", "i386")),
        parts: &[Part::Tour, Part::Core],
        quick: &[Part::Tour],
        ..NATIVE
    },
    Platform {
        triple: "aarch64-unknown-linux-gnu",
        by: By::Emulator(Emulator { program: "qemu-aarch64", bits: 64, big_endian: false, machine: 183 }),
        cross: Some(("aarch64-linux-gnu", "arm64")),
        parts: &[Part::Tour, Part::Suite],
        quick: &[Part::Tour],
        ..EMULATED
    },
    Platform {
        triple: "armv7-unknown-linux-gnueabihf",
        by: By::Emulator(Emulator { program: "qemu-arm", bits: 32, big_endian: false, machine: 40 }),
        cross: Some(("arm-linux-gnueabihf", "armhf")),
        ..EMULATED
    },
    Platform {
        triple: "riscv64gc-unknown-linux-gnu",
        by: By::Emulator(Emulator { program: "qemu-riscv64", bits: 64, big_endian: false, machine: 243 }),
        cross: Some(("riscv64-linux-gnu", "riscv64")),
        ..EMULATED
    },
    Platform {
        triple: "s390x-unknown-linux-gnu",
        by: By::Emulator(Emulator { program: "qemu-s390x", bits: 64, big_endian: true, machine: 22 }),
        cross: Some(("s390x-linux-gnu", "s390x")),
        // Unoptimised, the handler's frames are too large for the 8 KiB that Rust gives a thread for it.
        optimised: &["terminate-core", "terminate-std"],
        parts: &[Part::Tour, Part::Core],
        quick: &[Part::Tour],
        ..EMULATED
    },
    Platform { triple: "aarch64-apple-darwin", by: By::Zig("aarch64-macos", ""), quick: &[Part::Link], ..LINKED },
    Platform { triple: "x86_64-apple-darwin", by: By::Zig("x86_64-macos", ""), ..LINKED },
    Platform {
        triple: "x86_64-unknown-freebsd",
        by: By::Zig("x86_64-freebsd", UNWIND),
        quick: &[Part::Link],
        ..LINKED
    },
    Platform { triple: "x86_64-unknown-netbsd", by: By::Zig("x86_64-netbsd", UNWIND), ..LINKED },
    Platform { triple: "x86_64-unknown-openbsd", by: By::Zig("x86_64-openbsd", ""), ..LINKED },
    Platform { triple: "wasm32-wasip1", by: By::Node, parts: &[Part::Ends], quick: &[Part::Ends], ..NATIVE },
    Platform { triple: "aarch64-apple-ios", ..CHECKED },
    Platform { triple: "aarch64-unknown-linux-musl", ..CHECKED },
    Platform { triple: "i686-unknown-linux-musl", ..CHECKED },
    Platform { triple: "loongarch64-unknown-linux-gnu", ..CHECKED },
    Platform { triple: "powerpc64-unknown-linux-gnu", ..CHECKED },
    Platform { triple: "powerpc64le-unknown-linux-gnu", ..CHECKED },
    Platform { triple: "aarch64-linux-android", ..CHECKED },
    Platform { triple: "armv7-linux-androideabi", ..CHECKED },
    Platform { triple: "x86_64-unknown-dragonfly", ..CHECKED },
    Platform { triple: "x86_64-unknown-illumos", ..CHECKED },
];

impl Platform {
    /// As the table names it.
    pub(super) fn name(&self) -> String {
        self.cfg.map_or_else(|| self.triple.to_owned(), |cfg| format!("{}, {cfg}", self.triple))
    }
}

impl Part {
    /// As the table names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Check => "library",
            Self::Link => "library, tour, fixture",
            Self::Tour => "tour",
            Self::Core => "terminate-core's tests",
            Self::Suite => "process tests",
            Self::Storm => "rounds of the storm",
            Self::Boundaries => "signals at each boundary",
            Self::Ends => "a program's ends",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{By, PLATFORMS, Part};

    #[test]
    fn each_platform_is_named_once_and_ci_does_what_is_done_anyway() {
        let names: BTreeSet<_> = PLATFORMS.iter().map(super::Platform::name).collect();
        assert_eq!(names.len(), PLATFORMS.len());
        for platform in PLATFORMS {
            assert!(platform.quick.iter().all(|part| platform.parts.contains(part)), "{}", platform.name());
        }
    }

    #[test]
    fn only_what_runs_is_said_to_run() {
        for platform in PLATFORMS {
            let runs = matches!(platform.by, By::Native | By::Emulator(_) | By::Node);
            assert!(platform.parts.iter().all(|part| runs == (*part >= Part::Tour)), "{}", platform.name());
        }
    }
}
