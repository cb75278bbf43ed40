//! The layout of the two kinds of atomic word: pure functions on bits.
//!
//! A *slot word* and the *header* have a ticket above and [`LOW`] bits below:
//!
//! | word | above | below |
//! | --- | --- | --- |
//! | slot: armed, running, leaving | the ticket of this registration | state (2), phase (2), handler-safe, exit, panic |
//! | slot: free | the link to the next free slot | zero |
//! | slot: sealed | zero | leaving |
//! | header | the ticket of the next registration | the first free slot, N for none, or [`CLOSED`] |
//! | [`HookId`](crate::HookId) | the ticket | the slot |
//!
//! A link is stored as `next ^ (own + 1)`, so that a zeroed table *is* the list 0, 1, 2 … N.

use crate::atomic::{Bits, Index};
use crate::cause::Triggers;
use crate::hook::Phase;

/// The number of bits below the ticket.
pub(crate) const LOW: u32 = if Bits::BITS == 64 { 16 } else { 8 };
const LOW_MASK: Bits = (1 << LOW) - 1;

/// The number of bits of a ticket. The small counter is for tests of the wrap.
pub(crate) const TICKET_BITS: u32 = if cfg!(terminate_small_counter) { 6 } else { Bits::BITS - LOW };
const TICKET_MASK: Bits = Bits::MAX >> (Bits::BITS - TICKET_BITS);
const HALF: Bits = 1 << (TICKET_BITS - 1);

/// The most slots that a registry can have: their numbers, one for "none" and one for [`CLOSED`] fit into [`LOW`] bits.
pub(crate) const MAX_SLOTS: usize = (1 << LOW) - 2;
/// Stands in the header in place of the first free slot once the registry is closed.
const CLOSED: Bits = LOW_MASK;

pub(crate) const FREE: Bits = 0;
pub(crate) const ARMED: Bits = 1;
pub(crate) const RUNNING: Bits = 2;
pub(crate) const LEAVING: Bits = 3;
const STATE_MASK: Bits = 3;

/// The word of a slot that `close` found free: its reservation can no longer be armed.
pub(crate) const SEALED: Bits = LEAVING;

const PHASE_SHIFT: u32 = 2;
const PHASE_MASK: Bits = 3;
/// Set for a handler-safe hook.
pub(crate) const HANDLER_SAFE: Bits = 1 << 4;
const FLAGS_SHIFT: u32 = 5;
const FLAGS_MASK: Bits = 3;

#[inline]
pub(crate) const fn armed(ticket: Bits, triggers: Triggers, phase: Phase, handler_safe: bool) -> Bits {
    let flags = (triggers.flag_bits() as Bits) << FLAGS_SHIFT;
    let safe = if handler_safe { HANDLER_SAFE } else { 0 };
    ticket << LOW | flags | safe | (phase as Bits) << PHASE_SHIFT | ARMED
}

/// The causes that the hook in a slot requests: the word has exit and panic, the slot has the signals.
#[inline]
pub(crate) const fn triggers(word: Bits, signals: u64) -> Triggers {
    Triggers::from_bits(signals, (word >> FLAGS_SHIFT & FLAGS_MASK) as u8)
}

/// The bits that are set in a word if its hook requests exit or panic, as far as `wanted` contains them.
#[inline]
pub(crate) const fn flags(wanted: Triggers) -> Bits {
    (wanted.flag_bits() as Bits) << FLAGS_SHIFT
}

#[inline]
pub(crate) const fn phase(word: Bits) -> Phase {
    match word >> PHASE_SHIFT & PHASE_MASK {
        0 => Phase::First,
        1 => Phase::Main,
        _ => Phase::Last,
    }
}

#[inline]
pub(crate) const fn state(word: Bits) -> Bits {
    word & STATE_MASK
}

#[inline]
pub(crate) const fn with_state(word: Bits, state: Bits) -> Bits {
    word & !STATE_MASK | state
}

/// The ticket of a slot word, the header or an id.
#[inline]
pub(crate) const fn ticket(word: Bits) -> Bits {
    word >> LOW
}

/// The slot that the header or an id names.
#[inline]
pub(crate) const fn index(word: Bits) -> usize {
    (word & LOW_MASK) as usize
}

/// A slot's number, or the one past the last, in a word.
#[allow(clippy::cast_possible_truncation, reason = "it is at most `MAX_SLOTS`")]
#[inline]
const fn low(index: usize) -> Bits {
    index as Bits
}

#[inline]
pub(crate) const fn id(ticket: Bits, index: usize) -> Bits {
    ticket << LOW | low(index)
}

/// The header after a registration: the next ticket, and another first free slot.
#[inline]
pub(crate) const fn header_after(header: Bits, first: usize) -> Bits {
    id((ticket(header) + 1) & TICKET_MASK, first)
}

/// The header when `first` is the new first free slot.
#[inline]
pub(crate) const fn header_with(header: Bits, first: usize) -> Bits {
    header & !LOW_MASK | low(first)
}

/// The header of a registry that is closed: it has no free slots any more.
#[inline]
pub(crate) const fn closed(header: Bits) -> Bits {
    header | CLOSED
}

#[inline]
pub(crate) const fn is_closed(header: Bits) -> bool {
    header & LOW_MASK == CLOSED
}

/// The word of the free slot `own` whose successor is `next`.
#[inline]
pub(crate) const fn free(own: usize, next: usize) -> Bits {
    low(next ^ (own + 1)) << LOW | FREE
}

/// The successor of the free slot `own`. If the word is not that of a free slot, the number means nothing.
#[inline]
pub(crate) const fn next(own: usize, word: Bits) -> usize {
    index(word >> LOW) ^ (own + 1)
}

/// How many tickets were taken from `first` on before `next`.
#[allow(clippy::cast_possible_truncation, reason = "on targets with narrow pointers, words are narrow too")]
#[inline]
pub(crate) const fn between(first: Bits, next: Bits) -> usize {
    (next.wrapping_sub(first) & TICKET_MASK) as usize
}

/// Whether `ticket` is `than` or a later one: right as long as they are less than half the range of tickets apart.
#[inline]
pub(crate) const fn newer(ticket: Bits, than: Bits) -> bool {
    ticket.wrapping_sub(than) & TICKET_MASK < HALF
}

/// The place of a hook in the order of calls, if `now` is the next ticket: the lower place comes first.
///
/// Serial-number arithmetic (RFC 1982): right as long as fewer than half the range of tickets were taken since.
#[inline]
pub(crate) const fn place(word: Bits, now: Bits) -> Bits {
    let age = now.wrapping_add(HALF).wrapping_sub(ticket(word)) & TICKET_MASK;
    (word >> PHASE_SHIFT & PHASE_MASK) << TICKET_BITS | age
}

/// The [place](place) of a hook that is on a list made when `now` was the next ticket; the last one once it has left its slot.
///
/// So while a list is sorted, each slot's place changes once at most, whatever other threads do with the slot.
#[inline]
pub(crate) const fn place_on_list(word: Bits, now: Bits) -> Bits {
    if state(word) == ARMED && !newer(ticket(word), now) { place(word, now) } else { Bits::MAX }
}

/// Checks whether words come in the order of calls, in less time than by their [places](place). Words of more than one phase
/// count as out of order.
pub(crate) struct Order {
    /// The oldest ticket that is possible, in the place that it has in a word.
    oldest: Bits,
    last: Bits,
    kept: bool,
    any: Bits,
    all: Bits,
}

impl Order {
    /// Shifts the highest bit of a ticket to the highest bit. The bits below the ticket do not matter, since tickets differ.
    const SHIFT: u32 = Bits::BITS - LOW - TICKET_BITS;

    #[inline]
    pub(crate) const fn new(now: Bits) -> Self {
        // A ticket that is half the range old counts as new, as in `place`.
        let oldest = now.wrapping_sub(HALF).wrapping_add(1) << (LOW + Self::SHIFT);
        Self { oldest, last: Bits::MAX, kept: true, any: 0, all: Bits::MAX }
    }

    #[inline]
    pub(crate) const fn add(&mut self, word: Bits) {
        let youth = (word << Self::SHIFT).wrapping_sub(self.oldest);
        self.kept &= youth <= self.last;
        self.last = youth;
        self.any |= word;
        self.all &= word;
    }

    #[inline]
    pub(crate) const fn is_kept(&self) -> bool {
        self.kept && self.any & !self.all & PHASE_MASK << PHASE_SHIFT == 0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a slot's number is at most MAX_SLOTS")]
#[inline]
pub(crate) const fn narrow(index: usize) -> Index {
    index as Index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zeroed_slot_is_free_and_followed_by_its_neighbour() {
        assert_eq!(state(0), FREE);
        assert_eq!(next(0, 0), 1);
        assert_eq!(next(41, 0), 42);
    }

    #[test]
    fn a_link_survives_being_stored() {
        for own in 0..MAX_SLOTS {
            for to in [0, 1, own, MAX_SLOTS / 2, MAX_SLOTS, index(CLOSED)] {
                assert_eq!(next(own, free(own, to)), to);
                assert_eq!(state(free(own, to)), FREE);
            }
        }
    }

    #[test]
    fn phases_come_before_tickets_and_new_ones_before_old_ones() {
        let word = |ticket, phase| armed(ticket, Triggers::ALWAYS, phase, false);
        let order = [word(4, Phase::First), word(9, Phase::Main), word(8, Phase::Main), word(9, Phase::Last)];
        assert!(order.map(|w| place(w, 10)).is_sorted());
    }

    #[test]
    fn words_are_in_order_exactly_if_their_places_are_and_they_have_one_phase() {
        let now: Bits = 2;
        let words: [Bits; 24] = core::array::from_fn(|number| {
            let ticket = now.wrapping_add(2).wrapping_sub(number as Bits / 3) & TICKET_MASK;
            let phase = [Phase::First, Phase::Main, Phase::Last][number % 3];
            armed(ticket, Triggers::ALWAYS, phase, number % 2 == 0)
        });
        let words = &words;
        let mut kept = 0;
        let triples =
            words.iter().flat_map(|a| words.iter().flat_map(move |b| words.iter().map(move |c| [*a, *b, *c])));
        for words in triples.filter(|[a, b, c]| ticket(*a) != ticket(*b) && ticket(*b) != ticket(*c)) {
            let mut order = Order::new(now);
            for word in words {
                order.add(word);
            }
            let sorted = words.map(|word| place(word, now)).is_sorted();
            let one_phase =
                words.iter().all(|word| word >> PHASE_SHIFT & PHASE_MASK == words[0] >> PHASE_SHIFT & PHASE_MASK);
            assert_eq!(order.is_kept(), sorted && one_phase, "{words:x?}");
            kept += usize::from(order.is_kept());
        }
        assert!(kept > 100, "{kept}");
    }

    #[test]
    fn a_slot_whose_hook_has_left_has_the_last_place_on_a_list_whatever_comes_into_it() {
        let now = 7;
        let registered = |ticket| armed(ticket, Triggers::ALWAYS, Phase::Main, false);
        assert_eq!(place_on_list(registered(6), now), place(registered(6), now));
        for other in [registered(7), registered(8), SEALED, 0, free(3, 5), free(0, 6)] {
            assert_eq!(place_on_list(other, now), Bits::MAX);
        }
        for state in [RUNNING, LEAVING, FREE] {
            assert_eq!(place_on_list(with_state(registered(6), state), now), Bits::MAX);
        }
    }

    #[test]
    fn order_survives_the_wrap_of_tickets() {
        let last = TICKET_MASK;
        let word = |ticket| armed(ticket, Triggers::ALWAYS, Phase::Main, false);
        assert_eq!(ticket(header_after(id(last, 3), 4)), 0);
        assert!([word(1), word(0), word(last), word(last - 1)].map(|w| place(w, 2)).is_sorted());
        assert!(newer(0, last) && newer(last, last) && !newer(last, 0));
        assert!(newer(HALF - 1, 0) && !newer(HALF, 0));
    }
}
