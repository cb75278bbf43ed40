//! The word itself: what [`next`] does, as the table in the docs shows it, and how the bits are laid out.

use std::path::Path;
use std::{env, fs};

use terminate_core::{Cause, SignalNumber};

use crate::state::{End, Event, Stage, State, next};

const STAGES: [Stage; 7] =
    [Stage::Alive, Stage::Interrupting, Stage::Requested, Stage::Running, Stage::Chaining, Stage::Closed, Stage::Done];

fn number(number: u8) -> SignalNumber {
    SignalNumber::new(number).expect("it is one")
}

fn after(events: &[Event]) -> State {
    events.iter().fold(State::ALIVE, |state, event| {
        next(state, *event).unwrap_or_else(|| panic!("{event:?} means nothing in {state:?}"))
    })
}

/// A state of that stage, with the hooks on the runner.
fn state(stage: Stage) -> State {
    let ordinary = after(&[Event::NeedRunner]);
    reach(stage, ordinary).unwrap_or_else(|| panic!("{stage:?} comes on the runner"))
}

/// A state of that stage, with the hooks in place. There some stages do not come.
fn state_in_place(stage: Stage) -> Option<State> {
    reach(stage, State::ALIVE)
}

fn reach(stage: Stage, begun: State) -> Option<State> {
    if stage == Stage::Interrupting {
        return next(begun, Event::Interrupt);
    }
    let end = Event::Request(End::Signal(number(15)), 1);
    let order = [end, Event::Run(0), Event::Chain(0), Event::Close(0), Event::Finish(0)];
    let step = |state: &mut State, event| {
        *state = next(*state, event).unwrap_or(*state);
        Some(*state)
    };
    [begun].into_iter().chain(order.into_iter().scan(begun, step)).find(|state| state.stage() == stage)
}

fn events() -> Vec<(&'static str, Event)> {
    vec![
        ("NeedRunner", Event::NeedRunner),
        ("AddHandled", Event::AddHandled),
        ("Hold", Event::Hold),
        ("Interrupt", Event::Interrupt),
        ("Interrupted", Event::Interrupted),
        ("Request", Event::Request(End::Signal(number(15)), 1)),
        ("RequestWithoutHooks", Event::RequestWithoutHooks(number(10))),
        ("SkipGrace", Event::SkipGrace),
        ("Run", Event::Run(0)),
        ("Lose", Event::Lose(0)),
        ("Chain", Event::Chain(0)),
        ("Close", Event::Close(0)),
        ("Finish", Event::Finish(0)),
    ]
}

/// To which stage an event leads, and what else it changes.
fn effect(from: State, event: Event) -> String {
    let Some(to) = next(from, event) else { return String::new() };
    let mut effect = format!("{:?}", to.stage());
    if to.is_ending() && from.is_ending() && to.epoch() != from.epoch() {
        effect += ", next epoch";
    }
    if to.is_hurried() != from.is_hurried() {
        effect += ", hurried";
    }
    if to.needs_runner() != from.needs_runner() {
        effect += ", on the runner";
    }
    if to.is_handled() != from.is_handled() {
        effect += ", handled";
    }
    if !to.is_ending() && matches!(event, Event::Hold | Event::Interrupted) {
        effect += ", next generation";
    }
    if to.is_in_place() && !from.is_in_place() {
        effect += ", in place";
    }
    effect
}

fn table() -> String {
    let mut lines =
        vec!["| event | where | ".to_owned() + &STAGES.map(|stage| format!("in `{stage:?}`")).join(" | ") + " |"];
    lines.push("| --- ".repeat(2 + STAGES.len()) + "|");
    for (name, event) in events() {
        let runner = STAGES.map(|stage| effect(state(stage), event));
        let in_place = STAGES.map(|stage| state_in_place(stage).map(|from| effect(from, event)));
        if runner.iter().zip(&in_place).all(|(runner, in_place)| in_place.as_ref().is_none_or(|it| it == runner)) {
            lines.push(format!("| `{name}` | everywhere | {} |", runner.join(" | ")));
        } else {
            lines.push(format!("| `{name}` | on the runner | {} |", runner.join(" | ")));
            let in_place = in_place.map(|effect| effect.unwrap_or_else(|| "–".to_owned()));
            lines.push(format!("| `{name}` | in place | {} |", in_place.join(" | ")));
        }
    }
    lines.join("\n") + "\n"
}

/// Run with `TERMINATE_WRITE_TRANSITIONS=1` to write the table anew.
#[test]
fn the_documented_table_is_what_next_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lifecycle/transitions.md");
    if env::var_os("TERMINATE_WRITE_TRANSITIONS").is_some() {
        fs::write(&path, table()).expect("it can be written");
    }
    assert_eq!(fs::read_to_string(path).expect("it is there"), table());
}

#[test]
fn every_end_survives_being_stored_beside_everything_else() {
    let signals = (1..=SignalNumber::MAX).filter_map(SignalNumber::new).map(End::Signal);
    for end in [End::Exit, End::Panic, End::Abort, End::Request].into_iter().chain(signals) {
        for outcome in [0, 1, 5, 0x1ff] {
            let requested = after(&[Event::NeedRunner, Event::AddHandled, Event::Request(end, outcome)]);
            let lost = after(&[
                Event::NeedRunner,
                Event::AddHandled,
                Event::Request(end, outcome),
                Event::SkipGrace,
                Event::Lose(0),
                Event::Lose(1),
            ]);
            for (state, epoch) in [(requested, 0), (lost, 2)] {
                assert_eq!((state.end(), state.outcome(), state.epoch()), (end, outcome, epoch));
                assert!(state.needs_runner() && state.is_handled() && !state.is_in_place());
                assert_eq!(State::from_bits(state.to_bits()), state);
            }
        }
    }
    assert_eq!(End::Abort.cause(), Cause::Signal(number(6)));
    assert_eq!(End::Request.cause(), Cause::Exit);
}

#[test]
fn an_interrupt_that_came_and_went_leaves_another_word() {
    let alive = after(&[Event::NeedRunner]);
    let mut seen = vec![alive];
    for _ in 0..1000 {
        let interrupted = next(*seen.last().expect("one"), Event::Interrupt).expect("it lives");
        seen.push(next(interrupted, Event::Interrupted).expect("it is over"));
    }
    seen.sort_unstable_by_key(|state| state.to_bits());
    seen.dedup();
    assert_eq!(seen.len(), 1001);
    assert!(seen.iter().all(|state| state.stage() == Stage::Alive && state.needs_runner() && !state.is_in_place()));
}

#[test]
fn a_runner_of_another_epoch_moves_nothing() {
    for stage in [Stage::Requested, Stage::Running, Stage::Chaining, Stage::Closed] {
        for event in [Event::Run(1), Event::Chain(1), Event::Close(1), Event::Finish(1), Event::Lose(1)] {
            assert_eq!(next(state(stage), event), None, "{event:?} in {stage:?}");
        }
    }
}

#[test]
fn the_last_runner_cannot_be_replaced() {
    let mut running = state(Stage::Running);
    let mut epochs = 0;
    while let Some(next) = next(running, Event::Lose(running.epoch())) {
        running = next;
        epochs += 1;
    }
    assert_eq!((epochs, running.epoch(), running.stage()), (511, 511, Stage::Running));
}
