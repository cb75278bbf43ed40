//! The core beside what does its job elsewhere: one registration taken back, and a run of many hooks.
//!
//! `cargo xtask bench` makes the table of it. The hooks do next to nothing, so what is measured is the tables.
//! `cargo xtask counts` has the same work done once, under an emulator that counts instructions: `core count NAME`.

mod counts;
mod tables;

use std::env;

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group};
use terminate_core::{Hook, Registry};

use tables::{Atexit, Boxes, Exchanges, Pointers, Shared, Slots, Table, consume};

/// See `tables/floor.rs`.
const FLOOR: &str = "floor: exchanges alone";

/// How many threads register at once.
const THREADS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// How many tables are filled before the clock starts: one run of one hook is too short for it. Few enough to stay in the
/// first cache.
fn batch(hooks: usize) -> u64 {
    (512 / hooks as u64).clamp(1, 64)
}

fn pair(criterion: &mut Criterion) {
    static EMPTY: Registry<256, 1> = Registry::new();
    static HALF_FULL: Registry<256, 1> = Registry::new();
    for _ in 0..128 {
        HALF_FULL.register(Hook::new(|_| ())).unwrap();
    }
    let mut group = criterion.benchmark_group("pair");
    for (name, registry) in [("terminate-core, empty", &EMPTY), ("terminate-core, half full", &HALF_FULL)] {
        group.bench_function(name, |bencher| bencher.iter(|| register_and_take_back(registry)));
    }
    group.bench_function(FLOOR, |bencher| {
        let table = Exchanges::<256>::new();
        bencher.iter(|| {
            table.register(black_box(7));
            table.take_back();
        });
    });
    group.bench_function("terminate-std", |bencher| bencher.iter(register_and_take_back_by_std));
    group.bench_function("terminate-std, a guard's scope", |bencher| bencher.iter(enter_and_leave_a_scope));
    group.bench_function("signal-hook-registry", |bencher| bencher.iter(register_with_signal_hook));
    group.bench_function("Mutex<Vec<Box>>", |bencher| {
        let boxes = Boxes::default();
        bencher.iter(|| {
            boxes.register(black_box(7));
            boxes.take_back();
        });
    });
    // It cannot be taken back: this is half of a pair.
    group.bench_function("libc atexit, registering alone", |bencher| bencher.iter_custom(Atexit::register));
    group.finish();
}

fn register_and_take_back(registry: &Registry<256, 1>) {
    let number = black_box(7_usize);
    let id = registry.register(Hook::new(move |_| consume(number))).unwrap();
    registry.unregister(id).unwrap();
}

fn register_and_take_back_by_std() {
    let number = black_box(7_usize);
    let id = terminate_std::register(move |_| consume(number)).unwrap();
    terminate_std::unregister(id).unwrap();
}

/// A guard that calls its hook at the end of the scope.
fn enter_and_leave_a_scope() {
    let number = black_box(7_usize);
    drop(terminate_std::defer(move |_| consume(number)).unwrap());
}

fn register_with_signal_hook() {
    // SAFETY: the action does nothing.
    let id = unsafe { signal_hook_registry::register(libc::SIGUSR1, || ()) }.unwrap();
    assert!(signal_hook_registry::unregister(id));
}

fn contended_pair(criterion: &mut Criterion) {
    static REGISTRY: Registry<256, 1> = Registry::new();
    let mut group = criterion.benchmark_group("pair, contended");
    for threads in THREADS {
        group.bench_with_input(BenchmarkId::new("terminate-core", threads), &threads, |bencher, threads| {
            bencher.iter_custom(|times| on_threads(*threads, times, || register_and_take_back(&REGISTRY)));
        });
        group.bench_with_input(BenchmarkId::new(FLOOR, threads), &threads, |bencher, threads| {
            let shared = Shared::default();
            bencher.iter_custom(|times| on_threads(*threads, times, || shared.pair()));
        });
        group.bench_with_input(BenchmarkId::new("Mutex<Vec<Box>>", threads), &threads, |bencher, threads| {
            let boxes = Boxes::default();
            bencher.iter_custom(|times| {
                on_threads(*threads, times, || {
                    boxes.register(black_box(7));
                    boxes.take_back();
                })
            });
        });
    }
    group.finish();
}

/// The time for which the slowest of the threads was busy.
fn on_threads(threads: usize, times: u64, work: impl Fn() + Sync) -> Duration {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let begun = Instant::now();
                    (0..times).for_each(|_| work());
                    begun.elapsed()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).max().unwrap_or_default()
    })
}

fn run_of_table<T: Table>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, hooks: usize) {
    group.bench_with_input(BenchmarkId::new(name, hooks), &hooks, |bencher, hooks| {
        bencher.iter_custom(|times| {
            let mut spent = Duration::ZERO;
            let mut left = times;
            while left > 0 {
                let batch = left.min(batch(*hooks));
                let mut tables: Vec<T> = (0..batch).map(|_| T::filled(*hooks)).collect();
                let begun = Instant::now();
                tables.iter_mut().for_each(T::run);
                spent += begun.elapsed();
                left -= batch;
            }
            spent
        });
    });
}

fn run_of<const N: usize>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run");
    run_of_table::<Slots<N, false>>(&mut group, "terminate-core", N);
    run_of_table::<Slots<N, true>>(&mut group, "terminate-core, shuffled", N);
    run_of_table::<Exchanges<N>>(&mut group, FLOOR, N);
    run_of_table::<Pointers>(&mut group, "loop over function pointers", N);
    run_of_table::<Boxes>(&mut group, "Mutex<Vec<Box>>", N);
    group.bench_with_input(BenchmarkId::new("libc exit", N), &N, |bencher, n| {
        bencher.iter_custom(|times| Atexit::run(*n, times));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(40)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .without_plots();
    targets = pair, contended_pair, run_of::<1>, run_of::<8>, run_of::<64>, run_of::<256>, run_of::<1024>,
        run_of::<4096>
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some((command, names)) = arguments.split_first()
        && command == "count"
    {
        return counts::main(names);
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
