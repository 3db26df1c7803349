//! Lists as sets. The order is that of the lists, where Python's is none.

use crate::template::call::{Call, Operation, items};
use minijinja::{Error, Value};
use std::collections::HashSet;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["union"], &["b"], |value, call| {
        with(value, call, |a, b| distinct(a.chain(b)))
    }),
    Operation::new(&["intersect"], &["b"], |value, call| {
        with(value, call, |a, b| {
            let other: HashSet<Value> = b.collect();
            distinct(a.filter(|item| other.contains(item)))
        })
    }),
    Operation::new(&["difference"], &["b"], |value, call| {
        with(value, call, |a, b| {
            let other: HashSet<Value> = b.collect();
            distinct(a.filter(|item| !other.contains(item)))
        })
    }),
    Operation::new(&["symmetric_difference"], &["b"], |value, call| {
        with(value, call, |a, b| {
            let (left, right): (Vec<Value>, Vec<Value>) = (a.collect(), b.collect());
            let (in_left, in_right): (HashSet<_>, HashSet<_>) = (
                left.iter().cloned().collect(),
                right.iter().cloned().collect(),
            );
            let only_left = left.into_iter().filter(|item| !in_right.contains(item));
            distinct(only_left.chain(right.into_iter().filter(|item| !in_left.contains(item))))
        })
    }),
];

type Items = std::vec::IntoIter<Value>;

fn with(
    value: &Value,
    call: &Call<'_>,
    combine: impl Fn(Items, Items) -> Vec<Value>,
) -> Result<Value, Error> {
    let other = items(&call.need("b")?)?;
    Ok(Value::from(combine(
        items(value)?.into_iter(),
        other.into_iter(),
    )))
}

fn distinct(all: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    all.filter(|item| seen.insert(item.clone())).collect()
}
