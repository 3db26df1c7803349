//! Why a variable has its value.

use super::View;
use crate::trouble::Trouble;
use k8sbm_core::{
    diagnostic::nearest,
    value,
    vars::{Definition, Scope},
};

/// The value of a variable on a host, and every definition of it with its place, the winner first.
///
/// # Errors
/// When there is no such host, or nothing sets the variable.
pub fn explain(view: &View<'_>, name: &str, host: &str) -> Result<String, Trouble> {
    let id = view.host(host)?;
    let host = &view.inventory.host(id).name;
    let Some(vars) = view.store.host_named(host) else {
        return Err(Trouble::new(format!("the inventory has no host `{host}`")));
    };
    let scope = Scope::new(view.store, &vars);
    let found = scope.explain(name);
    if found.is_empty() {
        return Err(nothing(view, name, host));
    }
    let mut text = match scope.get(name) {
        Ok(Some(value)) => format!("{name} on {host} is {}\n", value::to_json(&value)),
        Ok(None) => format!("{name} on {host} is undefined\n"),
        Err(error) => format!("{name} on {host} has no value: {error}\n"),
    };
    for definition in &found {
        text.push_str(&one(definition));
    }
    Ok(text)
}

fn one(definition: &Definition) -> String {
    let mark = if definition.winner { "=>" } else { "  " };
    let place = match definition.span.to_string() {
        place if place.is_empty() => definition.label.to_string(),
        place => place,
    };
    let written = definition.text.trim_end().replace('\n', "\n       ");
    format!(
        "\n{mark} {place}  [{}]\n       {written}\n       {}\n",
        definition.level, definition.why
    )
}

fn nothing(view: &View<'_>, name: &str, host: &str) -> Trouble {
    let trouble = Trouble::new(format!("nothing sets `{name}` for {host}"));
    let layers = view
        .store
        .host_named(host)
        .map(|vars| vars.layers())
        .unwrap_or_else(|| std::sync::Arc::from([]));
    let names = layers.iter().flat_map(|layer| layer.vars.keys());
    match nearest(name, names.map(|name| &**name)) {
        Some(near) => trouble.help(format!("did you mean `{near}`?")),
        None => trouble.help(
            "this knows of inventories, of the files beside them and of `-e`; plays set more while they run",
        ),
    }
}
