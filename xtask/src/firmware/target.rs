//! The targets that the firmware is built for, and the machine that each runs on.

/// A target, and how QEMU is told to be it.
pub(crate) struct Target {
    pub(crate) triple: &'static str,
    /// Has no compare-and-swap: the feature `critical-section` is on.
    pub(crate) critical_section: bool,
    pub(crate) emulator: &'static str,
    pub(crate) machine: &'static [&'static str],
    /// 2 to this many nanoseconds are one instruction, so that it takes longer than a tick of the timer.
    pub(crate) shift: u32,
    pub(crate) nmi: bool,
    /// Where Debian's picolibc for the target is, below its directory.
    pub(crate) picolibc: &'static str,
}

pub(crate) const TARGETS: [Target; 5] = [
    // Ticks of 40 ns, instructions of 64.
    Target {
        triple: "thumbv7m-none-eabi",
        critical_section: false,
        emulator: "qemu-system-arm",
        machine: &["-M", "mps2-an385"],
        shift: 6,
        nmi: true,
        picolibc: "arm-none-eabi/lib/release/thumb/v7-m/nofp",
    },
    Target {
        triple: "thumbv7em-none-eabi",
        critical_section: false,
        emulator: "qemu-system-arm",
        machine: &["-M", "mps2-an386"],
        shift: 6,
        nmi: true,
        picolibc: "arm-none-eabi/lib/release/thumb/v7e-m/nofp",
    },
    // Ticks of 62.5 ns, instructions of 128.
    Target {
        triple: "thumbv6m-none-eabi",
        critical_section: true,
        emulator: "qemu-system-arm",
        machine: &["-M", "microbit"],
        shift: 7,
        nmi: true,
        picolibc: "arm-none-eabi/lib/release/thumb/v6-m/nofp",
    },
    // Ticks of 100 ns, instructions of 256: the alarm is at a whole tick, so that two replays may be two ticks apart.
    Target {
        triple: "riscv32imac-unknown-none-elf",
        critical_section: false,
        emulator: "qemu-system-riscv32",
        machine: &["-M", "virt", "-bios", "none"],
        shift: 8,
        nmi: false,
        picolibc: "riscv64-unknown-elf/lib/release/rv32imac/ilp32",
    },
    // The same machine, with a processor whose atomic instructions are turned off.
    Target {
        triple: "riscv32imc-unknown-none-elf",
        critical_section: true,
        emulator: "qemu-system-riscv32",
        machine: &["-M", "virt", "-bios", "none", "-cpu", "rv32,a=false"],
        shift: 8,
        nmi: false,
        picolibc: "riscv64-unknown-elf/lib/release/rv32im/ilp32",
    },
];
