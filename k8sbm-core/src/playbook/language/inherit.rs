//! What tasks take over from the blocks, roles and plays around them.

use crate::{
    node::{Map, Node},
    playbook::{BecomeSpec, Context, Meta, Statement, TaskSpec},
};
use std::sync::{Arc, LazyLock};

/// A task of which nothing is said.
pub(in crate::playbook) fn nothing() -> TaskSpec {
    static EMPTY: LazyLock<Arc<Context>> = LazyLock::new(Arc::default);
    TaskSpec::new(Statement::Meta(Meta::Noop), EMPTY.clone())
}

/// The value of a keyword; given without a value is not given.
pub(in crate::playbook) fn value<'a>(map: &'a Map, keyword: &str) -> Option<&'a Node> {
    map.get(keyword)
        .map(|entry| &entry.value)
        .filter(|value| !value.is_null())
}

/// The items of a list, or the value itself.
pub(in crate::playbook) fn items(node: &Node) -> &[Node] {
    node.as_seq().unwrap_or(std::slice::from_ref(node))
}

/// Puts the keywords of a task, block, role or play onto what is inherited from around it.
///
/// Conditions, tags and environments add up, the outermost first; of all others the innermost wins.
pub(in crate::playbook) fn take_over(task: &mut TaskSpec, map: &Map) {
    if let Some(when) = value(map, "when") {
        task.when
            .extend(items(when).iter().filter(|item| !item.is_null()).cloned());
    }
    if let Some(tags) = value(map, "tags") {
        task.tags.extend(tags_of(tags));
    }
    if let Some(environment) = value(map, "environment") {
        task.environment.extend(items(environment).iter().cloned());
    }
    if let Some(notify) = value(map, "notify") {
        task.notify = items(notify).to_vec();
    }
    let user = if map.contains_key("remote_user") {
        "remote_user"
    } else {
        "user"
    };
    let BecomeSpec {
        enabled,
        user: become_user,
        method,
        flags,
        exe,
    } = &mut task.r#become;
    let innermost: [(&mut Option<Node>, &str); 19] = [
        (enabled, "become"),
        (become_user, "become_user"),
        (method, "become_method"),
        (flags, "become_flags"),
        (exe, "become_exe"),
        (&mut task.ignore_errors, "ignore_errors"),
        (&mut task.ignore_unreachable, "ignore_unreachable"),
        (&mut task.any_errors_fatal, "any_errors_fatal"),
        (&mut task.delegate_to, "delegate_to"),
        (&mut task.delegate_facts, "delegate_facts"),
        (&mut task.run_once, "run_once"),
        (&mut task.throttle, "throttle"),
        (&mut task.no_log, "no_log"),
        (&mut task.check_mode, "check_mode"),
        (&mut task.diff, "diff"),
        (&mut task.timeout, "timeout"),
        (&mut task.connection, "connection"),
        (&mut task.port, "port"),
        (&mut task.remote_user, user),
    ];
    for (field, keyword) in innermost {
        if let Some(value) = value(map, keyword) {
            *field = Some(value.clone());
        }
    }
}

/// The tags of a `tags` keyword: text is split at commas, a list is taken as it is.
pub(in crate::playbook) fn tags_of(node: &Node) -> impl Iterator<Item = Arc<str>> {
    let split = node.as_seq().is_none() && !node.is_template();
    items(node)
        .iter()
        .filter_map(Node::to_text)
        .flat_map(move |text| {
            let parts: Vec<Arc<str>> = if split {
                text.split(',').map(|tag| tag.trim().into()).collect()
            } else {
                vec![text.into()]
            };
            parts
        })
        .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Source, load_one};

    fn map(text: &str) -> Map {
        let (name, text) = ("play.yml".to_owned(), text.to_owned());
        let node = load_one(&Arc::new(Source { name, text })).unwrap();
        node.as_map().unwrap().clone()
    }

    #[test]
    fn conditions_tags_and_environments_add_up_and_of_others_the_innermost_wins() {
        let mut task = nothing();
        take_over(
            &mut task,
            &map(
                "when: a\ntags: x, y\nbecome: true\nbecome_user: root\nenvironment: {A: 1}\nuser: pi",
            ),
        );
        take_over(
            &mut task,
            &map(
                "when: [b, c]\ntags: [z, 'p, q']\nbecome: false\nenvironment: ['{{ e }}']\nwith: 1\ndiff:",
            ),
        );
        let texts = |nodes: &[Node]| {
            nodes
                .iter()
                .filter_map(Node::to_text)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(texts(&task.when), "a b c");
        assert_eq!(
            task.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
            ["p, q", "x", "y", "z"]
        );
        assert_eq!(task.environment.len(), 2);
        assert_eq!(
            texts(&[
                task.r#become.enabled.unwrap(),
                task.r#become.user.unwrap(),
                task.remote_user.unwrap()
            ]),
            "False root pi"
        );
        assert!(task.diff.is_none(), "given without a value is not given");
    }
}
