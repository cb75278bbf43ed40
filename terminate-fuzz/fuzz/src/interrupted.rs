//! Operations on the registry that are interrupted at chosen instructions, several times each, and inside each other:
//! what the stepper, which goes through all instructions, cannot go through.

use arbitrary::{Result, Unstructured};
use terminate_core::{Cause, Context};
use terminate_fuzz::step::registry::{Interrupt, MOST_STEPS, Op, Program, SIGNAL, Spec, Step, Target};

/// Interrupts of interrupts of interrupts.
const DEPTH: u8 = 3;
/// Steps that one operation may be interrupted by.
const INTERRUPTS: usize = 4;

/// Plays a program.
///
/// # Panics
///
/// If there is anything to object.
pub fn run(input: &[u8]) {
    let mut u = Unstructured::new(input);
    let Ok(program) = program(&mut u) else { return };
    if let Err(objection) = program.play() {
        panic!("{objection}\nin {program:#?}");
    }
}

fn program(u: &mut Unstructured<'_>) -> Result<Program> {
    let mut left = MOST_STEPS;
    let mut steps = Vec::new();
    while !u.is_empty() && left > 0 {
        steps.push(step(u, DEPTH, &mut left)?);
    }
    Ok(Program(steps))
}

fn step(u: &mut Unstructured<'_>, depth: u8, left: &mut usize) -> Result<Step> {
    *left -= 1;
    let op = op(u)?;
    let mut interrupts = Vec::new();
    if depth > 0 && u.ratio(2, 3)? {
        for _ in 0..u.int_in_range(1..=INTERRUPTS)? {
            if *left == 0 {
                break;
            }
            interrupts.push(Interrupt { after: after(u)?, step: step(u, depth - 1, left)? });
        }
    }
    Ok(Step { op, interrupts })
}

/// A few instructions, or as many as an operation may have in this build, which counts its own branches.
fn after(u: &mut Unstructured<'_>) -> Result<usize> {
    Ok(usize::from(if u.ratio(1, 2)? { u.int_in_range(0..=63)? } else { u.int_in_range(0..=2047_u16)? }))
}

fn op(u: &mut Unstructured<'_>) -> Result<Op> {
    Ok(match u.int_in_range(0..=9)? {
        0..=3 => Op::Register(*u.choose(&Spec::ALL)?),
        4 => Op::Reserve(*u.choose(&Spec::ALL)?),
        5..=6 => Op::Unregister(target(u)?),
        7 => Op::Take(target(u)?),
        _ => {
            let cause = *u.choose(&[Cause::Exit, Cause::Panic, Cause::Signal(SIGNAL)])?;
            Op::Run(cause, *u.choose(&[Context::Thread, Context::Thread, Context::Handler])?)
        }
    })
}

fn target(u: &mut Unstructured<'_>) -> Result<Target> {
    Ok(Target::Back(u.int_in_range(0..=7)?))
}
