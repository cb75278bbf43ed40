//! Sorting slot numbers by keys that may change meanwhile.

use crate::atomic::{Bits, Index};

/// Sorts by key, lowest first. One pass if the slots are in order already, O(n log n) otherwise.
///
/// It reads the keys again at each comparison, and they may change meanwhile. It returns after a pass that has found all keys in
/// order. So it repeats the sort as long as keys change in each of its passes.
pub(crate) fn sort_until_stable(slots: &mut [Index], key: impl Fn(Index) -> Bits) {
    while !slots.iter().map(|slot| key(*slot)).is_sorted() {
        heapsort(slots, &key);
    }
}

/// Heapsort: in place, no slower in its worst case, and a few hundred bytes of code. If keys change meanwhile, the result is some
/// permutation.
fn heapsort(slots: &mut [Index], key: impl Fn(Index) -> Bits) {
    let mut unheaped = slots.len() / 2;
    let mut heap = slots.len();
    while heap > 1 {
        if unheaped > 0 {
            unheaped -= 1;
        } else {
            heap -= 1;
            // SAFETY: `heap` was above one, and at most the length.
            let (first, last) = unsafe { (*slots.get_unchecked(0), *slots.get_unchecked(heap)) };
            // SAFETY: as above.
            unsafe { (*slots.get_unchecked_mut(0), *slots.get_unchecked_mut(heap)) = (last, first) };
        }
        // SAFETY: `heap` is in range, and `unheaped` below it.
        unsafe { sink(slots.get_unchecked_mut(..heap), unheaped, &key) };
    }
}

/// Puts the slot at `from` below its children of higher keys.
///
/// # Safety
///
/// `from` is in range.
unsafe fn sink(heap: &mut [Index], from: usize, key: impl Fn(Index) -> Bits) {
    // SAFETY: the caller promises that it is in range.
    let sinking = unsafe { *heap.get_unchecked(from) };
    let weight = key(sinking);
    let mut at = from;
    loop {
        let left = 2 * at + 1;
        let Some(&(mut child)) = heap.get(left) else { break };
        let (mut place, mut its_key) = (left, key(child));
        if let Some(&right) = heap.get(left + 1) {
            let other = key(right);
            if its_key < other {
                (place, child, its_key) = (left + 1, right, other);
            }
        }
        if weight >= its_key {
            break;
        }
        // SAFETY: `at` is `from`, or the place of a child, so it is in range.
        unsafe { *heap.get_unchecked_mut(at) = child };
        at = place;
    }
    // SAFETY: as above.
    unsafe { *heap.get_unchecked_mut(at) = sinking };
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    #[test]
    fn every_permutation_of_seven_is_sorted() {
        // Heap's algorithm, unrolled into a counter.
        let mut slots: [Index; 7] = [0, 1, 2, 3, 4, 5, 6];
        let mut count = [0_usize; 7];
        let mut at = 0;
        while at < 7 {
            let mut sorted = slots;
            sort_until_stable(&mut sorted, Bits::from);
            assert!(sorted.is_sorted(), "{slots:?} became {sorted:?}");
            if count[at] < at {
                slots.swap(if at % 2 == 0 { 0 } else { count[at] }, at);
                count[at] += 1;
                at = 0;
            } else {
                count[at] = 0;
                at += 1;
            }
        }
    }

    #[test]
    fn keys_that_change_meanwhile_lose_nothing_and_are_in_order_once_they_hold_still() {
        let noise = Cell::new(1_u32);
        let reads = Cell::new(0);
        let mut slots: [Index; 100] = core::array::from_fn(crate::word::narrow);
        sort_until_stable(&mut slots, |slot| {
            reads.set(reads.get() + 1);
            noise.set(noise.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            if reads.get() < 5_000 { Bits::from(noise.get() >> 8) } else { Bits::from(99 - slot) }
        });
        assert!((0..100).rev().eq(slots.map(usize::from)));
    }

    /// Random orders, and what slots that are used again make: runs, rotations, every other one.
    #[test]
    fn the_work_is_n_log_n_whatever_the_order() {
        let noise = Cell::new(7_u32);
        let random = |_: u32| {
            noise.set(noise.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            noise.get() >> 8
        };
        let reads_for = |key: &dyn Fn(u32) -> u32| {
            let keys: [Bits; 250] = core::array::from_fn(|slot| key(slot.try_into().unwrap()).into());
            let mut slots: [Index; 250] = core::array::from_fn(crate::word::narrow);
            let reads = Cell::new(0);
            sort_until_stable(&mut slots, |slot| {
                reads.set(reads.get() + 1);
                keys[usize::from(slot)]
            });
            assert!(slots.map(|slot| keys[usize::from(slot)]).is_sorted());
            reads.get()
        };
        assert_eq!(reads_for(&|slot| slot), 250, "in order already: one pass");
        let patterns: [&dyn Fn(u32) -> u32; 5] = [
            &|slot| 250 - slot,
            &|slot| (slot + 100) % 250,
            &|slot| slot % 2,
            &|slot| if slot % 2 == 0 { slot } else { 250 - slot },
            &|slot| slot / 16 * 16 + 15 - slot % 16,
        ];
        let patterns = patterns.into_iter().map(reads_for).max();
        let random = (0..1_000).map(|_| reads_for(&random)).max();
        // Two children a level, eight levels at the most, for each when the heap is made and when it is taken apart.
        assert!(patterns.max(random) < Some(250 * 17 + 125 * 17 + 500), "{patterns:?} {random:?}");
    }
}
