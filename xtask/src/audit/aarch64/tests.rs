//! Small functions, by their machine code.

use std::collections::BTreeSet;

use super::super::image::Image;
use super::super::walk::Event;
use super::step;

const AT: u64 = 0x1000;
/// Where constant data is: a page on.
const DATA: u64 = 0x2000;

fn image(words: &[u32], data: &[u8]) -> Image {
    let code: Vec<_> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    Image::with_function(AT, &code, (DATA, data))
}

fn events(image: &Image) -> Vec<(u64, Event)> {
    step(image, AT, &|_| true).events.into_iter().map(|(at, event)| ((at - AT) / 4, event)).collect()
}

fn reached(image: &Image) -> BTreeSet<u64> {
    step(image, AT, &|_| true).instructions.into_iter().map(|at| (at - AT) / 4).collect()
}

#[test]
fn a_call_of_a_library_is_told_by_the_word_that_it_is_loaded_from_with_its_first_argument() {
    // adrp x8, +1; ldr x8, [x8, #16]; mov w0, #98; blr x8; ret
    let mut image = image(&[0xb000_0008, 0xf940_0908, 0x5280_0c40, 0xd63f_0100, 0xd65f_03c0], &[]);
    assert_eq!(events(&image), [(3, Event::Indirect)]);
    image.imports.push("syscall".to_owned());
    image.import(DATA + 16, 0);
    assert_eq!(events(&image), [(3, Event::Library("syscall".to_owned(), Some(98)))]);
}

#[test]
fn a_table_leads_to_its_entries_and_to_nothing_else() {
    // adrp x9, +1; add x9, x9, #0; adr x10, +12; ldrb w11, [x9, x8]; add x10, x10, x11, lsl #2; br x10
    let code = [0xb000_0009, 0x9100_0129, 0x1000_008a, 0x3868_692b, 0x8b0b_094a, 0xd61f_0140];
    // ret; brk #1; ret
    let code = [&code[..], &[0xd65f_03c0, 0xd420_0020, 0xd65f_03c0]].concat();
    let both = image(&code, &[0, 2, 255]);
    assert_eq!(reached(&both), (0..7).chain([8]).collect());
    assert_eq!(events(&both), []);
    let trap = image(&code, &[0, 1, 255]);
    assert_eq!(events(&trap), [(7, Event::Trap)]);
}

#[test]
fn a_jump_to_a_calculated_address_is_not_understood() {
    // add x8, x0, #4; br x8
    let found = events(&image(&[0x9100_1008, 0xd61f_0100], &[]));
    assert!(matches!(found[..], [(1, Event::NotUnderstood(_))]), "{found:?}");
}

#[test]
fn what_stands_behind_a_call_that_does_not_come_back_is_not_reached() {
    // bl +0x100; brk #1
    let image = image(&[0x9400_0040, 0xd420_0020], &[]);
    assert_eq!(step(&image, AT, &|_| false).instructions.len(), 1);
    assert_eq!(events(&image).last(), Some(&(1, Event::Trap)));
}

#[test]
fn a_page_and_a_number_are_no_addresses_that_are_taken_and_a_sum_is() {
    // adrp x8, +0; add x8, x8, #0; mov x9, #0x1000; ret
    let image = image(&[0x9000_0008, 0x9100_0108, 0xd282_0009, 0xd65f_03c0], &[]);
    assert_eq!(events(&image), [(1, Event::Address(AT))]);
}

#[test]
fn system_calls_have_their_number_and_keep_it() {
    // mov x8, #98; svc #0; svc #0; ret
    let image = image(&[0xd280_0c48, 0xd400_0001, 0xd400_0001, 0xd65f_03c0], &[]);
    assert_eq!(events(&image), [(1, Event::SystemCall(Some(98))), (2, Event::SystemCall(Some(98)))]);
}
