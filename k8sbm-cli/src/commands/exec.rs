//! `k8sbm exec`: one module on some hosts.

use super::{
    Context, doc,
    run::{readers_with, verbosity},
    session::Session,
};
use crate::{
    args::{ExecArgs, Output},
    exit::Exit,
    report::{AdHoc, Look},
    request::Asked,
    terminal::Asking,
    trouble::Trouble,
};
use k8sbm_core::{event::Sink, node::Source, playbook::Playbook};
use std::{io, sync::Arc};

/// Runs one module on some hosts.
///
/// # Errors
/// When there is no such module, or it does not take these arguments.
pub fn exec(args: ExecArgs, context: &Context) -> Result<Exit, Trouble> {
    let registry = k8sbm_tasks::registry();
    if registry.get(&args.module_name).is_none() {
        return Err(doc::unknown(
            &args.module_name,
            registry.nearest(&args.module_name),
        ));
    }
    let look = Look::text(context.terminal.colour, context.terminal.size().0);
    let own: Arc<dyn Sink> = Arc::new(AdHoc::new(look, Box::new(io::stdout())));
    let sink = match args.output.output.contains(&Output::Json(None)) {
        true => readers_with(&args.output, None)?,
        false => readers_with(&args.output, Some(own))?,
    };
    let asking = Arc::new(Asking::new(context.terminal, None));
    let asked = Asked {
        check: args.check,
        start_at_task: None,
        verbosity: verbosity(&args.output, context),
    };
    let session = Session::open(&args.how, asked, None, (sink, asking), context)?;
    // What is run does not matter where hosts are only listed.
    let task = match args.list_hosts {
        true => task("ping", ""),
        false => task(&args.module_name, &args.arguments),
    };
    let playbook = playbook(&session, &args.pattern, &task)?;
    if args.list_hosts {
        return list(&session, &playbook, context);
    }
    let report = session.run(&vec![("exec".to_owned(), playbook)])?;
    Ok(Exit::from(&report))
}

fn list(session: &Session, playbook: &Playbook, context: &Context) -> Result<Exit, Trouble> {
    for play in &playbook.plays {
        let hosts = session.ready.hosts(play)?;
        let mut text = format!("  hosts ({}):\n", hosts.len());
        for host in hosts {
            text.push_str(&format!("    {host}\n"));
        }
        context.print(&text)?;
    }
    Ok(Exit::Ok)
}

/// A play of one task, made of what was typed.
///
/// # Errors
/// With the mistakes in what was typed.
pub fn playbook(session: &Session, pattern: &str, task: &str) -> Result<Playbook, Trouble> {
    let text = format!(
        "- hosts: {}\n  gather_facts: false\n  tasks:\n    - {task}\n",
        quoted(pattern)
    );
    let source = Arc::new(Source {
        name: "command line".into(),
        text,
    });
    session.ready.load_text(&source).map_err(Trouble::mistakes)
}

/// A task of a module and its arguments: a mapping in YAML, or text.
pub fn task(module: &str, arguments: &str) -> String {
    let arguments = arguments.trim();
    match arguments {
        "" => format!("{module}:"),
        mapping if mapping.starts_with('{') && !mapping.starts_with("{{") => {
            format!("{module}: {}", mapping.replace('\n', " "))
        }
        text => format!("{module}: {}", quoted(text)),
    }
}

/// Text as YAML reads it back, whatever is in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::task;

    #[test]
    fn arguments_are_text_or_a_mapping() {
        assert_eq!(task("ping", " "), "ping:");
        assert_eq!(
            task("command", "echo \"a b\""),
            r#"command: "echo \"a b\"""#
        );
        assert_eq!(
            task("copy", "{dest: /x,\n content: y}"),
            "copy: {dest: /x,  content: y}"
        );
        assert_eq!(task("debug", "{{ x }}"), r#"debug: "{{ x }}""#);
    }
}
