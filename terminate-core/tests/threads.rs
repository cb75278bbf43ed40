//! Many threads at one registry, for a second: nothing runs twice, nothing is lost, nothing changes places.
//!
//! A failure names its seed; `TERMINATE_TEST_SEED` repeats the same choices, though not the same interleaving.
//!
//! Not with the small counter: 64 registrations go by while a thread is off the processor, and that is beyond what
//! the documentation promises.
//!
//! Seeds: `claim_by_store`, `pop_by_store`, `push_by_store`.
#![cfg(not(any(loom, terminate_small_counter)))]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use terminate_core::{
    Cause, Context, Hook, HookId, Phase, RegisterError, Registry, SignalNumber, Triggers, UnregisterError,
};

const FOR: Duration = Duration::from_millis(700);
const THREADS: u64 = 6;

/// xorshift64*: choices from a seed, without a dependency.
struct Choices(u64);

impl Choices {
    fn seed() -> u64 {
        let seed = std::env::var("TERMINATE_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = seed.unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs());
        println!("TERMINATE_TEST_SEED={seed}");
        seed
    }

    fn of_thread(seed: u64, thread: u64) -> Self {
        Self((seed ^ (thread + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        // The upper half, which fits and is the better one.
        let choice = usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33);
        choice.unwrap_or(0) % n
    }
}

/// The life of one hook: how often it was called, and how often what it captured was dropped.
#[derive(Default)]
struct Life {
    called: AtomicUsize,
    dropped: AtomicUsize,
}

struct Lives(&'static Life);

impl Drop for Lives {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Lives {
    fn call(&self) {
        self.0.called.fetch_add(1, Ordering::Relaxed);
    }
}

/// A hook, and the life that it leads. Leaked, so that a hook that lives on by mistake does no harm.
fn hook() -> (&'static Life, Hook) {
    let life: &'static Life = Box::leak(Box::default());
    let lives = Lives(life);
    (life, Hook::new(move |_| lives.call()))
}

fn ends_once(life: &Life, unregistered: bool) {
    let (called, dropped) = (life.called.load(Ordering::Relaxed), life.dropped.load(Ordering::Relaxed));
    assert_eq!(dropped, 1, "dropped {dropped} times");
    assert_eq!(called, usize::from(!unregistered), "called {called} times, unregistered: {unregistered}");
}

/// What one thread did to the hooks that it registered itself.
#[derive(Default)]
struct Account {
    registered: Vec<(HookId, &'static Life)>,
    ended: Vec<(&'static Life, bool)>,
    ran: usize,
    full: usize,
}

impl Account {
    fn register(&mut self, registry: &Registry<16>, phase: Phase) {
        let (life, hook) = hook();
        match registry.register(hook.phase(phase)) {
            Ok(id) => self.registered.push((id, life)),
            Err(error @ RegisterError::Full(_)) => {
                self.full += 1;
                error.into_hook().call(Cause::Exit);
                ends_once(life, false);
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn unregister(&mut self, registry: &Registry<16>, at: usize) {
        let (id, life) = self.registered.swap_remove(at);
        let result = registry.unregister(id);
        assert!(!registry.contains(id));
        // Running or stale: another thread's run has it, and it may be in the middle of it.
        assert!(matches!(result, Ok(()) | Err(UnregisterError::Running | UnregisterError::Stale)));
        self.ended.push((life, result.is_ok()));
    }
}

#[test]
fn g1_every_hook_ends_once_whatever_the_threads_do() {
    static REGISTRY: Registry<16> = Registry::new();
    let (seed, until) = (Choices::seed(), Instant::now() + FOR);
    let work = |thread| {
        let (mut choices, mut account) = (Choices::of_thread(seed, thread), Account::default());
        while Instant::now() < until {
            match choices.below(8) {
                0..=3 => {
                    account.register(&REGISTRY, [Phase::First, Phase::Main, Phase::Last][choices.below(3)]);
                }
                4..=5 if !account.registered.is_empty() => {
                    let at = choices.below(account.registered.len());
                    account.unregister(&REGISTRY, at);
                }
                6 => drop(REGISTRY.reserve()),
                _ => account.ran += REGISTRY.run(Cause::Exit, Context::Thread).ran,
            }
        }
        account
    };
    let accounts: Vec<Account> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    let last = REGISTRY.run(Cause::Exit, Context::Thread);
    assert_eq!((last.running_elsewhere, last.left, REGISTRY.len()), (0, 0, 0));
    let (mut ran, mut called) = (last.ran, 0);
    for account in &accounts {
        ran += account.ran;
        for (life, unregistered) in account.ended.iter().copied() {
            ends_once(life, unregistered);
            called += usize::from(!unregistered);
        }
        for (_, life) in &account.registered {
            ends_once(life, false);
        }
        called += account.registered.len();
    }
    assert_eq!(ran, called, "the reports add up to the calls");
    let full: usize = accounts.iter().map(|account| account.full).sum();
    assert!(full > 0 && called > 100, "a stress that did not stress: {full} times full, {called} calls");
    fills_up(&REGISTRY);
}

/// No slot was lost, none is handed out twice.
fn fills_up(registry: &Registry<16>) {
    let mut slots: Vec<_> = (0..16).map(|_| registry.register(Hook::new(|_| ())).unwrap().slot()).collect();
    slots.sort_unstable();
    assert!((0..16).eq(slots));
    assert!(registry.register(Hook::new(|_| ())).is_err());
}

/// Ends the other threads, also when this one fails.
struct EndOnDrop(&'static AtomicBool);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

static ORDER: Mutex<Vec<usize>> = Mutex::new(Vec::new());

#[test]
fn g2_hooks_that_nobody_touches_keep_their_order_while_others_come_and_go() {
    static REGISTRY: Registry<24> = Registry::new();
    static ENDED: AtomicBool = AtomicBool::new(false);
    let signal = SignalNumber::new(1).unwrap();
    let (seed, until) = (Choices::seed(), Instant::now() + FOR);
    thread::scope(|scope| {
        for thread in 1..THREADS {
            scope.spawn(move || {
                let mut choices = Choices::of_thread(seed, thread);
                while !ENDED.load(Ordering::Relaxed) {
                    let triggers = if choices.below(2) == 0 { Triggers::signal(signal) } else { Triggers::NONE };
                    let ids = [(); 2].map(|()| REGISTRY.register(Hook::new(|_| ()).triggers(triggers)));
                    for id in ids.into_iter().flatten() {
                        let _ = REGISTRY.unregister(id);
                    }
                }
            });
        }
        let _end = EndOnDrop(&ENDED);
        let mut rounds = 0;
        while Instant::now() < until {
            // The others leave room for eight: ten slots are theirs at the most.
            for name in 0..8 {
                let hook = Hook::new(move |_| ORDER.lock().unwrap().push(name));
                REGISTRY.register(hook.triggers(Triggers::signal(signal))).unwrap();
            }
            let _ = REGISTRY.run(Cause::Signal(signal), Context::Thread);
            assert_eq!(std::mem::take(&mut *ORDER.lock().unwrap()), [7, 6, 5, 4, 3, 2, 1, 0], "seed {seed}, {rounds}");
            rounds += 1;
        }
        assert!(rounds > 10, "only {rounds} rounds");
    });
}

/// Loom has every order for one slot; this has real threads and many slots.
#[test]
fn g1_each_hook_is_in_the_run_after_close_or_handed_back() {
    let until = Instant::now() + FOR;
    let (mut registered, mut handed_back, mut rounds) = (0, 0, 0);
    while Instant::now() < until {
        let registry: &'static Registry<64> = Box::leak(Box::default());
        let start = Barrier::new(2);
        let register = |_| {
            let (life, hook) = hook();
            (life, registry.register(hook))
        };
        let (results, ran) = thread::scope(|scope| {
            let other = scope.spawn(|| {
                start.wait();
                (0..32).map(register).collect::<Vec<_>>()
            });
            start.wait();
            // From round to round, more hooks of this thread come before the close.
            let mut results: Vec<_> = (0..rounds % 32).map(register).collect();
            registry.close();
            let ran = registry.run(Cause::Exit, Context::Thread).ran;
            results.extend((rounds % 32..32).map(register));
            results.extend(other.join().unwrap());
            (results, ran)
        });
        let before = registered;
        for (life, result) in results {
            match result {
                Ok(_) => registered += 1,
                Err(error @ RegisterError::Closed(_)) => {
                    handed_back += 1;
                    error.into_hook().call(Cause::Exit);
                }
                Err(other) => panic!("{other}"),
            }
            ends_once(life, false);
        }
        assert_eq!(ran, registered - before, "round {rounds}");
        rounds += 1;
    }
    assert!(registered > 10 && handed_back > 10, "{registered} registered, {handed_back} handed back");
}
