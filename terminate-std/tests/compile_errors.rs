//! What `#[hook]` and `#[exit_with_signal]` refuse, with a message that points at the word, and what they take.

#[test]
fn wrong_declarations_are_refused_where_they_are_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

#[test]
fn right_declarations_are_taken() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}
