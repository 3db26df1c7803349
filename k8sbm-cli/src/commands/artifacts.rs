//! `k8sbm artifacts`: what an inventory locks, and a directory of it.

use super::Context;
use crate::{
    args::{ArtifactsArgs, ArtifactsCommand, HowArgs, LockArgs},
    artifacts::{Pulling, judged, table, write_into},
    exit::Exit,
    hosts::View,
    request::{Asked, Settings, Sources as Hosts},
    trouble::Trouble,
};
use k8sbm_core::{
    diagnostic::{Diagnostic, nearest},
    node::Span,
    task::Error,
    value,
    vars::Survey,
};
use k8sbm_tasks::artifacts::{Directory, Lock, Sources};
use std::path::PathBuf;

/// Pulls, locks, verifies or lists artefacts.
///
/// # Errors
/// When the inventory or its lock cannot be read, or an artefact cannot be had or is wrong.
pub fn artifacts(args: &ArtifactsArgs, context: &Context) -> Result<Exit, Trouble> {
    let (ArtifactsCommand::Pull(given)
    | ArtifactsCommand::Lock(given)
    | ArtifactsCommand::Verify(given)
    | ArtifactsCommand::List(given)) = &args.command;
    let (lock, sources, span) = read(given, context)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match &args.command {
        ArtifactsCommand::List(_) => {
            context.print(&table(&lock, &sources))?;
            Ok(Exit::Ok)
        }
        ArtifactsCommand::Verify(_) => {
            let directory = directory(&sources)?;
            let found = runtime.block_on(directory.verify(&lock)).map_err(told)?;
            let extra = directory.extra(&lock).map_err(told)?;
            // Where only some are asked for, the others are not extra.
            let extra = if given.names.is_empty() {
                &extra[..]
            } else {
                &[]
            };
            let (text, good) = judged(&lock, &found, extra);
            context.print(&text)?;
            Ok(if good { Exit::Ok } else { Exit::Failed })
        }
        ArtifactsCommand::Lock(_) => {
            let open = lock.iter().filter(|(_, it)| it.sha256.is_none()).count();
            let pulling = Pulling::new(context.terminal, &lock, open);
            let found = runtime.block_on(sources.discover_all(&lock, &pulling.tell()));
            let written = write_into(&span, &found)?;
            context.print(&written)?;
            let is_whole = found.len() == open;
            Ok(if is_whole { Exit::Ok } else { Exit::Failed })
        }
        ArtifactsCommand::Pull(_) => {
            let directory = directory(&sources)?;
            let pulling = Pulling::new(context.terminal, &lock, lock.iter().count());
            let failed = runtime.block_on(directory.pull(&lock, &sources, &pulling.tell()));
            pulling.end(&directory);
            Ok(if failed == 0 { Exit::Ok } else { Exit::Failed })
        }
    }
}

/// The lock and the sources that the variables of a host say, and where the lock stands.
fn read(given: &LockArgs, context: &Context) -> Result<(Lock, Sources, Span), Trouble> {
    let how = HowArgs {
        inventory: given.inventory.clone(),
        ..HowArgs::default()
    };
    let (environment, terminal) = (&context.environment, &context.terminal);
    let settings = Settings::new(&how, Asked::default(), environment, terminal)?;
    let hosts = Hosts::read(&given.inventory, environment, terminal)?;
    context.warn(hosts.warnings());
    let inventory = hosts.inventory.clone();
    let ready = settings.runner(hosts).ready(None)?;
    context.warn(&ready.take_warnings());
    let host = match &given.host {
        Some(name) => {
            let view = View {
                inventory: &inventory,
                store: ready.store(),
            };
            inventory.host(view.host(name)?).name.to_string()
        }
        None => {
            let first = inventory.hosts().next();
            let (_, host) = first.ok_or_else(|| {
                Trouble::new("the inventory has no host whose variables could be read")
                    .help("name an inventory with `-i`")
            })?;
            host.name.to_string()
        }
    };
    let survey = ready.survey();
    let said = survey.said(&host, Lock::VARIABLE)?.ok_or_else(|| {
        Trouble::new(format!("nothing is locked for {host}"))
            .help("list artefacts under `artifacts` in the inventory's group_vars/all/lock.yml")
    })?;
    let lock =
        Lock::read(&value::to_json(&said.value)).map_err(|error| placed(error, &said.span))?;
    let sources = Sources {
        directory: match &given.directory {
            Some(directory) => Some(directory.clone()),
            None => text(&survey, &host, "artifacts_directory")?.map(PathBuf::from),
        },
        mirror: match &given.mirror {
            Some(mirror) => Some(mirror.clone()),
            None => text(&survey, &host, "artifacts_mirror")?,
        },
        cache: environment.cache().map(|cache| cache.join("artifacts")),
    };
    Ok((chosen(lock, &given.names)?, sources, said.span))
}

fn text(survey: &Survey, host: &str, name: &str) -> Result<Option<String>, Diagnostic> {
    let said = survey.said(host, name)?;
    let text = said.map(|said| said.text().trim().to_owned());
    Ok(text.filter(|text| !text.is_empty() && text != "None"))
}

fn chosen(lock: Lock, names: &[String]) -> Result<Lock, Trouble> {
    for name in names {
        if !lock.iter().any(|(known, _)| known == name) {
            let trouble = Trouble::new(format!("there is no artefact `{name}` in the lock"));
            return Err(match nearest(name, lock.iter().map(|(known, _)| known)) {
                Some(near) => trouble.help(format!("did you mean `{near}`?")),
                None => trouble.help("`k8sbm artifacts list` shows what there is"),
            });
        }
    }
    Ok(lock.only(names))
}

fn directory(sources: &Sources) -> Result<Directory, Trouble> {
    let path = sources.directory.as_ref().ok_or_else(|| {
        Trouble::new("there is no directory of artefacts")
            .help("name one with `--directory`, or in the variable `artifacts_directory`")
    })?;
    Ok(Directory::new(path))
}

fn told(error: Error) -> Trouble {
    placed(error, &Span::none())
}

fn placed(error: Error, span: &Span) -> Trouble {
    let mut diagnostic = Diagnostic::new(error.message);
    diagnostic.help = error.hint;
    Trouble::from(diagnostic.or_at(span))
}
