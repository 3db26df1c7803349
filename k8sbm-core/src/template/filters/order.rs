//! Sorting, grouping, the least and the most.

use super::each::attribute;
use crate::template::call::{Call, Operation, entries, fail, items, name_of};
use minijinja::{
    Error, Value,
    value::{Tuple, ValueKind},
};
use std::cmp::Ordering;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["sort"], &["reverse", "case_sensitive", "attribute"], sort),
    Operation::new(&["min"], &["case_sensitive", "attribute"], |value, call| {
        extreme(value, call, Ordering::Less)
    }),
    Operation::new(&["max"], &["case_sensitive", "attribute"], |value, call| {
        extreme(value, call, Ordering::Greater)
    }),
    Operation::new(&["unique"], &["case_sensitive", "attribute"], unique),
    Operation::new(
        &["groupby"],
        &["attribute", "default", "case_sensitive"],
        groupby,
    ),
    Operation::new(
        &["dictsort"],
        &["case_sensitive", "by", "reverse"],
        dictsort,
    ),
];

/// What values are compared by: their attributes, without regard to case.
fn key(value: &Value, attributes: Option<&str>, case_sensitive: bool) -> Result<Vec<Value>, Error> {
    let parts = match attributes {
        Some(attributes) => attributes
            .split(',')
            .map(|part| attribute(value, part.trim()))
            .collect::<Result<_, _>>()?,
        None => vec![value.clone()],
    };
    let folded = parts.into_iter().map(|part| match part.as_str() {
        Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
        _ => part,
    });
    folded.map(crate::template::call::defined).collect()
}

/// The order of two values; what Python cannot compare is an error.
fn compare(left: &Value, right: &Value) -> Result<Ordering, Error> {
    let class = |value: &Value| match value.kind() {
        ValueKind::Bool | ValueKind::Number => Some(ValueKind::Number),
        ValueKind::Seq | ValueKind::Iterable => Some(ValueKind::Seq),
        ValueKind::String => Some(ValueKind::String),
        _ => None,
    };
    if class(left).is_none() || class(left) != class(right) {
        return Err(fail(format!(
            "{} and {} cannot be put in order",
            name_of(left),
            name_of(right)
        )));
    }
    match class(left) {
        Some(ValueKind::Number) => {
            let number = |value: &Value| super::numbers::number(value).unwrap_or(f64::NAN);
            Ok(number(left).total_cmp(&number(right)))
        }
        Some(ValueKind::Seq) => compare_all(&items(left)?, &items(right)?),
        _ => Ok(left.as_str().cmp(&right.as_str())),
    }
}

fn compare_all(left: &[Value], right: &[Value]) -> Result<Ordering, Error> {
    for (left, right) in left.iter().zip(right) {
        let order = if left == right {
            Ordering::Equal
        } else {
            compare(left, right)?
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(left.len().cmp(&right.len()))
}

/// Sorts values by their keys, those that are equal staying in place.
fn sorted(
    mut keyed: Vec<(Vec<Value>, Value)>,
    reverse: bool,
) -> Result<Vec<(Vec<Value>, Value)>, Error> {
    let mut failure = None;
    keyed.sort_by(|left, right| {
        let order = compare_all(&left.0, &right.0).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    failure.map_or(Ok(keyed), Err)
}

fn keyed(
    value: &Value,
    attribute: Option<&str>,
    case_sensitive: bool,
) -> Result<Vec<(Vec<Value>, Value)>, Error> {
    items(value)?
        .into_iter()
        .map(|item| Ok((key(&item, attribute, case_sensitive)?, item)))
        .collect()
}

fn sort(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let keyed = keyed(
        value,
        call.text("attribute")?.as_deref(),
        call.flag("case_sensitive")?,
    )?;
    let sorted = sorted(keyed, call.flag("reverse")?)?;
    Ok(Value::from(
        sorted.into_iter().map(|(_, item)| item).collect::<Vec<_>>(),
    ))
}

fn extreme(value: &Value, call: &Call<'_>, wanted: Ordering) -> Result<Value, Error> {
    let mut best: Option<(Vec<Value>, Value)> = None;
    for candidate in keyed(
        value,
        call.text("attribute")?.as_deref(),
        call.flag("case_sensitive")?,
    )? {
        let better = match &best {
            Some(best) => compare_all(&candidate.0, &best.0)? == wanted,
            None => true,
        };
        if better {
            best = Some(candidate);
        }
    }
    Ok(best.map(|(_, item)| item).unwrap_or_default())
}

fn unique(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut seen = std::collections::HashSet::new();
    let attribute = call.text("attribute")?;
    let without_case = call
        .value("case_sensitive")?
        .is_some_and(|flag| !flag.is_true());
    let compound = |item: &Value| matches!(item.kind(), ValueKind::Map | ValueKind::Seq);
    if without_case && attribute.is_none() && items(value)?.iter().any(compound) {
        return Err(fail(
            "lists and mappings have no case to pass over, and unique cannot fall back to comparing them with it",
        ));
    }
    let keyed = keyed(value, attribute.as_deref(), call.flag("case_sensitive")?)?;
    let fresh = keyed
        .into_iter()
        .filter(|(key, _)| seen.insert(key.clone()));
    Ok(Value::from(fresh.map(|(_, item)| item).collect::<Vec<_>>()))
}

fn groupby(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let name = call.need_text("attribute")?;
    let default = call.value("default")?;
    let case_sensitive = call
        .value("case_sensitive")?
        .is_some_and(|flag| flag.is_true());
    let mut keyed = Vec::new();
    for item in items(value)? {
        let found = attribute(&item, &name)?;
        let group = if found.is_undefined() {
            default.clone().unwrap_or(found)
        } else {
            found
        };
        keyed.push((
            key(&group, None, case_sensitive)?,
            Value::from(vec![group, item]),
        ));
    }
    let mut groups: Vec<(Vec<Value>, Value, Vec<Value>)> = Vec::new();
    for (key, pair) in sorted(keyed, false)? {
        let (group, item) = (pair.get_item_by_index(0)?, pair.get_item_by_index(1)?);
        match groups.last_mut() {
            Some((known, _, members)) if *known == key => members.push(item),
            _ => groups.push((key, group, vec![item])),
        }
    }
    let pair = |(_, group, members): (_, Value, Vec<Value>)| {
        Value::from_object(Group {
            grouper: group,
            list: Value::from(members),
        })
    };
    Ok(Value::from(
        groups.into_iter().map(pair).collect::<Vec<_>>(),
    ))
}

/// A group, as a pair and with its parts by name.
#[derive(Debug)]
struct Group {
    grouper: Value,
    list: Value,
}

impl minijinja::value::Object for Group {
    fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Seq
    }

    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_str(), key.as_usize()) {
            (Some("grouper"), _) | (_, Some(0)) => Some(self.grouper.clone()),
            (Some("list"), _) | (_, Some(1)) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &std::sync::Arc<Self>) -> minijinja::value::Enumerator {
        minijinja::value::Enumerator::Seq(2)
    }
}

fn dictsort(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let case_sensitive = call.flag("case_sensitive")?;
    let by_value = match call.text("by")?.as_deref() {
        None | Some("key") => false,
        Some("value") => true,
        Some(other) => {
            return Err(fail(format!(
                "it sorts by \"key\" or \"value\", not by {other:?}"
            )));
        }
    };
    let mut keyed = Vec::new();
    for (name, item) in entries(value)? {
        let by = key(if by_value { &item } else { &name }, None, case_sensitive)?;
        keyed.push((by, Value::from(Tuple::from(vec![name, item]))));
    }
    let sorted = sorted(keyed, call.flag("reverse")?)?;
    Ok(Value::from(
        sorted.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>(),
    ))
}
