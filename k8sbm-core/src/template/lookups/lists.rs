//! Lists for loops.

use super::{Lookup, ask::Ask};
use crate::{
    template::{
        call::{entries, fail, is_list, items, name_of},
        filters,
    },
    value::{Dict, Value},
};
use minijinja::{Error, value::ValueKind};
use rand::RngExt as _;

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["items"], |ask| flat(ask.terms)),
    Lookup::new(&["list"], |ask| Ok(ask.terms.to_vec())),
    Lookup::new(&["dict"], dict),
    Lookup::new(&["flattened"], |ask| {
        let mut all = Vec::new();
        filters::flatten_into(&mut all, &Value::from(ask.terms.to_vec()), None, false)?;
        Ok(all)
    })
    .of(&["ansible.builtin", "community.general"]),
    Lookup::new(&["nested", "cartesian"], |ask| {
        let lists = ask
            .terms
            .iter()
            .map(listed)
            .collect::<Result<Vec<_>, _>>()?;
        if lists.is_empty() {
            return Err(fail("at least one list is needed"));
        }
        filters::cartesian(&lists)
            .into_iter()
            .map(|row| flat(&items(&row)?).map(Value::from))
            .collect()
    })
    .of(&["ansible.builtin", "community.general"]),
    Lookup::new(&["together"], together),
    Lookup::new(&["indexed_items"], |ask| {
        let pair = |(index, item)| Value::from(vec![Value::from(index), item]);
        Ok(flat(ask.terms)?.into_iter().enumerate().map(pair).collect())
    }),
    Lookup::new(&["random_choice"], |ask| {
        if ask.terms.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![
            ask.terms[rand::rng().random_range(0..ask.terms.len())].clone(),
        ])
    }),
    Lookup::new(&["subelements"], subelements),
];

/// The items, those of lists among them one level down.
fn flat(terms: &[Value]) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    for term in terms {
        if is_list(term) {
            all.extend(items(term)?);
        } else {
            all.push(term.clone());
        }
    }
    Ok(all)
}

fn listed(term: &Value) -> Result<Vec<Value>, Error> {
    if is_list(term) {
        items(term)
    } else {
        Ok(vec![term.clone()])
    }
}

fn dict(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    for term in flat(ask.terms)? {
        if term.kind() != ValueKind::Map {
            let what = name_of(&term);
            return Err(fail(format!(
                "the dict lookup plugin expects a dictionary, not {what}"
            )));
        }
        let pair = |(key, value)| Value::from_pairs([("key", key), ("value", value)]);
        all.extend(entries(&term)?.into_iter().map(pair));
    }
    Ok(all)
}

fn together(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let lists = ask
        .terms
        .iter()
        .map(listed)
        .collect::<Result<Vec<_>, _>>()?;
    let longest = lists
        .iter()
        .map(Vec::len)
        .max()
        .ok_or_else(|| fail("with_together requires at least one element in each list"))?;
    let item =
        |list: &Vec<Value>, at: usize| list.get(at).cloned().unwrap_or_else(|| Value::from(()));
    let row =
        |at| flat(&lists.iter().map(|list| item(list, at)).collect::<Vec<_>>()).map(Value::from);
    (0..longest).map(row).collect()
}

fn subelements(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let ([list, path] | [list, path, _]) = ask.terms else {
        return Err(fail(
            "subelements expects a list of two or three items: a dict or a list, the name of a key, and perhaps flags",
        ));
    };
    let skip_missing = match ask.terms.get(2) {
        None => false,
        Some(flags) if flags.kind() == ValueKind::Map => flags
            .get_attr("skip_missing")
            .is_ok_and(|skip| filters::as_bool(&skip).unwrap_or(false)),
        Some(flags) => {
            return Err(fail(format!(
                "the optional third item must be a dict with flags, not {}",
                name_of(flags)
            )));
        }
    };
    let path = match path.as_str() {
        Some(path) if list.kind() == ValueKind::Map || is_list(list) => path,
        _ => {
            return Err(fail(format!(
                "subelements expects first a dict or a list, second a string pointing to the subkey, not {} and {}",
                name_of(list),
                name_of(path)
            )));
        }
    };
    let skipped = |item: &Value| {
        item.get_attr("skipped")
            .is_ok_and(|skipped| skipped.is_true())
    };
    let elements = match list.kind() {
        ValueKind::Map if skipped(list) => return Ok(Vec::new()),
        ValueKind::Map => entries(list)?.into_iter().map(|(_, item)| item).collect(),
        _ => items(list)?,
    };
    let mut all = Vec::new();
    let last = path.rsplit('.').next().unwrap_or(path);
    for element in elements.iter().filter(|element| !skipped(element)) {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let pairs = filters::pairs(std::slice::from_ref(element), &path, skip_missing)?;
        // the list that is stepped through is left out of the element
        let rest: Dict = entries(element)?
            .into_iter()
            .filter(|(key, _)| path.len() > 1 || key.as_str() != Some(last))
            .collect();
        let rest = Value::from_object(rest);
        all.extend(pairs.iter().filter_map(|pair| {
            Some(Value::from(vec![
                rest.clone(),
                pair.get_item_by_index(1).ok()?,
            ]))
        }));
    }
    Ok(all)
}
