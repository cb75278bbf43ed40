//! Several workers on one list, on a machine whose cores are all busy.

use std::hint;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// Does each of `items` once, `jobs` at a time, beside a busy loop for every core. `done` is told the item's number,
/// from 1, the item and the result, one at a time. An error ends it.
pub(super) fn under_load<T: Sync, R: Send>(
    items: &[T],
    jobs: u8,
    work: impl Fn(&T) -> Result<R> + Sync,
    done: impl FnMut(usize, &T, R) + Send,
) -> Result<()> {
    let (next, stop, done) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(done));
    let worker = || -> Result<()> {
        while let Some((number, item)) = claim(&next, items) {
            let result = work(item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
            let mut done = done.lock().expect("no worker panics while it tells");
            done(number + 1, item, result);
        }
        Ok(())
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let results: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Before anything is said about the results, or the load would spin for ever.
        stop.store(true, Ordering::Relaxed);
        results.into_iter().try_for_each(|result| result.expect("a worker does not panic"))
    })
}

fn claim<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, items.get(number)?))
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::under_load;

    #[test]
    fn each_item_is_done_once_and_told_with_its_number() {
        let mut told = Vec::new();
        under_load(&[5, 7, 9], 2, |item| Ok(item * 2), |number, _, result| told.push((number, result))).unwrap();
        told.sort_unstable();
        assert_eq!(told, [(1, 10), (2, 14), (3, 18)]);
    }

    #[test]
    fn an_error_ends_it() {
        let mut told = Vec::new();
        let work = |item: &i32| item.checked_sub(6).context("as told");
        under_load(&[7, i32::MIN, 9], 1, work, |number, _, result| told.push((number, result))).unwrap_err();
        assert_eq!(told, [(1, 1)]);
    }
}
