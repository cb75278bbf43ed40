//! State that is global and changes: a crate keeps it in few places.

use std::path::Path;

use crate::tree::File;

/// Where it is counted, and how many there may be: the process, and what cannot be in it.
const SOURCES: &str = "terminate-std/src";
const MOST: usize = 8;
/// What makes a static's type mutable; `Atomic` stands for all atomics, and `Once` for `OnceLock` too.
const MUTABLE: [&str; 7] = ["Atomic", "Mutex", "RwLock", "Once", "LazyLock", "UnsafeCell", "RefCell"];

pub(super) fn complaint(files: &[File]) -> Option<String> {
    let sources = files.iter().filter(|file| file.is_rust() && file.path.starts_with(SOURCES));
    let found: Vec<_> = sources.flat_map(|file| mutable(&file.path, &file.text)).collect();
    let told =
        || format!("{SOURCES}: {} mutable statics, {MOST} are the limit:\n    {}", found.len(), found.join("\n    "));
    (found.len() > MOST).then(told)
}

/// The mutable statics of a file, each with its line.
fn mutable(path: &Path, text: &str) -> Vec<String> {
    let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines: Vec<_> = shipped.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(rest) = declaration(line) else { continue };
        // The type may go on on the next lines, up to the value.
        let whole = std::iter::once(rest).chain(lines[number + 1..].iter().copied());
        let whole = whole.collect::<Vec<_>>().join(" ");
        let declared = whole.split(['=', ';']).next().unwrap_or_default().trim();
        let is_mutable = declared.strip_prefix("mut ").is_some()
            || declared.split_once(':').is_some_and(|(_, ty)| MUTABLE.iter().any(|word| has_word(ty, word)));
        if is_mutable {
            found.push(format!("{}:{}: static {declared}", path.display(), number + 1));
        }
    }
    found
}

/// What follows `static` in a line that declares one.
fn declaration(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest
            .trim_start()
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .map_or(rest, |(_, rest)| rest)
            .trim_start(),
        None => line,
    };
    line.strip_prefix("static ")
}

/// Whether a word of the type begins so.
fn has_word(ty: &str, word: &str) -> bool {
    ty.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part.starts_with(word))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MOST, SOURCES, complaint, mutable};
    use crate::tree::File;

    #[test]
    fn a_static_is_mutable_by_its_type_or_by_its_keyword() {
        for line in [
            "static A: AtomicU32 = AtomicU32::new(0);",
            "pub(crate) static A: Mutex<Vec<u8>> = Mutex::new(Vec::new());",
            "    static A: [OnceLock<u8>; 2] = [const { OnceLock::new() }; 2];",
            "pub static A: std::sync::Once = Once::new();",
            "static mut A: u8 = 0;",
            "pub(in crate::sys) static A:\n    AtomicBool = AtomicBool::new(true);",
        ] {
            assert_eq!(mutable(Path::new("x.rs"), line).len(), 1, "{line}");
        }
    }

    #[test]
    fn other_statics_and_those_of_tests_do_not_count() {
        for line in [
            "static A: &str = \"Mutex\";",
            "static A: Process = Process::new(AtomicU32::new(0));",
            "// static A: AtomicU32",
            "fn f(a: &'static AtomicU32) {}",
            "#[cfg(test)]\nmod tests {\n    static A: AtomicU32 = AtomicU32::new(0);\n}",
        ] {
            assert!(mutable(Path::new("x.rs"), line).is_empty(), "{line}");
        }
    }

    #[test]
    fn too_many_are_told_with_their_lines() {
        let file = |count: usize| {
            let text = "static A: AtomicU8 = AtomicU8::new(0);\n".repeat(count);
            [File { path: Path::new(SOURCES).join("x.rs"), text }]
        };
        assert_eq!(complaint(&file(MOST)), None);
        let told = complaint(&file(MOST + 1)).unwrap();
        assert!(told.ends_with("terminate-std/src/x.rs:9: static A: AtomicU8"), "{told}");
    }
}
