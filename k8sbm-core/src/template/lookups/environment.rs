//! The controller's environment, its commands, and settings.

use super::{Lookup, ask::Ask};
use crate::{
    template::{Compat, call::fail},
    value::Value,
};
use minijinja::Error;
use std::path::Path;

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["env"], env),
    Lookup::new(&["pipe"], |ask| {
        ask.texts()?
            .iter()
            .map(|command| Ok(Value::from(output(ask, command)?.trim_end())))
            .collect()
    }),
    Lookup::new(&["lines"], |ask| {
        let mut all = Vec::new();
        for command in ask.texts()? {
            all.extend(output(ask, &command)?.lines().map(Value::from));
        }
        Ok(all)
    }),
    Lookup::new(&["url"], |_| {
        Err(fail(
            "the lookup url is not supported; fetch the text with the uri or get_url module and register it",
        ))
    }),
    Lookup::new(&["config"], config),
];

fn env(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    ask.options_are(&["default"])?;
    let default = ask
        .options
        .iter()
        .find(|(name, _)| name == "default")
        .map(|(_, value)| value.clone());
    let default = default.unwrap_or_else(|| Value::from(""));
    let value = |name: &String| {
        ask.controller()
            .env(name)
            .map_or_else(|| default.clone(), Value::from)
    };
    let names = ask.texts()?;
    names
        .iter()
        .map(|name| crate::template::call::defined(value(name)))
        .collect()
}

fn output(ask: &Ask<'_>, command: &str) -> Result<String, Error> {
    let folder = ask
        .scope
        .0
        .magic
        .get("playbook_dir")
        .and_then(|folder| folder.to_str());
    let ran = ask
        .controller()
        .run(command, folder.as_deref().map(Path::new));
    let ran = ran.map_err(|error| fail(format!("cannot run {command:?}: {error}")))?;
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        let code = ran
            .status
            .code()
            .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        return Err(fail(format!(
            "{command:?} ended with {code}: {}",
            said.trim()
        )));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// The few settings of Ansible's that playbooks ask about.
fn config(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let value = |name: &String| match name.as_str() {
        "DEFAULT_ROLES_PATH" => Ok(Value::from(vec![Value::from("roles")])),
        "DEFAULT_BECOME_METHOD" => Ok(Value::from("sudo")),
        "DEFAULT_BECOME_USER" => Ok(Value::from("root")),
        "DEFAULT_HASH_BEHAVIOUR" => Ok(Value::from("replace")),
        "DEFAULT_TIMEOUT" => Ok(Value::from(10)),
        "DEFAULT_FORKS" => Ok(Value::from(5)),
        "DEFAULT_MODULE_PATH" => Ok(Value::from(Vec::<Value>::new())),
        "HOST_KEY_CHECKING" => Ok(Value::from(true)),
        "ALLOW_BROKEN_CONDITIONALS" => Ok(Value::from(ask.engine().compat == Compat::V2_18)),
        _ => Err(fail(format!("there is no setting {name:?} to look up"))),
    };
    let missing = ask.text("on_missing")?;
    let mut found = Vec::new();
    for name in ask.texts()? {
        match (value(&name), missing.as_deref()) {
            (Err(_), Some("skip" | "warn")) => {}
            (result, _) => found.push(result?),
        }
    }
    Ok(found)
}
