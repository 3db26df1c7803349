//! The ladder, hosts seen from others, and names that are still to come.

use super::*;
use crate::{
    node::Span,
    template::{
        TemplateError,
        fixture::{layer, rendered, scope, text},
    },
    value::{Unknown, Value, from_json, python_str},
};
use serde_json::json;
use std::{collections::HashSet, sync::Arc};

/// A host on which the name `x` is set at every step of the ladder up to `top`.
fn climbing(top: Level) -> Scope {
    let steps = [
        Level::RoleDefaults,
        Level::InventoryAll,
        Level::InventoryGroups,
        Level::InventoryGroupVarsAll,
        Level::PlaybookGroupVarsAll,
        Level::InventoryGroupVars,
        Level::PlaybookGroupVars,
        Level::InventoryHost,
        Level::InventoryHostVars,
        Level::PlaybookHostVars,
        Level::Facts,
        Level::Play,
        Level::VarsPrompt,
        Level::VarsFiles,
        Level::RoleVars,
        Level::Block,
        Level::Task,
        Level::IncludeVars,
        Level::SetFacts,
        Level::RoleParams,
        Level::IncludeParams,
    ];
    let base = scope(json!({}));
    let (mut inventory, mut task) = (Vec::new(), Vec::new());
    let host = base.host().clone();
    for step in steps.into_iter().filter(|step| *step <= top) {
        let name = step.describe();
        match step {
            Level::Facts => host.add_facts([
                ("ansible_x".into(), Value::from(name)),
                ("x".into(), Value::from(name)),
            ]),
            Level::SetFacts => host.set(&"x".into(), Value::from(name), Span::none()),
            Level::IncludeVars => host.include(Arc::new(layer(step, name, json!({"x": name})))),
            step if (Level::InventoryAll..=Level::PlaybookHostVars).contains(&step) => {
                inventory.push(Arc::new(layer(step, name, json!({"x": name}))));
            }
            _ => task.push(Arc::new(layer(step, name, json!({"x": name})))),
        }
    }
    host.set_layers(inventory.into());
    base.with_layers(task.into())
}

#[test]
fn every_step_wins_over_those_below() {
    for top in [
        Level::RoleDefaults,
        Level::InventoryAll,
        Level::InventoryGroups,
        Level::InventoryGroupVarsAll,
        Level::PlaybookGroupVarsAll,
        Level::InventoryGroupVars,
        Level::PlaybookGroupVars,
        Level::InventoryHost,
        Level::InventoryHostVars,
        Level::PlaybookHostVars,
        Level::Facts,
        Level::Play,
        Level::VarsPrompt,
        Level::VarsFiles,
        Level::RoleVars,
        Level::Block,
        Level::Task,
        Level::IncludeVars,
        Level::SetFacts,
        Level::RoleParams,
        Level::IncludeParams,
    ] {
        let scope = climbing(top);
        assert_eq!(rendered(&scope, "{{ x }}"), format!("{:?}", top.describe()));
        assert_eq!(scope.explain("x")[0].level, top);
    }
}

#[test]
fn loops_and_the_engine_itself_win_over_all() {
    let scope = climbing(Level::IncludeParams).with_local("x", Value::from("the item"));
    assert_eq!(rendered(&scope, "{{ x }}"), "\"the item\"");
    let magic = Magic::new(None).with("role_name", "outer");
    let scope = scope.with_magic(Arc::new(
        Magic::new(Some(Arc::new(magic))).with("role_path", "/roles/x"),
    ));
    assert_eq!(
        rendered(&scope, "{{ role_name }} {{ role_path }}"),
        "\"outer /roles/x\""
    );
}

#[test]
fn explaining_shows_who_set_a_name_and_why_it_lost() {
    let shown: Vec<String> = climbing(Level::Play)
        .with_local("x", Value::from(1))
        .explain("x")
        .iter()
        .filter(|definition| definition.level >= Level::InventoryHost)
        .map(|definition| {
            format!(
                "{} {} = {} ({})",
                if definition.winner { ">" } else { " " },
                definition.label,
                definition.text,
                definition.why
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
        > the loop = 1 (nothing above loop variables sets it)
          play vars = 'play vars' (set again by the loop (loop variables))
          host node1.lan = 'host facts' (set again by the loop (loop variables))
          playbook host_vars = 'playbook host_vars' (set again by the loop (loop variables))
          inventory host_vars = 'inventory host_vars' (set again by the loop (loop variables))
          inventory file, host = 'inventory file, host' (set again by the loop (loop variables))
        "#);
}

#[test]
fn of_two_layers_on_one_step_the_later_wins() {
    let base = scope(json!({}));
    let parent = layer(
        Level::InventoryGroupVars,
        "group_vars/parent.yml",
        json!({"x": "parent"}),
    );
    let child = layer(
        Level::InventoryGroupVars,
        "group_vars/child.yml",
        json!({"x": "child"}),
    );
    base.host()
        .set_layers(Arc::new([Arc::new(parent), Arc::new(child)]));
    assert_eq!(rendered(&base, "{{ x }}"), "\"child\"");
    assert_eq!(base.explain("x")[1].why, "group_vars/child.yml comes later");
}

#[test]
fn other_hosts_are_seen_in_their_own_context() {
    let scope = scope(json!({"me": "{{ inventory_hostname }}", "port": 1}));
    let layers = [Arc::new(layer(
        Level::InventoryHost,
        "inventory",
        json!({"me": "{{ inventory_hostname }}/{{ port }}", "port": 2}),
    ))];
    let other = Arc::new(HostVars::new(
        "node2",
        Arc::new(layers),
        Arc::new(["db".into()]),
    ));
    scope.store().add_host(other.clone());
    let task = layer(Level::Task, "task", json!({"port": 3}));
    let scope = scope.with_layers(Arc::new([Arc::new(task)]));
    assert_eq!(
        rendered(&scope, "{{ me }} {{ port }} {{ hostvars.node2.me }}"),
        "\"node1.lan 3 node2/2\""
    );
    assert_eq!(
        rendered(&scope, "{{ hostvars['node2'].group_names }}"),
        "[\"db\"]"
    );
    assert_eq!(
        rendered(&scope, "{{ hostvars | list }}"),
        "[\"node1.lan\",\"node2\"]"
    );
    assert_eq!(
        rendered(
            &scope,
            "{{ hostvars.values() | map(attribute='port') | list }}"
        ),
        "[1,2]"
    );
    other.set(
        &"token".into(),
        from_json(json!({"stdout": "s"})),
        Span::none(),
    );
    assert_eq!(
        rendered(&scope, "{{ hostvars.node2.token.stdout }}"),
        "\"s\""
    );
}

#[test]
fn facts_are_found_in_both_shapes() {
    let scope = scope(json!({}));
    assert_eq!(
        rendered(&scope, "{{ ansible_facts.os_family is defined }}"),
        "false"
    );
    scope
        .host()
        .add_facts([("ansible_os_family".into(), Value::from("Debian"))]);
    assert_eq!(
        rendered(
            &scope,
            "{{ ansible_os_family }} {{ ansible_facts['os_family'] }}"
        ),
        "\"Debian Debian\""
    );
}

#[test]
fn names_still_to_come_end_the_rendering() {
    let pending: HashSet<Arc<str>> = HashSet::from(["later".into()]);
    let scope = scope(json!({"uses": "{{ later.stdout }}", "early": 1}))
        .with_pending(Some(Arc::new(pending)));
    let engine = scope.store().engine.clone();
    let ends = |template: &str| match engine.value(&text(template), &scope) {
        Err(TemplateError::Pending(name)) => format!("pending {name}"),
        other => format!("{other:?}"),
    };
    for template in [
        "{{ later }}",
        "{{ later is defined }}",
        "{{ later | default(1) }}",
        "{{ uses }}",
        "x{{ uses }}",
        "{{ uses is defined }}",
        "{{ hostvars[inventory_hostname].later.x }}",
        "{{ lookup('vars', 'later') }}",
        "{% for x in later %}{% endfor %}",
        "{{ [1] | map('default', later) | list }}",
    ] {
        assert_eq!(ends(template), "pending later", "{template}");
    }
    assert_eq!(rendered(&scope, "{{ early }}"), "1");
    assert!(engine.condition(&text("early == 1"), &scope).unwrap());
    assert!(matches!(
        engine.condition(&text("early == 1 and later is changed"), &scope),
        Err(TemplateError::Pending(_))
    ));
    // what is not evaluated is not waited for
    assert!(
        !engine
            .condition(&text("early == 2 and later is changed"), &scope)
            .unwrap()
    );
}

#[test]
fn unknown_results_may_only_be_asked_whether_they_are_defined() {
    let scope = scope(json!({"uses": "{{ token.stdout }}"}));
    scope.host().set(
        &"token".into(),
        Unknown::value("the command has run"),
        Span::none(),
    );
    scope.host().set(
        &"looped".into(),
        Value::from_pairs([("results", vec![Unknown::value("the loop has run")])]),
        Span::none(),
    );
    let engine = scope.store().engine.clone();
    for template in [
        "{{ token }}",
        "{{ token.stdout }}",
        "{{ token == 1 }}",
        "{{ 1 in token }}",
        "{{ token in [1] }}",
        "{{ not token }}",
        "{{ token is changed }}",
        "{{ token | length }}",
        "{{ token | default('x') }}",
        "x{{ token }}",
        "{{ uses }}",
        "{{ token ~ 'x' }}",
        "{% if token %}{% endif %}",
        "{% for x in token %}{% endfor %}",
        "{{ [token] }}",
        "{{ token.stdout is defined }}",
        "{{ token is string }}",
        "{{ token.stdout.split(',') }}",
    ] {
        let ended = engine.value(&text(template), &scope);
        assert!(
            matches!(&ended, Err(TemplateError::Unknown(what)) if &**what == "the command has run"),
            "{template}: {ended:?}"
        );
    }
    assert_eq!(
        rendered(
            &scope,
            "{{ token is defined }} {{ token is undefined }} {{ token is not defined }}"
        ),
        "\"True False False\""
    );
    assert_eq!(rendered(&scope, "{{ looped.results | length }}"), "1");
    assert!(matches!(
        engine.value(&text("{{ looped.results[0].rc }}"), &scope),
        Err(TemplateError::Unknown(_))
    ));
    assert!(matches!(
        engine.value(&text("{{ looped }}"), &scope),
        Err(TemplateError::Unknown(_))
    ));
}

#[test]
fn ready_values_are_never_templates() {
    let scope = scope(json!({}));
    scope
        .host()
        .set(&"said".into(), Value::from("{{ evil }}"), Span::none());
    assert_eq!(rendered(&scope, "{{ said }}"), "\"{{ evil }}\"");
    assert_eq!(
        scope
            .get("said")
            .unwrap()
            .map(|value| python_str(&value))
            .as_deref(),
        Some("{{ evil }}")
    );
    assert!(scope.get("unsaid").unwrap().is_none());
}
