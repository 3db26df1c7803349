//! How a run is done: flags first, then the environment, then what is usual.

use super::{Environment, Sources, password, pins};
use crate::{
    args::{CompatArg, ConnectionArgs, HowArgs},
    terminal::Terminal,
    trouble::Trouble,
};
use k8sbm_core::{
    diagnostic::Diagnostic,
    run::{Connections, FactCache, Gathering, Options, Runner},
    template::Compat,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// What a command adds to the flags that commands share.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whether nothing is changed.
    pub check: bool,
    /// Where to begin.
    pub start_at_task: Option<String>,
    /// How much is said.
    pub verbosity: u8,
}

/// How a run is done.
pub struct Settings {
    /// As the engine takes it.
    pub options: Options,
    /// The dialect that is asked for.
    pub compat: Option<Compat>,
    roles_path: Vec<PathBuf>,
    collections_path: Vec<PathBuf>,
    /// Holds the control sockets of ssh; goes away with the program.
    _control: TempDir,
}

impl Settings {
    /// Puts flags and environment together; asks for passwords where they say so.
    ///
    /// # Errors
    /// When something is asked that is not supported, or a password cannot be had.
    pub fn new(
        how: &HowArgs,
        asked: Asked,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<Self, Trouble> {
        let connection = &how.connection;
        refuse(connection)?;
        let control = tempfile::Builder::new()
            .prefix("k8sbm-")
            .tempdir_in("/tmp")?;
        let text = |flag: &Option<String>, name: &str| {
            flag.clone()
                .or_else(|| environment.get(name).map(str::to_owned))
        };
        let usual = Options::default();
        let options = Options {
            check: asked.check,
            diff: how.diff || environment.flag("ANSIBLE_DIFF_ALWAYS").unwrap_or(false),
            forks: how
                .forks
                .or_else(|| environment.number("ANSIBLE_FORKS"))
                .map_or(usual.forks, |forks| forks.max(1) as usize),
            tags: tags(&how.tags, environment, "ANSIBLE_RUN_TAGS"),
            skip_tags: tags(&how.skip_tags, environment, "ANSIBLE_SKIP_TAGS"),
            limit: how.inventory.limit.clone(),
            start_at_task: asked.start_at_task,
            verbosity: asked.verbosity,
            force_handlers: how.force_handlers
                || environment.flag("ANSIBLE_FORCE_HANDLERS").unwrap_or(false),
            gathering: gathering(environment)?,
            fact_cache: fact_cache(how, environment)?,
            remote_user: text(&connection.user, "ANSIBLE_REMOTE_USER"),
            connection: text(&connection.connection, "ANSIBLE_TRANSPORT")
                .unwrap_or(usual.connection),
            private_key: connection
                .private_key
                .clone()
                .or_else(|| Some(environment.path(environment.get("ANSIBLE_PRIVATE_KEY_FILE")?))),
            ssh_common_args: ssh_arguments(connection, environment),
            host_key_checking: environment
                .flag("ANSIBLE_HOST_KEY_CHECKING")
                .unwrap_or(usual.host_key_checking),
            timeout: connection
                .timeout
                .or_else(|| environment.number("ANSIBLE_TIMEOUT"))
                .map_or(usual.timeout, |seconds| Duration::from_secs(seconds.max(1))),
            control_directory: control.path().to_owned(),
            r#become: connection.r#become || environment.flag("ANSIBLE_BECOME").unwrap_or(false),
            become_user: text(&connection.become_user, "ANSIBLE_BECOME_USER"),
            become_method: text(&connection.become_method, "ANSIBLE_BECOME_METHOD"),
            become_password: become_password(connection, environment, terminal)?,
            environment: environment.all().clone(),
            cache: environment.cache(),
            look_ahead: environment
                .number("K8SBM_LOOK_AHEAD")
                .unwrap_or(usual.look_ahead),
            ..usual
        };
        Ok(Self {
            options,
            compat: compat(how, environment)?,
            roles_path: paths(environment, "ANSIBLE_ROLES_PATH"),
            collections_path: paths(environment, "ANSIBLE_COLLECTIONS_PATH"),
            _control: control,
        })
    }

    /// Takes the dialect that the repository around a folder is written in, where none is asked for; says which.
    pub fn suit(&mut self, folder: &Path) -> Option<Diagnostic> {
        if self.compat.is_some() {
            return None;
        }
        let older = pins::older(folder)?;
        self.compat = Some(Compat::V2_18);
        Some(older)
    }

    /// A runner over these hosts, with all modules.
    pub fn runner(&self, sources: Sources) -> Runner {
        let connections = Connections::new(&self.options);
        Runner::new(
            sources.inventory,
            k8sbm_tasks::registry(),
            Arc::new(connections),
        )
        .options(self.options.clone())
        .compat(self.compat.unwrap_or_default())
        .reading(sources.reading)
        .extra_vars(sources.extra)
        .roles_path(self.roles_path.clone())
        .collections_path(self.collections_path.clone())
        .inventory_sources(sources.names)
    }
}

fn refuse(connection: &ConnectionArgs) -> Result<(), Trouble> {
    if connection.ask_pass || connection.connection_password_file.is_some() {
        return Err(Trouble::refused(
            "logging in with a password",
            "use a key, or an agent: ssh's own configuration is followed",
        ));
    }
    Ok(())
}

fn tags(flags: &[String], environment: &Environment, name: &str) -> Vec<String> {
    let tidy = |tag: &String| tag.trim().to_owned();
    let given: Vec<String> = flags
        .iter()
        .map(tidy)
        .filter(|tag| !tag.is_empty())
        .collect();
    if given.is_empty() {
        environment.list(name, ',')
    } else {
        given
    }
}

fn ssh_arguments(connection: &ConnectionArgs, environment: &Environment) -> Option<String> {
    let either = |flag: &Option<String>, name: &str| {
        flag.clone()
            .or_else(|| environment.get(name).map(str::to_owned))
    };
    let first = environment.get("ANSIBLE_SSH_ARGS").map(str::to_owned);
    let common = either(&connection.ssh_common_args, "ANSIBLE_SSH_COMMON_ARGS");
    let extra = either(&connection.ssh_extra_args, "ANSIBLE_SSH_EXTRA_ARGS");
    let all: Vec<String> = first.into_iter().chain(common).chain(extra).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn become_password(
    connection: &ConnectionArgs,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<Option<String>, Trouble> {
    if connection.ask_become_pass || environment.flag("ANSIBLE_BECOME_ASK_PASS") == Some(true) {
        return terminal.password("BECOME password: ").map(Some);
    }
    let named = environment
        .get("ANSIBLE_BECOME_PASSWORD_FILE")
        .map(|path| environment.path(path));
    match connection.become_password_file.clone().or(named) {
        Some(path) => password::from_file(&path).map(Some),
        None => Ok(None),
    }
}

fn compat(how: &HowArgs, environment: &Environment) -> Result<Option<Compat>, Trouble> {
    let asked = match (how.compat, environment.get("K8SBM_COMPAT")) {
        (Some(asked), _) => asked,
        // The one difference of the older dialect that Ansible has a setting for.
        (None, None) => {
            let broken = environment.flag("ANSIBLE_ALLOW_BROKEN_CONDITIONALS");
            return Ok(broken.map(|broken| match broken {
                true => Compat::V2_18,
                false => Compat::V2_19,
            }));
        }
        (None, Some(word)) => clap::ValueEnum::from_str(word, false).map_err(|_| {
            Trouble::new(format!("K8SBM_COMPAT is `{word}`")).help("it can be `2.18` or `2.19`")
        })?,
    };
    Ok(Some(match asked {
        CompatArg::V2_18 => Compat::V2_18,
        CompatArg::V2_19 => Compat::V2_19,
    }))
}

fn gathering(environment: &Environment) -> Result<Gathering, Trouble> {
    match environment.get("ANSIBLE_GATHERING") {
        None | Some("implicit") => Ok(Gathering::Implicit),
        Some("explicit") => Ok(Gathering::Explicit),
        Some("smart") => Ok(Gathering::Smart),
        Some(other) => Err(Trouble::new(format!("ANSIBLE_GATHERING is `{other}`"))
            .help("it can be `implicit`, `explicit` or `smart`")),
    }
}

/// Whether facts are kept by a plugin of this name; with others they are gathered anew, which gives the same.
pub(super) fn keeps_facts(plugin: &str) -> bool {
    matches!(plugin, "jsonfile" | "ansible.builtin.jsonfile")
}

/// A day, as in Ansible.
const FACTS_ARE_GOOD: u64 = 86_400;

fn fact_cache(how: &HowArgs, environment: &Environment) -> Result<Option<FactCache>, Trouble> {
    if !environment
        .get("ANSIBLE_CACHE_PLUGIN")
        .is_some_and(keeps_facts)
    {
        return Ok(None);
    }
    let directory = environment.get("ANSIBLE_CACHE_PLUGIN_CONNECTION");
    let directory = directory.ok_or_else(|| {
        Trouble::new("`fact_caching = jsonfile` needs a directory to keep facts in")
            .help("name it with `fact_caching_connection`, or ANSIBLE_CACHE_PLUGIN_CONNECTION")
    })?;
    let seconds = environment.number("ANSIBLE_CACHE_PLUGIN_TIMEOUT");
    let lifetime = Duration::from_secs(seconds.unwrap_or(FACTS_ARE_GOOD));
    Ok(Some(FactCache {
        directory: environment.path(&environment.expanded(directory)),
        prefix: environment
            .get("ANSIBLE_CACHE_PLUGIN_PREFIX")
            .unwrap_or_default()
            .to_owned(),
        lifetime: (!lifetime.is_zero()).then_some(lifetime),
        flush: how.inventory.flush_cache,
    }))
}

fn paths(environment: &Environment, name: &str) -> Vec<PathBuf> {
    let listed = environment.list(name, ':');
    listed.iter().map(|path| environment.path(path)).collect()
}

#[cfg(test)]
mod tests;
