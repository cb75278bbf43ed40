//! How much stack each call takes: the memory below is painted, and afterwards it shows how far down it was written. The hook
//! itself takes none, and the program says so.
#![no_std]
#![no_main]

use core::fmt::Arguments;
use core::hint::black_box;
use core::panic::PanicInfo;

use terminate_core::{Cause, Context, Hook, HookId, Registry, Table, hooks};
use terminate_firmware::{PANICKED, board, exit, println};
use terminate_size::{a_hook, mutex, pointers};

const PAINT: u32 = 0xa5a5_a5a5;
const WORDS: usize = 256;

/// How many bytes below this frame the call has used; none if it went below the paint.
#[inline(never)]
fn used(call: impl FnOnce()) -> Option<usize> {
    let top = board::stack_pointer() & !3;
    for word in 1..=WORDS {
        // SAFETY: below the stack, where nothing is, and the stack is larger than that.
        unsafe { ((top - 4 * word) as *mut u32).write_volatile(PAINT) };
    }
    call();
    // SAFETY: as above; this reads what is left there.
    let painted =
        (1..=WORDS).rev().take_while(|word| unsafe { ((top - 4 * word) as *mut u32).read_volatile() } == PAINT);
    let painted = painted.count();
    (painted > 0).then_some(4 * (WORDS - painted))
}

fn tell(what: Arguments<'_>, call: impl FnOnce()) {
    let Some(bytes) = used(call) else {
        println!("{what}: more than {} bytes", 4 * WORDS);
        exit(1)
    };
    println!("{what} {bytes}");
}

/// Writes so many bytes of stack, and a few for what fills them.
#[inline(never)]
fn writes<const BYTES: usize>() {
    black_box(&mut [0_u8; BYTES]);
}

/// What is measured is what is taken, and what is more than can be measured is not told as less.
fn measures_truly() -> bool {
    used(writes::<200>).is_some_and(|bytes| (200..264).contains(&bytes)) && used(writes::<{ 4 * WORDS }>).is_none()
}

static SMALL: Registry<8, 1> = Registry::new();
static WIDE: Registry<8, 3> = Registry::new();
static LONG: Registry<32, 1> = Registry::new();
// As terminate-core's page on bare metal tells.
const _: () = assert!(size_of::<Registry<8, 0>>() == 4 + 8 * 16);
const _: () = assert!(size_of::<Registry<8, 1>>() == 4 + 8 * (16 + 4));
const _: () = assert!(size_of::<Registry<32, 3>>() == 4 + 32 * (16 + 4 * 3));

// SAFETY: `a_hook` does nothing.
static TABLE_2: Table = hooks![unsafe a_hook, a_hook];
// SAFETY: as above.
static TABLE_8: Table =
    hooks![unsafe a_hook, a_hook, unsafe a_hook, a_hook, unsafe a_hook, a_hook, unsafe a_hook, a_hook];

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

type Register = fn() -> bool;
type Run = fn(Cause);

#[inline(never)]
fn run_table(table: &Table) {
    black_box(table.run(Cause::Exit, Context::Thread));
}

#[board::entry]
fn main() -> ! {
    board::start();
    if !measures_truly() {
        println!("the measurement is wrong");
        exit(1)
    }
    let hook: Run = black_box(a_hook);
    tell(format_args!("hook"), || hook(Cause::Exit));
    registry("registry_8_1", &SMALL);
    registry("registry_8_3", &WIDE);
    registry("registry_32_1", &LONG);
    tell(format_args!("table_2 run"), || run_table(&TABLE_2));
    tell(format_args!("table_8 run"), || run_table(&TABLE_8));
    // By their addresses, so that they are calls.
    let (register, run) = black_box((pointers::register as Register, pointers::run as Run));
    tell(format_args!("pointers register"), || assert!(register()));
    tell(format_args!("pointers run"), || run(Cause::Exit));
    let (register, run) = black_box((mutex::register as Register, mutex::run as Run));
    let unregister: fn(usize) -> bool = black_box(mutex::unregister);
    tell(format_args!("mutex register"), || assert!(register()));
    tell(format_args!("mutex unregister"), || assert!(unregister(0)));
    assert!(register());
    tell(format_args!("mutex run"), || run(Cause::Exit));
    exit(0)
}

fn registry<const N: usize, const W: usize>(name: &str, registry: &'static Registry<N, W>) {
    let mut id = None;
    tell(format_args!("{name} register"), || id = register(registry));
    if let Some(id) = id {
        tell(format_args!("{name} unregister"), || unregister(registry, id));
    }
    register(registry);
    register(registry);
    tell(format_args!("{name} run"), || run(registry));
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}
