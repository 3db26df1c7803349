//! What somebody who writes a task reads when something is missing.

#[test]
fn the_compiler_says_what_a_task_needs() {
    trybuild::TestCases::new().compile_fail("tests/authoring/*.rs");
}
