//! Histories that were recorded elsewhere: by firmware in an emulator, which has no room to judge them.

use std::sync::atomic::Ordering::Relaxed;

use terminate_core::HookId;

use super::history::History;
use super::judge;
use super::record::{self, Event};
use super::spec::{CAUSES, Spec};

/// Judges a history of a registry with six slots that was recorded on another machine, as [`super`] tells.
///
/// The format, in bytes:
///
/// | what | bytes |
/// | --- | --- |
/// | counts | operations, hooks |
/// | each operation | kind, hook or cause, outcome; of a report: called, running elsewhere, left |
/// | each hook | what it asks for, drops, slot (255: no id), ticket |
/// | each event | 16 bits, little-endian: kind in the upper two, number, cause in the lower four |
///
/// # Errors
///
/// What is wrong with the history, or that it makes no sense.
pub fn judge_dump(bytes: &[u8]) -> Result<(), String> {
    let _turn = record::turn();
    record::reset();
    load(bytes).ok_or("a dump that makes no sense")?;
    judge::judge(&History::recorded()?)
}

fn load(bytes: &[u8]) -> Option<()> {
    let (&[ops, hooks], mut rest) = bytes.split_first_chunk::<2>()?;
    for _ in 0..ops {
        let (&[kind, subject, outcome, ran, elsewhere, left], after) = rest.split_first_chunk::<6>()?;
        let report = usize::from(ran) | usize::from(elsewhere) << 8 | usize::from(left) << 16;
        let values = [kind.into(), subject.into(), outcome.into(), report];
        let op = record::op(record::new_op());
        op.0.iter().zip(values).for_each(|(place, value)| place.store(value, Relaxed));
        rest = after;
    }
    for _ in 0..hooks {
        let (&[spec, dropped, slot, ticket], after) = rest.split_first_chunk::<4>()?;
        let number = record::new_hook(*Spec::ALL.get(usize::from(spec))?);
        let hook = record::hook(number);
        hook.dropped.store(dropped.into(), Relaxed);
        if slot != u8::MAX {
            let id = HookId::from_bits(u64::from(ticket) << TICKET_SHIFT | u64::from(slot));
            hook.set_id(id);
        }
        rest = after;
    }
    for event in rest.chunks(2) {
        let event = usize::from(u16::from_le_bytes(event.try_into().ok()?));
        let number = event >> 4 & 0x3ff;
        record::note(match event >> 14 {
            0 => Event::Begin(number),
            1 => Event::End(number),
            2 => Event::Call(number, CAUSES.get(event & 0xf).copied()),
            _ => Event::Return(number),
        });
    }
    Some(())
}

/// Where an id of this machine has its ticket.
const TICKET_SHIFT: u32 = if cfg!(target_has_atomic = "64") { 16 } else { 8 };

#[cfg(test)]
mod tests {
    use super::judge_dump;

    const REGISTER: [u8; 6] = [0, 0, 0, 0, 0, 0];
    const RUN: [u8; 6] = [3, 0, 5, 1, 0, 0];
    const HOOK: [u8; 4] = [0, 1, 0, 0];
    /// Begin and end of both, with a call and a return in the second.
    const EVENTS: [u16; 6] = [0, 1 << 14, 1 << 4, 2 << 14, 3 << 14, 1 << 14 | 1 << 4];

    fn dump(hook: [u8; 4], run: [u8; 6], events: &[u16]) -> Vec<u8> {
        let events = events.iter().flat_map(|event| event.to_le_bytes());
        [2, 1].into_iter().chain(REGISTER).chain(run).chain(hook).chain(events).collect()
    }

    #[test]
    fn a_hook_that_was_registered_and_run_once_is_as_it_should_be() {
        assert_eq!(judge_dump(&dump(HOOK, RUN, &EVENTS)), Ok(()));
    }

    #[test]
    fn a_hook_that_was_not_called_or_not_dropped_is_found() {
        let without = [EVENTS[0], EVENTS[1], EVENTS[2], EVENTS[5]];
        let error = judge_dump(&dump(HOOK, RUN, &without)).unwrap_err();
        assert!(error.contains("called 0 times"), "{error}");
        let error = judge_dump(&dump([0, 0, 0, 0], RUN, &EVENTS)).unwrap_err();
        assert!(error.contains("dropped 0 times"), "{error}");
    }

    #[test]
    fn a_report_that_is_not_true_is_found() {
        judge_dump(&dump(HOOK, [3, 0, 5, 2, 0, 0], &EVENTS)).unwrap_err();
    }

    #[test]
    fn what_is_no_dump_is_an_error() {
        judge_dump(&[]).unwrap_err();
        judge_dump(&[9, 9, 9]).unwrap_err();
    }
}
