//! Runs from interrupts: pended, of two priorities inside each other, and not maskable.

use terminate_core::{Cause, Context, Hook, Triggers};
use terminate_firmware::signal::BROWN_OUT;
use terminate_firmware::{board, println};

use crate::registry::{REGISTRY, register, says, says_anywhere, tell};

/// The interrupt registers a hook and runs the handler-safe ones; the thread runs the rest.
pub fn from_an_interrupt() {
    board::ON_LOW.set(|| {
        println!("interrupt");
        register(says_anywhere("from the interrupt"));
        tell(REGISTRY.run(Cause::Exit, Context::Handler));
    });
    register(says("ordinary"));
    register(says_anywhere("handler-safe"));
    board::pend_low();
    println!("thread");
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}

/// A run in the thread, interrupted by the lower interrupt inside a hook, which is interrupted by the higher one.
pub fn nested() {
    board::ON_LOW.set(|| {
        println!("low");
        tell(REGISTRY.run(Cause::Exit, Context::Handler));
        println!("low ends");
    });
    board::ON_HIGH.set(|| {
        println!("high");
        register(says_anywhere("from above").triggers(Triggers::ALWAYS));
        tell(REGISTRY.run(Cause::Signal(BROWN_OUT), Context::Handler));
        println!("high ends");
    });
    register(says_anywhere("oldest"));
    register(says_anywhere("brown-out").triggers(Triggers::signal(BROWN_OUT)));
    // SAFETY: it waits for nobody.
    register(unsafe {
        Hook::handler_safe(|_| {
            println!("inner begins");
            board::pend_high();
            println!("inner ends");
        })
    });
    register(says("ordinary"));
    register(Hook::new(|_| {
        println!("outer begins");
        board::pend_low();
        println!("outer ends");
    }));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}

/// From the non-maskable interrupt, while another one is pending and masked.
#[cfg(target_arch = "arm")]
pub fn nmi() {
    use terminate_firmware::signal::NMI;

    board::ON_NMI.set(|| {
        println!("non-maskable");
        tell(REGISTRY.run(Cause::Signal(NMI), Context::Handler));
    });
    board::ON_HIGH.set(|| println!("maskable"));
    register(says("ordinary").triggers(Triggers::signal(NMI)));
    register(says_anywhere("handler-safe").triggers(Triggers::signal(NMI)));
    board::masked(|| {
        println!("masked");
        board::pend_high();
        board::pend_nmi();
        println!("still masked");
    });
    println!("thread");
    tell(REGISTRY.run(Cause::Signal(NMI), Context::Thread));
}
