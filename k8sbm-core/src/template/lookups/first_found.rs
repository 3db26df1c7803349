//! The first of several files that exists.

use super::{Lookup, ask::Ask};
use crate::{
    node::{Kind, Node},
    template::{
        Engine, TemplateError,
        call::{entries, fail, is_list, items, text_of},
        filters::as_bool,
    },
    value::{Dict, Value},
    vars::{Scope, absolute},
};
use minijinja::{Error, value::ValueKind};

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["first_found"], first_found)];

/// The terms of `with_first_found`: those that use undefined names are left out.
pub(super) fn lenient_terms(
    engine: &Engine,
    terms: &Node,
    scope: &Scope,
) -> Result<Value, TemplateError> {
    match &terms.kind {
        Kind::Seq(list) => {
            let values = list.iter().map(|item| lenient_terms(engine, item, scope));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            Ok(Value::from(
                values
                    .into_iter()
                    .filter(|value| !value.is_undefined())
                    .collect::<Vec<_>>(),
            ))
        }
        Kind::Map(map) => {
            let mut dict = Dict::new();
            for (key, entry) in map {
                let value = lenient_terms(engine, &entry.value, scope)?;
                if !value.is_undefined() {
                    dict.insert(Value::from(key.clone()), value);
                }
            }
            Ok(Value::from_object(dict))
        }
        _ => engine.value_or_undefined(terms, scope),
    }
}

fn first_found(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    ask.options_are(&["files", "paths", "skip"])?;
    let mut skip = ask.flag("skip", false)?;
    let paths = split(ask.option("paths")?, ",:;")?;
    let mut names = Vec::new();
    if ask.terms.is_empty() {
        names.extend(candidates(split(ask.option("files")?, ",;")?, &paths));
    }
    collect(ask.terms, &paths, &mut names, &mut skip)?;
    let folders = ["files", "templates", "vars"]
        .into_iter()
        .flat_map(|kind| ask.folders(kind))
        .collect::<Vec<_>>();
    let found = names
        .iter()
        .find_map(|name| ask.controller().find(name, &folders));
    match found {
        Some(path) => Ok(vec![Value::from(absolute(&path))]),
        None if skip => Ok(Vec::new()),
        None => Err(fail(format!(
            "none of these files exists: {}",
            names.join(", ")
        ))),
    }
}

fn collect(
    terms: &[Value],
    paths: &[String],
    names: &mut Vec<String>,
    skip: &mut bool,
) -> Result<(), Error> {
    for term in terms {
        match term.kind() {
            ValueKind::Map => {
                let options: Dict = entries(term)?.into_iter().collect();
                let option = |name: &str| options.get(&Value::from(name)).cloned();
                *skip |= option("skip").is_some_and(|skip| as_bool(&skip).unwrap_or(false));
                let own = split(option("paths"), ",:;")?;
                let own = if own.is_empty() { paths } else { &own };
                names.extend(candidates(split(option("files"), ",;")?, own));
            }
            _ if is_list(term) => collect(&items(term)?, paths, names, skip)?,
            _ => names.extend(candidates(split(Some(term.clone()), ",;")?, paths)),
        }
    }
    Ok(())
}

fn candidates(files: Vec<String>, paths: &[String]) -> Vec<String> {
    if paths.is_empty() {
        return files;
    }
    let join = |path: &String| {
        files
            .iter()
            .map(move |file| format!("{}/{file}", path.trim_end_matches('/')))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(join).collect()
}

fn split(value: Option<Value>, separators: &str) -> Result<Vec<String>, Error> {
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return Ok(Vec::new());
    };
    let texts = if is_list(&value) {
        items(&value)?
    } else {
        vec![value]
    };
    let mut all = Vec::new();
    for text in texts {
        all.extend(
            text_of(&text)?
                .split(|letter| separators.contains(letter))
                .map(|part| part.trim().to_owned()),
        );
    }
    Ok(all)
}
