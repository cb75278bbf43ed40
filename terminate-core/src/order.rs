//! Sorting slot numbers by a key that others may change meanwhile.

use crate::atomic::{Bits, Index};

/// Comb sort, lowest key first: in place, in a hundred bytes of code. One pass over neighbours if they are in order
/// already.
///
/// The keys are read afresh each time, and may change meanwhile. It ends with a pass over neighbours that has found none
/// in the wrong order, so it goes on as long as somebody changes keys in each of its passes.
pub(crate) fn settle(slots: &mut [Index], key: impl Fn(Index) -> Bits) {
    let mut gap = 1;
    loop {
        let mut settled = gap == 1;
        for at in gap..slots.len() {
            // SAFETY: `at` is in range, and `gap` is at most `at`.
            let (before, after) = unsafe { (*slots.get_unchecked(at - gap), *slots.get_unchecked(at)) };
            if key(before) > key(after) {
                // SAFETY: as above.
                unsafe { (*slots.get_unchecked_mut(at - gap), *slots.get_unchecked_mut(at)) = (after, before) };
                settled = false;
            }
        }
        if settled {
            return;
        }
        gap = if gap == 1 { slots.len() } else { gap * 3 / 4 };
    }
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
            settle(&mut sorted, Bits::from);
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
        settle(&mut slots, |slot| {
            reads.set(reads.get() + 1);
            noise.set(noise.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            if reads.get() < 5_000 { Bits::from(noise.get() >> 8) } else { Bits::from(99 - slot) }
        });
        assert!((0..100).rev().eq(slots.map(usize::from)));
    }

    /// Random orders, and what slots that are used again make: runs, rotations, every other one.
    #[test]
    fn the_work_is_near_linear_whatever_the_order() {
        let noise = Cell::new(7_u32);
        let random = |_: u32| {
            noise.set(noise.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            noise.get() >> 8
        };
        let reads_for = |key: &dyn Fn(u32) -> u32| {
            let keys: [Bits; 250] = core::array::from_fn(|slot| key(slot.try_into().unwrap()).into());
            let mut slots: [Index; 250] = core::array::from_fn(crate::word::narrow);
            let reads = Cell::new(0);
            settle(&mut slots, |slot| {
                reads.set(reads.get() + 1);
                keys[usize::from(slot)]
            });
            assert!(slots.map(|slot| keys[usize::from(slot)]).is_sorted());
            reads.get()
        };
        assert_eq!(reads_for(&|slot| slot), 2 * 249, "in order already: one pass");
        let patterns: [&dyn Fn(u32) -> u32; 5] = [
            &|slot| 250 - slot,
            &|slot| (slot + 100) % 250,
            &|slot| slot % 2,
            &|slot| if slot % 2 == 0 { slot } else { 250 - slot },
            &|slot| slot / 16 * 16 + 15 - slot % 16,
        ];
        let patterns = patterns.into_iter().map(reads_for).max();
        let random = (0..1_000).map(|_| reads_for(&random)).max();
        // n log n is 2,000 here; a sort by exchange alone would take 62,500.
        assert!(patterns.max(random) < Some(25_000), "{patterns:?} {random:?}");
    }
}
