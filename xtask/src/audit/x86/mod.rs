//! One function of a program for `x86_64`: which of its instructions are reached, and what they do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind, Register};

use super::image::{Image, Loaded};
use super::names;
use super::values::{FIRST_ARGUMENT, Value, Values};
use super::walk::{Event, Step};

/// What is called or jumped to.
enum Destination {
    Inside(u64),
    Function(u64),
    Library(String),
    Table(u64),
    /// Nothing that a pointer to a function could be.
    Calculated,
    Unknown,
}

struct Function<'a> {
    image: &'a Image,
    range: Range<u64>,
    /// Decoded from the first to the last: code has no data in it on this processor.
    code: BTreeMap<u64, Instruction>,
    /// The addresses that the code names: at each of them, something begins.
    named: BTreeSet<u64>,
    returns: &'a dyn Fn(u64) -> bool,
}

/// Looks at the function that begins there. Landing pads are not reached: only an unwinder enters them, see the report.
pub(super) fn step(image: &Image, at: u64, returns: &dyn Fn(u64) -> bool) -> Step {
    let Some(symbol) = image.function_at(at) else {
        let events = BTreeSet::from([(at, Event::NotUnderstood("no function begins here"))]);
        return Step { instructions: BTreeSet::new(), events, returns: true };
    };
    let range = symbol.range.clone();
    let code = decode(image.constant(at).unwrap_or_default(), &range);
    let is_name = |it: &&Instruction| it.mnemonic() == Mnemonic::Lea && it.is_ip_rel_memory_operand();
    let named = code.values().filter(is_name).map(Instruction::ip_rel_memory_address).collect();
    Function { image, range, code, named, returns }.step()
}

fn decode(bytes: &[u8], range: &Range<u64>) -> BTreeMap<u64, Instruction> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let decoder = Decoder::with_ip(64, &bytes[..bytes.len().min(length)], range.start, DecoderOptions::NONE);
    let valid = decoder.into_iter().filter(|instruction| !instruction.is_invalid());
    valid.map(|instruction| (instruction.ip(), instruction)).collect()
}

impl Function<'_> {
    fn step(&self) -> Step {
        let mut info = InstructionInfoFactory::new();
        let mut known = BTreeMap::from([(self.range.start, Values::UNKNOWN)]);
        let mut todo = vec![self.range.start];
        while let Some(at) = todo.pop() {
            let values = known[&at];
            let Some(instruction) = self.code.get(&at) else { continue };
            let after = values.after(instruction, self.image, &mut info);
            for next in self.successors(instruction, &values) {
                let changed = match known.get_mut(&next) {
                    Some(values) => values.meet(&after),
                    None => known.insert(next, after).is_none(),
                };
                if changed {
                    todo.push(next);
                }
            }
        }
        let mut step = Step::default();
        for (at, values) in &known {
            step.instructions.insert(*at);
            let Some(instruction) = self.code.get(at) else {
                step.events.insert((*at, Event::NotUnderstood("no instruction of the function begins here")));
                continue;
            };
            self.record(instruction, values, &mut step);
        }
        step
    }

    /// Where the function goes on after the instruction.
    fn successors(&self, instruction: &Instruction, values: &Values) -> Vec<u64> {
        let next = instruction.next_ip();
        let inside = |destination| match destination {
            Destination::Inside(target) => vec![target],
            Destination::Table(table) => self.targets(table),
            _ => Vec::new(),
        };
        match instruction.flow_control() {
            _ if instruction.mnemonic() == Mnemonic::Syscall => vec![next],
            FlowControl::Next => vec![next],
            FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => {
                inside(self.destination(instruction, values))
            }
            FlowControl::ConditionalBranch => {
                let mut both = inside(self.destination(instruction, values));
                both.push(next);
                both
            }
            FlowControl::Call | FlowControl::IndirectCall
                if self.comes_back(&self.destination(instruction, values)) =>
            {
                vec![next]
            }
            _ => Vec::new(),
        }
    }

    fn comes_back(&self, destination: &Destination) -> bool {
        match destination {
            Destination::Inside(_) | Destination::Table(_) | Destination::Calculated | Destination::Unknown => true,
            Destination::Function(at) => (self.returns)(*at),
            Destination::Library(name) => !names::never_returns(name),
        }
    }

    fn record(&self, instruction: &Instruction, values: &Values, step: &mut Step) {
        let at = instruction.ip();
        let mut event = |event| {
            step.events.insert((at, event));
        };
        let through_memory = (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory);
        if through_memory && matches!(instruction.memory_segment(), Register::FS | Register::GS) {
            event(Event::ThreadLocal);
        }
        if instruction.mnemonic() == Mnemonic::Syscall {
            return event(Event::SystemCall(number(values.get(Register::RAX))));
        }
        match instruction.flow_control() {
            FlowControl::Next => self.addresses(instruction).into_iter().for_each(|at| event(Event::Address(at))),
            FlowControl::Return => step.returns = true,
            FlowControl::Exception | FlowControl::Interrupt => event(Event::Trap),
            FlowControl::XbeginXabortXend => event(Event::NotUnderstood("a transaction")),
            control => {
                let jump = !matches!(control, FlowControl::Call | FlowControl::IndirectCall);
                let destination = self.destination(instruction, values);
                match &destination {
                    Destination::Inside(_) if jump => return,
                    // Code that reads its own address.
                    Destination::Inside(_) => event(Event::NotUnderstood("a call into the same function")),
                    Destination::Table(table) if self.targets(*table).is_empty() => {
                        event(Event::NotUnderstood("a jump through an empty table"));
                    }
                    Destination::Table(_) => return,
                    Destination::Function(target) => event(Event::Call(*target)),
                    Destination::Library(name) => {
                        event(Event::Library(name.clone(), number(values.get(FIRST_ARGUMENT))));
                    }
                    Destination::Calculated if jump => event(Event::NotUnderstood("a jump to a calculated address")),
                    Destination::Calculated | Destination::Unknown => event(Event::Indirect),
                }
                // A jump out of the function is a call and a return in one.
                step.returns |= jump && self.comes_back(&destination);
            }
        }
    }

    /// The functions whose addresses the instruction takes: it names one, or constant data that begins with some. Which of them
    /// a program calls later is not asked.
    fn addresses(&self, instruction: &Instruction) -> Vec<u64> {
        if !instruction.is_ip_rel_memory_operand() {
            return Vec::new();
        }
        let at = instruction.ip_rel_memory_address();
        let is_function = |address: &u64| self.image.function_at(*address).is_some();
        let word = |at: u64| match self.image.loaded(at) {
            Some(Loaded::Address(address)) => Some(address).filter(is_function),
            _ => None,
        };
        let words = (at..).step_by(8);
        match instruction.mnemonic() {
            Mnemonic::Lea if is_function(&at) => vec![at],
            Mnemonic::Lea => words.map_while(word).collect(),
            _ => words.take(instruction.memory_size().size().div_ceil(8)).filter_map(word).collect(),
        }
    }

    fn destination(&self, instruction: &Instruction, values: &Values) -> Destination {
        let indexed = instruction.op0_kind() == OpKind::Memory && instruction.memory_index() != Register::None;
        let value = match instruction.op0_kind() {
            _ if indexed => Value::Calculated,
            OpKind::NearBranch64 => Value::Number(instruction.near_branch64()),
            OpKind::Register => values.get(instruction.op0_register()),
            OpKind::Memory => Values::read(instruction, self.image),
            _ => Value::Unknown,
        };
        match value {
            Value::Number(target) if target != self.range.start && self.range.contains(&target) => {
                Destination::Inside(target)
            }
            Value::Number(target) => match stub(self.image, target) {
                Some(import) if self.image.function_at(target).is_none() => Destination::Library(self.name(import)),
                _ => Destination::Function(target),
            },
            Value::Import(import) => Destination::Library(self.name(import)),
            Value::Target { table } => Destination::Table(table),
            Value::Calculated | Value::Offset { .. } => Destination::Calculated,
            Value::Unknown => Destination::Unknown,
        }
    }

    fn name(&self, import: usize) -> String {
        self.image.imports.get(import).cloned().unwrap_or_default()
    }

    /// Where a jump table leads: its entries up to the first that is no instruction of this function, or to where something
    /// else begins, such as the next table.
    ///
    /// An entry of the table is one, so none is missed. What stands behind the table may look like an entry too: then
    /// more is reached than can be, and never less.
    fn targets(&self, table: u64) -> Vec<u64> {
        let next = self.named.range(table + 1..).next().map_or(u64::MAX, |next| *next);
        let room = usize::try_from((next - table) / 4).unwrap_or(usize::MAX);
        let entries = self.image.constant(table).unwrap_or_default().as_chunks::<4>().0.iter().take(room);
        let targets = entries.map(|entry| table.wrapping_add_signed(i32::from_le_bytes(*entry).into()));
        targets.take_while(|target| self.code.contains_key(target)).collect()
    }
}

/// What an entry of the procedure linkage table jumps to, if this is one: `endbr64`, perhaps, and `jmp [rip + n]`.
fn stub(image: &Image, at: u64) -> Option<usize> {
    let mut decoder = Decoder::with_ip(64, image.constant(at)?, at, DecoderOptions::NONE);
    let mut instruction = decoder.decode();
    if instruction.mnemonic() == Mnemonic::Endbr64 {
        instruction = decoder.decode();
    }
    let jump = instruction.flow_control() == FlowControl::IndirectBranch && instruction.op0_kind() == OpKind::Memory;
    match jump.then(|| Values::read(&instruction, image))? {
        Value::Import(import) => Some(import),
        _ => None,
    }
}

fn number(value: Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
