//! Sets of causes, signal numbers and ids: what their functions say of every value.
#![cfg(not(loom))]

use terminate_core::{Cause, Hook, HookId, Registry, SignalNumber, Triggers};

fn numbers() -> impl Iterator<Item = SignalNumber> {
    (1..=SignalNumber::MAX).filter_map(SignalNumber::new)
}

fn causes() -> Vec<Cause> {
    numbers().map(Cause::Signal).chain([Cause::Exit, Cause::Panic]).collect()
}

#[test]
fn signal_numbers_go_from_1_to_64() {
    assert!(numbers().map(SignalNumber::get).eq(1..=64));
    assert_eq!([0, 65, u8::MAX].map(SignalNumber::new), [None; 3]);
}

#[test]
fn a_set_contains_what_was_put_into_it_and_nothing_else() {
    for one in causes() {
        let set = Triggers::only(one);
        assert!(!set.is_empty());
        for other in causes() {
            assert_eq!(set.contains(other), one == other, "{one} and {other}");
        }
        if let Cause::Signal(number) = one {
            assert_eq!(Triggers::signal(number), set);
        }
    }
    assert!(Triggers::NONE.is_empty());
}

#[test]
fn a_union_and_a_difference_are_those_of_each_cause() {
    let of = |number| SignalNumber::new(number).map(Triggers::signal).unwrap();
    let some = of(3).union(of(40)).union(Triggers::EXIT);
    let sets = [Triggers::NONE, Triggers::EXIT, Triggers::PANIC, Triggers::SIGNALS, Triggers::ALWAYS, some, of(40)];
    for (a, b) in sets.iter().flat_map(|a| sets.iter().map(move |b| (*a, *b))) {
        for cause in causes() {
            let (in_a, in_b) = (a.contains(cause), b.contains(cause));
            assert_eq!(a.union(b).contains(cause), in_a || in_b, "{cause} in {a:?} or {b:?}");
            assert_eq!(a.difference(b).contains(cause), in_a && !in_b, "{cause} in {a:?} and not in {b:?}");
        }
        assert_eq!(a.is_empty(), causes().iter().all(|cause| !a.contains(*cause)));
    }
}

#[test]
fn an_id_survives_being_stored_as_a_number() {
    let registry = Registry::<3>::new();
    let ids = [(); 3].map(|()| registry.register(Hook::new(|_| ())).unwrap());
    assert_eq!(ids.map(|id| HookId::from_bits(id.to_bits())), ids);
}
