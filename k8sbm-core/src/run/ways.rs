//! How to reach a host and as whom to act there, from variables, keywords and options.
//!
//! As in Ansible, a variable (`ansible_user`) wins over a keyword (`remote_user`), which wins over an option.

use super::{connector::Way, failure::Cannot, shared::Shared};
use crate::{
    connection::RunAs, diagnostic::Diagnostic, host::Machine, node::Node, playbook::TaskSpec,
    value::Value, vars::Scope,
};
use std::{path::PathBuf, sync::Arc};

/// Why no way was found.
pub(super) type Error = Cannot;

/// The first of these variables that is set.
fn variable(scope: &Scope, names: &[&str]) -> Result<Option<Value>, Cannot> {
    for name in names {
        if let Some(value) = scope.get(name)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn text(
    shared: &Shared,
    scope: &Scope,
    names: &[&str],
    keyword: Option<&Node>,
) -> Result<Option<String>, Cannot> {
    let value = match variable(scope, names)? {
        Some(value) => Some(value),
        None => keyword
            .map(|node| shared.engine.value(node, scope))
            .transpose()?,
    };
    Ok(value
        .filter(|value| !value.is_none())
        .map(|value| crate::value::python_str(&value))
        .filter(|text| !text.is_empty()))
}

fn truth(
    shared: &Shared,
    scope: &Scope,
    names: &[&str],
    keyword: Option<&Node>,
) -> Result<Option<bool>, Cannot> {
    let Some(text) = text(shared, scope, names, keyword)? else {
        return Ok(None);
    };
    Ok(Some(matches!(
        text.to_lowercase().as_str(),
        "true" | "yes" | "on" | "1" | "y" | "t"
    )))
}

/// The machine that a task acts on.
pub(super) fn machine(
    shared: &Shared,
    scope: &Scope,
    spec: Option<&TaskSpec>,
) -> Result<Arc<Machine>, Cannot> {
    let options = &shared.options;
    let name = scope.host().name.clone();
    let keyword = |node: fn(&TaskSpec) -> &Option<Node>| spec.and_then(|spec| node(spec).as_ref());
    let local = ["localhost", "127.0.0.1", "::1"].contains(&&*name) && shared.is_implicit(&name);
    let kind = match text(
        shared,
        scope,
        &["ansible_connection"],
        keyword(|spec| &spec.connection),
    )? {
        Some(kind) => kind,
        None if local => "local".into(),
        None => options.connection.clone(),
    };
    let address = text(shared, scope, &["ansible_ssh_host", "ansible_host"], None)?
        .unwrap_or_else(|| name.to_string());
    let way = if kind == "local" {
        Way {
            name,
            kind,
            address,
            ..Way::default()
        }
    } else {
        let port = text(
            shared,
            scope,
            &["ansible_ssh_port", "ansible_port"],
            keyword(|spec| &spec.port),
        )?;
        let port = port
            .map(|port| {
                port.parse::<u16>()
                    .map_err(|_| Diagnostic::new(format!("`{port}` is not a port number")))
            })
            .transpose()?;
        let user = text(
            shared,
            scope,
            &["ansible_ssh_user", "ansible_user"],
            keyword(|spec| &spec.remote_user),
        )?;
        let key = text(
            shared,
            scope,
            &["ansible_ssh_private_key_file", "ansible_private_key_file"],
            None,
        )?;
        let common = text(shared, scope, &["ansible_ssh_common_args"], None)?;
        let extra = text(shared, scope, &["ansible_ssh_extra_args"], None)?;
        let arguments = [common.or_else(|| options.ssh_common_args.clone()), extra];
        if variable(
            scope,
            &[
                "ansible_password",
                "ansible_ssh_pass",
                "ansible_ssh_password",
            ],
        )?
        .is_some()
        {
            let message = "a login with a password is not supported";
            return Err(Diagnostic::new(message)
                .help("use a key: `ssh-copy-id` puts yours on the host")
                .into());
        }
        Way {
            name,
            kind,
            address,
            port,
            user: user.or_else(|| options.remote_user.clone()),
            key: key
                .map(PathBuf::from)
                .or_else(|| options.private_key.clone()),
            arguments: arguments
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            host_key_checking: truth(
                shared,
                scope,
                &["ansible_ssh_host_key_checking", "ansible_host_key_checking"],
                None,
            )?,
        }
    };
    shared
        .machine(way)
        .map_err(|message| Diagnostic::new(message).into())
}

/// As whom a task acts.
pub(super) fn run_as(
    shared: &Shared,
    scope: &Scope,
    spec: &TaskSpec,
) -> Result<Arc<RunAs>, Cannot> {
    let options = &shared.options;
    let keywords = &spec.r#become;
    let enabled = truth(
        shared,
        scope,
        &["ansible_become"],
        keywords.enabled.as_ref(),
    )?
    .unwrap_or(options.r#become);
    if !enabled {
        return Ok(Arc::default());
    }
    let user = text(
        shared,
        scope,
        &["ansible_become_user"],
        keywords.user.as_ref(),
    )?;
    let method = text(
        shared,
        scope,
        &["ansible_become_method"],
        keywords.method.as_ref(),
    )?;
    let user = user
        .or_else(|| options.become_user.clone())
        .unwrap_or_else(|| "root".into());
    let method = method
        .or_else(|| options.become_method.clone())
        .unwrap_or_else(|| "sudo".into());
    let login = text(
        shared,
        scope,
        &["ansible_ssh_user", "ansible_user"],
        spec.remote_user.as_ref(),
    )?;
    let local = text(
        shared,
        scope,
        &["ansible_connection"],
        spec.connection.as_ref(),
    )?
    .unwrap_or_else(|| options.connection.clone())
        == "local";
    let login = match local {
        true => options.environment.get("USER").cloned(),
        false => login.or_else(|| options.remote_user.clone()),
    };
    if login.as_ref() == Some(&user) {
        return Ok(Arc::default());
    }
    let passwords = [
        "ansible_become_password",
        "ansible_become_pass",
        "ansible_sudo_pass",
    ];
    let password =
        text(shared, scope, &passwords, None)?.or_else(|| options.become_password.clone());
    if let Some(password) = &password {
        shared.secrets.add(password);
    }
    let flags = text(
        shared,
        scope,
        &["ansible_become_flags"],
        keywords.flags.as_ref(),
    )?;
    Ok(Arc::new(RunAs::Become {
        user,
        method,
        password,
        flags,
    }))
}
