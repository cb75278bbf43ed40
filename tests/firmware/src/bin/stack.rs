//! How much stack each call takes: the memory below is painted, and afterwards it shows how far down it was written.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use terminate_core::{Cause, Context, Hook, HookId, Registry, Table, hooks};
use terminate_firmware::{PANICKED, board, exit, println};
use terminate_size::{mutex, pointers};

const PAINT: u32 = 0xa5a5_a5a5;
const WORDS: usize = 256;

/// How many bytes below this frame the call has used.
#[inline(never)]
fn used(call: impl FnOnce()) -> usize {
    let top = board::stack_pointer() & !3;
    for word in 1..=WORDS {
        // SAFETY: below the stack, where nothing is, and the stack is larger than that.
        unsafe { ((top - 4 * word) as *mut u32).write_volatile(PAINT) };
    }
    call();
    // SAFETY: as above; this reads what is left there.
    let painted =
        (1..=WORDS).rev().take_while(|word| unsafe { ((top - 4 * word) as *mut u32).read_volatile() } == PAINT);
    4 * (WORDS - painted.count())
}

fn a_hook(cause: Cause) {
    black_box(cause);
}

static SMALL: Registry<8, 1> = Registry::new();
static WIDE: Registry<8, 3> = Registry::new();
static LONG: Registry<32, 1> = Registry::new();
// As terminate-core's page on bare metal tells.
const _: () = assert!(size_of::<Registry<8, 0>>() == 4 + 8 * 16);
const _: () = assert!(size_of::<Registry<8, 1>>() == 4 + 8 * (16 + 4));
const _: () = assert!(size_of::<Registry<32, 3>>() == 4 + 32 * (16 + 4 * 3));

// SAFETY: `a_hook` does nothing.
static TABLE: Table = hooks![unsafe a_hook, a_hook];

#[inline(never)]
fn register<const N: usize, const W: usize>(registry: &Registry<N, W>) -> Option<HookId> {
    registry.register(Hook::new(a_hook)).ok()
}

#[inline(never)]
fn unregister<const N: usize, const W: usize>(registry: &Registry<N, W>, id: HookId) {
    black_box(registry.unregister(id).is_ok());
}

#[inline(never)]
fn run<const N: usize, const W: usize>(registry: &Registry<N, W>) {
    black_box(registry.run(Cause::Exit, Context::Thread).ran);
}

#[inline(never)]
fn run_table() {
    black_box(TABLE.run(Cause::Exit, Context::Thread));
}

#[inline(never)]
fn call_alone(cause: Cause) {
    let hook: fn(Cause) = black_box(a_hook);
    hook(cause);
}

#[board::entry]
fn main() -> ! {
    board::start();
    // What the measurement and the hook take themselves.
    let own = used(|| call_alone(black_box(Cause::Exit)));
    println!("hook {own}");
    registry("registry_8_1", &SMALL);
    registry("registry_8_3", &WIDE);
    registry("registry_32_1", &LONG);
    println!("table_2 run {}", used(run_table));
    println!("pointers register {}", used(|| assert!(pointers::register())));
    println!("pointers run {}", used(|| pointers::run(black_box(Cause::Exit))));
    println!("mutex register {}", used(|| assert!(mutex::register())));
    println!("mutex unregister {}", used(|| assert!(mutex::unregister(0))));
    assert!(mutex::register());
    println!("mutex run {}", used(|| mutex::run(black_box(Cause::Exit))));
    exit(0)
}

fn registry<const N: usize, const W: usize>(name: &str, registry: &'static Registry<N, W>) {
    let mut id = None;
    println!("{name} register {}", used(|| id = register(registry)));
    if let Some(id) = id {
        println!("{name} unregister {}", used(|| unregister(registry, id)));
    }
    register(registry);
    register(registry);
    println!("{name} run {}", used(|| run(registry)));
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}
