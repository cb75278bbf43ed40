//! The trap flag, and the handler of SIGTRAP that forks.
//!
//! The statics are those of the stage and its forks: one thread each, and nothing but copies of each other.

use std::arch::asm;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use super::ending::{self, Ending};
use super::report::Report;
use super::{Scenario, Stepper, Window};

/// The trap flag, in the flags register.
pub(super) const TRAP: i64 = 0x100;
/// More instructions than any operation has.
const MOST: usize = 1_000_000;

/// What is played.
pub(super) struct Play<'p> {
    pub(super) stepper: &'p Stepper,
    pub(super) scenario: &'p dyn Scenario,
    pub(super) report: &'static Report,
}

static PLAY: AtomicPtr<Play<'static>> = AtomicPtr::new(ptr::null_mut());
/// The depth of the operation that is being carried out.
static DEPTH: AtomicUsize = AtomicUsize::new(0);
/// For the operation of each depth: where its window ends, how many boundaries it has had, and, if it is interrupted,
/// before which address.
static END: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static COUNT: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static ADDRESS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Catches the traps of this process, which is about to carry out the operation of depth 0. The play must outlive it.
pub(super) fn catch(play: &Play<'_>) -> io::Result<()> {
    PLAY.store(ptr::from_ref(play).cast_mut().cast(), Relaxed);
    // SAFETY: all zero is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_trap as *const () as usize;
    // Not deferred, because the operation that interrupts, in the handler, may be stepped itself.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_RESTART;
    // SAFETY: the handler has the signature that the flags ask for.
    match unsafe { libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Runs `operation`, which the handler of [`catch`] interrupts.
pub(super) fn stepped<R>(operation: impl FnOnce() -> R) -> R {
    let end = END[DEPTH.load(Relaxed)].as_ptr();
    // SAFETY: an atomic may be written through its address, and there is one thread.
    unsafe { trapping(end, operation) }
}

/// Runs `operation` with the trap flag set, and leaves in `end` the address before which the handler of SIGTRAP is to take
/// it back.
///
/// # Safety
///
/// `end` may be written, and the handler does that.
pub(super) unsafe fn trapping<F: FnOnce() -> R, R>(end: *mut usize, operation: F) -> R {
    struct Call<F, R> {
        operation: Option<F>,
        result: Option<R>,
    }
    extern "C" fn enter<F: FnOnce() -> R, R>(call: &mut Call<F, R>) {
        call.result = call.operation.take().map(|operation| operation());
    }
    let mut call = Call { operation: Some(operation), result: None };
    // SAFETY: this calls `enter` with its one argument by the C convention, and with the stack as the convention has it.
    // The flag is taken back by the handler, when the instruction at label 2 is next. `end` may be written, says the caller.
    unsafe {
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rsi], rax",
            "pushfq",
            "or qword ptr [rsp], {trap}",
            "popfq",
            "call rdx",
            "2:",
            trap = const TRAP,
            in("rdi") &raw mut call,
            in("rsi") end,
            in("rdx") enter::<F, R> as extern "C" fn(&mut Call<F, R>),
            clobber_abi("C"),
        );
    }
    match call.result {
        Some(result) => result,
        None => unreachable!("`enter` always sets it"),
    }
}

extern "C" fn on_trap(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: errno is this thread's.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel passes the context of what was interrupted, to be read and changed by nobody else.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    // SAFETY: `catch` has set it, to what outlives this process.
    let play = unsafe { &*PLAY.load(Relaxed) };
    let depth = DEPTH.load(Relaxed);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is an address")]
    let address = registers[libc::REG_RIP as usize] as usize;
    let flags = &mut registers[libc::REG_EFL as usize];

    // The rest of an operation that has been interrupted goes at full speed.
    if address == END[depth].load(Relaxed) || boundary(play, depth, address) {
        *flags &= !TRAP;
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// Whether this is a process in which the operation has been interrupted here.
fn boundary(play: &Play<'_>, depth: usize, address: usize) -> bool {
    let at = COUNT[depth].fetch_add(1, Relaxed);
    if at == MOST {
        ending::give_up(play.report);
    }
    let outer = if depth == 0 { 0 } else { COUNT[0].load(Relaxed) - 1 };
    if depth == 0 {
        play.report.boundaries.fetch_add(1, Relaxed);
    }
    if !play.stepper.wants(depth, outer, at) {
        return false;
    }
    ADDRESS[depth].store(address, Relaxed);
    if play.stepper.in_place {
        play.report.forks.fetch_add(1, Relaxed);
        interrupt(play, depth, outer, at);
        return true;
    }
    if depth == 0 { &play.report.forks } else { &play.report.pairs }.fetch_add(1, Relaxed);
    // SAFETY: this is `fork` without the C library's handlers and locks, which the interrupted code may hold. There is
    // one thread.
    let child = unsafe { libc::syscall(libc::SYS_fork) };
    match child {
        -1 => {
            play.report.violation(places(depth), Some("the system has no process for it".to_owned()));
            false
        }
        0 => {
            interrupt(play, depth, outer, at);
            true
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is a process id")]
        child => {
            match ending::wait(child as libc::pid_t) {
                Ok(Ending::Content) => {}
                Ok(Ending::Objects) => play.report.violation(places(depth), None),
                Ok(Ending::Otherwise(how)) => play.report.violation(places(depth), Some(how)),
                Err(error) => play.report.violation(places(depth), Some(error.to_string())),
            }
            false
        }
    }
}

fn interrupt(play: &Play<'_>, depth: usize, outer: usize, at: usize) {
    ending::limit();
    let below = depth + 1;
    DEPTH.store(below, Relaxed);
    let draw = play.stepper.draw(outer, at, 2);
    play.scenario.perform(below, &Window { stepped: play.stepper.steps(below), draw });
    DEPTH.store(depth, Relaxed);
}

/// The boundary in each operation that is interrupted, with the address.
fn places(depth: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=depth).map(|depth| (COUNT[depth].load(Relaxed) - 1, ADDRESS[depth].load(Relaxed)))
}
