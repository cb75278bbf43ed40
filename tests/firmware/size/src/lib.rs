//! What the measured programs share: a hook, a panic that costs nothing, the calls that a program makes, and the baselines.
#![no_std]

pub mod mutex;
pub mod pointers;

#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;
use terminate_core::{Cause, Hook, SignalNumber, Triggers};

/// A hook that the compiler cannot look through, but for its size.
///
/// The program's own code: no part of what is measured.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".keep.hook")]
#[inline(never)]
pub extern "Rust" fn a_hook(cause: Cause) {
    core::hint::black_box(cause);
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
