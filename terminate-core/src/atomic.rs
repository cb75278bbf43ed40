//! Atomics for each kind of target: those of `core`, the models of loom, or plain loads and stores with each read-modify-write
//! inside a critical section. No other module has a cfg for this: the others use [`Word`], [`HighWater`], [`Once`], [`Cell`],
//! `const_fn!`, `array!` and `one_copy!`.

pub(crate) use core::sync::atomic::Ordering;

cfg_if::cfg_if! {
    if #[cfg(loom)] {
        use loom::sync::atomic as source;

        /// The atomics of loom have no `const` constructor; elsewhere `new` is `const`.
        macro_rules! const_fn {
            ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => { $(#[$attr])* $vis fn $($rest)* };
        }
        macro_rules! array {
            ($value:expr; $len:expr) => { core::array::from_fn::<_, { $len }, _>(|_| $value) };
        }
    } else {
        use core::sync::atomic as source;

        macro_rules! const_fn {
            ($(#[$attr:meta])* $vis:vis const fn $($rest:tt)*) => { $(#[$attr])* $vis const fn $($rest)* };
        }
        macro_rules! array {
            ($value:expr; $len:expr) => { [const { $value }; $len] };
        }
    }
}

cfg_if::cfg_if! {
    if #[cfg(target_has_atomic = "64")] {
        macro_rules! one_copy {
            ($($function:tt)*) => { #[inline] $($function)* };
        }
    } else {
        /// Where the target cannot exchange 64 bits, code is scarce: one copy of the function for all callers.
        macro_rules! one_copy {
            ($($function:tt)*) => { #[inline(never)] $($function)* };
        }
    }
}
pub(crate) use {array, const_fn, one_copy};

cfg_if::cfg_if! {
    if #[cfg(all(target_has_atomic = "64", not(terminate_narrow_word)))] {
        /// The value of a [`Word`]: 64 bits where the target can exchange so many at once.
        pub(crate) type Bits = u64;
        /// The number of a slot.
        pub(crate) type Index = u16;
        /// From so many used slots on, a run makes a list. With fewer, loading each slot for each call takes less time. (The tests
        /// and models have few slots; one build of them always makes a list.)
        pub(crate) const LISTED: usize = if cfg!(terminate_always_listed) { 1 } else { 5 };
        use source::AtomicU64 as AtomicBits;
    } else {
        /// The value of a [`Word`].
        pub(crate) type Bits = u32;
        /// The number of a slot.
        pub(crate) type Index = u8;
        /// From so many slots on, a run makes a list. With fewer, code is scarcer than time.
        pub(crate) const LISTED: usize = 17;
        use source::AtomicU32 as AtomicBits;
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(terminate_critical_section, not(target_has_atomic = "8")))] {
        #[cfg(not(feature = "critical-section"))]
        compile_error!(
            "this target has no compare-and-swap: turn on terminate-core's feature `critical-section`, and let the \
             program provide an implementation of it (for one core, cortex-m's feature `critical-section-single-core`)"
        );

        /// One read-modify-write. Interrupts are masked for the few instructions of `step`, never for a hook.
        fn indivisible<T>(step: impl FnOnce() -> T) -> T {
            cfg_if::cfg_if! {
                if #[cfg(feature = "critical-section")] {
                    critical_section::with(|_| step())
                } else {
                    step()
                }
            }
        }

        one_copy! {
            fn exchange(bits: &AtomicBits, current: Bits, new: Bits) -> Bits {
                indivisible(|| {
                    // Critical sections are ordered among each other. Plain loads pair with the Release of the store.
                    let seen = bits.load(Ordering::Acquire);
                    if seen == current {
                        bits.store(new, Ordering::Release);
                    }
                    seen
                })
            }
        }

        #[inline]
        fn first(byte: &source::AtomicU8) -> bool {
            indivisible(|| {
                let first = byte.load(Ordering::Relaxed) == 0;
                byte.store(1, Ordering::Relaxed);
                first
            })
        }
    } else {
        one_copy! {
            fn exchange(bits: &AtomicBits, current: Bits, new: Bits) -> Bits {
                match bits.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(seen) | Err(seen) => seen,
                }
            }
        }

        #[inline]
        fn first(byte: &source::AtomicU8) -> bool {
            byte.swap(1, Ordering::Relaxed) == 0
        }
    }
}

/// An atomic word whose read-modify-write is a compare-exchange with Acquire and Release.
pub(crate) struct Word(AtomicBits);

impl Word {
    const_fn! {
        pub(crate) const fn new(bits: Bits) -> Self {
            Self(AtomicBits::new(bits))
        }
    }

    // Inline in every crate, so that the ordering is a constant: otherwise the code that panics for an invalid one is linked.
    #[inline]
    pub(crate) fn load(&self, order: Ordering) -> Bits {
        self.0.load(order)
    }

    #[inline]
    pub(crate) fn store(&self, bits: Bits, order: Ordering) {
        self.0.store(bits, order);
    }

    /// Acquire and Release when it succeeds, Acquire when it does not.
    #[inline]
    pub(crate) fn exchange(&self, current: Bits, new: Bits) -> Result<(), Bits> {
        // Compare here: the function then returns one number, not two.
        let seen = exchange(&self.0, current, new);
        if seen == current { Ok(()) } else { Err(seen) }
    }
}

cfg_if::cfg_if! {
    if #[cfg(all(target_has_atomic = "64", not(terminate_narrow_word)))] {
        /// How many slots were ever taken, counted from the first one: a run looks at these only. It never falls.
        pub(crate) struct HighWater(Word);

        impl HighWater {
            const_fn! {
                pub(crate) const fn new() -> Self {
                    Self(Word::new(0))
                }
            }

            /// Raises the mark above that slot. The Release of the exchange pairs with the Acquire of `count`.
            #[inline]
            pub(crate) fn raise(&self, index: usize) {
                let mut count = self.0.load(Ordering::Relaxed);
                while count <= index as Bits {
                    match self.0.exchange(count, index as Bits + 1) {
                        Ok(()) => return,
                        Err(now) => count = now,
                    }
                }
            }

            #[inline]
            #[expect(clippy::cast_possible_truncation, reason = "a slot's number is a `usize`")]
            pub(crate) fn count(&self) -> usize {
                self.0.load(Ordering::Acquire) as usize
            }
        }
    } else {
        /// Where words are narrow, tables are small: a run looks at every slot, and nothing is counted.
        pub(crate) struct HighWater;

        #[allow(clippy::unused_self, reason = "the other `HighWater` needs it")]
        impl HighWater {
            const_fn! {
                pub(crate) const fn new() -> Self {
                    Self
                }
            }

            #[inline]
            pub(crate) fn raise(&self, _: usize) {}

            #[inline]
            pub(crate) fn count(&self) -> usize {
                usize::MAX
            }
        }
    }
}

/// A flag that one call takes: one byte, zero until then.
#[doc(hidden)]
pub struct Once(source::AtomicU8);

#[allow(clippy::new_without_default, reason = "only `hooks!` makes them")]
impl Once {
    const_fn! {
        /// Not yet taken.
        pub const fn new() -> Self {
            Self(source::AtomicU8::new(0))
        }
    }

    /// Takes the flag. True for the first call only.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        first(&self.0)
    }
}

/// Memory that only its owner touches. The state machine says which call is the owner.
pub(crate) struct Cell<T>(CellInner<T>);

cfg_if::cfg_if! {
    if #[cfg(loom)] {
        type CellInner<T> = loom::cell::UnsafeCell<T>;
    } else {
        type CellInner<T> = core::cell::UnsafeCell<T>;
    }
}

impl<T> Cell<T> {
    const_fn! {
        pub(crate) const fn new(value: T) -> Self {
            Self(CellInner::new(value))
        }
    }

    /// Calls `access` with the address of the value. loom checks that no other thread accesses it meanwhile.
    pub(crate) fn with<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        cfg_if::cfg_if! {
            if #[cfg(loom)] {
                self.0.with_mut(access)
            } else {
                access(self.0.get())
            }
        }
    }
}
