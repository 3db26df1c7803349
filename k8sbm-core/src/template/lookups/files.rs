//! Files whole.

use super::{Lookup, ask::Ask};
use crate::value::Value;
use minijinja::Error;

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["file"], file),
    Lookup::new(&["unvault"], |ask| {
        ask.texts()?
            .iter()
            .map(|name| ask.read(&ask.path(name, "files")?).map(Value::from))
            .collect()
    }),
];

fn file(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    ask.options_are(&["lstrip", "rstrip"])?;
    let (left, right) = (ask.flag("lstrip", false)?, ask.flag("rstrip", true)?);
    let read = |name: &String| {
        let text = ask.read(&ask.path(name, "files")?)?;
        let text = if left { text.trim_start() } else { &text };
        Ok(Value::from(if right { text.trim_end() } else { text }))
    };
    ask.texts()?.iter().map(read).collect()
}
