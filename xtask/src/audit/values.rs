//! What the registers are known to hold at one instruction, and what an instruction does to that.
//!
//! It is enough to follow a call through a register whose content was loaded from the table of imports, a jump through a
//! table of offsets, and the number of a system call. Everything else is unknown, and memory is never believed unless
//! nothing can change it.

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

use super::image::{Image, Loaded};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Unknown,
    /// The result of a calculation: not a pointer to a function, which programs load and copy, and never calculate.
    Calculated,
    /// A number, which may be the address of something.
    Number(u64),
    /// The address of an imported function.
    Import(usize),
    /// An entry of the jump table there: an offset from its start.
    Offset {
        table: u64,
    },
    /// One of the addresses that the jump table there leads to.
    Target {
        table: u64,
    },
}

/// The sixteen general registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values([Value; 16]);

/// What a call may change, and what carries its first argument (System V ABI, AMD64 supplement, 3.2).
const CLOBBERED: [Register; 9] = [
    Register::RAX,
    Register::RCX,
    Register::RDX,
    Register::RSI,
    Register::RDI,
    Register::R8,
    Register::R9,
    Register::R10,
    Register::R11,
];
/// What a jump through a table that is not recognised would be prepared with.
const CALCULATIONS: [Mnemonic; 6] =
    [Mnemonic::Add, Mnemonic::Sub, Mnemonic::Lea, Mnemonic::Movsxd, Mnemonic::Shl, Mnemonic::Imul];
pub(super) const FIRST_ARGUMENT: Register = Register::RDI;

impl Values {
    pub(super) const UNKNOWN: Self = Self([Value::Unknown; 16]);

    pub(super) fn get(&self, register: Register) -> Value {
        match place(register) {
            Some(at) if register.size() == 8 => self.0[at],
            // The upper half may be anything.
            Some(at) if register.size() == 4 => match self.0[at] {
                Value::Number(number) => Value::Number(number & u64::from(u32::MAX)),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn set(&mut self, register: Register, value: Value) {
        if let Some(at) = place(register) {
            self.0[at] = match value {
                // A write to the lower half clears the upper one.
                Value::Number(number) if register.size() == 4 => Value::Number(number & u64::from(u32::MAX)),
                value if register.size() == 8 => value,
                _ => Value::Unknown,
            };
        }
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

    /// What is known after the instruction.
    pub(super) fn after(mut self, instruction: &Instruction, image: &Image, info: &mut InstructionInfoFactory) -> Self {
        let written = self.written(instruction, image);
        for used in info.info(instruction).used_registers() {
            if !matches!(used.access(), OpAccess::Read | OpAccess::CondRead | OpAccess::None | OpAccess::NoMemAccess) {
                self.forget(used.register());
            }
        }
        if matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall) {
            for register in CLOBBERED {
                self.forget(register);
            }
        }
        if let Some(value) = written {
            self.set(instruction.op0_register(), value);
        } else if instruction.op0_kind() == OpKind::Register && CALCULATIONS.contains(&instruction.mnemonic()) {
            self.set(instruction.op0_register(), Value::Calculated);
        }
        self
    }

    fn forget(&mut self, register: Register) {
        if let Some(at) = place(register) {
            self.0[at] = Value::Unknown;
        }
    }

    /// What the instruction writes to its first operand, a register; where that can be said.
    fn written(&self, instruction: &Instruction, image: &Image) -> Option<Value> {
        if instruction.op0_kind() != OpKind::Register {
            return None;
        }
        let from_register = instruction.op1_kind() == OpKind::Register;
        let source = from_register.then(|| self.get(instruction.op1_register()));
        match instruction.mnemonic() {
            Mnemonic::Mov if instruction.op1_kind() == OpKind::Memory => Some(Self::read(instruction, image)),
            Mnemonic::Mov if from_register => source,
            Mnemonic::Mov => instruction.try_immediate(1).ok().map(Value::Number),
            Mnemonic::Lea if instruction.is_ip_rel_memory_operand() => {
                Some(Value::Number(instruction.ip_rel_memory_address()))
            }
            Mnemonic::Xor if from_register && instruction.op0_register() == instruction.op1_register() => {
                Some(Value::Number(0))
            }
            Mnemonic::Movsxd if instruction.op1_kind() == OpKind::Memory => self.entry(instruction),
            Mnemonic::Add if from_register => match (self.get(instruction.op0_register()), source?) {
                (Value::Offset { table }, Value::Number(base)) | (Value::Number(base), Value::Offset { table })
                    if table == base =>
                {
                    Some(Value::Target { table })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What the memory operand of the instruction holds, if nothing can change that.
    pub(super) fn read(instruction: &Instruction, image: &Image) -> Value {
        if !instruction.is_ip_rel_memory_operand() {
            return Value::Unknown;
        }
        match image.loaded(instruction.ip_rel_memory_address()) {
            Some(Loaded::Import(import)) => Value::Import(import),
            Some(Loaded::Address(address)) => Value::Number(address),
            None => Value::Unknown,
        }
    }

    /// An entry of a jump table: `movsxd r, [table + 4 * index]`.
    fn entry(&self, instruction: &Instruction) -> Option<Value> {
        let plain = instruction.memory_index_scale() == 4 && instruction.memory_displacement64() == 0;
        let indexed = instruction.memory_index() != Register::None;
        match self.get(instruction.memory_base()) {
            Value::Number(table) if plain && indexed => Some(Value::Offset { table }),
            _ => None,
        }
    }
}

fn place(register: Register) -> Option<usize> {
    register.is_gpr().then(|| register.full_register().number())
}

#[cfg(test)]
mod tests {
    use iced_x86::{Decoder, DecoderOptions, InstructionInfoFactory, Register};

    use super::super::image::{Image, Loaded};
    use super::{Value, Values};

    const AT: u64 = 0x1000;

    fn after(code: &[u8], image: &Image) -> Values {
        let mut info = InstructionInfoFactory::new();
        let decoder = Decoder::with_ip(64, code, AT, DecoderOptions::NONE);
        decoder.into_iter().fold(Values::UNKNOWN, |values, instruction| {
            assert!(!instruction.is_invalid());
            values.after(&instruction, image, &mut info)
        })
    }

    #[test]
    fn a_number_survives_a_copy_and_dies_with_its_register() {
        let image = Image::default();
        // mov edi, 202; mov ebx, edi
        let values = after(&[0xbf, 0xca, 0, 0, 0, 0x89, 0xfb], &image);
        assert_eq!((values.get(Register::RDI), values.get(Register::RBX)), (Value::Number(202), Value::Number(202)));
        // mov edi, 202; mov dil, 1
        assert_eq!(after(&[0xbf, 0xca, 0, 0, 0, 0x40, 0xb7, 1], &image).get(Register::RDI), Value::Unknown);
        // mov edi, 202; cmove edi, eax
        assert_eq!(after(&[0xbf, 0xca, 0, 0, 0, 0x0f, 0x44, 0xf8], &image).get(Register::RDI), Value::Unknown);
        // xor edi, edi
        assert_eq!(after(&[0x31, 0xff], &image).get(Register::RDI), Value::Number(0));
    }

    #[test]
    fn a_call_leaves_what_the_callee_has_to_keep() {
        // mov edi, 1; mov ebx, 2; call +0
        let values = after(&[0xbf, 1, 0, 0, 0, 0xbb, 2, 0, 0, 0, 0xe8, 0, 0, 0, 0], &Image::default());
        assert_eq!((values.get(Register::RDI), values.get(Register::RBX)), (Value::Unknown, Value::Number(2)));
    }

    #[test]
    fn an_import_is_known_by_the_word_that_it_was_loaded_from() {
        let image = Image::with_loaded([(AT + 7 + 0x10, Loaded::Import(3))]);
        // mov rbx, [rip + 0x10]
        assert_eq!(after(&[0x48, 0x8b, 0x1d, 0x10, 0, 0, 0], &image).get(Register::RBX), Value::Import(3));
        // mov rbx, [rip + 0x11]
        assert_eq!(after(&[0x48, 0x8b, 0x1d, 0x11, 0, 0, 0], &image).get(Register::RBX), Value::Unknown);
    }

    #[test]
    fn a_jump_through_a_table_is_recognised_in_any_order_of_its_sum() {
        let image = Image::default();
        // lea rcx, [rip + 0x100]; movsxd rax, [rcx + 4 * rax]; add rax, rcx
        let code = [0x48, 0x8d, 0x0d, 0, 1, 0, 0, 0x48, 0x63, 0x04, 0x81, 0x48, 0x01, 0xc8];
        let table = AT + 7 + 0x100;
        assert_eq!(after(&code, &image).get(Register::RAX), Value::Target { table });
        // … add rcx, rax
        let other = [&code[..11], &[0x48, 0x01, 0xc1]].concat();
        assert_eq!(after(&other, &image).get(Register::RCX), Value::Target { table });
        // … movsxd rax, [rcx + 4 * rax + 4]: an entry, but of what?
        let shifted = [0x48, 0x8d, 0x0d, 0, 1, 0, 0, 0x48, 0x63, 0x44, 0x81, 4, 0x48, 0x01, 0xc8];
        assert_eq!(after(&shifted, &image).get(Register::RAX), Value::Calculated);
    }

    #[test]
    fn where_two_ways_meet_only_what_both_say_is_known() {
        let image = Image::default();
        // mov edi, 1; mov ebx, 2
        let mut one = after(&[0xbf, 1, 0, 0, 0, 0xbb, 2, 0, 0, 0], &image);
        // mov edi, 1; mov ebx, 3
        let other = after(&[0xbf, 1, 0, 0, 0, 0xbb, 3, 0, 0, 0], &image);
        assert!(one.meet(&other) && !one.meet(&other));
        assert_eq!((one.get(Register::RDI), one.get(Register::RBX)), (Value::Number(1), Value::Unknown));
    }
}
