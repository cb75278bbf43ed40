//! `Registry<8>` from thread mode.

use terminate_core::{Cause, Context, Hook, Phase, RegisterError, Registry, Report, Triggers};
use terminate_firmware::println;
use terminate_firmware::signal::BROWN_OUT;

pub static REGISTRY: Registry<8> = Registry::new();

/// An ordinary hook that says its name.
pub fn says(name: &'static str) -> Hook {
    Hook::new(move |cause| println!("{name}: {cause}"))
}

/// A handler-safe hook that says its name.
pub fn says_anywhere(name: &'static str) -> Hook {
    // SAFETY: the host that prints stops the whole board for it.
    unsafe { Hook::handler_safe(move |cause| println!("{name}: {cause}")) }
}

pub fn register(hook: Hook) -> terminate_core::HookId {
    match REGISTRY.register(hook) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

pub fn tell(report: Report) {
    println!("ran {}, elsewhere {}, left {}", report.ran, report.running_elsewhere, report.left);
}

/// By phase, then the newest first; also after a slot was used again.
pub fn order() {
    register(says("last").phase(Phase::Last));
    register(says("A"));
    register(says("B"));
    register(says("first").phase(Phase::First));
    let dropped = register(says("dropped"));
    register(says("C"));
    println!("{:?}", REGISTRY.unregister(dropped));
    register(says("D"));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}

/// A hook that has run is gone; one that asks for another cause stays; one that a hook registers takes part.
pub fn once() {
    register(says("brown-out only").triggers(Triggers::signal(BROWN_OUT)));
    register(says("oldest"));
    register(Hook::new(|_| {
        println!("registers another");
        register(says("late"));
    }));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
    tell(REGISTRY.run(Cause::Signal(BROWN_OUT), Context::Thread));
    println!("empty: {}", REGISTRY.is_empty());
}

/// The ninth hook comes back, and can be called.
pub fn full() {
    for name in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        register(says(name));
    }
    match REGISTRY.register(says("too many")) {
        Err(error @ RegisterError::Full(_)) => {
            println!("{error}");
            error.into_hook().call(Cause::Exit);
        }
        other => println!("{other:?}"),
    }
    tell(REGISTRY.run(Cause::Panic, Context::Thread));
}

/// An id names one registration, once.
pub fn unregister() {
    let first = register(says("first"));
    println!("{:?} {:?}", REGISTRY.unregister(first), REGISTRY.unregister(first));
    let second = register(says("second"));
    println!("same slot: {}, same id: {}", first.slot() == second.slot(), first == second);
    println!("{:?} {}", REGISTRY.unregister(first), REGISTRY.contains(second));
    let taken = REGISTRY.take(second).map(|hook| hook.call(Cause::Exit));
    println!("{taken:?} {}", REGISTRY.len());
}

/// In a handler, ordinary hooks are left for later.
pub fn context() {
    register(says("ordinary"));
    register(says_anywhere("handler-safe"));
    tell(REGISTRY.run(Cause::Exit, Context::Handler));
    tell(REGISTRY.run(Cause::Exit, Context::Thread));
}
