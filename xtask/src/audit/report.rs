//! The list, as a page to be read, and what to say when it is not the one that was committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::allowed::{self, Allowed};
use super::judge::Verdict;

/// One program, and what was found in it.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) introduction: &'static str,
    pub(super) compiler: String,
    pub(super) roots: Vec<(&'static str, &'static str)>,
    pub(super) verdict: Verdict,
}

const INTRODUCTION: &str = "\
# What can run inside the handler

Everything that the machine code can reach between the kernel entering the signal handler and its return, and in a fault
or interrupt handler on a microcontroller. `cargo xtask audit` makes this page, and fails if it is not this one, or if
anything is reached that must not be: an allocator, a lock, a panic, formatting, unwinding, a thread-local, a library
function or system call that is on no list, a call by address at a place that is on no list, an instruction that is
there to fault, or anything that it cannot make sense of. `cargo xtask audit --bless` writes the page anew.

How it is read off: the program is built optimised, and every call and jump is followed from the roots. What a condition
decides is not asked: both ways are reached. What stands behind a call that does not come back (`_exit`) is not. Jumps
through tables are followed to every entry. A function whose address is taken counts as reached, so a call by address leads
only to functions that were followed, or to what the list says. Landing pads are not reached: only an unwinder enters them, none of what is
listed here starts one, and a hook that panics in a handler breaks its promise. (It is caught all the same.)

Our functions are listed by their names in the source, also where the compiler has put one into another; a closure counts
as the function that it stands in. So another compiler changes little here; the one that is named below need not be yours.
If the page differs though nothing was changed but the compiler, what must not be reached still is not (that is checked first): read the difference, and bless it.
";

const COMPILER: &str = "Compiled by ";

pub(super) fn render(parts: &[Part]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for part in parts {
        let _ = writeln!(page, "\n## {}\n\n{}\n\n{COMPILER}{}. Roots:\n", part.title, part.introduction, part.compiler);
        for (root, what) in &part.roots {
            let _ = writeln!(page, "- `{root}`: {what}");
        }
        render_verdict(&part.verdict, &mut page);
    }
    page
}

fn render_verdict(verdict: &Verdict, page: &mut String) {
    if !verdict.indirect.is_empty() {
        page.push_str("\n### Calls of what is not ours\n\n| in | what is called |\n| --- | --- |\n");
        for place in &verdict.indirect {
            let _ = writeln!(page, "| `{place}` | {} |", reason(verdict.lists.indirect, place));
        }
    }
    if !verdict.by_address.is_empty() {
        page.push_str("\n### Functions that are called by their addresses\n\n| function | its address is taken by |\n| --- | --- |\n");
        for (name, by) in &verdict.by_address {
            let _ = writeln!(page, "| `{name}` | {} |", callers(by));
        }
    }
    if !verdict.libraries.is_empty() {
        page.push_str(
            "\n### Library functions\n\n| function | why it may be called | called by |\n| --- | --- | --- |\n",
        );
        for (name, by) in &verdict.libraries {
            let listed = allowed::POSIX.contains(&name.as_str());
            let why = if listed {
                "async-signal-safe by POSIX"
            } else {
                reason(allowed::LIBRARY.iter().chain(verdict.lists.library), name)
            };
            let _ = writeln!(page, "| `{name}` | {why} | {} |", callers(by));
        }
    }
    if !verdict.system_calls.is_empty() {
        page.push_str("\n### System calls by number\n\n| call | why it may be made | made by |\n| --- | --- | --- |\n");
        for (name, by) in &verdict.system_calls {
            let why = allowed::SYSTEM_CALLS.iter().find(|(.., allowed)| allowed.name == name);
            let why = why.map_or("", |(.., allowed)| allowed.reason);
            let _ = writeln!(page, "| `{name}` | {why} | {} |", callers(by));
        }
    }
    if !verdict.others.is_empty() {
        page.push_str("\n### Functions of Rust's libraries that stand alone\n\n");
        for name in &verdict.others {
            let _ = writeln!(page, "- `{name}`");
        }
    }
    page.push_str("\n### Our functions\n\n| module | functions |\n| --- | --- |\n");
    for (module, names) in by_module(&verdict.ours) {
        let _ = writeln!(page, "| `{module}` | {} |", names.join(", "));
    }
}

fn reason<'a>(list: impl IntoIterator<Item = &'a Allowed>, name: &str) -> &'static str {
    list.into_iter().find(|allowed| allowed.name == name).map_or("", |allowed| allowed.reason)
}

fn callers(by: &BTreeSet<String>) -> String {
    by.iter().map(|name| format!("`{}`", split(name).1)).collect::<Vec<_>>().join(", ")
}

fn by_module(names: &BTreeSet<String>) -> BTreeMap<&str, Vec<String>> {
    let mut modules = BTreeMap::<_, Vec<_>>::new();
    for name in names {
        let (module, item) = split(name);
        modules.entry(module).or_default().push(format!("`{item}`"));
    }
    modules
}

/// The module, and what is in it: types begin with a capital letter, and functions come last.
fn split(name: &str) -> (&str, &str) {
    let starts: Vec<_> = std::iter::once(0).chain(name.match_indices("::").map(|(at, _)| at + 2)).collect();
    let is_type = |at: &usize| name[*at..].starts_with(|c: char| c.is_ascii_uppercase());
    let item = starts.iter().copied().find(is_type).or(starts.last().copied()).unwrap_or(0);
    (name[..item].trim_end_matches("::"), &name[item..])
}

/// The page without the part of that title.
pub(super) fn without(page: &str, title: &str) -> String {
    let heading = format!("\n## {title}\n");
    let Some((before, part)) = page.split_once(&heading) else { return page.to_owned() };
    before.to_owned() + part.find("\n## ").map_or("", |next| &part[next..])
}

/// Which lines are new, and which are gone. Nothing, if the pages are the same but for the compiler.
pub(super) fn difference(committed: &str, now: &str) -> String {
    fn lines(page: &str) -> impl Iterator<Item = &str> + Clone {
        page.lines().filter(|line| !line.starts_with(COMPILER))
    }
    if lines(committed).eq(lines(now)) {
        return String::new();
    }
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (committed.lines().collect(), now.lines().collect());
    let gone = committed.lines().filter(|line| !new.contains(line)).map(|line| format!("- {line}\n"));
    let told: String =
        gone.chain(now.lines().filter(|line| !old.contains(line)).map(|line| format!("+ {line}\n"))).collect();
    if told.is_empty() { "  the same lines, in another order\n".to_owned() } else { told }
}

#[cfg(test)]
mod tests {
    use super::{difference, split, without};

    #[test]
    fn a_part_that_is_left_out_leaves_the_others() {
        let page = "# A\n\n## b\n1\n### c\n\n## d\n2\n";
        assert_eq!(without(page, "b"), "# A\n\n## d\n2\n");
        assert_eq!(without(page, "d"), "# A\n\n## b\n1\n### c\n");
        assert_eq!(without(page, "e"), page);
    }

    #[test]
    fn a_name_is_split_before_its_type_or_before_its_last_word() {
        assert_eq!(split("a::b::C::d"), ("a::b", "C::d"));
        assert_eq!(split("a::b::d"), ("a::b", "d"));
        assert_eq!(split("memcpy"), ("", "memcpy"));
    }

    #[test]
    fn a_difference_tells_what_is_gone_and_what_is_new() {
        assert_eq!(difference("a\nb\nc\n", "a\nd\nc\n"), "- b\n+ d\n");
        assert_eq!(difference("a\nb\n", "b\na\n"), "  the same lines, in another order\n");
    }

    #[test]
    fn another_compiler_that_reaches_the_same_is_no_difference() {
        assert_eq!(difference("Compiled by rustc 1.\na\n", "Compiled by rustc 2.\na\n"), "");
        let changed = difference("Compiled by rustc 1.\na\n", "Compiled by rustc 2.\nb\n");
        assert_eq!(changed, "- Compiled by rustc 1.\n- a\n+ Compiled by rustc 2.\n+ b\n");
    }
}
