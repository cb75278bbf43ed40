//! What the registers are known to hold at one instruction, and what an instruction does to that: see the part for `x86_64`.

use super::super::image::{Image, Loaded};
use super::decode::{Effect, ZERO};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Unknown,
    /// The result of a calculation: not a pointer to a function.
    Calculated,
    Number(u64),
    /// The address of an imported function.
    Import(usize),
    /// An element of the table there, of so many bytes.
    Entry {
        table: u64,
        bytes: u8,
    },
    /// One of the addresses that the table leads to: from that one on.
    Target(Table),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) at: u64,
    pub(super) bytes: u8,
    pub(super) from: u64,
    pub(super) shift: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values([Value; 32]);

/// What a call may change: x0 to x18, and the link (AAPCS64, 6.1.1).
const CLOBBERED: u32 = 0x7_ffff | 1 << 30;

impl Values {
    pub(super) const UNKNOWN: Self = Self([Value::Unknown; 32]);

    pub(super) fn get(&self, register: usize) -> Value {
        if register == ZERO { Value::Number(0) } else { self.0[register] }
    }

    /// What is known if either may be the case. Whether that is less than `self`.
    pub(super) fn meet(&mut self, other: &Self) -> bool {
        let before = *self;
        for (mine, other) in self.0.iter_mut().zip(other.0) {
            if *mine != other {
                let calculated = [*mine, other].contains(&Value::Calculated);
                *mine = if calculated { Value::Calculated } else { Value::Unknown };
            }
        }
        *self != before
    }

    pub(super) fn after_call(mut self) -> Self {
        self.forget(CLOBBERED);
        self
    }

    pub(super) fn after(mut self, effect: Effect, image: &Image) -> Self {
        match effect {
            Effect::Writes(registers) => self.forget(registers),
            Effect::Number { to, .. }
            | Effect::Address { to, .. }
            | Effect::Insert { to, .. }
            | Effect::Copy { to, .. }
            | Effect::Add { to, .. }
            | Effect::Sum { to, .. }
            | Effect::Load { to, .. }
            | Effect::Entry { to, .. } => self.0[to] = self.written(effect, image),
        }
        self
    }

    /// What the effect writes.
    pub(super) fn written(&self, effect: Effect, image: &Image) -> Value {
        match effect {
            Effect::Number { number, .. } | Effect::Address { address: number, .. } => Value::Number(number),
            Effect::Insert { to, bits, at } => match self.get(to) {
                Value::Number(number) => Value::Number(number & !(0xffff << at) | bits << at),
                _ => Value::Unknown,
            },
            Effect::Copy { from, is_wide, .. } => match self.get(from) {
                Value::Number(number) if !is_wide => Value::Number(number & u64::from(u32::MAX)),
                // An element of one or two bytes is whole in the lower half.
                value @ Value::Entry { bytes: 1 | 2, .. } => value,
                value if is_wide => value,
                _ => Value::Unknown,
            },
            Effect::Add { from, number, .. } => match self.get(from) {
                Value::Number(base) => Value::Number(base.wrapping_add(number)),
                _ => Value::Calculated,
            },
            Effect::Sum { first, second, shift, .. } => match (self.get(first), self.get(second)) {
                (Value::Number(from), Value::Entry { table, bytes }) => {
                    Value::Target(Table { at: table, bytes, from, shift })
                }
                (Value::Entry { table, bytes }, Value::Number(from)) if shift == 0 => {
                    Value::Target(Table { at: table, bytes, from, shift })
                }
                _ => Value::Calculated,
            },
            Effect::Load { base, offset, .. } => match self.get(base) {
                Value::Number(base) => match image.loaded(base.wrapping_add(offset)) {
                    Some(Loaded::Import(import)) => Value::Import(import),
                    Some(Loaded::Address(address)) => Value::Number(address),
                    None => Value::Unknown,
                },
                _ => Value::Unknown,
            },
            Effect::Entry { base, bytes, .. } => match self.get(base) {
                Value::Number(table) => Value::Entry { table, bytes },
                _ => Value::Unknown,
            },
            Effect::Writes(_) => Value::Unknown,
        }
    }

    fn forget(&mut self, registers: u32) {
        for (at, value) in self.0.iter_mut().enumerate() {
            if registers >> at & 1 == 1 {
                *value = Value::Unknown;
            }
        }
    }
}
