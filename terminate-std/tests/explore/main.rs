//! Explores every interleaving of the life cycle in a set of small worlds: `cargo xtask explore`.
//!
//! A world has up to three threads, each of which ends the process in some way or changes the hooks, three hooks that return or
//! misbehave, and the runner. All pairs of what threads may do are explored, with every behaviour of a hook, with and without
//! time limits, on the runner and in place. Each property is also shown to find a bug.

mod hooks;
mod requests;
#[path = "../../src/lifecycle/state.rs"]
#[allow(dead_code, unreachable_pub)]
mod state;
mod transitions;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use stateright::{Checker, Model, Property};

use self::state::End;
use self::world::{Bug, CHOICES, Death, Does, Hook, Now, Program, Step, Thread, World};

impl Model for World {
    type State = Now;
    type Action = Step;

    fn init_states(&self) -> Vec<Now> {
        vec![self.begin()]
    }

    fn actions(&self, now: &Now, steps: &mut Vec<Step>) {
        let choices = |thread| (0..CHOICES).map(move |choice| Step { thread, choice });
        steps.extend((0..now.threads.len()).flat_map(choices));
    }

    fn next_state(&self, now: &Now, step: Step) -> Option<Now> {
        self.step(now, step)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("G1: no hook is called twice", |_, now: &Now| now.calls.iter().all(|calls| *calls <= 1)),
            Property::always("G1, G13: at the end every hook has been called", |_, now| World::has_called_all(now)),
            Property::always("G2: the newest hook is called first", |_, now: &Now| !now.out_of_order),
            Property::always("G7: the process does not end in the middle of a hook", |_, now| World::cuts_no_hook(now)),
            Property::always("G8: the first cause decides how the process ends", |_, now| World::ends_truthfully(now)),
            // It may have looked at the word just before.
            Property::always("a replaced runner calls one more hook at most", |_, now: &Now| {
                now.claims_of_replaced <= now.word.epoch()
            }),
            Property::always("G8: the previous handler is called once", |_, now: &Now| now.previous <= 1),
            Property::always("G10: a forked child calls no hook", |_, now: &Now| !now.called_in_child),
            Property::always("an interrupt is no end", |_, now: &Now| !now.unrequested),
            Property::always("no thread waits for ever", World::goes_on),
        ]
    }
}

impl World {
    /// Of those that an end goes through: a hook that aborts ends it, and a signal that no hook requests runs none.
    fn has_called_all(now: &Now) -> bool {
        match now.died {
            None | Some(Death::HookAborted | Death::Default) => true,
            Some(_) => !now.hooks.contains(&Hook::Armed),
        }
    }

    fn cuts_no_hook(now: &Now) -> bool {
        let is_cut = |hook: usize| now.hooks[hook] == Hook::Running && !now.lost[hook];
        match now.died {
            None | Some(Death::HookAborted) => true,
            // The time limits that the program asked for may.
            Some(_) if now.limits > 0 => true,
            // No hook requests that signal: it acts as without us.
            Some(Death::Default) => true,
            Some(_) => !(0..now.hooks.len()).any(is_cut),
        }
    }

    fn ends_truthfully(now: &Now) -> bool {
        match (now.died, now.first) {
            (None | Some(Death::HookAborted | Death::Default), _) => true,
            (Some(Death::Exit(thread)), first) => first == Some(End::Exit) && now.requester == Some(thread),
            (Some(Death::Abort), first) => matches!(first, Some(End::Panic | End::Abort)),
            (Some(Death::Signal(number)), first) => {
                matches!(first, Some(End::Signal(first)) if first.get() == number)
            }
        }
    }

    /// Where no step is left, the process has ended, or lives on, or a hook hangs and has no time limit.
    fn goes_on(&self, now: &Now) -> bool {
        let mut steps = Vec::new();
        self.actions(now, &mut steps);
        if now.died.is_some() || now.is_child || steps.into_iter().any(|step| self.step(now, step).is_some()) {
            return true;
        }
        let hangs = (0..3).any(|hook| now.hooks[hook] == Hook::Running && self.hooks[hook] == Does::Never);
        let lives =
            !now.word.is_ending() && now.threads.iter().all(|thread| matches!(thread, Thread::Ended | Thread::Runner));
        hangs || lives
    }
}

const DOES: [Does; 7] =
    [Does::Return, Does::Exit, Does::Abort, Does::Register, Does::Unregister, Does::Never, Does::Fork];
const PROGRAMS: [Program; 10] = [
    Program::Exit,
    Program::Panic,
    Program::Abort,
    Program::Term,
    Program::Usr,
    Program::Interrupt,
    Program::Fork,
    Program::Register,
    Program::Unregister,
    Program::Guard,
];

/// All pairs of programs; and a third thread, which makes three signals of two kinds, or two exits and a signal.
fn threads() -> Vec<Vec<Program>> {
    let pairs = (0..PROGRAMS.len()).flat_map(|a| (a..PROGRAMS.len()).map(move |b| vec![PROGRAMS[a], PROGRAMS[b]]));
    let mut all: Vec<_> = pairs.collect();
    all.push(vec![Program::Term, Program::Term, Program::Usr]);
    all.push(vec![Program::Interrupt, Program::Interrupt, Program::Term]);
    all.push(vec![Program::Interrupt, Program::Unregister, Program::Exit]);
    all.push(vec![Program::Exit, Program::Exit, Program::Term]);
    all.push(vec![Program::Exit, Program::Term, Program::Guard]);
    all.push(vec![Program::Panic, Program::Abort, Program::Register]);
    all
}

fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for threads in threads() {
        for does in DOES {
            for other in [Does::Return, Does::Exit] {
                for (handler_safe, limit) in [(false, false), (false, true), (true, false)] {
                    // A handler-safe hook does not exit.
                    let exits = does == Does::Exit || other == Does::Exit;
                    let is_large = threads.len() > 2 && other != Does::Return;
                    if !(handler_safe && exits || is_large) {
                        let hooks = [Does::Return, does, other];
                        worlds.push(World { threads: threads.clone(), hooks, handler_safe, limit, bug: None });
                    }
                }
            }
        }
    }
    worlds
}

/// Explores the world completely: how many states it has.
fn explore(world: &World) -> usize {
    let checker = world.clone().checker().spawn_bfs().join();
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        panic!("{property}\nin {world:?}\nby {:?}\nto {:#?}", path.clone().into_actions(), path.last_state());
    }
    assert!(checker.is_done(), "{world:?} was not explored completely");
    checker.unique_state_count()
}

#[test]
fn every_interleaving_of_every_world_keeps_all_guarantees() {
    let worlds = worlds();
    let (next, states, largest) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(world) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let count = explore(world);
                    states.fetch_add(count, Ordering::Relaxed);
                    largest.fetch_max(count, Ordering::Relaxed);
                }
            });
        }
    });
    let (worlds, states, largest) = (worlds.len(), states.into_inner(), largest.into_inner());
    println!("{worlds} worlds, {states} states, at most {largest} in one, 0 violations");
}

/// Whether the property finds the bug in any world of these threads.
fn found(bug: Bug, property: &'static str, threads: [Program; 2]) -> bool {
    worlds().into_iter().filter(|world| world.threads == threads).any(|world| {
        let checker = World { bug: Some(bug), ..world }.checker().spawn_bfs().join();
        checker.discoveries().contains_key(property)
    })
}

#[test]
fn every_property_finds_a_bug() {
    use Program::{Exit, Fork, Guard, Interrupt, Register, Term, Unregister};
    let bugs = [
        (Bug::ClaimsByLook, "G1: no hook is called twice", [Exit, Guard]),
        (Bug::ClosesNothing, "G1, G13: at the end every hook has been called", [Exit, Register]),
        (Bug::RequesterDoesNotWait, "G1, G13: at the end every hook has been called", [Exit, Term]),
        (Bug::OldestFirst, "G2: the newest hook is called first", [Exit, Term]),
        (Bug::GuardsNotAwaited, "G7: the process does not end in the middle of a hook", [Term, Guard]),
        (Bug::FollowerReturns, "G8: the first cause decides how the process ends", [Exit, Term]),
        (Bug::SuccessorChains, "G8: the previous handler is called once", [Exit, Term]),
        (Bug::ChildGoesOn, "G10: a forked child calls no hook", [Term, Fork]),
        (Bug::ReplacedGoesOn, "a replaced runner calls one more hook at most", [Exit, Term]),
        (Bug::GenerationStays, "an interrupt is no end", [Term, Interrupt]),
        (Bug::InterestReadTwice, "an interrupt is no end", [Interrupt, Unregister]),
        (Bug::NoSuccessor, "no thread waits for ever", [Exit, Term]),
        (Bug::NotWoken, "no thread waits for ever", [Exit, Term]),
    ];
    for (bug, property, threads) in bugs {
        let by = found(bug, property, threads);
        println!("{bug:?}: {}", if by { property } else { "not found" });
        assert!(by, "{bug:?} is not found; {property} was to");
    }
}
