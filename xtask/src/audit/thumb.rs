//! One function of a program for `thumbv7m`: what its instructions do.
//!
//! Every instruction of a function counts as reached. That is more than can be, and needs no argument about where jumps
//! through tables lead: the tables stand between the instructions, and the symbols `$t` and `$d`, which the Arm ELF ABI
//! demands (5.5.5), tell one from the other exactly. There are no landing pads to leave out, since nothing unwinds here.
//! Relocations would tell the calls of an object too, but not the calls by address, nor the instructions that fault.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Result, anyhow};
use capstone::arch::arm::{ArchExtraMode, ArchMode, ArmInsn, ArmOperand, ArmOperandType, ArmReg};
use capstone::arch::{BuildsCapstone, BuildsCapstoneExtraMode, DetailsArchInsn};
use capstone::{Capstone, Insn, InsnDetail, RegAccessType, RegId};

use super::image::Image;
use super::walk::{Event, Step};

#[expect(clippy::cast_possible_truncation, reason = "there are not that many registers")]
const PC: u16 = ArmReg::ARM_REG_PC as u16;
#[expect(clippy::cast_possible_truncation, reason = "there are not that many registers")]
const LINK: u16 = ArmReg::ARM_REG_LR as u16;

/// The disassembler's numbers of instructions, to be matched.
mod number {
    use super::ArmInsn;

    pub(super) const B: u32 = ArmInsn::ARM_INS_B as u32;
    pub(super) const BKPT: u32 = ArmInsn::ARM_INS_BKPT as u32;
    pub(super) const BL: u32 = ArmInsn::ARM_INS_BL as u32;
    pub(super) const BLX: u32 = ArmInsn::ARM_INS_BLX as u32;
    pub(super) const BX: u32 = ArmInsn::ARM_INS_BX as u32;
    pub(super) const BXJ: u32 = ArmInsn::ARM_INS_BXJ as u32;
    pub(super) const CBNZ: u32 = ArmInsn::ARM_INS_CBNZ as u32;
    pub(super) const CBZ: u32 = ArmInsn::ARM_INS_CBZ as u32;
    pub(super) const HLT: u32 = ArmInsn::ARM_INS_HLT as u32;
    pub(super) const POP: u32 = ArmInsn::ARM_INS_POP as u32;
    pub(super) const SVC: u32 = ArmInsn::ARM_INS_SVC as u32;
    pub(super) const TBB: u32 = ArmInsn::ARM_INS_TBB as u32;
    pub(super) const TBH: u32 = ArmInsn::ARM_INS_TBH as u32;
    pub(super) const UDF: u32 = ArmInsn::ARM_INS_UDF as u32;
}

pub(super) struct Thumb(Capstone);

impl Thumb {
    pub(super) fn new() -> Result<Self> {
        let builder =
            Capstone::new().arm().mode(ArchMode::Thumb).extra_mode(std::iter::once(ArchExtraMode::MClass)).detail(true);
        Ok(Self(builder.build().map_err(|error| anyhow!("the disassembler: {error}"))?))
    }

    /// Looks at the function that begins there.
    pub(super) fn step(&self, image: &Image, at: u64) -> Step {
        let nothing = |why| {
            let events = BTreeSet::from([(at, Event::NotUnderstood(why))]);
            Step { instructions: BTreeSet::new(), events, returns: true }
        };
        let Some(symbol) = image.function_at(at) else { return nothing("no function begins here") };
        let Some(bytes) = image.constant(at) else { return nothing("it is not in memory") };
        let mut step = Step { returns: true, ..Step::default() };
        let mut next = at;
        while next < symbol.range.end {
            let is_code = image.code_starts.range(..=next).next_back().is_none_or(|(_, code)| *code);
            let until = image.code_starts.range(next + 1..).next().map_or(symbol.range.end, |(start, _)| *start);
            let until = until.min(symbol.range.end);
            let slice = usize::try_from(next - at).ok().zip(usize::try_from(until - at).ok());
            let Some(part) = slice.and_then(|(from, to)| bytes.get(from..to)) else { return nothing("it is cut off") };
            if is_code {
                self.sweep(part, next, &symbol.range, &mut step);
            }
            next = until;
        }
        step
    }

    fn sweep(&self, code: &[u8], at: u64, function: &Range<u64>, step: &mut Step) {
        let mut done = 0;
        for instruction in self.0.disasm_all(code, at).iter().flat_map(|found| found.iter()) {
            done += instruction.bytes().len();
            step.instructions.insert(instruction.address());
            let event = match self.0.insn_detail(instruction) {
                Ok(detail) => event(instruction, &detail, function),
                Err(_) => Some(Event::NotUnderstood("an instruction without details")),
            };
            step.events.extend(event.map(|event| (instruction.address(), event)));
        }
        if done != code.len() {
            let after = at + u64::try_from(done).unwrap_or(u64::MAX);
            step.events.insert((after, Event::NotUnderstood("no instruction")));
        }
    }
}

/// What leaves the function or the rules. By the number of the instruction, since its name may have a condition in it.
fn event(instruction: &Insn<'_>, detail: &InsnDetail<'_>, function: &Range<u64>) -> Option<Event> {
    let detail = detail.arch_detail();
    let operands: Vec<_> = detail.arm()?.operands().collect();
    let target = operands.iter().find_map(|operand| match operand.op_type {
        ArmOperandType::Imm(target) => Some(u64::from(target.cast_unsigned())),
        _ => None,
    });
    let is = |operand: &ArmOperand, register| operand.op_type == ArmOperandType::Reg(RegId(register));
    let to_caller = operands.iter().any(|operand| is(operand, LINK));
    let writes_pc =
        operands.iter().any(|operand| is(operand, PC) && operand.access.is_some_and(RegAccessType::is_writable));
    match (instruction.id().0, target) {
        (number::BL, Some(target)) => Some(Event::Call(target)),
        (number::B | number::CBZ | number::CBNZ, Some(target)) => {
            // A jump out of the function is a call and a return in one.
            (!function.contains(&target)).then_some(Event::Call(target))
        }
        // Back to the caller, whose address is in its register or on the stack.
        (number::BX, _) if to_caller => None,
        // The table follows, and leads to what is in this function: these only jump forward (Armv7-M, A7.7.185).
        (number::POP | number::TBB | number::TBH, _) => None,
        (number::UDF | number::BKPT | number::HLT, _) => Some(Event::Trap),
        (number::SVC, _) => Some(Event::SystemCall(target)),
        (number::BL | number::BLX | number::BX | number::BXJ | number::B, _) => Some(Event::Indirect),
        _ => writes_pc.then_some(Event::Indirect),
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::Image;
    use super::{Event, Thumb};

    const AT: u64 = 0x1000;

    fn events(halves: &[u16], data: &[(u64, bool)]) -> Vec<Event> {
        let code: Vec<_> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let mut image = Image::with_function(AT, &code, (0, &[]));
        image.code_starts.extend(data.iter().map(|(at, code)| (AT + at, *code)));
        Thumb::new().unwrap().step(&image, AT).events.into_iter().map(|(_, event)| event).collect()
    }

    #[test]
    fn calls_and_jumps_out_are_told_and_jumps_within_are_not() {
        // bl AT+0x104; b AT+0x106; bx lr
        assert_eq!(events(&[0xf000, 0xf880, 0xe07f, 0x4770], &[]), [Event::Call(AT + 0x104), Event::Call(AT + 0x106)]);
        // cbz r0, +0; beq +0; b.w +0; pop {r4, pc}
        assert!(events(&[0xb100, 0xd0ff, 0xf000, 0xb800, 0xbf00, 0xbd10], &[]).is_empty());
    }

    #[test]
    fn calls_and_jumps_by_address_are_told() {
        for halves in [
            &[0x4780][..],     // blx r0
            &[0x4708],         // bx r1
            &[0x4687],         // mov pc, r0
            &[0x4487],         // add pc, r0
            &[0xf8d0, 0xf000], // ldr.w pc, [r0]
            &[0xf85f, 0xf004], // ldr.w pc, [pc, #-4]
            &[0xe890, 0x8001], // ldm.w r0, {r0, pc}
        ] {
            assert_eq!(events(halves, &[]), [Event::Indirect], "{halves:x?}");
        }
    }

    #[test]
    fn a_condition_changes_nothing_of_that() {
        // it ne; blxne r0, bxne lr, popne {r4, pc}, udfne #0
        assert_eq!(events(&[0xbf18, 0x4780], &[]), [Event::Indirect]);
        assert!(events(&[0xbf18, 0x4770, 0xbf18, 0xbd10], &[]).is_empty());
        assert_eq!(events(&[0xbf18, 0xde00], &[]), [Event::Trap]);
    }

    #[test]
    fn returns_and_tables_are_not() {
        // bx lr; pop.w {r4, pc}; tbb [pc, r0]; tbh [pc, r0, lsl #1]
        assert!(events(&[0x4770, 0xe8bd, 0x8010, 0xe8df, 0xf000, 0xe8df, 0xf010], &[]).is_empty());
    }

    #[test]
    fn data_is_not_read_as_code_and_code_is_read_to_the_last() {
        // bx lr; literal 0x47804780, which would be two calls; udf #0
        assert_eq!(events(&[0x4770, 0x4780, 0x4780, 0xde00], &[(0, true), (2, false), (6, true)]), [Event::Trap]);
    }

    #[test]
    fn half_an_instruction_is_not_understood() {
        assert!(matches!(events(&[0xf000], &[])[..], [Event::NotUnderstood(_)]));
    }
}
