//! What the name of a function says of it.

use std::fmt;

/// What a handler must not reach, whoever asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Forbidden {
    Allocator,
    Lock,
    Panic,
    Formatting,
    Unwinding,
    ThreadLocal,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allocator => "allocator",
            Self::Lock => "lock",
            Self::Panic => "panic",
            Self::Formatting => "formatting",
            Self::Unwinding => "unwinding",
            Self::ThreadLocal => "thread-local",
        })
    }
}

/// How forbidden names begin, the narrower ones first.
const BEGINNINGS: [(Forbidden, &[&str]); 7] = [
    (
        Forbidden::Unwinding,
        &[
            "_Unwind_",
            "__cxa_",
            "__gxx_",
            "__gcc_",
            "__rustc::rust_eh_",
            "std::panicking::catch_unwind::cleanup",
            "panic_unwind::",
        ],
    ),
    (
        Forbidden::Formatting,
        &["core::fmt::", "alloc::fmt::", "alloc::string::", "std::io::Write::write_fmt", "std::io::stdio::"],
    ),
    (
        Forbidden::Panic,
        &[
            "core::panicking::",
            "std::panicking::",
            "core::panic::",
            "core::option::unwrap_failed",
            "core::option::expect_failed",
            "core::result::unwrap_failed",
            "core::slice::index::slice_",
            "core::str::slice_error_fail",
            "core::cell::panic_",
            "core::cell::Ref",
            "std::process::abort",
            "std::rt::",
            "std::sys::pal::unix::abort_internal",
            "__rustc::rust_begin_unwind",
            "__rustc::rust_panic",
            "__rustc::__rust_start_panic",
            "alloc::alloc::handle_alloc_error",
            "alloc::raw_vec::handle_error",
            "alloc::raw_vec::capacity_overflow",
            "__assert_",
            "__stack_chk_fail",
            "__fortify_fail",
        ],
    ),
    (
        Forbidden::ThreadLocal,
        &[
            "__tls_",
            "pthread_getspecific",
            "pthread_setspecific",
            "pthread_key_",
            "std::thread::local",
            "std::thread::current",
            "std::sys::thread_local::",
            "__aeabi_read_tp",
        ],
    ),
    (
        Forbidden::Lock,
        &[
            "pthread_mutex_",
            "pthread_rwlock_",
            "pthread_cond_",
            "pthread_spin_",
            "pthread_once",
            "pthread_barrier_",
            "mtx_",
            "flockfile",
            "std::sync::",
            "std::sys::sync::",
            "_critical_section_1_0_",
        ],
    ),
    (
        Forbidden::Allocator,
        &[
            "__rustc::__rust_",
            "__rustc::__rdl_",
            "__rustc::__rg_",
            "__rust_",
            "__rdl_",
            "__rg_",
            "alloc::",
            "std::alloc::",
        ],
    ),
    (
        Forbidden::Formatting,
        &["vprintf", "vfprintf", "vsnprintf", "vsprintf", "vdprintf", "__printf", "__fprintf", "__snprintf"],
    ),
];

/// What a caught panic would pass through: by itself, it calls and returns.
const CATCHING: [&str; 4] = [
    "std::panicking::catch_unwind",
    "std::panicking::catch_unwind::do_call",
    "std::panicking::try",
    "std::panicking::try::do_call",
];

const EXACTLY: [(Forbidden, &[&str]); 4] = [
    (Forbidden::Panic, &["abort", "exit"]),
    (
        Forbidden::Allocator,
        &[
            "malloc",
            "calloc",
            "realloc",
            "free",
            "reallocarray",
            "posix_memalign",
            "aligned_alloc",
            "memalign",
            "strdup",
        ],
    ),
    (
        Forbidden::Formatting,
        &["printf", "fprintf", "sprintf", "snprintf", "dprintf", "puts", "fputs", "fwrite", "syslog"],
    ),
    (Forbidden::Unwinding, &["longjmp", "__longjmp_chk"]),
];

/// Why nothing in a handler may be called by that name, if so. Demangled, or C's.
pub(super) fn forbidden(name: &str) -> Option<Forbidden> {
    let by_name = EXACTLY.iter().find(|(_, names)| names.contains(&name)).map(|(kind, _)| *kind);
    if by_name.is_some() {
        return by_name;
    }
    if let Some((_, of)) = implementation(name)
        && of.starts_with("core::fmt::")
    {
        return Some(Forbidden::Formatting);
    }
    // These only set up what an unwinder would look for.
    if CATCHING.contains(&&*plain(name)) {
        return None;
    }
    // The path of the function, or of the type that it belongs to.
    let path = name.trim_start_matches(['<', '&']).trim_start_matches("mut ");
    BEGINNINGS
        .iter()
        .find(|(_, beginnings)| beginnings.iter().any(|word| path.starts_with(word)))
        .map(|(kind, _)| *kind)
}

/// Functions of libraries that do not come back.
pub(super) fn never_returns(name: &str) -> bool {
    [
        "_exit",
        "_Exit",
        "abort",
        "exit",
        "quick_exit",
        "_Unwind_Resume",
        "pthread_exit",
        "__stack_chk_fail",
        "longjmp",
        "siglongjmp",
    ]
    .contains(&name)
}

/// Whether the function, by its plain name, is of this workspace.
pub(super) fn is_ours(plain: &str) -> bool {
    ["terminate_core::", "terminate_std::"].iter().any(|name| plain.starts_with(name))
}

/// As it stands in the source, without what is generic in it: `<a::B<C>>::f::<D>::{closure#0}` becomes `a::B::f`.
pub(super) fn plain(name: &str) -> String {
    let name = named(name);
    let end = name.find("::{closure#").unwrap_or(name.len());
    // The way to a function by its type is the function.
    name[..end].trim_end_matches("::call_once").to_owned()
}

fn named(name: &str) -> String {
    let name = match implementation(name) {
        Some((of, _)) => return without_arguments(of) + &without_arguments(rest_of(name)),
        None => name,
    };
    match name.strip_prefix('<').filter(|_| !rest_of(name).is_empty()) {
        Some(inner) => {
            let rest = rest_of(name);
            let owner = &inner[..inner.len() - rest.len() - 1];
            without_arguments(owner) + &without_arguments(rest)
        }
        None => without_arguments(name),
    }
}

/// The type and the trait of `<type as trait>::function`.
fn implementation(name: &str) -> Option<(&str, &str)> {
    let rest = rest_of(name);
    let inner = name.strip_prefix('<')?;
    let inner = inner.get(..inner.len().checked_sub(rest.len() + 1)?)?;
    let mut depth = 0_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !inner[..at].ends_with('-') => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && inner[at..].starts_with(" as ") => return Some((&inner[..at], &inner[at + 4..])),
            _ => {}
        }
    }
    None
}

/// What follows the bracket that closes the first one; nothing, if the name does not begin with one.
fn rest_of(name: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !name[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { "" } else { &name[at + 1..] };
        }
    }
    ""
}

fn without_arguments(name: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if !name[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.replace("::::", "::").trim_end_matches("::").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Forbidden, forbidden, plain};

    #[test]
    fn each_kind_is_known_by_its_names() {
        for (name, kind) in [
            ("malloc", Forbidden::Allocator),
            ("__rustc::__rust_dealloc", Forbidden::Allocator),
            ("<alloc::raw_vec::RawVec<u8>>::grow_one", Forbidden::Allocator),
            ("pthread_mutex_lock", Forbidden::Lock),
            ("<std::sys::sync::mutex::futex::Mutex>::lock_contended", Forbidden::Lock),
            ("core::panicking::panic_bounds_check", Forbidden::Panic),
            ("core::slice::index::slice_index_fail", Forbidden::Panic),
            ("abort", Forbidden::Panic),
            ("core::fmt::write", Forbidden::Formatting),
            ("<u32 as core::fmt::Display>::fmt", Forbidden::Formatting),
            ("<&mut a::B<C> as core::fmt::Debug>::fmt", Forbidden::Formatting),
            ("alloc::fmt::format::format_inner", Forbidden::Formatting),
            ("_Unwind_Resume", Forbidden::Unwinding),
            ("__tls_get_addr", Forbidden::ThreadLocal),
        ] {
            assert_eq!(forbidden(name), Some(kind), "{name}");
        }
    }

    #[test]
    fn what_only_speaks_of_such_types_is_not_such_a_function() {
        for name in [
            "core::ptr::drop_in_place::<alloc::boxed::Box<a::B>>",
            "<a::B as a::C<core::fmt::Formatter>>::d",
            "write",
            "freeze",
            "abortive::f",
        ] {
            assert_eq!(forbidden(name), None, "{name}");
        }
    }

    #[test]
    fn a_plain_name_has_nothing_generic_in_it() {
        for (name, expected) in [
            ("<a::B<C<1>>>::f::<D>", "a::B::f"),
            ("a::sort::<<a::R<256, 1>>::run::{closure#0}>", "a::sort"),
            ("<a::B>::f::{closure#1}::{closure#0}", "a::B::f"),
            ("<a::B<C> as d::E<F>>::g::<H>", "a::B::g"),
            ("<a::f as d::FnOnce<()>>::call_once", "a::f"),
            ("<a::B<fn() -> C>>::g", "a::B::g"),
            ("memcpy", "memcpy"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
