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
    /// The machine whose watchdog raises a non-maskable interrupt, with ticks of 40 ns; or why there is none.
    pub(crate) nmi: Result<&'static [&'static str], &'static str>,
    /// The most instructions in a row that the core carries out with interrupts masked. terminate-core's page on bare metal says
    /// the same.
    pub(crate) masked: usize,
    /// Where Debian's picolibc for the target is, below its directory.
    pub(crate) picolibc: &'static str,
}

const NO_NMI: &str = "no NMI in QEMU's virt";

pub(crate) const TARGETS: [Target; 5] = [
    // Ticks of 40 ns, instructions of 64.
    Target {
        triple: "thumbv7m-none-eabi",
        critical_section: false,
        emulator: "qemu-system-arm",
        machine: &["-M", "mps2-an385"],
        shift: 6,
        nmi: Ok(&["-M", "mps2-an385"]),
        masked: 0,
        picolibc: "arm-none-eabi/lib/release/thumb/v7-m/nofp",
    },
    Target {
        triple: "thumbv7em-none-eabi",
        critical_section: false,
        emulator: "qemu-system-arm",
        machine: &["-M", "mps2-an386"],
        shift: 6,
        nmi: Ok(&["-M", "mps2-an386"]),
        masked: 0,
        picolibc: "arm-none-eabi/lib/release/thumb/v7e-m/nofp",
    },
    // Ticks of 62.5 ns, instructions of 128.
    Target {
        triple: "thumbv6m-none-eabi",
        critical_section: true,
        emulator: "qemu-system-arm",
        machine: &["-M", "microbit"],
        shift: 7,
        nmi: Ok(&["-M", "mps2-an385"]),
        masked: 7,
        picolibc: "arm-none-eabi/lib/release/thumb/v6-m/nofp",
    },
    // Ticks of 100 ns, instructions of 256: the alarm is at a whole tick, so that two replays may be two ticks apart.
    Target {
        triple: "riscv32imac-unknown-none-elf",
        critical_section: false,
        emulator: "qemu-system-riscv32",
        machine: &["-M", "virt", "-bios", "none"],
        shift: 8,
        nmi: Err(NO_NMI),
        masked: 0,
        picolibc: "riscv64-unknown-elf/lib/release/rv32imac/ilp32",
    },
    // The same machine, with a processor whose atomic instructions are turned off.
    Target {
        triple: "riscv32imc-unknown-none-elf",
        critical_section: true,
        emulator: "qemu-system-riscv32",
        machine: &["-M", "virt", "-bios", "none", "-cpu", "rv32,a=false"],
        shift: 8,
        nmi: Err(NO_NMI),
        masked: 9,
        picolibc: "riscv64-unknown-elf/lib/release/rv32im/ilp32",
    },
];

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn the_page_on_bare_metal_says_how_long_interrupts_are_masked() {
        let page = include_str!("../../../terminate-core/src/guide/on_bare_metal.md");
        let most = |triple: &str| TARGETS.iter().find(|target| target.triple.starts_with(triple)).unwrap().masked;
        let told =
            format!("at most {} instructions at a time on Cortex-M0 and {}", most("thumbv6m"), most("riscv32imc"));
        assert!(page.contains(&told), "the page does not say {told:?}");
        assert!(TARGETS.iter().all(|target| target.critical_section || target.masked == 0));
    }
}
