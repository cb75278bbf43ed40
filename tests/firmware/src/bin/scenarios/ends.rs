//! Ends: a fault, a panic, a reset as the last hook.

use core::mem::MaybeUninit;
use core::ptr;

use terminate_core::{Cause, Context, Hook, Phase, Triggers};
use terminate_firmware::signal::FAULT;
use terminate_firmware::{board, exit, println};

use crate::registry::{REGISTRY, register, says, says_anywhere, tell};

fn run_on_fault() {
    board::ON_FAULT.set(|| {
        println!("fault");
        tell(REGISTRY.run(Cause::Signal(FAULT), Context::Handler));
        exit(3);
    });
}

/// The handler-safe hooks that asked for it run, in the handler.
pub fn fault() {
    run_on_fault();
    register(says_anywhere("asked for it").triggers(Triggers::ALWAYS | Triggers::signal(FAULT)));
    register(says("ordinary").triggers(Triggers::signal(FAULT)));
    register(says_anywhere("did not ask"));
    board::fault()
}

/// The run goes on in the handler with what is left; the hook that faulted is not called again.
pub fn fault_in_a_run() {
    run_on_fault();
    let always = Triggers::ALWAYS | Triggers::signal(FAULT);
    register(says_anywhere("left").triggers(always));
    // SAFETY: it waits for nobody.
    register(unsafe {
        Hook::handler_safe(|_| {
            println!("faults");
            board::fault()
        })
        .triggers(always)
    });
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}

/// The panic handler runs the hooks.
pub fn panic() {
    register(says("cleanup"));
    panic!("as told");
}

pub fn on_panic() {
    tell(REGISTRY.run(Cause::Panic, Context::Thread));
}

/// A word that survives a reset.
#[unsafe(link_section = ".uninit.AGAIN")]
static mut AGAIN: MaybeUninit<u32> = MaybeUninit::uninit();
const YES: u32 = 0x7e57_ab1e;

/// The last hook starts the board again; the second time, it ends.
pub fn reset() {
    let again = (&raw mut AGAIN).cast::<u32>();
    // SAFETY: volatile, because it is not the compiler's business who wrote it.
    if unsafe { ptr::read_volatile(again) } == YES {
        println!("started again");
        return;
    }
    register(Hook::new(|_| board::reset()).phase(Phase::Last));
    register(Hook::new(move |_| {
        println!("before the reset");
        // SAFETY: nobody else uses it.
        unsafe { ptr::write_volatile(&raw mut AGAIN, MaybeUninit::new(YES)) };
    }));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}
