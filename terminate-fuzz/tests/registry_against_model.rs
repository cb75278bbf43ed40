//! Random scripts, nested ones included, on a registry and on the model. A failure is shrunk, and prints the script.
//!
//! Seeds: `order_by_slot`, `any_generation`, `late_hooks_last`, `endless_run`, `ordinary_in_handler`.

use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use terminate_core::{Cause, Context, Phase, SignalNumber, Triggers};
use terminate_fuzz::{Ending, Hook, Op, Script, Which, replay};

const CAUSES: [Cause; 4] = [
    Cause::Exit,
    Cause::Panic,
    Cause::Signal(SignalNumber::new(1).unwrap()),
    Cause::Signal(SignalNumber::new(SignalNumber::MAX).unwrap()),
];

fn triggers() -> impl Strategy<Value = Triggers> {
    let of = |cause| match cause {
        Cause::Signal(number) => Triggers::signal(number),
        Cause::Panic => Triggers::PANIC,
        _ => Triggers::EXIT,
    };
    let some = prop::sample::subsequence(CAUSES.to_vec(), 0..=CAUSES.len())
        .prop_map(move |causes| causes.into_iter().map(of).fold(Triggers::NONE, Triggers::union));
    prop_oneof![3 => Just(Triggers::ALWAYS), 2 => some]
}

fn cause() -> impl Strategy<Value = Cause> {
    prop_oneof![4 => Just(Cause::Exit), 1 => prop::sample::select(CAUSES.to_vec())]
}

fn ending() -> impl Strategy<Value = Ending> {
    let context = prop_oneof![3 => Just(Context::Thread), 1 => Just(Context::Handler)];
    let wanted = prop_oneof![3 => Just(None), 1 => triggers().prop_map(Some)];
    (wanted, cause(), context).prop_map(|(wanted, cause, context)| Ending { wanted, cause, context })
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![1 => Just(Which::Own), 6 => (0..12_usize).prop_map(Which::Back)]
}

fn hook(program: impl Strategy<Value = Vec<Op>>) -> impl Strategy<Value = Hook> {
    let phase = prop_oneof![1 => Just(Phase::First), 3 => Just(Phase::Main), 1 => Just(Phase::Last)];
    (triggers(), phase, any::<bool>(), program).prop_map(|(triggers, phase, handler_safe, program)| Hook {
        triggers,
        phase,
        handler_safe,
        program,
    })
}

/// Operations whose hooks have programs, nested to a depth of three.
fn op() -> impl Strategy<Value = Op> {
    let flat = prop_oneof![
        8 => hook(Just(Vec::new())).prop_map(Op::Register),
        4 => which().prop_map(Op::Unregister),
        2 => (which(), cause()).prop_map(|(which, cause)| Op::TakeAndCall(which, cause)),
        4 => ending().prop_map(Op::Run),
        2 => Just(Op::RegisterAgain),
        1 => Just(Op::Close),
    ];
    flat.prop_recursive(3, 24, 4, |op| {
        let program = move || prop::collection::vec(op.clone(), 0..4);
        prop_oneof![
            4 => hook(program()).prop_map(Op::Register),
            1 => (hook(program()), program(), any::<bool>())
                .prop_map(|(hook, meanwhile, arm)| Op::Reserve { hook, meanwhile, arm }),
        ]
    })
}

fn script() -> impl Strategy<Value = Script> {
    prop::collection::vec(op(), 1..24).prop_map(Script)
}

fn registry_is_as_the_model_says<const N: usize>(cases: u32) {
    // Nothing is written to disk: the shrunk script in the message is what to keep.
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&script(), |script| {
        prop_assert_eq!(replay::observed::<N>(&script), replay::expected(&script, N));
        Ok(())
    });
    // `Debug` of the error is a line; its `Display` has the differences, and then the script as it would be written.
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn g1_g2_g5_a_registry_with_four_slots_does_what_the_model_says() {
    registry_is_as_the_model_says::<4>(1500);
}

#[test]
fn g1_g2_g5_a_registry_with_eight_slots_does_what_the_model_says() {
    registry_is_as_the_model_says::<8>(1000);
}

#[test]
fn g1_g2_g5_a_registry_with_one_slot_does_what_the_model_says() {
    registry_is_as_the_model_says::<1>(500);
}

/// The scripts are worth something: each kind of event turns up, and hooks nest.
#[test]
fn the_scripts_reach_every_kind_of_event() {
    use proptest::strategy::ValueTree;
    let mut runner = TestRunner::deterministic();
    let events: Vec<_> = (0..300)
        .flat_map(|_| replay::expected(&script().new_tree(&mut runner).unwrap().current(), 4))
        .map(|event| format!("{event:?}"))
        .collect();
    for kind in
        ["Registered", "Reserved", "Full", "Closed", "Taken(", "Called", "Running)", "Stale)", "Dropped", "Signal("]
    {
        let count = events.iter().filter(|event| event.contains(kind)).count();
        assert!(count >= 20, "{kind}: only {count} times");
    }
    for part in ["running_elsewhere: 2", "left: 1", "ran: 4"] {
        assert!(events.iter().any(|event| event.contains(part)), "never {part}");
    }
}
