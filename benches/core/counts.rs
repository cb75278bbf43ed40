//! The work of the benches, done once, for an emulator that counts instructions: `core count NAME`; without a name, the
//! names there are, a line each.
//!
//! A name is what, whose, and of how many hooks if that matters. What is counted is what [`terminate_measured`] does.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{ptr, thread};

use terminate_core::{Hook, Registry};
use terminate_std::Signal;

use crate::tables::{Atexit, Boxes, Pointers, Slots, Table};
use crate::{
    enter_and_leave_a_scope, register_and_take_back, register_and_take_back_by_std, register_with_signal_hook,
};

const SIZES: [usize; 6] = [1, 8, 64, 256, 1024, 4096];
const RUNS: [&str; 5] =
    ["terminate-core", "terminate-core, shuffled", "loop over function pointers", "Mutex<Vec<Box>>", "libc exit"];
const REST: [(&str, fn()); 9] = [
    ("pair/terminate-core, empty", || {
        static EMPTY: Registry<256, 1> = Registry::new();
        warm(|| register_and_take_back(&EMPTY));
    }),
    ("pair/terminate-core, half full", || {
        static HALF_FULL: Registry<256, 1> = Registry::new();
        for _ in 0..128 {
            HALF_FULL.register(Hook::new(|_| ())).unwrap();
        }
        warm(|| register_and_take_back(&HALF_FULL));
    }),
    ("pair/terminate-std", || warm(register_and_take_back_by_std)),
    ("pair/terminate-std, a guard's scope", || warm(enter_and_leave_a_scope)),
    ("pair/signal-hook-registry", || warm(register_with_signal_hook)),
    ("pair/Mutex<Vec<Box>>", || {
        let boxes = Boxes::default();
        warm(|| {
            boxes.register(black_box(7));
            boxes.take_back();
        });
    }),
    ("pair/libc atexit, registering alone", || warm(Atexit::register_one)),
    ("handler/terminate-std, for the runner", || {
        // The end waits for the handler, or it would be counted up to there.
        let returned = || RETURNED.load(Ordering::Acquire);
        terminate_std::register(move |_| {
            while !returned() {
                thread::yield_now();
            }
        })
        .unwrap();
        end();
    }),
    ("handler/terminate-std, with a hook that runs in it", || {
        // SAFETY: it does nothing.
        unsafe { terminate_std::Hook::handler_safe(|_| ()) }.signals([Signal::TERM]).register().unwrap();
        end();
    }),
];

/// Whether the handler has.
static RETURNED: AtomicBool = AtomicBool::new(false);

pub(crate) fn main(names: &[String]) {
    let Some(name) = names.first() else {
        let runs = RUNS.iter().flat_map(|whose| SIZES.iter().map(move |hooks| format!("run/{whose}/{hooks}")));
        for name in REST.iter().map(|(name, _)| (*name).to_owned()).chain(runs) {
            println!("{name}");
        }
        return;
    };
    if let Some((_, work)) = REST.iter().find(|(known, _)| known == name) {
        return work();
    }
    let parts: Vec<_> = name.split('/').collect();
    let ["run", whose, hooks] = parts[..] else { panic!("{name}: no such name") };
    match hooks.parse() {
        Ok(1) => run::<1>(whose),
        Ok(8) => run::<8>(whose),
        Ok(64) => run::<64>(whose),
        Ok(256) => run::<256>(whose),
        Ok(1024) => run::<1024>(whose),
        Ok(4096) => run::<4096>(whose),
        _ => panic!("{hooks}: no such size"),
    }
}

fn run<const N: usize>(whose: &str) {
    match whose {
        "terminate-core" => once::<Slots<N, false>>(N),
        "terminate-core, shuffled" => once::<Slots<N, true>>(N),
        "loop over function pointers" => once::<Pointers>(N),
        "Mutex<Vec<Box>>" => once::<Boxes>(N),
        "libc exit" => {
            Atexit::fill(N);
            measured(Atexit::exit);
        }
        _ => panic!("{whose}: no such table"),
    }
}

/// A run of one that is warm: the first one has the dynamic linker in it.
fn once<T: Table>(hooks: usize) {
    T::filled(hooks).run();
    let mut table = T::filled(hooks);
    measured(|| table.run());
}

fn warm(mut work: impl FnMut()) {
    work();
    measured(work);
}

/// Calls the handler of SIGTERM as the kernel would; on its return, something else ends this process.
fn end() {
    type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
    let (mut action, mut info) = (MaybeUninit::<libc::sigaction>::uninit(), MaybeUninit::<libc::siginfo_t>::zeroed());
    let mut context = MaybeUninit::<libc::ucontext_t>::zeroed();
    // SAFETY: asks for the action, which is a handler of three arguments, and is there when the call has returned.
    let handler: Handler = unsafe {
        libc::sigaction(libc::SIGTERM, ptr::null(), action.as_mut_ptr());
        std::mem::transmute(action.assume_init().sa_sigaction)
    };
    measured(|| handler(libc::SIGTERM, info.as_mut_ptr(), context.as_mut_ptr().cast()));
    RETURNED.store(true, Ordering::Release);
    // SAFETY: waits for the end.
    unsafe { libc::pause() };
}

fn measured(mut work: impl FnMut()) {
    terminate_measured(&mut work);
}

// SAFETY: nobody else has a function of that name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "Rust" fn terminate_measured(work: &mut dyn FnMut()) {
    work();
}
