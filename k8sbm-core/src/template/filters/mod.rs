//! Filters, under their short names and as `ansible.builtin.*`.

mod chain;
mod collections;
mod encoding;
mod text;
mod types;

use minijinja::{
    Environment,
    functions::Function,
    value::{FunctionArgs, FunctionResult},
};

/// Adds every filter to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    let mut filters = Filters(environment);
    chain::register(&mut filters);
    collections::register(&mut filters);
    encoding::register(&mut filters);
    text::register(&mut filters);
    types::register(&mut filters);
}

/// Where filters are added.
struct Filters<'e>(&'e mut Environment<'static>);

impl Filters<'_> {
    /// Adds a filter of `ansible.builtin` under each of its names.
    fn builtin<F, Rv, Args>(&mut self, names: &[&'static str], filter: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        self.of(&["ansible.builtin"], names, filter);
    }

    /// Adds a filter under each of its names, alone and in each of its collections.
    fn of<F, Rv, Args>(&mut self, collections: &[&'static str], names: &[&'static str], filter: F)
    where
        F: Function<Rv, Args> + Clone,
        Rv: FunctionResult,
        Args: for<'a> FunctionArgs<'a>,
    {
        for name in names {
            self.0.add_filter(*name, filter.clone());
            for collection in collections {
                self.0
                    .add_filter(format!("{collection}.{name}"), filter.clone());
            }
        }
    }
}
