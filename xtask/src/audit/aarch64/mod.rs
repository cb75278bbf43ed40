//! One function of a program for `aarch64`: which of its instructions are reached, and what they do.

mod decode;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::decode::{Effect, Op, decode};
use self::values::{Table, Value, Values};
use super::image::{Image, Loaded};
use super::names;
use super::walk::{Event, Step};

/// What carries a call's first argument, and a system call's number.
const FIRST_ARGUMENT: usize = 0;
const CALL_NUMBER: usize = 8;

struct Function<'a> {
    image: &'a Image,
    range: Range<u64>,
    code: &'a [[u8; 4]],
    /// The addresses that the code names: at each of them, something begins.
    named: BTreeSet<u64>,
    returns: &'a dyn Fn(u64) -> bool,
}

/// What is called or jumped to.
enum Destination {
    Inside(Vec<u64>),
    Function(u64),
    Library(String),
    /// Nothing that a pointer to a function could be.
    Calculated,
    Unknown,
}

/// Looks at the function that begins there. Landing pads are not reached: only an unwinder enters them, see the report.
pub(super) fn step(image: &Image, at: u64, returns: &dyn Fn(u64) -> bool) -> Step {
    let nothing = |why| {
        let events = BTreeSet::from([(at, Event::NotUnderstood(why))]);
        Step { instructions: BTreeSet::new(), events, returns: true }
    };
    let Some(symbol) = image.function_at(at) else { return nothing("no function begins here") };
    let range = symbol.range.clone();
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let Some(bytes) = image.constant(at).and_then(|bytes| bytes.get(..length)) else { return nothing("it is cut off") };
    let (code, _) = bytes.as_chunks::<4>();
    let mut function = Function { image, range, code, named: BTreeSet::new(), returns };
    // Tables may lead to code that names more, where other tables end.
    loop {
        let known = function.known();
        let named = function.names(&known);
        if named == function.named {
            return function.step(&known);
        }
        function.named = named;
    }
}

impl Function<'_> {
    fn op(&self, at: u64) -> Option<Op> {
        let number = usize::try_from(at.checked_sub(self.range.start)? / 4).ok()?;
        self.code.get(number).map(|word| decode(u32::from_le_bytes(*word), at))
    }

    /// What the registers hold at each instruction that is reached.
    fn known(&self) -> BTreeMap<u64, Values> {
        let mut known = BTreeMap::from([(self.range.start, Values::UNKNOWN)]);
        let mut todo = vec![self.range.start];
        while let Some(at) = todo.pop() {
            let values = known[&at];
            let Some(op) = self.op(at) else { continue };
            let after = match op {
                Op::Next(effect) => values.after(effect, self.image),
                Op::Call(_) | Op::CallBy(_) => values.after_call(),
                // The kernel gives back a result, and keeps the rest.
                Op::SystemCall => values.after(Effect::Writes(1), self.image),
                _ => values,
            };
            for next in self.successors(at, op, &values) {
                let changed = match known.get_mut(&next) {
                    Some(values) => values.meet(&after),
                    None => known.insert(next, after).is_none(),
                };
                if changed {
                    todo.push(next);
                }
            }
        }
        known
    }

    fn names(&self, known: &BTreeMap<u64, Values>) -> BTreeSet<u64> {
        known.iter().filter_map(|(at, values)| self.named_at(*at, values)).collect()
    }

    /// The address that the instruction makes up.
    fn named_at(&self, at: u64, values: &Values) -> Option<u64> {
        match self.op(at)? {
            Op::Next(effect @ (Effect::Add { .. } | Effect::Address { .. })) => {
                number(values.written(effect, self.image))
            }
            _ => None,
        }
    }

    /// Where the function goes on after the instruction.
    fn successors(&self, at: u64, op: Op, values: &Values) -> Vec<u64> {
        let inside = |destination| match destination {
            Destination::Inside(targets) => targets,
            _ => Vec::new(),
        };
        let next = at + 4;
        match op {
            Op::Next(_) | Op::SystemCall | Op::ThreadLocal => vec![next],
            Op::Jump(to) => inside(self.to(to)),
            Op::JumpBy(register) => inside(self.by(values.get(register))),
            Op::Branch(to) => [inside(self.to(to)), vec![next]].concat(),
            Op::Call(to) if self.comes_back(&self.to(to)) => vec![next],
            Op::CallBy(register) if self.comes_back(&self.by(values.get(register))) => vec![next],
            _ => Vec::new(),
        }
    }

    fn to(&self, address: u64) -> Destination {
        if address != self.range.start && self.range.contains(&address) {
            return Destination::Inside(vec![address]);
        }
        match stub(self.image, address).filter(|_| self.image.function_at(address).is_none()) {
            Some(import) => self.library(import),
            None => Destination::Function(address),
        }
    }

    fn by(&self, value: Value) -> Destination {
        match value {
            Value::Number(address) => self.to(address),
            Value::Import(import) => self.library(import),
            Value::Target(table) => Destination::Inside(self.targets(table)),
            Value::Calculated | Value::Entry { .. } => Destination::Calculated,
            Value::Unknown => Destination::Unknown,
        }
    }

    fn library(&self, import: usize) -> Destination {
        Destination::Library(self.image.imports.get(import).cloned().unwrap_or_default())
    }

    fn comes_back(&self, destination: &Destination) -> bool {
        match destination {
            Destination::Inside(_) | Destination::Calculated | Destination::Unknown => true,
            Destination::Function(at) => (self.returns)(*at),
            Destination::Library(name) => !names::never_returns(name),
        }
    }

    /// Where a table leads: its entries up to the first that is no instruction of this function, or to where something else
    /// begins. None is missed; what stands behind the table may look like an entry too, and then more is reached than can be.
    fn targets(&self, Table { at, bytes, from, shift }: Table) -> Vec<u64> {
        let next = self.named.range(at + 1..).next().map_or(u64::MAX, |next| *next);
        let room = usize::try_from((next - at) / u64::from(bytes)).unwrap_or(usize::MAX);
        let entries = self.image.constant(at).unwrap_or_default().chunks_exact(bytes.into()).take(room);
        let offsets = entries.map(|entry| match *entry {
            [one] => i64::from(one),
            [one, two] => i64::from(u16::from_le_bytes([one, two])),
            [one, two, three, four] => i64::from(i32::from_le_bytes([one, two, three, four])),
            _ => i64::MAX,
        });
        let targets = offsets.map(|offset| from.wrapping_add_signed(offset << shift));
        targets.take_while(|target| self.range.contains(target) && target % 4 == 0).collect()
    }

    fn step(&self, known: &BTreeMap<u64, Values>) -> Step {
        let mut step = Step::default();
        for (at, values) in known {
            step.instructions.insert(*at);
            let Some(op) = self.op(*at) else {
                step.events.insert((*at, Event::NotUnderstood("no instruction of the function begins here")));
                continue;
            };
            self.record(*at, op, values, &mut step);
        }
        step
    }

    fn record(&self, at: u64, op: Op, values: &Values, step: &mut Step) {
        let event = match op {
            Op::Next(_) => {
                step.events.extend(self.addresses(at, op, values).into_iter().map(|taken| (at, Event::Address(taken))));
                return;
            }
            Op::Return => {
                step.returns = true;
                return;
            }
            Op::Jump(to) | Op::Branch(to) => self.left(self.to(to), true, values, step),
            Op::JumpBy(register) => self.left(self.by(values.get(register)), true, values, step),
            Op::Call(to) => self.left(self.to(to), false, values, step),
            Op::CallBy(register) => self.left(self.by(values.get(register)), false, values, step),
            Op::SystemCall => Some(Event::SystemCall(number(values.get(CALL_NUMBER)))),
            Op::ThreadLocal => Some(Event::ThreadLocal),
            Op::Trap => Some(Event::Trap),
            Op::NotUnderstood => Some(Event::NotUnderstood("an instruction of a kind that programs do not have")),
        };
        step.events.extend(event.map(|event| (at, event)));
    }

    /// What a call, or a jump, is for the walk.
    fn left(&self, destination: Destination, jump: bool, values: &Values, step: &mut Step) -> Option<Event> {
        if let Destination::Inside(targets) = &destination {
            return match (jump, targets.is_empty()) {
                (true, false) => None,
                (true, true) => Some(Event::NotUnderstood("a jump through an empty table")),
                (false, _) => Some(Event::NotUnderstood("a call into the same function")),
            };
        }
        // A jump out of the function is a call and a return in one.
        step.returns |= jump && self.comes_back(&destination);
        Some(match destination {
            Destination::Function(to) => Event::Call(to),
            Destination::Library(name) => Event::Library(name, number(values.get(FIRST_ARGUMENT))),
            Destination::Calculated if jump => Event::NotUnderstood("a jump to a calculated address"),
            _ => Event::Indirect,
        })
    }

    /// The functions whose addresses the instruction takes: it names one, or constant data that begins with some.
    fn addresses(&self, at: u64, op: Op, values: &Values) -> Vec<u64> {
        let is_function = |address: &u64| self.image.function_at(*address).is_some();
        let word = |at: u64| match self.image.loaded(at) {
            Some(Loaded::Address(address)) => Some(address).filter(is_function),
            _ => None,
        };
        match op {
            Op::Next(effect @ (Effect::Add { .. } | Effect::Load { .. } | Effect::Address { .. })) => {
                match number(values.written(effect, self.image)) {
                    Some(named) if is_function(&named) => vec![named],
                    Some(named) if self.named_at(at, values).is_some() => {
                        (named..).step_by(8).map_while(word).collect()
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }
}

/// What an entry of the procedure linkage table jumps to, if this is one: a few instructions that load it, and a jump.
fn stub(image: &Image, at: u64) -> Option<usize> {
    let (code, _) = image.constant(at)?.as_chunks::<4>();
    let mut values = Values::UNKNOWN;
    for (address, word) in (at..).step_by(4).zip(code).take(5) {
        match decode(u32::from_le_bytes(*word), address) {
            Op::Next(effect) => values = values.after(effect, image),
            Op::JumpBy(register) => {
                let Value::Import(import) = values.get(register) else { return None };
                return Some(import);
            }
            _ => return None,
        }
    }
    None
}

fn number(value: Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
