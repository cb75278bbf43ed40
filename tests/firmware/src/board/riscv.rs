//! QEMU's `virt` with one hart: the core-local interruptor for software and timer interrupts, its test device for resets.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

use riscv::interrupt::Interrupt;
use riscv::register::{mepc, mie, mstatus};
pub use riscv_rt::entry;

use super::{ON_FAULT, ON_HIGH, ON_LOW};

/// The core-local interruptor: pends the software interrupt.
const MSIP: *mut u32 = 0x0200_0000 as *mut u32;
const MTIMECMP: *mut u32 = 0x0200_4000 as *mut u32;
const MTIME: *mut u32 = 0x0200_BFF8 as *mut u32;
/// The test device.
const FINISHER: *mut u32 = 0x0010_0000 as *mut u32;
const FINISHER_RESET: u32 = 0x7777;

/// Lets interrupts in; before anything else here.
pub fn start() {
    stop_timer();
    // SAFETY: no code here relies on interrupts being off.
    unsafe {
        mie::set_msoft();
        mie::set_mtimer();
        riscv::interrupt::enable();
    }
}

/// The lower interrupt, now.
pub fn pend_low() {
    // SAFETY: the device is there, and pends one interrupt.
    unsafe { MSIP.write_volatile(1) };
    // The device is not the processor: it may take the interrupt some instructions later.
    // SAFETY: as above.
    while unsafe { MSIP.read_volatile() } != 0 {}
}

/// The higher interrupt, now.
pub fn pend_high() {
    pend_high_after(0);
    // SAFETY: the device is there; the handler puts the alarm to its highest.
    while unsafe { MTIMECMP.add(1).read_volatile() } != u32::MAX {}
}

/// There is none.
pub fn pend_nmi_after(_: u32) {}

/// There is none.
pub fn stop_watchdog() {}

/// The higher interrupt, once, after so many ticks of the device's clock.
pub fn pend_high_after(ticks: u32) {
    // SAFETY: the device is there. The upper half comes last, so that the alarm is not early.
    unsafe {
        let (low, high) = (MTIME.read_volatile(), MTIME.add(1).read_volatile());
        let (alarm, carry) = low.overflowing_add(ticks);
        MTIMECMP.write_volatile(alarm);
        MTIMECMP.add(1).write_volatile(high + u32::from(carry));
    }
}

/// Stops the timer.
pub fn stop_timer() {
    // SAFETY: the device is there; an alarm at the end of time is none.
    unsafe { MTIMECMP.add(1).write_volatile(u32::MAX) };
}

/// An instruction that there is none of.
pub fn fault() -> ! {
    // SAFETY: it traps.
    unsafe { asm!("unimp", options(noreturn)) }
}

/// Starts the board again. Memory that nobody initialises stays as it is.
pub fn reset() -> ! {
    // SAFETY: the device is there, and does not return.
    unsafe { FINISHER.write_volatile(FINISHER_RESET) };
    loop {
        sleep();
    }
}

/// Waits for an interrupt.
pub fn sleep() {
    riscv::asm::wfi();
}

/// The address of the stack as it is here.
#[expect(clippy::inline_always, reason = "a frame of its own would have another stack pointer")]
#[inline(always)]
pub fn stack_pointer() -> usize {
    let here: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) here, options(nomem, nostack, preserves_flags)) };
    here
}

static INTERRUPTED: AtomicUsize = AtomicUsize::new(0);

/// The instruction before which the higher interrupt came last.
pub fn interrupted_at() -> usize {
    INTERRUPTED.load(Ordering::Relaxed)
}

#[riscv_rt::core_interrupt(Interrupt::MachineSoft)]
fn software() {
    // SAFETY: the device is there; this takes the request back.
    unsafe { MSIP.write_volatile(0) };
    // The timer may interrupt this one; what the trap is to return to is kept over it.
    let (to, status) = (mepc::read(), mstatus::read());
    // SAFETY: the lower interrupt cannot come again, and all that a trap changes is put back.
    unsafe {
        mie::clear_msoft();
        riscv::interrupt::enable();
        ON_LOW.call();
        riscv::interrupt::disable();
        mie::set_msoft();
        mepc::write(to);
        mstatus::write(status);
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
fn timer() {
    stop_timer();
    INTERRUPTED.store(mepc::read(), Ordering::Relaxed);
    ON_HIGH.call();
}

#[unsafe(export_name = "ExceptionHandler")]
fn exception(_: &riscv_rt::TrapFrame) -> ! {
    ON_FAULT.call();
    crate::println!("the fault handler has returned");
    crate::exit(1)
}
