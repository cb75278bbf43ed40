//! A hook before it is registered: the closure, inline, its triggers and its phase.

use core::fmt;
use core::mem::{self, ManuallyDrop, MaybeUninit};

use crate::cause::{Cause, Triggers};

/// When a run calls the hook: all hooks of an earlier phase come before all hooks of a later one.
///
/// ```
/// use terminate_core::{Hook, Phase};
/// let hook: Hook = Hook::new(|_| println!("after all others")).phase(Phase::Last);
/// assert!(Phase::First < Phase::Main && Phase::Main < Phase::Last);
/// # drop(hook);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the others: for what must have stopped when they run.
    First = 0,
    /// The default.
    #[default]
    Main = 1,
    /// After the others: for what they still need.
    Last = 2,
}

/// Where hooks run. This decides what they may do.
///
/// ```
/// use terminate_core::{Cause, Context, Hook, Registry};
/// static REGISTRY: Registry<8> = Registry::new();
/// REGISTRY.register(Hook::new(|_| println!("not in a handler")))?;
/// assert_eq!(REGISTRY.run(Cause::Panic, Context::Handler).left, 1);
/// assert_eq!(REGISTRY.run(Cause::Panic, Context::Thread).ran, 1);
/// # Ok::<(), terminate_core::RegisterError<3>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// An ordinary thread of execution: anything is allowed.
    Thread,
    /// A signal handler, interrupt or fault: only [handler-safe](Hook::handler_safe) hooks are called.
    Handler,
}

/// Calls the closure at the address with the cause, or drops it if there is no cause. The closure is gone afterwards.
type Thunk = unsafe fn(*mut (), Option<Cause>);

/// A closure without its type.
pub(crate) struct Payload<const WORDS: usize> {
    thunk: Thunk,
    data: [MaybeUninit<usize>; WORDS],
}

impl<const WORDS: usize> Payload<WORDS> {
    const fn new<F: FnOnce(Cause) + Send + 'static>(f: F) -> Self {
        const {
            assert!(
                mem::size_of::<F>() <= WORDS * mem::size_of::<usize>(),
                "this closure captures more than fits into a hook of WORDS machine words: capture less, or a reference \
                 or a box of it, or give the registry a larger WORDS"
            );
            assert!(
                mem::align_of::<F>() <= mem::align_of::<usize>(),
                "this closure captures something that must be aligned to more than a machine word: capture a reference \
                 or a box of it"
            );
        }
        let mut data = [MaybeUninit::uninit(); WORDS];
        // SAFETY: it fits and is aligned, by the assertions above.
        unsafe { data.as_mut_ptr().cast::<F>().write(f) };
        Self { thunk: thunk::<F>, data }
    }

    /// Drops the closure.
    pub(crate) fn discard(mut self) {
        // SAFETY: the payload is ours, whole, and never used again.
        unsafe { Self::finish(&raw mut self, None) };
    }

    /// Calls the closure with the cause, or drops it if there is no cause.
    ///
    /// # Safety
    ///
    /// - `this` is valid, and no other call uses it meanwhile.
    /// - The closure was neither called nor dropped before, and is neither called nor dropped later.
    pub(crate) unsafe fn finish(this: *mut Self, cause: Option<Cause>) {
        // SAFETY: the caller promises that `this` is valid.
        let (thunk, data) = unsafe { ((*this).thunk, &raw mut (*this).data) };
        // SAFETY: `data` holds the closure that `thunk` was made for. The caller promises that it is still there.
        unsafe { thunk(data.cast(), cause) };
    }
}

/// # Safety
///
/// `data` is the address of an `F`, which is moved out.
unsafe fn thunk<F: FnOnce(Cause)>(data: *mut (), cause: Option<Cause>) {
    // SAFETY: the caller promises this.
    let f = unsafe { data.cast::<F>().read() };
    if let Some(cause) = cause {
        f(cause);
    }
}

/// A cleanup function that runs once, at termination. [`Registry::register`](crate::Registry::register) takes it.
///
/// The hook holds the closure inline, in `WORDS` machine words, and allocates nothing. A closure that is too big does not compile.
///
/// ```
/// use terminate_core::{Hook, Phase, Triggers};
/// let hook: Hook = Hook::new(|cause| println!("ended by {cause}")).phase(Phase::Last).triggers(Triggers::EXIT);
/// ```
///
/// ```compile_fail
/// use terminate_core::Hook;
/// let four_words = [0_usize; 4];
/// let hook: Hook<3> = Hook::new(move |_| assert_eq!(four_words.len(), 4));
/// ```
#[must_use = "a hook does nothing until it is registered"]
pub struct Hook<const WORDS: usize = 3> {
    pub(crate) payload: Payload<WORDS>,
    pub(crate) triggers: Triggers,
    pub(crate) phase: Phase,
    pub(crate) handler_safe: bool,
}

impl<const WORDS: usize> Hook<WORDS> {
    /// An ordinary hook: it runs in [`Context::Thread`] only.
    ///
    /// ```
    /// use terminate_core::Hook;
    /// let port = 8080;
    /// let hook: Hook = Hook::new(move |cause| println!("port {port} is closed: {cause}"));
    /// # drop(hook);
    /// ```
    pub const fn new<F: FnOnce(Cause) + Send + 'static>(f: F) -> Self {
        Self { payload: Payload::new(f), triggers: Triggers::ALWAYS, phase: Phase::Main, handler_safe: false }
    }

    /// A hook that may also run in [`Context::Handler`].
    ///
    /// # Safety
    ///
    /// Where the program runs the registry in [`Context::Handler`], it must be sound to call `f` and to drop what it captures:
    ///
    /// - in a signal handler, only what POSIX lists as async-signal-safe: no allocation, no lock, no panic, no
    ///   thread-local, no formatted output (`signal-safety(7)`);
    /// - in an interrupt or fault, nothing that waits for the interrupted code.
    ///
    /// ```
    /// use core::sync::atomic::{AtomicBool, Ordering};
    /// use terminate_core::Hook;
    /// static MOTORS_ON: AtomicBool = AtomicBool::new(true);
    /// // SAFETY: one atomic store.
    /// let hook: Hook = unsafe { Hook::handler_safe(|_| MOTORS_ON.store(false, Ordering::Relaxed)) };
    /// ```
    ///
    /// Without `unsafe` it does not compile:
    ///
    /// ```compile_fail,E0133
    /// use terminate_core::Hook;
    /// let hook: Hook = Hook::handler_safe(|_| println!("not in a signal handler"));
    /// ```
    pub const unsafe fn handler_safe<F: FnOnce(Cause) + Send + 'static>(f: F) -> Self {
        let mut hook = Self::new(f);
        hook.handler_safe = true;
        hook
    }

    /// Requests these causes, instead of [`Triggers::ALWAYS`].
    ///
    /// ```
    /// use terminate_core::{Hook, Triggers};
    /// let hook: Hook = Hook::new(|_| println!("all went well")).triggers(Triggers::EXIT);
    /// # drop(hook);
    /// ```
    pub const fn triggers(mut self, triggers: Triggers) -> Self {
        self.triggers = triggers;
        self
    }

    /// Sets the phase, instead of [`Phase::Main`].
    ///
    /// ```
    /// use terminate_core::{Hook, Phase};
    /// let hook: Hook = Hook::new(|_| println!("the motors are off")).phase(Phase::First);
    /// # drop(hook);
    /// ```
    pub const fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// Calls the hook now.
    ///
    /// ```
    /// use terminate_core::{Cause, Hook};
    /// let hook: Hook = Hook::new(|cause| assert_eq!(cause, Cause::Exit));
    /// hook.call(Cause::Exit);
    /// ```
    pub fn call(self, cause: Cause) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the payload is ours, whole, and never used again.
        unsafe { Payload::finish(&raw mut this.payload, Some(cause)) };
    }
}

impl<const WORDS: usize> Drop for Hook<WORDS> {
    fn drop(&mut self) {
        // SAFETY: a hook that is dropped was not called, and no slot has its payload.
        unsafe { Payload::finish(&raw mut self.payload, None) };
    }
}

impl<const WORDS: usize> fmt::Debug for Hook<WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("triggers", &self.triggers)
            .field("phase", &self.phase)
            .field("handler_safe", &self.handler_safe)
            .finish_non_exhaustive()
    }
}
