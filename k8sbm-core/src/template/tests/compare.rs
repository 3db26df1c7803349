//! Comparisons by name, for `select` and `selectattr`.

use crate::template::call::{Call, Operation, defined, fail};
use minijinja::{Error, Value};
use std::cmp::Ordering;

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["eq", "equalto", "=="], &["other"], |value, call| {
        Ok(Value::from(*value == other(call)?))
    }),
    Operation::new(&["ne", "!="], &["other"], |value, call| {
        Ok(Value::from(*value != other(call)?))
    }),
    Operation::new(&["lt", "lessthan", "<"], &["other"], |value, call| {
        order(value, call, |order| order.is_lt())
    }),
    Operation::new(&["le", "<="], &["other"], |value, call| {
        order(value, call, |order| order.is_le())
    }),
    Operation::new(&["gt", "greaterthan", ">"], &["other"], |value, call| {
        order(value, call, |order| order.is_gt())
    }),
    Operation::new(&["ge", ">="], &["other"], |value, call| {
        order(value, call, |order| order.is_ge())
    }),
    Operation::new(&["sameas"], &["other"], |value, call| {
        let other = other(call)?;
        Ok(Value::from(value.kind() == other.kind() && *value == other))
    }),
    Operation::new(&["odd"], &[], |value, _| {
        Ok(Value::from(whole(value)?.rem_euclid(2) == 1))
    }),
    Operation::new(&["even"], &[], |value, _| {
        Ok(Value::from(whole(value)?.rem_euclid(2) == 0))
    }),
    Operation::new(&["divisibleby"], &["num"], |value, call| {
        let divisor = whole(&call.need("num")?)?;
        if divisor == 0 {
            return Err(fail("nothing is divisible by 0"));
        }
        Ok(Value::from(whole(value)?.rem_euclid(divisor) == 0))
    }),
    Operation::new(&["nan", "isnan"], &[], |value, _| {
        Ok(Value::from(
            f64::try_from(value.clone()).is_ok_and(f64::is_nan),
        ))
    }),
];

fn other(call: &Call<'_>) -> Result<Value, Error> {
    call.need("other")
}

fn order(value: &Value, call: &Call<'_>, holds: impl Fn(Ordering) -> bool) -> Result<Value, Error> {
    let other = defined(other(call)?)?;
    Ok(Value::from(value.partial_cmp(&other).is_some_and(holds)))
}

fn whole(value: &Value) -> Result<i64, Error> {
    value
        .as_i64()
        .ok_or_else(|| fail("a whole number is needed"))
}
