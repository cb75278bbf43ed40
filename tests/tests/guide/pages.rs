//! The pages of the guide print the programs that are tested here, to the letter.

use std::fs;
use std::path::Path;

/// Each page with the program that it prints.
const PAGES: [(&str, &str); 7] = [
    ("command_line", "examples/guide_command_line.rs"),
    ("server", "examples/guide_server.rs"),
    ("daemon", "examples/guide_daemon.rs"),
    ("repl", "examples/guide_repl.rs"),
    ("full_screen", "examples/guide_full_screen.rs"),
    ("python", "examples/guide_python.rs"),
    ("tests", "tests/guide/under_test.rs"),
];
/// A program that is longer is not read by a reader in a hurry.
const LONGEST: usize = 30;

#[test]
fn each_page_prints_its_program_to_the_letter_in_30_lines_at_most() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, program) in PAGES {
        let text =
            fs::read_to_string(tests.join("../terminate-std/src/guide").join(page).with_extension("md")).unwrap();
        let program = fs::read_to_string(tests.join(program)).unwrap();
        // Its header says what the page says.
        let (_, program) = program.split_once("\n\n").unwrap();
        assert!(text.contains(&format!("```rust,no_run\n{program}```\n")), "{page}.md does not print its program");
        let lines = program.lines().count();
        assert!(lines <= LONGEST, "{page}: {lines} lines");
    }
}
