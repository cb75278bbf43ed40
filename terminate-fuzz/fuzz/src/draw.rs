//! Values of the core, drawn from an input.

use arbitrary::{Result, Unstructured};
use terminate_core::{Cause, Context, Phase, SignalNumber, Triggers};

/// Often an exit, else anything.
pub(crate) fn cause(u: &mut Unstructured<'_>) -> Result<Cause> {
    Ok(match u.int_in_range(0..=7)? {
        0..=3 => Cause::Exit,
        4 => Cause::Panic,
        _ => Cause::Signal(signal_number(u)?),
    })
}

/// Of few, so that hooks and causes meet, or any.
fn signal_number(u: &mut Unstructured<'_>) -> Result<SignalNumber> {
    const FEW: [u8; 4] = [1, 15, 63, SignalNumber::MAX];
    let number = if u.ratio(3, 4)? { *u.choose(&FEW)? } else { u.int_in_range(1..=SignalNumber::MAX)? };
    Ok(SignalNumber::new(number).expect("it is in range"))
}

pub(crate) fn triggers(u: &mut Unstructured<'_>) -> Result<Triggers> {
    if u.ratio(1, 2)? {
        return Ok(Triggers::ALWAYS);
    }
    let mut triggers = Triggers::NONE;
    for _ in 0..u.int_in_range(0..=4)? {
        triggers = triggers
            | match cause(u)? {
                Cause::Signal(number) => Triggers::signal(number),
                Cause::Panic => Triggers::PANIC,
                _ => Triggers::EXIT,
            };
    }
    Ok(triggers)
}

pub(crate) fn phase(u: &mut Unstructured<'_>) -> Result<Phase> {
    Ok(*u.choose(&[Phase::Main, Phase::First, Phase::Main, Phase::Last])?)
}

pub(crate) fn context(u: &mut Unstructured<'_>) -> Result<Context> {
    Ok(*u.choose(&[Context::Thread, Context::Thread, Context::Thread, Context::Handler])?)
}
