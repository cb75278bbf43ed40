//! What the measured programs share: a hook, a panic that costs nothing, the calls that a program makes, and the baselines.
#![no_std]

pub mod mutex;
pub mod pointers;

use core::arch::global_asm;

#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;
use terminate_core::{Cause, Hook, SignalNumber, Triggers};

/// One instruction, and no stack: a function of Rust's would keep a frame pointer on Arm.
macro_rules! a_hook {
    ($($line:literal),*) => {
        global_asm!(
            ".section .keep.hook, \"ax\", %progbits",
            ".globl a_hook",
            ".type a_hook, %function",
            $($line,)*
            ".size a_hook, . - a_hook",
        );
    };
}
#[cfg(target_arch = "arm")]
a_hook!(".thumb_func", "a_hook: bx lr");
#[cfg(target_arch = "riscv32")]
a_hook!("a_hook: ret");

// SAFETY: it returns, and does nothing else, whatever it is given.
unsafe extern "Rust" {
    /// A hook that the compiler cannot look through.
    ///
    /// The program's own code: no part of what is measured.
    pub safe fn a_hook(cause: Cause);
}

/// What the programs register: all that a hook can ask for is in use.
pub fn hook<const WORDS: usize>() -> Hook<WORDS> {
    const BROWN_OUT: SignalNumber = SignalNumber::new(1).unwrap();
    // SAFETY: nothing runs this program.
    unsafe { Hook::handler_safe(a_hook) }.triggers(Triggers::ALWAYS | Triggers::signal(BROWN_OUT))
}

/// Makes the calls of a registry into symbols that the linker keeps.
#[macro_export]
macro_rules! keep {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        #[panic_handler]
        fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
            loop {}
        }

        $(
            #[unsafe(no_mangle)]
            #[unsafe(link_section = concat!(".keep.", stringify!($name)))]
            extern "Rust" fn $name($($argument: $type),*) -> $result $body
        )*
    };
}
