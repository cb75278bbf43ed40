//! What must not compile, with a message that points at the word, and what must.

#[test]
fn wrong_declarations_are_refused_where_they_are_wrong() {
    trybuild::TestCases::new().compile_fail("tests/declarations/*.rs");
}

#[test]
fn right_declarations_are_taken() {
    trybuild::TestCases::new().pass("tests/right/*.rs");
}

#[test]
fn g4_a_closure_gets_into_a_handler_by_an_unsafe_promise_alone() {
    trybuild::TestCases::new().compile_fail("tests/promises/*.rs");
}
