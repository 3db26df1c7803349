//! Tests, under their short names and as `ansible.builtin.*`.

mod results;
mod version;

use minijinja::{
    Environment,
    functions::Function,
    value::{FunctionArgs, FunctionResult},
};

/// Adds every test to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    let mut tests = Tests(environment);
    results::register(&mut tests);
    version::register(&mut tests);
}

/// Where tests are added.
struct Tests<'e>(&'e mut Environment<'static>);

impl Tests<'_> {
    /// Adds a test of `ansible.builtin` under each of its names.
    fn builtin<F, Rv, Args>(&mut self, names: &[&'static str], test: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        for name in names {
            self.0.add_test(*name, test.clone());
            self.0
                .add_test(format!("ansible.builtin.{name}"), test.clone());
        }
    }
}
