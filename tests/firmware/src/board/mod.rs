//! The board: two levels of interrupts, a timer, a fault, a reset. One surface for both architectures.
//!
//! | here | Cortex-M | RISC-V |
//! | --- | --- | --- |
//! | [`pend_low`] | `PendSV`, the lowest priority | software interrupt |
//! | [`pend_high`], [`pend_high_after`] | `SysTick`, above it | timer interrupt; the software interrupt lets it in |
//! | [`fault`] | an undefined instruction: `HardFault` | the same: an exception |
//! | [`pend_nmi`] | `NMIPENDSET` | there is none |

use crate::cell::Action;

cfg_if::cfg_if! {
    if #[cfg(target_arch = "arm")] {
        mod cortex_m;
        pub use cortex_m::*;
    } else {
        mod riscv;
        pub use riscv::*;
    }
}

/// What the lower interrupt does.
pub static ON_LOW: Action = Action::new();
/// What the higher interrupt does.
pub static ON_HIGH: Action = Action::new();
/// What a fault does. If it returns, the program ends as failed.
pub static ON_FAULT: Action = Action::new();
/// What the non-maskable interrupt does.
pub static ON_NMI: Action = Action::new();
