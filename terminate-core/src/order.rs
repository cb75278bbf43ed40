//! Sorting slot numbers by a key that others may change meanwhile.

use crate::atomic::{Bits, Index};

/// Heapsort, lowest key first: in place, in O(n log n) whatever the input, in a few hundred bytes of code.
///
/// The keys are read afresh each time. If one changes meanwhile, the result is some permutation of the input, and it is
/// up to the caller to notice.
pub(crate) fn sort(slots: &mut [Index], key: impl Fn(Index) -> Bits) {
    // Out of range cannot happen; `get` in place of an index keeps the panic machinery out of firmware.
    let key_at = |slots: &[Index], at: usize| slots.get(at).map_or(0, |slot| key(*slot));
    let mut unheaped = slots.len() / 2;
    let mut heap = slots.len();
    while heap > 1 {
        if unheaped > 0 {
            unheaped -= 1;
        } else {
            heap -= 1;
            swap(slots, 0, heap);
        }
        let mut parent = unheaped;
        loop {
            let mut child = 2 * parent + 1;
            if child >= heap {
                break;
            }
            if child + 1 < heap && key_at(slots, child) < key_at(slots, child + 1) {
                child += 1;
            }
            if key_at(slots, parent) >= key_at(slots, child) {
                break;
            }
            swap(slots, parent, child);
            parent = child;
        }
    }
}

fn swap(slots: &mut [Index], a: usize, b: usize) {
    if let (Some(&at_a), Some(&at_b)) = (slots.get(a), slots.get(b)) {
        if let Some(place) = slots.get_mut(a) {
            *place = at_b;
        }
        if let Some(place) = slots.get_mut(b) {
            *place = at_a;
        }
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
            sort(&mut sorted, Bits::from);
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
    fn keys_that_change_meanwhile_lose_nothing_and_end() {
        let noise = Cell::new(1_u32);
        let mut slots: [Index; 100] = core::array::from_fn(crate::word::narrow);
        sort(&mut slots, |_| {
            noise.set(noise.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
            Bits::from(noise.get() >> 8)
        });
        slots.sort_unstable();
        assert!((0..100).eq(slots.map(usize::from)));
    }
}
