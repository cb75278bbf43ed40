//! Interrupts in this very process: other code between two instructions of an operation, without a fork.

use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use super::trap::{TRAP, trapping};

/// An operation that is being carried out.
struct Frame<'f> {
    /// Where it ends.
    end: usize,
    /// How many boundaries it has had.
    boundaries: usize,
    visit: &'f mut dyn FnMut(usize) -> bool,
}

/// The innermost operation. One thread at a time has any: see [`interrupted`].
static INNERMOST: AtomicPtr<Frame<'static>> = AtomicPtr::new(ptr::null_mut());

/// Runs `operation`, and calls `visit` with the number of each instruction boundary, in a signal handler, until it says
/// `false`. Inside `visit` this may be called again.
///
/// One thread at a time may do this; SIGTRAP is this function's from the first call on.
///
/// # Panics
///
/// If SIGTRAP cannot be caught.
pub(super) fn interrupted<R>(operation: impl FnOnce() -> R, visit: &mut dyn FnMut(usize) -> bool) -> R {
    static CATCH: Once = Once::new();
    CATCH.call_once(catch);
    let mut frame = Frame { end: 0, boundaries: 0, visit };
    let frame = &raw mut frame;
    let outer = INNERMOST.swap(frame.cast(), Relaxed);
    // SAFETY: the frame is on this stack, and the handler takes the flag back there.
    let result = unsafe { trapping(&raw mut (*frame).end, operation) };
    INNERMOST.store(outer, Relaxed);
    result
}

fn catch() {
    // SAFETY: all zero is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_trap as *const () as usize;
    // Not deferred, because what is done in the handler may be interrupted itself.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_RESTART;
    // SAFETY: the handler has the signature that the flags ask for.
    let caught = unsafe { libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut()) };
    assert_eq!(caught, 0, "SIGTRAP cannot be caught");
}

extern "C" fn on_trap(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: errno is this thread's.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel passes the context of what was interrupted, to be read and changed by nobody else.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is an address")]
    let address = registers[libc::REG_RIP as usize] as usize;
    let frame = INNERMOST.load(Relaxed);
    // SAFETY: null, or the frame of the operation that was interrupted, which is further up on this stack and does nothing
    // with it meanwhile.
    let goes_on = unsafe { frame.as_mut() }.is_some_and(|frame| {
        let boundary = frame.boundaries;
        frame.boundaries += 1;
        address != frame.end && (frame.visit)(boundary)
    });
    if !goes_on {
        registers[libc::REG_EFL as usize] &= !TRAP;
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}
