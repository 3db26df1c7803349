//! Filters, under their short names and those of their collections.

mod certificate;
mod community;
mod each;
mod encoding;
mod fallback;
mod hashes;
mod json;
mod lists;
mod mappings;
mod network;
mod numbers;
mod order;
mod paths;
mod query;
mod regex;
mod secrets;
mod sets;
mod text;
mod types;
mod wrap;
mod yaml;

use super::call::Operation;
use minijinja::{
    Environment, Error, State, Value,
    value::{Rest, ValueOrKwargs},
};

pub(super) use fallback::CHAIN;
pub(super) use lists::{cartesian, flatten_into, pairs};
pub(super) use network::Network;
pub(super) use regex::pattern;
pub(super) use secrets::password_hash;
pub(super) use types::as_bool;

/// All filters.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        certificate::FILTERS,
        community::FILTERS,
        each::FILTERS,
        encoding::FILTERS,
        fallback::FILTERS,
        hashes::FILTERS,
        json::FILTERS,
        lists::FILTERS,
        mappings::FILTERS,
        network::FILTERS,
        numbers::FILTERS,
        order::FILTERS,
        paths::FILTERS,
        query::FILTERS,
        regex::FILTERS,
        secrets::FILTERS,
        sets::FILTERS,
        text::FILTERS,
        types::FILTERS,
        wrap::FILTERS,
        yaml::FILTERS,
        super::moment::FILTERS,
    ]
    .into_iter()
    .flatten()
}

/// Adds every filter to an environment.
pub(super) fn register(environment: &mut Environment<'static>) {
    for filter in all() {
        let run = |state: &mut State<'_, '_>,
                   value: &Value,
                   given: Rest<ValueOrKwargs>|
         -> Result<Value, Error> {
            filter.call(state, value, &given.into_values())
        };
        for name in filter.names {
            environment.add_filter(*name, run);
            for collection in filter.collections {
                environment.add_filter(format!("{collection}.{name}"), run);
            }
        }
    }
}
