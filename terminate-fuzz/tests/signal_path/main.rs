//! G1 and G5 on the real signal path of terminate-std: SIGTERM in the middle of register and unregister, in a program
//! of handler-safe hooks, judged from the outside by how the process ended and by what its hooks wrote. And a fault or an
//! abort in the middle of an exit, on the very thread that becomes the runner, or has just become it. And, the other way
//! round, hooks that come and go while the handler looks for one.
//!
//! In a release build at every instruction boundary, in a debug build, which has many times as many, at a sample.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod interrupts;

use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, thread};

use terminate_fuzz::step::{Scenario, Stepper, Window};
use terminate_std::{Cause, Guard, Hook, HookId, Phase, Signal};

const LONGEST: usize = 64;

/// One test at a time: what another one allocates meanwhile would move the boundaries of this one's processes.
///
/// Besides, this waits until every other thread sleeps. One that starts or ends as this one forks may hold the lock of the
/// table in which Rust's runtime has its threads, and the child's runner would wait for it for ever.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    while !do_others_sleep() {
        thread::yield_now();
    }
    alone
}

/// Whether each thread of this process but this one is asleep. One that has gone by the time of the look counts as awake.
fn do_others_sleep() -> bool {
    let this = fs::read_link("/proc/thread-self").unwrap();
    let mut others = fs::read_dir("/proc/self/task").unwrap().map(Result::unwrap);
    others.all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // After the name in parentheses (`proc_pid_stat(5)`).
        this.ends_with(thread.file_name()) || stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
    })
}

/// The bytes that hooks write, in memory that the process shares with the one that judges it.
struct Log(AtomicPtr<[AtomicU8; LONGEST]>);

impl Log {
    /// A new one, empty.
    fn shared() -> Self {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, which overlaps nothing.
        let page = unsafe { libc::mmap(ptr::null_mut(), LONGEST, protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        Self(AtomicPtr::new(page.cast()))
    }

    fn bytes(&self) -> &'static [AtomicU8; LONGEST] {
        // SAFETY: mapped, large enough, all zero at first, and never unmapped.
        unsafe { &*self.0.load(Relaxed) }
    }

    fn take(&self) -> String {
        let bytes: Vec<u8> = self.bytes().iter().map(|byte| byte.swap(0, Relaxed)).filter(|byte| *byte != 0).collect();
        String::from_utf8(bytes).unwrap()
    }
}

/// Appends a name.
fn write(bytes: &[AtomicU8; LONGEST], name: u8) {
    let _ = bytes.iter().find(|byte| byte.compare_exchange(0, name, Relaxed, Relaxed).is_ok());
}

fn hook(log: &Log, name: u8) -> Hook {
    told_apart(log, name, name)
}

/// A hook that writes one name at an exit, and another one after a signal.
fn told_apart(log: &Log, exit: u8, signal: u8) -> Hook {
    let bytes = log.bytes();
    let call = move |cause| {
        write(bytes, if cause == Cause::Exit { exit } else { signal });
    };
    // SAFETY: a few atomic operations.
    unsafe { Hook::handler_safe(call) }
}

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Register,
    Unregister,
    DropGuard,
    /// libc's, interrupted by that signal.
    Exit(Signal),
}

/// Has the kernel kill this process if it is still there after a while. No other signal would do: a thread that waits for
/// itself does so in a handler, which has them blocked.
fn end_by_sigkill() {
    // SAFETY: all zero is a valid `sigevent`.
    let mut kill: libc::sigevent = unsafe { std::mem::zeroed() };
    (kill.sigev_notify, kill.sigev_signo) = (libc::SIGEV_SIGNAL, libc::SIGKILL);
    let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let once = libc::itimerspec { it_interval: zero, it_value: libc::timespec { tv_sec: 20, ..zero } };
    let mut timer = ptr::null_mut();
    // SAFETY: all of it is alive during the calls.
    let set = unsafe {
        libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut kill, &raw mut timer) == 0
            && libc::timer_settime(timer, 0, &raw const once, ptr::null_mut()) == 0
    };
    assert!(set, "no timer");
}

/// Sends a signal to this thread.
fn raise(signal: Signal) {
    // SAFETY: touches no memory.
    unsafe { libc::raise(signal.as_raw()) };
}

/// A fault by an instruction: SIGFPE.
fn divide_by_zero() {
    // SAFETY: it faults, and never returns.
    unsafe { std::arch::asm!("xor ecx, ecx", "div ecx", out("eax") _, out("ecx") _, out("edx") _) };
}

struct Program {
    operation: Operation,
    log: Log,
    id: Mutex<Option<HookId>>,
    guard: Mutex<Option<Guard>>,
}

impl Program {
    fn new(operation: Operation) -> Self {
        Self { operation, log: Log::shared(), id: None.into(), guard: None.into() }
    }
}

impl Scenario for Program {
    fn prepare(&self) {
        if let Operation::Exit(signal) = self.operation {
            told_apart(&self.log, b'L', b'l').signals([signal]).phase(Phase::Last).register().unwrap();
            told_apart(&self.log, b'A', b'a').signals([signal]).register().unwrap();
            return end_by_sigkill();
        }
        hook(&self.log, b'l').phase(Phase::Last).register().unwrap();
        hook(&self.log, b'a').register().unwrap();
        match self.operation {
            // The memory of this hook is the next one's: the allocator takes as many instructions for it in each replay, whatever the
            // test itself has allocated meanwhile.
            Operation::Register => terminate_std::unregister(hook(&self.log, b'x').register().unwrap()).unwrap(),
            Operation::Exit(_) => {}
            Operation::Unregister => *self.id.lock().unwrap() = Some(hook(&self.log, b'x').register().unwrap()),
            Operation::DropGuard => *self.guard.lock().unwrap() = Some(hook(&self.log, b'x').guard().unwrap()),
        }
    }

    fn perform(&self, depth: usize, window: &Window) {
        if depth > 0 {
            match self.operation {
                Operation::Exit(Signal::FPE) => divide_by_zero(),
                Operation::Exit(signal) => raise(signal),
                _ => raise(Signal::TERM),
            }
            return;
        }
        match self.operation {
            Operation::Register => drop(window.run(|| hook(&self.log, b'x').register()).unwrap()),
            Operation::Unregister => {
                let id = self.id.lock().unwrap().take().unwrap();
                window.run(|| terminate_std::unregister(id)).unwrap();
            }
            Operation::DropGuard => {
                let guard = self.guard.lock().unwrap().take();
                window.run(move || drop(guard));
                // If the signal came, the runner ends the process.
                while terminate_std::requested() {
                    std::thread::park();
                }
            }
            // SAFETY: ends this process, which has one thread.
            Operation::Exit(_) => window.run(|| unsafe { libc::exit(0) }),
        }
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What the hooks wrote, for each boundary at which the signal came, in order.
fn logs(operation: Operation) -> Vec<(usize, String)> {
    let program = Program::new(operation);
    logs_until(&program, &program.log, |_| false)
}

/// The same for any scenario, up to the first log of which that is true.
fn logs_until(scenario: &dyn Scenario, log: &Log, is_last: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
    let _alone = alone();
    let mut logs = Vec::new();
    let mut at = 0;
    loop {
        let ended = Stepper::new().run_in_place(scenario, at).unwrap();
        let log = log.take();
        let Some(status) = ended else { break };
        assert_eq!(status.signal(), Some(libc::SIGTERM), "boundary {at}: {status:?}, {log:?}");
        let last = is_last(&log);
        logs.push((at, log));
        if last {
            break;
        }
        // A sample thins out where there is more to go through for each.
        at += if cfg!(debug_assertions) { 1 + at / 64 } else { 1 };
    }
    println!("{} of {} boundaries", logs.len(), at);
    assert!(logs.len() > 50, "{logs:?}");
    logs
}

/// The boundary from which on the log is `after`; it is `before` up to there.
fn changes_once(logs: &[(usize, String)], before: &str, after: &str) {
    let change = logs.partition_point(|(_, log)| log == before);
    assert!(change > 0 && change < logs.len(), "never changed: {:?}", logs[0]);
    let wrong = logs[change..].iter().find(|(_, log)| log != after);
    assert!(wrong.is_none(), "{wrong:?} is neither {before:?} nor {after:?}");
}

#[test]
fn g5_a_signal_in_the_middle_of_a_register_runs_every_other_hook_and_the_new_one_once_it_is_armed() {
    changes_once(&logs(Operation::Register), "al", "xal");
}

#[test]
fn g5_a_signal_in_the_middle_of_an_unregister_runs_every_other_hook_and_the_old_one_until_it_is_taken() {
    changes_once(&logs(Operation::Unregister), "xal", "al");
}

#[test]
fn g1_a_signal_in_the_middle_of_dropping_a_guard_runs_every_hook_once() {
    let logs = logs(Operation::DropGuard);
    // The guard may be calling its hook, while the runner calls the others.
    let wrong: Vec<_> = logs.iter().filter(|(_, log)| !["xal", "axl", "alx"].contains(&log.as_str())).collect();
    assert!(wrong.is_empty(), "{} of {} boundaries: {:?} to {:?}", wrong.len(), logs.len(), wrong[0], wrong.last());
}

/// Interrupts an exit from its first instruction on until well after its hooks have begun, and before it is over.
fn ends_by(signal: Signal) {
    // The sample's steps grow with `at`: so many of them about double it. It is thinner than the others, since an exit is long.
    const BEGUN: usize = if cfg!(debug_assertions) { 12 } else { 400 };
    let _alone = alone();
    let program = Program::new(Operation::Exit(signal));
    let (mut at, mut tried, mut begun) = (0, 0, 0);
    while begun < BEGUN {
        let ended = Stepper::new().run_in_place(&program, at).unwrap();
        let log = program.log.take();
        let status = ended.expect("an exit does not return");
        assert_eq!(status.signal(), Some(signal.as_raw()), "boundary {at}: {status:?}, {log:?}");
        // From one boundary on, the hooks are the exit's; the one that the signal cut off may be missing.
        let of_the_exit = ["AL", "A", "L"].contains(&log.as_str());
        assert!(of_the_exit || begun == 0 && log == "al", "boundary {at}, {begun} after the hooks began: {log:?}");
        begun += usize::from(of_the_exit);
        tried += 1;
        at += if cfg!(debug_assertions) { 1 + at / 16 } else { 1 };
    }
    println!("{tried} of {at} boundaries");
}

#[test]
fn g5_a_fault_in_the_middle_of_an_exit_does_not_wait_for_its_own_thread() {
    // Not SIGSEGV, which Rust's runtime has a handler for.
    ends_by(Signal::FPE);
}

#[test]
fn g5_an_abort_in_the_middle_of_an_exit_does_not_wait_for_its_own_thread() {
    ends_by(Signal::ABRT);
}

/// A hook that asks for the signal is there at any moment: a new one comes before the old one goes, all in the middle of the
/// handler, which another handler calls, as programs do that came after us.
struct Relay {
    log: Log,
    old: Mutex<Option<HookId>>,
}

static OURS: AtomicUsize = AtomicUsize::new(0);
static WINDOW: AtomicPtr<Window> = AtomicPtr::new(ptr::null_mut());

extern "C" fn calls_ours(number: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: what `raise_through_another` has put in its place has this signature.
    let ours: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
        unsafe { std::mem::transmute(OURS.load(Relaxed)) };
    // SAFETY: `raise_through_another` has it, and waits for this.
    unsafe { &*WINDOW.load(Relaxed) }.run(|| ours(number, info, context));
}

/// Installs a handler over ours, which calls ours inside the window, and sends the signal to this thread.
fn raise_through_another(signal: libc::c_int, window: &Window) {
    WINDOW.store(ptr::from_ref(window).cast_mut(), Relaxed);
    // SAFETY: all zero is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = calls_ours as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: as above.
    let mut ours: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: the handler has the signature that the flags ask for; then a signal to this thread.
    unsafe {
        libc::sigaction(signal, ptr::null(), &raw mut ours);
        OURS.store(ours.sa_sigaction, Relaxed);
        libc::sigaction(signal, &raw const action, ptr::null_mut());
        libc::raise(signal);
    }
}

impl Scenario for Relay {
    fn prepare(&self) {
        // The slot that the new one will have, and that the handler has looked at before it comes to the old one.
        let first = hook(&self.log, b'-').register().unwrap();
        *self.old.lock().unwrap() = Some(hook(&self.log, b'o').register().unwrap());
        terminate_std::unregister(first).unwrap();
    }

    fn perform(&self, depth: usize, window: &Window) {
        if depth > 0 {
            // Too late, if the hooks have run.
            let _ = hook(&self.log, b'n').register();
            let _ = terminate_std::unregister(self.old.lock().unwrap().unwrap());
            return;
        }
        raise_through_another(libc::SIGTERM, window);
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn g1_of_two_hooks_that_relieve_each_other_in_the_middle_of_the_handler_one_runs() {
    let relay = Relay { log: Log::shared(), old: None.into() };
    // Up to where the old one is being called: from there on, the handler looks for none.
    let mut logs = logs_until(&relay, &relay.log, |log| log.starts_with('o'));
    assert_eq!(logs.pop().map(|(_, log)| log).as_deref(), Some("on"));
    let wrong: Vec<_> = logs.iter().filter(|(_, log)| log != "n").collect();
    assert!(wrong.is_empty(), "{} of {} boundaries: {:?} to {:?}", wrong.len(), logs.len(), wrong[0], wrong.last());
}
