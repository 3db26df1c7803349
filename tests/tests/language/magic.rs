//! What the engine itself tells tasks and templates.

use super::playing::run_files;

/// What the tasks said, without hosts and outcomes.
async fn said(files: &[(&str, &str)]) -> Vec<String> {
    let (_, lines) = run_files(&["a", "b"], files).await;
    let told = lines[1..].iter().filter_map(|line| {
        line.split_once(" a ok ")
            .map(|(name, said)| format!("{name}: {said}"))
    });
    told.filter(|line| !line.contains("include")).collect()
}

#[tokio::test]
async fn a_role_knows_who_included_it_and_where_files_are_looked_for() {
    let told = said(&[
        (
            "play.yml",
            "- hosts: a\n  roles: [app]\n  tasks:\n    - {name: all, debug: {msg: \"{{ ansible_play_role_names }} {{ ansible_dependent_role_names }} {{ ansible_role_names }} {{ ansible_config_file is none }}\"}}\n",
        ),
        ("roles/app/tasks/main.yml", "- include_role: {name: inner}\n- {name: own, debug: {msg: \"-{{ ansible_parent_role_names is defined }}\"}}\n"),
        ("roles/inner/tasks/main.yml", "- import_role: {name: last}\n"),
        ("roles/inner/meta/main.yml", "dependencies: [base]\n"),
        ("roles/app/meta/main.yml", "dependencies: [ground]\n"),
        ("roles/ground/meta/main.yml", "dependencies: [earth]\n"),
        ("roles/earth/vars/main.yml", "x: 1\n"),
        (
            "roles/base/tasks/main.yml",
            "- {name: base, debug: {msg: \"{{ ansible_parent_role_names }} {{ ansible_search_path | map('relpath', playbook_dir) }}\"}}\n",
        ),
        (
            "roles/last/tasks/main.yml",
            "- {name: last, debug: {msg: \"{{ ansible_parent_role_names }} {{ ansible_parent_role_paths | map('relpath', playbook_dir) }} {{ ansible_search_path | map('relpath', playbook_dir) }}\"}}\n",
        ),
    ])
    .await;
    insta::assert_snapshot!(told.join("\n"), @"
    base : base: ['app'] ['roles/base', 'roles/inner', 'roles/app', 'roles/base/tasks', '.']
    last : last: ['inner', 'app'] ['roles/inner', 'roles/app'] ['roles/last', 'roles/inner', 'roles/app', 'roles/last/tasks', '.']
    app : own: -False
    all: ['app'] ['ground', 'earth'] ['app', 'earth', 'ground'] True
    ");
}

#[tokio::test]
async fn a_delegated_task_sees_the_variables_of_the_other_host() {
    let told = said(&[(
        "play.yml",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - set_fact: {mine: "of {{ inventory_hostname }}"}
    - name: other
      debug: {msg: "{{ mine }}, {{ ansible_delegated_vars.b.mine }}, {{ ansible_delegated_vars.b.inventory_hostname }}"}
      delegate_to: b
    - debug: {msg: "{{ ansible_delegated_vars[item].mine }}"}
      delegate_to: "{{ item }}"
      loop: [b, a]
      register: each
    - {name: each, debug: {msg: "{{ each.results | map(attribute='msg') | join(', ') }}"}}
    - name: not delegated
      debug: {msg: "-{{ ansible_delegated_vars is defined }}"}
"#,
    )])
    .await;
    insta::assert_snapshot!(told.join("\n"), @r"
    other: of a, of b, a
    debug: All items completed
    each: of b, of a
    not delegated: -False
    ");
}

#[tokio::test]
async fn a_task_sees_its_environment_from_the_outside_in() {
    let told = said(&[(
        "play.yml",
        r#"
- hosts: all
  gather_facts: false
  environment: {OUTER: 1}
  vars: {proxy: "http://{{ inventory_hostname }}"}
  tasks:
    - {name: of the play, debug: {msg: "{{ environment | to_json }}"}}
    - name: of the task
      debug: {msg: "{{ environment | to_json }}"}
      environment: [{PROXY: "{{ proxy }}"}, {MORE: 2}]
- hosts: all
  gather_facts: false
  tasks:
    - {name: none, debug: {msg: "{{ environment | to_json }}"}}
"#,
    )])
    .await;
    insta::assert_snapshot!(told.join("\n"), @r#"
    of the play: [{"OUTER": 1}]
    of the task: [{"OUTER": 1}, {"PROXY": "http://a"}, {"MORE": 2}]
    none: []
    "#);
}

#[tokio::test]
async fn a_template_is_told_of_itself() {
    let told = said(&[
        (
            "play.yml",
            r#"
- hosts: a
  gather_facts: false
  tasks:
    - template: {src: t.j2, dest: /written, mode: "0644"}
    - slurp: {src: /written}
      register: written
    - {name: file, debug: {msg: "{{ written.content | b64decode }}"}}
    - {name: lookup, debug: {msg: "{{ lookup('template', 't.j2') }}"}}
"#,
        ),
        (
            "templates/t.j2",
            "{{ template_path }} {{ template_fullpath | basename }} {{ template_destpath }} {{ template_uid == lookup('pipe', 'id -un') }} {{ template_host | length > 0 }} {{ template_run_date.year > 2024 }} {{ template_mtime <= template_run_date }} {{ ansible_managed }}\n",
        ),
    ])
    .await;
    insta::assert_snapshot!(told.join("\n"), @r"
    file: t.j2 t.j2 /written True True True True Ansible managed
    lookup: t.j2 t.j2  True True True True Ansible managed
    ");
}

#[tokio::test]
async fn files_of_variables_are_found_by_what_each_host_is() {
    let (_, lines) = run_files(
        &["a", "b"],
        &[
            (
                "play.yml",
                r#"
- hosts: all
  gather_facts: false
  vars: {own: play, beaten: play}
  vars_files: ["{{ inventory_hostname }}.yml", common.yml, ["{{ family }}.yml", none.yml]]
  tasks:
    - {name: before, debug: {msg: "{{ own }} {{ beaten }} {{ late | default('nothing') }}"}}
    - set_fact: {family: "of-{{ inventory_hostname }}"}
    - {name: after, debug: {msg: "{{ late }} {{ hostvars.b.late }}"}, when: inventory_hostname == 'a'}
- hosts: all
  gather_facts: false
  tasks:
    - {name: gone, debug: {msg: "{{ late is defined }} {{ beaten is defined }}"}}
"#,
            ),
            ("a.yml", "own: a\nbeaten: a\n"),
            ("b.yml", "own: b\nbeaten: b\n"),
            ("common.yml", "beaten: common\n"),
            ("none.yml", "late: none\n"),
            ("of-a.yml", "late: a\n"),
        ],
    )
    .await;
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY all: a b
    before a ok a common nothing
    before b ok b common nothing
    set_fact a ok
    set_fact b ok
    after a ok a none
    after b skipped
    PLAY all: a b
    gone a ok False False
    gone b ok False False
    ");
}
