//! `k8sbm inventory`: hosts, groups and variables.

use super::Context;
use crate::{
    args::{HowArgs, InventoryCommandArgs},
    exit::Exit,
    hosts::{self, View},
    request::{Asked, Settings, Sources},
    trouble::Trouble,
};
use serde_json::Value as Json;

/// Shows hosts, groups and variables.
///
/// # Errors
/// When the inventory cannot be read, or names no such host or group.
pub fn inventory(args: &InventoryCommandArgs, context: &Context) -> Result<Exit, Trouble> {
    let how = HowArgs {
        inventory: args.inventory.clone(),
        ..HowArgs::default()
    };
    let settings = Settings::new(
        &how,
        Asked::default(),
        &context.environment,
        &context.terminal,
    )?;
    let sources = Sources::read(&args.inventory, &context.environment, &context.terminal)?;
    context.warn(sources.warnings());
    let inventory = sources.inventory.clone();
    let limit = sources.limit.clone();
    let ready = settings
        .runner(sources)
        .ready(args.playbook_dir.as_deref())?;
    context.warn(&ready.take_warnings());
    let view = View {
        inventory: &inventory,
        store: ready.store(),
    };
    let text = match (&args.explain_var, &args.host) {
        (Some(name), Some(host)) => hosts::explain(&view, name, host)?,
        (_, Some(host)) => written(&view.variables(view.host(host)?), args.yaml),
        _ if args.graph => hosts::tree(&view, args.group.as_deref(), args.vars)?,
        _ if args.yaml => written(&hosts::nested(&view, limit.as_deref())?, true),
        _ => written(&hosts::list(&view, limit.as_deref())?, false),
    };
    context.print(&text)?;
    Ok(Exit::Ok)
}

fn written(value: &Json, yaml: bool) -> String {
    if yaml {
        return serde_yaml::to_string(value).unwrap_or_default();
    }
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    // Writing a value into memory cannot fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}
