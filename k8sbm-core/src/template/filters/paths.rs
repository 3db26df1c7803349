//! File paths, as text; only `realpath`, `expanduser`, `expandvars` and `fileglob` look at the controller.

use crate::template::{
    call::{Call, Operation, fail, is_list, items, text_of},
    lookups,
};
use minijinja::{Error, State, Value};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["basename"], &[], |value, _| {
        Ok(Value::from(split_last(&text_of(value)?).1))
    }),
    Operation::new(&["dirname"], &[], |value, _| {
        Ok(Value::from(dirname(&text_of(value)?)))
    }),
    Operation::new(&["splitext"], &[], splitext),
    Operation::new(&["normpath"], &[], |value, _| {
        Ok(Value::from(normpath(&text_of(value)?)))
    }),
    Operation::new(&["path_join"], &[], path_join),
    Operation::new(&["relpath"], &["start"], relpath),
    Operation::new(&["commonpath"], &[], commonpath),
    Operation::stateful(&["realpath"], &[], |value, _, state| {
        let path = text_of(value)?;
        let real = lookups::engine(state)?
            .controller
            .real_path(std::path::Path::new(&path));
        // what does not exist keeps its name
        Ok(Value::from(real.map_or_else(
            |_| normpath(&path),
            |real| real.to_string_lossy().into_owned(),
        )))
    }),
    Operation::stateful(&["expanduser"], &[], expanduser),
    Operation::stateful(&["expandvars"], &[], expandvars),
    Operation::stateful(&["fileglob"], &[], |value, _, state| {
        let found = lookups::glob(&*lookups::engine(state)?.controller, &text_of(value)?);
        Ok(Value::from(
            found.into_iter().map(Value::from).collect::<Vec<_>>(),
        ))
    }),
    Operation::new(&["win_basename"], &[], |value, _| {
        Ok(Value::from(win_split(&text_of(value)?).1))
    }),
    Operation::new(&["win_dirname"], &[], |value, _| {
        Ok(Value::from(win_split(&text_of(value)?).0))
    }),
    Operation::new(&["win_splitdrive"], &[], |value, _| {
        let path = text_of(value)?;
        let at = if path.as_bytes().get(1) == Some(&b':') {
            2
        } else {
            0
        };
        Ok(Value::from(vec![
            Value::from(&path[..at]),
            Value::from(&path[at..]),
        ]))
    }),
];

/// What is before the last slash (with it) and after it.
fn split_last(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |at| at + 1))
}

/// The folder of a path.
pub(in crate::template) fn dirname(path: &str) -> &str {
    let (folder, _) = split_last(path);
    let trimmed = folder.trim_end_matches('/');
    if trimmed.is_empty() { folder } else { trimmed }
}

fn splitext(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let path = text_of(value)?;
    let name = split_last(&path).1;
    let leading = name.len() - name.trim_start_matches('.').len();
    let at = name
        .rfind('.')
        .filter(|at| *at > leading.saturating_sub(1) && leading < name.len() && *at >= leading);
    let at = at.map_or(path.len(), |at| path.len() - name.len() + at);
    Ok(Value::from(vec![
        Value::from(&path[..at]),
        Value::from(&path[at..]),
    ]))
}

/// A path without `.`, `..` and doubled slashes.
pub(in crate::template) fn normpath(path: &str) -> String {
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if !root.is_empty() => {}
            _ => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() {
        ".".to_owned()
    } else {
        joined
    }
}

/// Paths one after the other; an absolute one begins anew.
pub(in crate::template) fn joined(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        if part.starts_with('/') {
            out.clear();
        } else if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(part);
    }
    out
}

fn path_join(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    if !is_list(value) {
        return text_of(value).map(Value::from);
    }
    let parts = items(value)?
        .iter()
        .map(text_of)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::from(joined(&parts)))
}

fn relpath(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (path, start) = (
        text_of(value)?,
        call.text("start")?.unwrap_or_else(|| ".".to_owned()),
    );
    let (path, start) = (normpath(&path), normpath(&start));
    if path.starts_with('/') != start.starts_with('/') {
        return Err(fail(
            "a relative path and an absolute one have no way between them",
        ));
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect()
    };
    let (path, start) = (parts(&path), parts(&start));
    let common = path
        .iter()
        .zip(&start)
        .take_while(|(left, right)| left == right)
        .count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - common);
    let way: Vec<String> = up.chain(path[common..].iter().cloned()).collect();
    Ok(Value::from(if way.is_empty() {
        ".".to_owned()
    } else {
        way.join("/")
    }))
}

fn commonpath(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let paths = items(value)?
        .iter()
        .map(text_of)
        .collect::<Result<Vec<_>, _>>()?;
    let absolute = paths.first().is_some_and(|path| path.starts_with('/'));
    if paths.is_empty() || paths.iter().any(|path| path.starts_with('/') != absolute) {
        return Err(fail(
            "paths are needed that are all absolute or all relative",
        ));
    }
    let parts = |path: &str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect()
    };
    let mut common = parts(&paths[0]);
    for path in &paths[1..] {
        let same = common
            .iter()
            .zip(parts(path))
            .take_while(|(left, right)| *left == right)
            .count();
        common.truncate(same);
    }
    Ok(Value::from(format!(
        "{}{}",
        if absolute { "/" } else { "" },
        common.join("/")
    )))
}

fn expanduser(value: &Value, _: &Call<'_>, state: &mut State<'_, '_>) -> Result<Value, Error> {
    let path = text_of(value)?;
    let home = lookups::engine(state)?.controller.env("HOME");
    Ok(Value::from(match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => home + rest,
        _ => path,
    }))
}

fn expandvars(value: &Value, _: &Call<'_>, state: &mut State<'_, '_>) -> Result<Value, Error> {
    let path = text_of(value)?;
    let controller = lookups::engine(state)?.controller.clone();
    let names = super::pattern(r"\$(?:(\w+)|\{([^}]*)\})", false, false)?;
    let expanded = names.replace_all(&path, |found: &fancy_regex::Captures<'_, str>| {
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        let name = found
            .get(1)
            .or_else(|| found.get(2))
            .map_or("", |name| name.as_str());
        controller.env(name).unwrap_or_else(|| whole.to_owned())
    });
    Ok(Value::from(expanded.into_owned()))
}

fn win_split(path: &str) -> (String, String) {
    let at = path.rfind(['\\', '/']).map_or(
        if path.as_bytes().get(1) == Some(&b':') {
            2
        } else {
            0
        },
        |at| at + 1,
    );
    let (folder, name) = path.split_at(at);
    let trimmed = folder.trim_end_matches(['\\', '/']);
    let folder = if trimmed.is_empty() || trimmed.ends_with(':') {
        folder
    } else {
        trimmed
    };
    (folder.to_owned(), name.to_owned())
}
