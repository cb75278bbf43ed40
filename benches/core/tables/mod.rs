//! The tables that are compared: ours, the least that could do, and what the C library has.

mod atexit;
mod floor;

use std::hint::black_box;
use std::sync::Mutex;

use terminate_core::{Cause, Context, Hook, Registry};

pub(crate) use atexit::Atexit;
pub(crate) use floor::{Exchanges, Shared};

/// What every hook does: as little as cannot be left out.
pub(crate) fn consume(number: usize) {
    black_box(number);
}

/// Something that is filled with hooks and then calls them all, the newest first.
pub(crate) trait Table {
    fn filled(hooks: usize) -> Self;
    fn run(&mut self);
}

/// A registry, with room for exactly as many hooks as it gets.
pub(crate) struct Slots<const N: usize, const SHUFFLED: bool>(Box<Registry<N, 1>>);

impl<const N: usize, const SHUFFLED: bool> Table for Slots<N, SHUFFLED> {
    fn filled(_: usize) -> Self {
        let registry = Box::new(Registry::new());
        let register = |number: usize| registry.register(Hook::new(move |_| consume(number))).unwrap();
        let mut ids: Vec<_> = (0..N).map(register).collect();
        if SHUFFLED {
            // A freed slot is the next to be used, so slots are taken again in the order in which they were freed last.
            let mut random = fastrand::Rng::with_seed(7);
            random.shuffle(&mut ids);
            for id in ids {
                registry.unregister(id).unwrap();
            }
            (0..N).map(register).for_each(drop);
        }
        Self(registry)
    }

    fn run(&mut self) {
        let report = self.0.run(Cause::Exit, Context::Thread);
        assert_eq!(report.ran, N);
    }
}

/// The least of all: nothing can be taken back, and nobody else may be there.
pub(crate) struct Pointers(Vec<fn(usize)>);

impl Table for Pointers {
    fn filled(hooks: usize) -> Self {
        Self(vec![black_box(consume as fn(usize)); hooks])
    }

    fn run(&mut self) {
        for (number, hook) in self.0.iter().enumerate().rev() {
            hook(number);
        }
    }
}

type Function = Box<dyn FnOnce(Cause) + Send>;

/// What one would write by hand.
#[derive(Default)]
pub(crate) struct Boxes(Mutex<Vec<Function>>);

impl Boxes {
    pub(crate) fn register(&self, number: usize) {
        self.0.lock().unwrap().push(Box::new(move |_| consume(number)));
    }

    pub(crate) fn take_back(&self) {
        let hook = self.0.lock().unwrap().pop();
        drop(hook);
    }
}

impl Table for Boxes {
    fn filled(hooks: usize) -> Self {
        let boxes = Self::default();
        (0..hooks).for_each(|number| boxes.register(number));
        boxes
    }

    fn run(&mut self) {
        let hooks = std::mem::take(&mut *self.0.lock().unwrap());
        for hook in hooks.into_iter().rev() {
            hook(Cause::Exit);
        }
    }
}
