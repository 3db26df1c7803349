//! Lists: their parts, and new lists from old ones.

use crate::template::call::{Call, Operation, entries, fail, is_list, items, name_of, text_of};
use minijinja::{Error, Value, value::ValueKind};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["first"], &[], |value, _| {
        Ok(items(value)?.into_iter().next().unwrap_or_default())
    }),
    Operation::new(&["last"], &[], |value, _| {
        Ok(items(value)?.pop().unwrap_or_default())
    }),
    Operation::new(&["length", "count"], &[], length),
    Operation::new(&["join"], &["d", "attribute"], join),
    Operation::new(&["reverse"], &[], reverse),
    Operation::new(&["flatten"], &["levels", "skip_nulls"], flatten),
    Operation::new(&["batch"], &["linecount", "fill_with"], batch),
    Operation::new(&["slice"], &["slices", "fill_with"], slice),
    Operation::new(&["zip"], &["*"], zip),
    Operation::new(&["zip_longest"], &["*", "fillvalue"], zip_longest),
    Operation::new(&["product"], &["*", "repeat"], product),
    Operation::new(&["permutations"], &["r"], permutations),
    Operation::new(&["combinations"], &["r"], combinations),
    Operation::new(
        &["subelements"],
        &["subelements", "skip_missing"],
        subelements,
    ),
    Operation::new(&["random"], &["start", "step", "seed"], random),
    Operation::new(&["shuffle"], &["seed"], shuffle),
];

fn length(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let length = match value.kind() {
        ValueKind::String | ValueKind::Bytes | ValueKind::Seq | ValueKind::Map => value.len(),
        ValueKind::Iterable => value.len().or_else(|| Some(value.try_iter().ok()?.count())),
        _ => None,
    };
    length
        .map(Value::from)
        .ok_or_else(|| fail(format!("{} has no length", name_of(value))))
}

fn join(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let separator = call.text("d")?.unwrap_or_default();
    let attribute = call.text("attribute")?;
    let mut out = String::new();
    for (index, item) in items(value)?.into_iter().enumerate() {
        let item = match &attribute {
            Some(attribute) => super::each::attribute(&item, attribute)?,
            None => item,
        };
        out.push_str(if index > 0 { &separator } else { "" });
        out.push_str(&text_of(&item)?);
    }
    Ok(Value::from(out))
}

fn reverse(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut all = items(value)?;
    all.reverse();
    Ok(Value::from(all))
}

fn flatten(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let skip_nulls = call.value("skip_nulls")?.is_none_or(|skip| skip.is_true());
    let mut out = Vec::new();
    flatten_into(&mut out, value, call.whole("levels")?, skip_nulls)?;
    Ok(Value::from(out))
}

/// Puts the items of nested lists into one list.
pub(in crate::template) fn flatten_into(
    out: &mut Vec<Value>,
    value: &Value,
    levels: Option<i64>,
    skip_nulls: bool,
) -> Result<(), Error> {
    for item in items(value)? {
        if skip_nulls && (item.is_none() || matches!(item.as_str(), Some("None" | "null"))) {
            continue;
        }
        if is_list(&item) && levels.is_none_or(|levels| levels >= 1) {
            flatten_into(out, &item, levels.map(|levels| levels - 1), skip_nulls)?;
        } else {
            out.push(item);
        }
    }
    Ok(())
}

fn batch(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let size = positive(call, "linecount")?;
    let fill = call.value("fill_with")?.filter(|fill| !fill.is_none());
    let mut rows = Vec::new();
    for row in items(value)?.chunks(size) {
        let mut row = row.to_vec();
        if let Some(fill) = &fill {
            row.resize(size, fill.clone());
        }
        rows.push(Value::from(row));
    }
    Ok(Value::from(rows))
}

fn slice(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let slices = positive(call, "slices")?;
    let fill = call.value("fill_with")?.filter(|fill| !fill.is_none());
    let all = items(value)?;
    let (each, longer) = (all.len() / slices, all.len() % slices);
    let mut from = 0;
    let columns = (0..slices).map(|index| {
        let size = each + usize::from(index < longer);
        let mut column = all[from..from + size].to_vec();
        from += size;
        if let Some(fill) = fill.as_ref().filter(|_| index >= longer && longer > 0) {
            column.push(fill.clone());
        }
        Value::from(column)
    });
    Ok(Value::from(columns.collect::<Vec<_>>()))
}

fn positive(call: &Call<'_>, name: &str) -> Result<usize, Error> {
    let number = call.need(name)?.as_usize().filter(|number| *number > 0);
    number.ok_or_else(|| fail(format!("the argument {name:?} has to be a number above 0")))
}

fn rows(value: &Value, call: &Call<'_>) -> Result<Vec<Vec<Value>>, Error> {
    std::iter::once(value)
        .chain(call.positional)
        .map(items)
        .collect()
}

fn zip(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let lists = rows(value, call)?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| {
        Value::from(
            lists
                .iter()
                .map(|list| list[at].clone())
                .collect::<Vec<_>>(),
        )
    };
    Ok(Value::from((0..shortest).map(row).collect::<Vec<_>>()))
}

fn zip_longest(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let lists = rows(value, call)?;
    let fill = call.named("fillvalue").unwrap_or_else(|| Value::from(()));
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let item = |list: &Vec<Value>, at: usize| list.get(at).unwrap_or(&fill).clone();
    let row = |at: usize| Value::from(lists.iter().map(|list| item(list, at)).collect::<Vec<_>>());
    Ok(Value::from((0..longest).map(row).collect::<Vec<_>>()))
}

fn product(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let lists = rows(value, call)?;
    let times = call
        .named("repeat")
        .and_then(|times| times.as_usize())
        .unwrap_or(1);
    let repeated: Vec<Vec<Value>> = std::iter::repeat_n(lists, times).flatten().collect();
    Ok(Value::from(cartesian(&repeated)))
}

/// Every way to take one item of each list.
pub(in crate::template) fn cartesian(lists: &[Vec<Value>]) -> Vec<Value> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        rows = rows
            .iter()
            .flat_map(|row| {
                list.iter()
                    .map(move |item| row.iter().chain([item]).cloned().collect())
            })
            .collect();
    }
    rows.into_iter().map(Value::from).collect()
}

fn permutations(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let all = items(value)?;
    let size = call
        .whole("r")?
        .map_or(all.len(), |size| usize::try_from(size).unwrap_or(0));
    Ok(Value::from(choose(&all, size, |taken, next| {
        !taken.contains(&next)
    })))
}

fn combinations(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let all = items(value)?;
    let size = usize::try_from(call.whole("r")?.unwrap_or(0)).unwrap_or(0);
    Ok(Value::from(choose(&all, size, |taken, next| {
        taken.last().is_none_or(|last| next > *last)
    })))
}

/// All selections of `size` items whose indices `may` follow one another.
fn choose(all: &[Value], size: usize, may: impl Fn(&[usize], usize) -> bool) -> Vec<Value> {
    let mut chosen: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let longer = |taken: &Vec<usize>| {
            let next = (0..all.len())
                .filter(|next| may(taken, *next))
                .collect::<Vec<_>>();
            next.into_iter()
                .map(|next| taken.iter().copied().chain([next]).collect())
                .collect::<Vec<_>>()
        };
        chosen = chosen.iter().flat_map(longer).collect();
    }
    let pick = |taken: &Vec<usize>| {
        Value::from(taken.iter().map(|at| all[*at].clone()).collect::<Vec<_>>())
    };
    chosen.iter().map(pick).collect()
}

fn subelements(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let wanted = call.need("subelements")?;
    let path: Vec<String> = match wanted.as_str() {
        Some(path) => path.split('.').map(str::to_owned).collect(),
        None => items(&wanted)?
            .iter()
            .map(text_of)
            .collect::<Result<_, _>>()?,
    };
    let skip_missing = call.flag("skip_missing")?;
    let elements = match value.kind() {
        ValueKind::Map => entries(value)?
            .into_iter()
            .map(|(_, element)| element)
            .collect(),
        _ => items(value)?,
    };
    pairs(&elements, &path, skip_missing).map(Value::from)
}

/// Every element with each item of the list at `path` in it.
pub(in crate::template) fn pairs(
    elements: &[Value],
    path: &[String],
    skip_missing: bool,
) -> Result<Vec<Value>, Error> {
    let mut out = Vec::new();
    for element in elements {
        let mut inner = element.clone();
        for key in path {
            if inner.kind() != ValueKind::Map && skip_missing {
                inner = Value::UNDEFINED;
                break;
            }
            if inner.kind() != ValueKind::Map {
                return Err(fail(format!(
                    "what {key:?} is looked for in should point to a dictionary, and is {}",
                    name_of(&inner)
                )));
            }
            inner = super::each::attribute(&inner, key)?;
            if inner.is_undefined() {
                break;
            }
        }
        match () {
            () if inner.is_undefined() && skip_missing => {}
            () if inner.is_undefined() => {
                let key = path.last().map_or("", String::as_str);
                return Err(fail(format!("could not find '{key}' key in iterated item")));
            }
            () if is_list(&inner) => {
                out.extend(
                    items(&inner)?
                        .into_iter()
                        .map(|item| Value::from(vec![element.clone(), item])),
                );
            }
            () => {
                return Err(fail(format!(
                    "{:?} should point to a list, and is {}",
                    path.join("."),
                    name_of(&inner)
                )));
            }
        }
    }
    Ok(out)
}

/// Random numbers: the same ones for the same seed.
fn generator(seed: Option<Value>) -> StdRng {
    let Some(seed) = seed.filter(|seed| !seed.is_none()) else {
        return StdRng::from_rng(&mut rand::rng());
    };
    use sha2::{Digest as _, Sha256};
    StdRng::from_seed(Sha256::digest(seed.to_string()).into())
}

fn random(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut numbers = generator(call.value("seed")?);
    if value.is_integer() {
        let end = value.as_i64().unwrap_or_default();
        let start = call.whole("start")?.unwrap_or(0);
        let step = call.whole("step")?.filter(|step| *step != 0).unwrap_or(1);
        let count = (end - start + step - step.signum()) / step;
        if count <= 0 {
            return Err(fail(format!("there is no number from {start} to {end}")));
        }
        return Ok(Value::from(start + step * numbers.random_range(0..count)));
    }
    let all = items(value)?;
    if all.is_empty() {
        return Err(fail("there is nothing to choose from"));
    }
    let chosen = numbers.random_range(0..all.len());
    Ok(all[chosen].clone())
}

fn shuffle(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut all = items(value)?;
    all.shuffle(&mut generator(call.value("seed")?));
    Ok(Value::from(all))
}
