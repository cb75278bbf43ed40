//! Small functions in machine code, and what is found in them.

use super::super::image::Image;
use super::{Event, Step, step};

const AT: u64 = 0x1000;
const TABLE: u64 = 0x2000;

fn looked_at(code: &[u8], table: &[i32]) -> Step {
    let table: Vec<_> = table.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    // Whatever is called at an even address comes back.
    step(&Image::with_function(AT, code, (TABLE, &table)), AT, &|callee| callee % 2 == 0)
}

fn events(step: &Step) -> Vec<Event> {
    step.events.iter().map(|(_, event)| event.clone()).collect()
}

/// `lea rcx, [TABLE]; movsxd rax, [rcx + 4 * rdi]; add rax, rcx; jmp rax`, and three ways to go on: `ret`, a trap, and
/// a jump to somewhere else.
const BY_TABLE: [u8; 24] = [
    0x48, 0x8d, 0x0d, 0xf9, 0x0f, 0, 0, 0x48, 0x63, 0x04, 0xb9, 0x48, 0x01, 0xc8, 0xff, 0xe0, 0xc3, 0x0f, 0x0b, 0xe9,
    0xe8, 0x0f, 0, 0,
];

#[expect(clippy::cast_possible_truncation, reason = "both are small")]
fn entry(offset: u64) -> i32 {
    (AT + offset).wrapping_sub(TABLE).cast_signed() as i32
}

#[test]
fn every_entry_of_a_table_is_followed() {
    let step = looked_at(&BY_TABLE, &[entry(16), entry(17)]);
    assert!(step.returns && step.instructions.contains(&(AT + 17)));
    assert_eq!(events(&step), [Event::Trap]);
    let more = looked_at(&BY_TABLE, &[entry(19), entry(16)]);
    assert_eq!(events(&more), [Event::Call(0x2000)]);
}

#[test]
fn a_table_ends_where_no_instruction_of_the_function_is() {
    // In the middle of one, and outside.
    for end in [entry(18), entry(0x100), entry(0) - 1] {
        let step = looked_at(&BY_TABLE, &[entry(16), end, entry(17)]);
        assert!(step.returns && events(&step).is_empty(), "{step:?}");
    }
}

#[test]
fn a_table_ends_where_the_code_says_that_something_else_begins() {
    // … lea rdx, [TABLE + 4]
    let two_tables = [&BY_TABLE[..], &[0x48, 0x8d, 0x15, 0xe5, 0x0f, 0, 0]].concat();
    let step = looked_at(&two_tables, &[entry(16), entry(17)]);
    assert!(step.returns && events(&step).is_empty(), "{step:?}");
}

#[test]
fn a_jump_that_no_table_explains_is_never_passed_over() {
    assert_eq!(events(&looked_at(&BY_TABLE, &[0])), [Event::NotUnderstood("a jump through an empty table")]);
    // jmp rax
    assert_eq!(events(&looked_at(&[0xff, 0xe0], &[])), [Event::Indirect]);
    // The sum is with another register than the table's.
    let mut other = BY_TABLE;
    other[13] = 0xd0;
    let not_understood = [Event::NotUnderstood("a jump to a calculated address")];
    assert_eq!(events(&looked_at(&other, &[entry(16)])), not_understood);
    // jmp [8 * rax + 0x2000]: a table of addresses, which nothing that is position-independent has.
    assert_eq!(events(&looked_at(&[0xff, 0x24, 0xc5, 0, 0x20, 0, 0], &[])), not_understood);
}

#[test]
fn behind_a_call_that_does_not_come_back_is_nothing() {
    // call 0x2001; ud2
    let step = looked_at(&[0xe8, 0xfc, 0x0f, 0, 0, 0x0f, 0x0b], &[]);
    assert_eq!(events(&step), [Event::Call(0x2001)]);
    assert!(!step.returns);
    // call 0x2000; ud2
    let step = looked_at(&[0xe8, 0xfb, 0x0f, 0, 0, 0x0f, 0x0b], &[]);
    assert_eq!(events(&step), [Event::Call(0x2000), Event::Trap]);
}

#[test]
fn a_jump_to_another_function_is_a_call_that_comes_back_or_not() {
    // jmp 0x2000, jmp 0x2001
    assert!(looked_at(&[0xe9, 0xfb, 0x0f, 0, 0], &[]).returns);
    assert!(!looked_at(&[0xe9, 0xfc, 0x0f, 0, 0], &[]).returns);
    // je 0x2001; ret
    let step = looked_at(&[0x0f, 0x84, 0xfb, 0x0f, 0, 0, 0xc3], &[]);
    assert!(step.returns);
    assert_eq!(events(&step), [Event::Call(0x2001)]);
}

#[test]
fn both_ways_of_a_condition_are_reached() {
    // je +2; ud2; ret
    let step = looked_at(&[0x74, 2, 0x0f, 0x0b, 0xc3], &[]);
    assert!(step.returns);
    assert_eq!(events(&step), [Event::Trap]);
}

#[test]
fn every_way_to_take_the_address_of_a_function_is_noticed() {
    let taken = |code: &[u8], words: &[u64]| {
        let mut image = Image::with_function(AT, code, (TABLE, &[]));
        image.load((TABLE..).step_by(8).zip(words.iter().copied()));
        step(&image, AT, &|_| true).events.into_iter().map(|(_, event)| event).collect::<Vec<_>>()
    };
    // lea rax, [AT]; ret
    assert_eq!(taken(&[0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xc3], &[]), [Event::Address(AT)]);
    // mov rax, [TABLE]; ret
    let load = [0x48, 0x8b, 0x05, 0xf9, 0x0f, 0, 0, 0xc3];
    assert_eq!(taken(&load, &[AT]), [Event::Address(AT)]);
    assert_eq!(taken(&load, &[AT + 1, AT]), []);
    // movups xmm0, [TABLE]; ret: a number, and an address
    assert_eq!(taken(&[0x0f, 0x10, 0x05, 0xf9, 0x0f, 0, 0, 0xc3], &[3, AT, AT]), [Event::Address(AT)]);
    // lea rax, [TABLE]; ret: addresses alone
    let table = [0x48, 0x8d, 0x05, 0xf9, 0x0f, 0, 0, 0xc3];
    assert_eq!(taken(&table, &[AT, AT]), [Event::Address(AT)]);
    assert_eq!(taken(&table, &[3, AT]), []);
}

#[test]
fn a_system_call_is_told_with_its_number() {
    // mov eax, 39; syscall; ret
    assert_eq!(events(&looked_at(&[0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3], &[])), [Event::SystemCall(Some(39))]);
    assert_eq!(events(&looked_at(&[0x0f, 0x05, 0xc3], &[])), [Event::SystemCall(None)]);
}

#[test]
fn memory_of_the_thread_is_noticed() {
    // mov rax, fs:[0]; ret
    assert_eq!(events(&looked_at(&[0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0xc3], &[])), [Event::ThreadLocal]);
}

#[test]
fn a_function_that_runs_over_its_end_or_into_nonsense_is_not_understood() {
    // nop, and an opcode that there is not.
    assert!(matches!(events(&looked_at(&[0x90], &[]))[..], [Event::NotUnderstood(_)]));
    assert!(matches!(events(&looked_at(&[0x06, 0xc3], &[]))[..], [Event::NotUnderstood(_)]));
}
