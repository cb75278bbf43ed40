//! What an ELF file holds: the sizes of its sections, and what the core must not bring along.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection, ObjectSymbol};

/// Sizes in bytes, of sections that a linker script of ours has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) text: u64,
    pub(crate) rodata: u64,
    pub(crate) data: u64,
    pub(crate) bss: u64,
}

impl Sizes {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        let file = object::File::parse(&*bytes)?;
        let size = |name| file.section_by_name(name).map_or(0, |section| section.size());
        Ok(Self { text: size(".text"), rodata: size(".rodata"), data: size(".data"), bss: size(".bss") })
    }

    /// Without what every program has.
    pub(crate) fn without(self, empty: Self) -> Self {
        Self {
            text: self.text.saturating_sub(empty.text),
            rodata: self.rodata.saturating_sub(empty.rodata),
            data: self.data.saturating_sub(empty.data),
            bss: self.bss.saturating_sub(empty.bss),
        }
    }
}

/// Parts of the names of functions that nothing of the core's may call: panics, formatting, division, and copies that are
/// too large to be done in place.
const FORBIDDEN: [&str; 13] = [
    "panic",
    "4core3fmt",
    "unwrap_failed",
    "expect_failed",
    "memcpy",
    "memmove",
    "memset",
    "__aeabi_memclr",
    "_uidiv",
    "_idiv",
    "divmod",
    "divsi3",
    "divdi3",
];

/// The hook, which every program keeps: without its name the file has no names, and is not judged.
const KNOWN: &str = "a_hook";

/// The forbidden functions in a file.
pub(crate) fn forbidden(path: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let file = object::File::parse(&*bytes)?;
    let names = file.symbols().filter_map(|symbol| symbol.name().ok());
    forbidden_of(&names.collect::<Vec<_>>()).with_context(|| path.display().to_string())
}

fn forbidden_of(names: &[&str]) -> Result<Vec<String>> {
    ensure!(names.contains(&KNOWN), "there is no symbol {KNOWN}: is it stripped?");
    Ok(names.iter().filter(|name| is_forbidden(name)).map(|&name| name.to_owned()).collect())
}

fn is_forbidden(name: &str) -> bool {
    FORBIDDEN.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{Sizes, forbidden_of, is_forbidden};

    #[test]
    fn what_drags_code_along_is_known_by_its_name() {
        for name in ["_ZN4core9panicking9panic_fmt17h0E", "__aeabi_uidivmod", "__aeabi_memcpy4", "__udivsi3"] {
            assert!(is_forbidden(name), "{name}");
        }
        for name in ["register", "_ZN14terminate_core6atomic8exchange17h0E", "$t"] {
            assert!(!is_forbidden(name), "{name}");
        }
    }

    #[test]
    fn a_file_without_names_is_not_taken_for_a_clean_one() {
        forbidden_of(&[]).unwrap_err();
        forbidden_of(&["$t", "$d"]).unwrap_err();
        assert_eq!(forbidden_of(&["a_hook", "__udivsi3"]).unwrap(), ["__udivsi3"]);
    }

    #[test]
    fn what_every_program_has_does_not_count() {
        let all = Sizes { text: 100, rodata: 8, data: 0, bss: 12 };
        let empty = Sizes { text: 20, ..Sizes::default() };
        assert_eq!(all.without(empty), Sizes { text: 80, ..all });
    }
}
