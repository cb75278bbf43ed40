//! Any script, on a registry and on its model: hooks that do more when they are called, registers that are interrupted
//! between taking a slot and arming it, stale ids, every cause and context.

use arbitrary::{Result, Unstructured};
use terminate_fuzz::{Ending, Hook, Op, Script, Which, replay};

use super::draw;

/// How deep hooks and what comes between may be inside each other.
const DEPTH: u8 = 4;
/// How many operations a hook has, at the most.
const PROGRAM: usize = 5;

/// Compares what is seen with what should be.
///
/// # Panics
///
/// If they differ.
pub fn run(input: &[u8]) {
    let mut u = Unstructured::new(input);
    let Ok((slots, script)) = case(&mut u) else { return };
    let (observed, expected) = match slots {
        0 => (replay::observed::<1>(&script), replay::expected(&script, 1)),
        1 => (replay::observed::<2>(&script), replay::expected(&script, 2)),
        2 => (replay::observed::<4>(&script), replay::expected(&script, 4)),
        _ => (replay::observed::<9>(&script), replay::expected(&script, 9)),
    };
    if observed != expected {
        let at = observed.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        panic!(
            "event {at} is {:?}, and should be {:?}, with slots by choice {slots}, in {script:#?}",
            observed.get(at),
            expected.get(at)
        );
    }
}

fn case(u: &mut Unstructured<'_>) -> Result<(u8, Script)> {
    let slots = u.int_in_range(0..=3)?;
    let mut script = Vec::new();
    while !u.is_empty() {
        script.push(op(u, DEPTH)?);
    }
    Ok((slots, Script(script)))
}

fn op(u: &mut Unstructured<'_>, depth: u8) -> Result<Op> {
    Ok(match u.int_in_range(0..=11)? {
        0..=3 => Op::Register(hook(u, depth)?),
        4 => Op::Reserve { hook: hook(u, depth)?, meanwhile: program(u, depth)?, arm: u.ratio(3, 4)? },
        5..=6 => Op::Unregister(which(u)?),
        7 => Op::TakeAndCall(which(u)?, draw::cause(u)?),
        8 => Op::RegisterAgain,
        _ => {
            let wanted = if u.ratio(1, 4)? { Some(draw::triggers(u)?) } else { None };
            Op::Run(Ending { wanted, cause: draw::cause(u)?, context: draw::context(u)? })
        }
    })
}

fn hook(u: &mut Unstructured<'_>, depth: u8) -> Result<Hook> {
    let (triggers, phase, handler_safe) = (draw::triggers(u)?, draw::phase(u)?, u.arbitrary()?);
    Ok(Hook { triggers, phase, handler_safe, program: program(u, depth)? })
}

fn program(u: &mut Unstructured<'_>, depth: u8) -> Result<Vec<Op>> {
    if depth == 0 || u.ratio(1, 2)? {
        return Ok(Vec::new());
    }
    (0..u.int_in_range(1..=PROGRAM)?).map(|_| op(u, depth - 1)).collect()
}

fn which(u: &mut Unstructured<'_>) -> Result<Which> {
    Ok(if u.ratio(1, 8)? { Which::Own } else { Which::Back(u.int_in_range(0..=15)?) })
}
