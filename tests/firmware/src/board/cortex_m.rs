//! Any Cortex-M that QEMU has: nothing but the core's own exceptions is used.

use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicUsize, Ordering};

use cortex_m::peripheral::scb::SystemHandler;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{Peripherals, SCB};
pub use cortex_m_rt::entry;
use cortex_m_rt::exception;

use super::{ON_FAULT, ON_HIGH, ON_LOW, ON_NMI};

/// Interrupt control and state.
const ICSR: *mut u32 = 0xE000_ED04 as *mut u32;
const NMI_PEND: u32 = 1 << 31;
const PENDSV_PEND: u32 = 1 << 28;
const SYSTICK_PEND: u32 = 1 << 26;

/// Sets the priorities; before anything else here.
pub fn start() {
    // SAFETY: nobody else has them: `main` calls this once.
    let mut peripherals = unsafe { Peripherals::steal() };
    // SAFETY: no code here relies on priorities to exclude another one.
    unsafe {
        peripherals.SCB.set_priority(SystemHandler::PendSV, 0xC0);
        peripherals.SCB.set_priority(SystemHandler::SysTick, 0x40);
    }
}

fn pend(what: u32) {
    // SAFETY: setting one of these bits pends one exception; zeroes change nothing.
    unsafe { ICSR.write_volatile(what) };
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

/// The lower interrupt, now.
pub fn pend_low() {
    pend(PENDSV_PEND);
}

/// The higher interrupt, now.
pub fn pend_high() {
    pend(SYSTICK_PEND);
}

/// Calls `masked` with every interrupt masked that can be.
pub fn masked(masked: impl FnOnce()) {
    cortex_m::interrupt::free(|_| masked());
}

/// The non-maskable interrupt, now.
pub fn pend_nmi() {
    pend(NMI_PEND);
}

/// The watchdog of the MPS2 boards, whose interrupt is the non-maskable one.
const WATCHDOG: *mut u32 = 0x4000_8000 as *mut u32;
const WATCHDOG_CONTROL: usize = 2;
const WATCHDOG_CLEAR: usize = 3;
const WATCHDOG_LOCK: usize = 0x300;
const WATCHDOG_KEY: u32 = 0x1ACC_E551;

/// The non-maskable interrupt, once, after so many ticks of the board's clock: on MPS2 boards alone.
pub fn pend_nmi_after(ticks: u32) {
    // SAFETY: the caller says that the device is there.
    unsafe {
        WATCHDOG.add(WATCHDOG_LOCK).write_volatile(WATCHDOG_KEY);
        WATCHDOG.write_volatile(ticks);
        WATCHDOG.add(WATCHDOG_CONTROL).write_volatile(1);
    }
}

/// Takes the watchdog's interrupt back, and lets no other one come.
pub fn stop_watchdog() {
    // SAFETY: as above.
    unsafe {
        WATCHDOG.add(WATCHDOG_CONTROL).write_volatile(0);
        // QEMU's goes on counting, and what it counts to would pend the next one at once.
        WATCHDOG.write_volatile(u32::MAX);
        WATCHDOG.add(WATCHDOG_CLEAR).write_volatile(1);
    }
}

/// The higher interrupt, once, after so many ticks of the processor's clock.
pub fn pend_high_after(ticks: u32) {
    // SAFETY: only the sweep uses the timer.
    let mut timer = unsafe { Peripherals::steal() }.SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(ticks);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Stops the timer, also if its interrupt is pending.
pub fn stop_timer() {
    // SAFETY: as above.
    let mut timer = unsafe { Peripherals::steal() }.SYST;
    timer.disable_counter();
    timer.disable_interrupt();
    SCB::clear_pendst();
}

/// An instruction that there is none of.
pub fn fault() -> ! {
    cortex_m::asm::udf()
}

/// Starts the board again. Memory that nobody initialises stays as it is.
pub fn reset() -> ! {
    SCB::sys_reset()
}

/// Waits for an interrupt.
pub fn sleep() {
    cortex_m::asm::wfi();
}

/// The address of the stack as it is here.
#[expect(clippy::inline_always, reason = "a frame of its own would have another stack pointer")]
#[inline(always)]
pub fn stack_pointer() -> usize {
    let here: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) here, options(nomem, nostack, preserves_flags)) };
    here
}

static INTERRUPTED: AtomicUsize = AtomicUsize::new(0);

/// The instruction before which the higher interrupt, or the non-maskable one, came last.
pub fn interrupted_at() -> usize {
    INTERRUPTED.load(Ordering::Relaxed)
}

#[exception]
fn PendSV() {
    ON_LOW.call();
}

/// Keeps where it came, which the processor has put onto the stack, and goes on.
///
/// # Safety
///
/// For the vector table alone.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn SysTick() {
    naked_asm!("ldr r0, [sp, #24]", "ldr r1, =terminate_firmware_high", "bx r1",)
}

#[unsafe(no_mangle)]
extern "C" fn terminate_firmware_high(interrupted: usize) {
    // SAFETY: as above. It comes once.
    unsafe { Peripherals::steal() }.SYST.disable_counter();
    INTERRUPTED.store(interrupted, Ordering::Relaxed);
    ON_HIGH.call();
}

#[exception]
unsafe fn HardFault(_: &cortex_m_rt::ExceptionFrame) -> ! {
    ON_FAULT.call();
    crate::println!("the fault handler has returned");
    crate::exit(1)
}

/// As `SysTick`.
///
/// # Safety
///
/// For the vector table alone.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn NonMaskableInt() {
    naked_asm!("ldr r0, [sp, #24]", "ldr r1, =terminate_firmware_nmi", "bx r1",)
}

#[unsafe(no_mangle)]
extern "C" fn terminate_firmware_nmi(interrupted: usize) {
    INTERRUPTED.store(interrupted, Ordering::Relaxed);
    ON_NMI.call();
}
