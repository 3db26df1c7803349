//! Tests, under their short names and as `ansible.builtin.*`.

mod address;
mod compare;
mod files;
mod kinds;
mod members;
mod results;
mod text;
mod uri;
mod version;

use super::call::Operation;
use minijinja::{
    Environment, Error, State, Value,
    value::{Rest, ValueOrKwargs},
};

pub(super) use version::loose;

/// All tests.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        address::TESTS,
        compare::TESTS,
        files::TESTS,
        kinds::TESTS,
        members::TESTS,
        results::TESTS,
        text::TESTS,
        uri::TESTS,
        version::TESTS,
    ]
    .into_iter()
    .flatten()
}

/// Adds every test to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    for test in all() {
        let run =
            |state: &mut State<'_, '_>,
             value: &Value,
             given: Rest<ValueOrKwargs>|
             -> Result<Value, Error> { test.call(state, value, &given.into_values()) };
        for name in test.names {
            environment.add_test(*name, run);
            for collection in test.collections {
                environment.add_test(format!("{collection}.{name}"), run);
            }
        }
    }
}
