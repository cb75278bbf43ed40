//! What one A64 instruction does, as far as the audit asks: where control goes, and what it writes to a general register.
//!
//! Every instruction has 32 bits, and all that changes the flow of control is in one group of the encodings (Arm Architecture
//! Reference Manual, C4.1). So nothing is missed that is not in this file: what is not known in that group is told.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Next(Effect),
    Jump(u64),
    /// To there, or on.
    Branch(u64),
    Call(u64),
    JumpBy(usize),
    CallBy(usize),
    Return,
    SystemCall,
    /// Reads the address of the thread's memory.
    ThreadLocal,
    Trap,
    NotUnderstood,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Also the start of a page, to which the address proper is added.
    Number {
        to: usize,
        number: u64,
    },
    Address {
        to: usize,
        address: u64,
    },
    /// `movk`: sixteen bits of a number that is there.
    Insert {
        to: usize,
        bits: u64,
        at: u32,
    },
    Copy {
        to: usize,
        from: usize,
        is_wide: bool,
    },
    Add {
        to: usize,
        from: usize,
        number: u64,
    },
    /// The second one shifted to the left.
    Sum {
        to: usize,
        first: usize,
        second: usize,
        shift: u32,
    },
    /// A word of eight bytes.
    Load {
        to: usize,
        base: usize,
        offset: u64,
    },
    /// An element of a table: of so many bytes, with a sign if there are four.
    Entry {
        to: usize,
        base: usize,
        bytes: u8,
    },
    /// May write to these registers, one bit for each.
    Writes(u32),
}

/// The register that is always zero; in some instructions the stack pointer, which is never asked for.
pub(super) const ZERO: usize = 31;

pub(super) fn decode(word: u32, at: u64) -> Op {
    match word >> 26 & 7 {
        5 => control(word, at),
        // Reserved: only `udf` is defined.
        _ if word & 0x1e00_0000 == 0 => Op::Trap,
        _ => Op::Next(effect(word, at)),
    }
}

fn control(word: u32, at: u64) -> Op {
    let to = |bits: u32, from: u32| at.wrapping_add_signed(signed(word >> from, bits) * 4);
    let register = field(word, 5);
    match word {
        _ if word & 0xfc00_0000 == 0x1400_0000 => Op::Jump(to(26, 0)),
        _ if word & 0xfc00_0000 == 0x9400_0000 => Op::Call(to(26, 0)),
        // b.cond, bc.cond; cbz, cbnz
        _ if word & 0xff00_0000 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 => Op::Branch(to(19, 5)),
        // tbz, tbnz
        _ if word & 0x7e00_0000 == 0x3600_0000 => Op::Branch(to(14, 5)),
        // br, blr, ret; with checked addresses too
        _ if word & 0xfeff_f000 == 0xd61f_0000 => Op::JumpBy(register),
        _ if word & 0xfeff_f000 == 0xd63f_0000 => Op::CallBy(register),
        _ if word & 0xffff_f000 == 0xd65f_0000 => Op::Return,
        _ if word & 0xffe0_001f == 0xd400_0001 => Op::SystemCall,
        // brk, hlt
        _ if word & 0xff80_001f == 0xd400_0000 => Op::Trap,
        // mrs, of TPIDR_EL0
        _ if word & 0xffff_ffe0 == 0xd53b_d040 => Op::ThreadLocal,
        // Hints, barriers, and other registers of the system; what is read goes to the last field.
        _ if word & 0xffc0_0000 == 0xd500_0000 => Op::Next(Effect::Writes(1 << field(word, 0))),
        _ => Op::NotUnderstood,
    }
}

fn effect(word: u32, at: u64) -> Effect {
    let [to, first, other, second] = [0, 5, 10, 16].map(|from| field(word, from));
    let twelve = u64::from(word >> 10 & 0xfff);
    let is_wide = word >> 31 == 1;
    let narrow = |number: u64| if is_wide { number } else { number & u64::from(u32::MAX) };
    let sixteen = u64::from(word >> 5 & 0xffff);
    let shift = (word >> 21 & 3) * 16;
    let relative = signed(word >> 5, 19) * 4 + i64::from(word >> 29 & 3);
    match word {
        // adr, adrp
        _ if word & 0x9f00_0000 == 0x1000_0000 => Effect::Address { to, address: at.wrapping_add_signed(relative) },
        _ if word & 0x9f00_0000 == 0x9000_0000 => {
            Effect::Number { to, number: (at & !0xfff).wrapping_add_signed(relative << 12) }
        }
        // movz, movn, movk
        _ if word & 0x7f80_0000 == 0x5280_0000 => Effect::Number { to, number: sixteen << shift },
        _ if word & 0x7f80_0000 == 0x1280_0000 => Effect::Number { to, number: narrow(!(sixteen << shift)) },
        _ if word & 0x7f80_0000 == 0x7280_0000 => Effect::Insert { to, bits: sixteen, at: shift },
        // mov, which is orr with zero
        _ if word & 0x7fe0_ffe0 == 0x2a00_03e0 => Effect::Copy { to, from: second, is_wide },
        // add, of twelve bits, which may be the upper ones
        _ if word & 0xff80_0000 == 0x9100_0000 && first != ZERO && to != ZERO => {
            Effect::Add { to, from: first, number: twelve << ((word >> 22 & 1) * 12) }
        }
        // add, of a register that is shifted to the left
        _ if word & 0xffe0_0000 == 0x8b00_0000 => Effect::Sum { to, first, second, shift: word >> 10 & 0x3f },
        // ldr; ldrb, ldrh, ldrsw of a table
        _ if word & 0xffc0_0000 == 0xf940_0000 => Effect::Load { to, base: first, offset: twelve * 8 },
        _ if word & 0xffe0_0c00 == 0x3860_0800 => Effect::Entry { to, base: first, bytes: 1 },
        _ if word & 0xffe0_0c00 == 0x7860_0800 => Effect::Entry { to, base: first, bytes: 2 },
        _ if word & 0xffe0_0c00 == 0xb8a0_0800 => Effect::Entry { to, base: first, bytes: 4 },
        // Loads and stores; all else writes to one register at most.
        _ if word >> 25 & 5 == 4 => Effect::Writes(moved(word, [to, first, other, second])),
        _ => Effect::Writes(1 << to),
    }
}

/// What a load or a store may write to: what it loads into, its base, and a status.
fn moved(word: u32, [to, base, other, status]: [usize; 4]) -> u32 {
    let is_load = word >> 22 & 3 != 0;
    let loaded = if is_load { 1 << to } else { 0 };
    match word >> 27 & 7 {
        // One register; the base and a number of twelve bits, or of nine, or a register.
        7 if word >> 24 & 3 == 1 => loaded,
        7 if word >> 21 & 1 == 0 => loaded | if word >> 10 & 1 == 1 { 1 << base } else { 0 },
        7 if word >> 10 & 3 == 2 => loaded,
        // Two registers.
        5 => {
            let both = if word >> 22 & 1 == 1 { 1 << to | 1 << other } else { 0 };
            both | if word >> 23 & 1 == 1 { 1 << base } else { 0 }
        }
        // Atomic ones and others: also pairs of registers.
        _ => [to, base, other, status].iter().fold(0, |all, register| all | 3 << register),
    }
}

fn field(word: u32, from: u32) -> usize {
    (word >> from & 31) as usize
}

/// The lowest bits, as a number with a sign.
fn signed(word: u32, bits: u32) -> i64 {
    i64::from((word << (32 - bits)).cast_signed() >> (32 - bits))
}

#[cfg(test)]
mod tests {
    use super::{Effect, Op, decode};

    const AT: u64 = 0x1000;

    #[test]
    fn all_ways_to_leave_the_order_of_the_code_are_told() {
        for (word, op) in [
            (0x1400_0002, Op::Jump(AT + 8)),   // b +8
            (0x97ff_ffff, Op::Call(AT - 4)),   // bl -4
            (0x5400_0048, Op::Branch(AT + 8)), // b.hi +8
            (0xb4ff_ffe8, Op::Branch(AT - 4)), // cbz x8, -4
            (0x3500_0041, Op::Branch(AT + 8)), // cbnz w1, +8
            (0x3707_ffe3, Op::Branch(AT - 4)), // tbnz w3, #0, -4
            (0xd61f_0220, Op::JumpBy(17)),     // br x17
            (0xd63f_0100, Op::CallBy(8)),      // blr x8
            (0xd65f_03c0, Op::Return),         // ret
            (0xd65f_0bff, Op::Return),         // retaa
            (0xd400_0001, Op::SystemCall),     // svc #0
            (0xd420_0020, Op::Trap),           // brk #1
            (0x0000_0000, Op::Trap),           // udf #0
            (0xd53b_d048, Op::ThreadLocal),    // mrs x8, tpidr_el0
            (0xd69f_03e0, Op::NotUnderstood),  // eret
        ] {
            assert_eq!(decode(word, AT), op, "{word:#x}");
        }
    }

    #[test]
    fn addresses_and_numbers_are_known() {
        for (word, effect) in [
            (0x9000_0008, Effect::Number { to: 8, number: AT }),     // adrp x8, 0
            (0xb000_0008, Effect::Number { to: 8, number: 2 * AT }), // adrp x8, 1
            (0x10ff_ffe1, Effect::Address { to: 1, address: AT - 4 }), // adr x1, -4
            (0xd280_0c40, Effect::Number { to: 0, number: 98 }),     // mov x0, #98
            (0x1280_0000, Effect::Number { to: 0, number: 0xffff_ffff }), // mov w0, #-1
            (0xf2a0_0020, Effect::Insert { to: 0, bits: 1, at: 16 }), // movk x0, #1, lsl #16
            (0xaa13_03e0, Effect::Copy { to: 0, from: 19, is_wide: true }), // mov x0, x19
            (0x9100_4108, Effect::Add { to: 8, from: 8, number: 16 }), // add x8, x8, #16
            (0xf947_d631, Effect::Load { to: 17, base: 17, offset: 4008 }), // ldr x17, [x17, #4008]
        ] {
            assert_eq!(decode(word, AT), Op::Next(effect), "{word:#x}");
        }
    }

    #[test]
    fn what_may_be_written_to_is_told() {
        for (word, registers) in [
            (0xf900_0fe0, 0),               // str x0, [sp, #24]
            (0x7940_0be0, 1),               // ldrh w0, [sp, #20]
            (0xf840_8420, 1 << 0 | 1 << 1), // ldr x0, [x1], #8
            (0xa940_0be1, 1 << 1 | 1 << 2), // ldp x1, x2, [sp]
            (0xa900_0be1, 0),               // stp x1, x2, [sp]
            (0xeb01_001f, 1 << 31),         // cmp x0, x1
            (0x1b01_7c03, 1 << 3),          // mul w3, w0, w1
        ] {
            let Op::Next(effect) = decode(word, AT) else { panic!("{word:#x}") };
            let Effect::Writes(found) = effect else { panic!("{word:#x}: {effect:?}") };
            assert_eq!(found, registers, "{word:#x}");
        }
        // ldaxr w8, [x9]; casal x2, x3, [x4]
        for (word, least) in [(0x885f_fd28, 1 << 8), (0xc8e2_fc83, 1 << 2)] {
            let Op::Next(Effect::Writes(found)) = decode(word, AT) else { panic!("{word:#x}") };
            assert_eq!(found & least, least, "{word:#x}");
        }
    }
}
