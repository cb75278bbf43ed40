//! Cases of one test, side by side.

use std::thread;

/// Has each of them tested by a thread of its own: for children that wait out a time limit.
///
/// # Panics
///
/// If one of them does.
pub fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for case in cases {
            let test = &test;
            scope.spawn(move || test(case));
        }
    });
}
