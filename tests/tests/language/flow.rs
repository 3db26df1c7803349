//! What runs where, in which order, and what its end means for others.

use super::playing::{run, run_files, run_in, written};
use k8sbm_core::run::Options;
use std::fs;

#[tokio::test]
async fn a_rescue_sees_what_failed_and_always_runs() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - block:
        - name: try
          fail: {msg: broken}
        - name: never
          debug: {msg: never}
      rescue:
        - name: mend
          debug: {msg: "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}"}
      always:
        - name: anyway
          debug: {msg: anyway}
    - name: after
      debug: {msg: after}
"#,
    )
    .await;
    assert_eq!(
        lines,
        [
            "PLAY all: a",
            "try a failed broken",
            "mend a ok try: broken",
            "anyway a ok anyway",
            "after a ok after"
        ]
    );
    let recap = &report.recap["a"];
    assert_eq!((recap.rescued, recap.failed, recap.ok), (1, 0, 3));
    assert!(report.success());
}

#[tokio::test]
async fn handlers_run_once_at_the_end_in_their_order() {
    let (_, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  handlers:
    - name: second
      debug: {msg: second}
    - name: first by topic
      listen: topic
      debug: {msg: topic}
    - name: never
      debug: {msg: never}
  tasks:
    - name: one
      debug: {msg: x}
      changed_when: inventory_hostname == 'a'
      notify: [topic, second]
    - name: two
      debug: {msg: x}
      changed_when: true
      notify: second
    - meta: flush_handlers
    - name: last
      debug: {msg: x}
"#,
    )
    .await;
    let wanted = [
        "PLAY all: a b",
        "one a changed x",
        "one b ok x",
        "two a changed x",
        "two b changed x",
        "second a ok second",
        "second b ok second",
        "first by topic a ok topic",
        "last a ok x",
        "last b ok x",
    ];
    assert_eq!(lines, wanted);
}

#[tokio::test]
async fn handlers_run_on_the_hosts_that_go_on_whichever_failed() {
    for failing in ["a", "b", "c"] {
        let (_, lines) = run(
            &["a", "b", "c"],
            &r#"
- hosts: all
  handlers:
    - name: restart
      debug: {msg: restarted}
  tasks:
    - name: one
      debug: {msg: x}
      changed_when: true
      notify: restart
    - name: two
      fail: {msg: no}
      when: inventory_hostname == 'FAILING'
"#
            .replace("FAILING", failing),
        )
        .await;
        let restarted: Vec<String> = ["a", "b", "c"]
            .iter()
            .filter(|host| **host != failing)
            .map(|host| format!("restart {host} ok restarted"))
            .collect();
        assert_eq!(lines[lines.len() - 2..], restarted);
    }
}

#[tokio::test]
async fn loops_register_their_results_and_conditions_see_items() {
    let (_, lines) = run(
        &["a"],
        r#"
- hosts: all
  vars:
    nodes: [{name: x, on: true}, {name: y, on: false}, {name: z, on: true}]
  tasks:
    - name: each
      debug: {msg: "{{ item.name }}"}
      loop: "{{ nodes }}"
      when: item.on
      register: each
    - name: sum
      debug: {msg: "{{ each.results | rejectattr('skipped', 'defined') | map(attribute='msg') | join('+') }}"}
    - name: old form
      debug: {msg: "{{ item }}{{ at }}"}
      with_items: [p, [q]]
      loop_control: {index_var: at}
      register: old
    - name: told
      debug: {msg: "{{ old.results | map(attribute='msg') | list | to_json }}"}
"#,
    )
    .await;
    assert_eq!(lines[2], "sum a ok x+z");
    assert_eq!(lines[4], r#"told a ok ["p0", "q1"]"#);
}

#[tokio::test]
async fn until_tries_again_and_gives_up() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - name: never true
      debug: {msg: x}
      register: result
      until: result.msg == 'y'
      retries: 2
      delay: 0
      ignore_errors: true
    - name: told
      debug: {msg: "{{ result.attempts }} {{ result is failed }}"}
"#,
    )
    .await;
    assert_eq!(lines[1], "never true a ignored x");
    assert_eq!(lines[2], "told a ok 2 True");
    assert_eq!(report.recap["a"].ignored, 1);
}

#[tokio::test]
async fn what_runs_once_is_known_to_all() {
    let (_, lines) = run(
        &["a", "b", "c"],
        r#"
- hosts: all
  tasks:
    - name: once
      set_fact: {token: "from {{ inventory_hostname }}"}
      run_once: true
    - name: told
      debug: {msg: "{{ token }}"}
"#,
    )
    .await;
    assert_eq!(
        lines,
        [
            "PLAY all: a b c",
            "once a ok",
            "told a ok from a",
            "told b ok from a",
            "told c ok from a"
        ]
    );
}

#[tokio::test]
async fn batches_go_one_after_the_other() {
    let (_, lines) = run(
        &["a", "b", "c"],
        r#"
- hosts: all
  serial: [1, 2]
  tasks:
    - {name: one, debug: {msg: "{{ ansible_play_batch | join(' ') }}"}}
    - {name: two, debug: {msg: x}}
"#,
    )
    .await;
    let wanted = [
        "one a ok a",
        "two a ok x",
        "one b ok b c",
        "one c ok b c",
        "two b ok x",
        "two c ok x",
    ];
    assert_eq!(lines[1..], wanted);
}

#[tokio::test]
async fn one_fatal_error_ends_it_for_all() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  any_errors_fatal: true
  tasks:
    - {name: one, fail: {msg: enough}, when: inventory_hostname == 'b'}
    - {name: two, debug: {msg: never}}
"#,
    )
    .await;
    assert_eq!(lines[1..], ["one a skipped", "one b failed enough"]);
    assert!(!report.success());
}

#[tokio::test]
async fn included_tasks_run_where_they_were_asked_for_with_their_variables() {
    let (_, lines) = run_files(
        &["a", "b"],
        &[
            (
                "play.yml",
                r#"
- hosts: all
  tasks:
    - name: more
      include_tasks: more.yml
      loop: [1, 2]
      loop_control: {loop_var: number}
      when: inventory_hostname == 'b'
      vars: {suffix: "!"}
    - {name: after, debug: {msg: x}}
"#,
            ),
            (
                "more.yml",
                "- {name: inner, debug: {msg: \"{{ number }}{{ suffix }}\"}}\n",
            ),
        ],
    )
    .await;
    let inner: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("inner"))
        .collect();
    assert_eq!(inner, ["inner b ok 1!", "inner b ok 2!"]);
    assert_eq!(lines.last().unwrap(), "after b ok x");
}

#[tokio::test]
async fn a_file_that_is_not_there_fails_the_hosts_that_include_it() {
    let site = "
- hosts: all
  tasks:
    - name: more
      include_tasks: \"{{ 'none' if inventory_hostname == 'a' else 'more' }}.yml\"
    - name: last
      debug: {msg: last}
";
    let more = "- name: within\n  debug: {msg: within}\n";
    let (report, lines) = run_files(&["a", "b"], &[("play.yml", site), ("more.yml", more)]).await;
    assert_eq!(
        lines[lines.len() - 2..],
        ["within b ok within", "last b ok last"]
    );
    assert_eq!((report.recap["a"].failed, report.recap["b"].failed), (1, 0));
    assert!(!report.broken);
}

#[tokio::test]
async fn roles_bring_defaults_handlers_and_dependencies() {
    let (_, lines) = run_files(
        &["a"],
        &[
            (
                "play.yml",
                "- hosts: all\n  roles:\n    - {role: app, colour: red}\n  tasks:\n    - include_role: {name: extra}\n",
            ),
            ("roles/app/meta/main.yml", "dependencies: [base]\n"),
            ("roles/app/defaults/main.yml", "colour: none\nsize: small\n"),
            (
                "roles/app/tasks/main.yml",
                "- name: paint\n  debug: {msg: \"{{ colour }} {{ size }} {{ role_name }}\"}\n  changed_when: true\n  notify: dry\n",
            ),
            ("roles/app/handlers/main.yml", "- {name: dry, debug: {msg: drying}}\n"),
            ("roles/base/tasks/main.yml", "- {name: ground, debug: {msg: ground}}\n"),
            ("roles/extra/tasks/main.yml", "- {name: more, debug: {msg: \"{{ role_name }}\"}}\n"),
        ],
    )
    .await;
    let told: Vec<&str> = lines[1..]
        .iter()
        .map(String::as_str)
        .filter(|line| !line.contains("include_role"))
        .collect();
    let wanted = [
        "base : ground a ok ground",
        "app : paint a changed red small app",
        "extra : more a ok extra",
        "app : dry a ok drying",
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn hosts_of_a_free_play_do_not_wait_and_linear_ones_do() {
    let play = |strategy: &str| {
        format!(
            "- hosts: all\n  strategy: {strategy}\n  tasks:\n    - {{name: one, pause: {{seconds: 1}}, when: inventory_hostname == 'a'}}\n    - {{name: two, debug: {{msg: x}}}}\n"
        )
    };
    let order = |lines: &[String]| {
        let at = |text: &str| {
            lines
                .iter()
                .position(|line| line.starts_with(text))
                .unwrap()
        };
        at("two b") < at("one a")
    };
    assert!(order(&run(&["a", "b"], &play("free")).await.1));
    assert!(!order(&run(&["a", "b"], &play("linear")).await.1));
}

#[tokio::test]
async fn a_dag_waits_for_what_is_needed_and_tells_what_blocks() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  strategy: dag
  tasks:
    - name: init
      id: init
      fail: {msg: no}
      when: inventory_hostname == 'a'
    - name: apart
      needs: []
      debug: {msg: x}
    - name: join
      needs: [{task: init, on: "a"}]
      debug: {msg: x}
      when: inventory_hostname == 'b'
"#,
    )
    .await;
    assert!(lines.contains(&"apart b ok x".to_owned()), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("join b blocked by `init` on a")),
        "{lines:?}"
    );
    assert_eq!(report.recap["b"].blocked, 1);
}

#[tokio::test]
#[should_panic(expected = "tasks wait for each other in a circle: two -> one -> two")]
async fn a_circle_of_needs_is_refused_before_anything_runs() {
    run(
        &["a"],
        r#"
- hosts: all
  strategy: dag
  tasks:
    - {name: one, id: one, needs: [two], debug: {msg: x}}
    - {name: two, id: two, needs: [one], debug: {msg: x}}
"#,
    )
    .await;
}

#[tokio::test]
async fn end_host_and_end_play_end_what_they_say() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  tasks:
    - meta: end_host
      when: inventory_hostname == 'a'
    - {name: one, debug: {msg: x}}
    - meta: end_play
    - {name: two, debug: {msg: never}}
- hosts: all
  tasks:
    - {name: three, debug: {msg: x}}
"#,
    )
    .await;
    assert!(report.success());
    let told: Vec<&String> = lines
        .iter()
        .filter(|line| !line.starts_with("PLAY") && !line.starts_with("meta"))
        .collect();
    assert_eq!(told, ["one b ok x", "three a ok x", "three b ok x"]);
}

#[tokio::test]
async fn a_handler_that_does_not_exist_is_a_mistake_with_a_place() {
    let (report, lines) = run(
        &["a"],
        "- hosts: all\n  handlers:\n    - {name: Restart etcd, debug: {msg: x}}\n  tasks:\n    - {name: one, debug: {msg: x}, changed_when: true, notify: Restart etc}\n",
    )
    .await;
    assert!(report.broken);
    let told = lines.last().unwrap();
    assert!(
        told.contains("play.yml:5") && told.contains("did you mean `Restart etcd`?"),
        "{told}"
    );
}

#[tokio::test]
async fn plays_that_need_others_run_as_soon_as_those_have_ended() {
    let (report, lines) = run(
        &["h1", "h2"],
        "
- name: First
  id: first
  hosts: h1
  tasks:
    - debug: {msg: first}
- name: Slow
  id: slow
  needs: [first]
  hosts: h1
  tasks:
    - pause: {seconds: 1}
      name: slow
- name: Quick
  needs: [first]
  hosts: h2
  tasks:
    - debug: {msg: quick}
      name: quick
- name: Last
  hosts: all
  tasks:
    - debug: {msg: last}
      name: last
",
    )
    .await;
    assert!(report.success());
    let at = |text: &str| {
        let found = lines.iter().position(|line| line.starts_with(text));
        found.unwrap_or_else(|| panic!("{text}: {lines:#?}"))
    };
    assert!(at("PLAY Slow") > at("debug h1"));
    assert!(at("quick h2") < at("slow h1"), "{lines:#?}");
    assert!(at("PLAY Last") > at("slow h1"), "{lines:#?}");
}

#[tokio::test]
async fn a_play_side_by_side_with_one_that_fails_is_finished_and_no_other_begins() {
    let (report, lines) = run(
        &["h1", "h2"],
        "
- name: Fails
  id: fails
  hosts: h1
  tasks:
    - fail: {msg: no}
- name: Goes on
  needs: []
  hosts: h2
  tasks:
    - pause: {seconds: 1}
    - debug: {msg: done}
      name: done
- name: Never
  needs: [fails]
  hosts: h2
  tasks:
    - debug: {msg: never}
",
    )
    .await;
    assert!(!report.success());
    assert!(lines.contains(&"done h2 ok done".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("PLAY Never")));
}

#[tokio::test]
async fn an_imported_playbook_needs_and_is_needed_as_a_whole() {
    let stage = |name: &str, task: &str| {
        format!(
            "
- name: {name} 1
  hosts: all
  tasks:
    - {task}
      name: {name} 1
- name: {name} 2
  hosts: all
  tasks:
    - debug: {{msg: x}}
      name: {name} 2
"
        )
    };
    let (report, lines) = run_files(
        &["h1"],
        &[
            (
                "play.yml",
                "
- import_playbook: slow.yml
  id: slow
- import_playbook: quick.yml
  id: quick
  needs: []
- name: After both
  hosts: all
  needs: [slow, quick]
  tasks:
    - debug: {msg: x}
      name: after
",
            ),
            ("slow.yml", &stage("slow", "pause: {seconds: 1}")),
            ("quick.yml", &stage("quick", "debug: {msg: x}")),
        ],
    )
    .await;
    assert!(report.success());
    let at = |text: &str| {
        let found = lines.iter().position(|line| line.starts_with(text));
        found.unwrap_or_else(|| panic!("{text}: {lines:#?}"))
    };
    assert!(at("quick 2 h1") < at("slow 1 h1"), "{lines:#?}");
    assert!(at("quick 1 h1") < at("PLAY quick 2"), "{lines:#?}");
    assert!(at("after h1") > at("slow 2 h1"), "{lines:#?}");
}

#[tokio::test]
async fn check_mode_knows_of_items_what_it_cannot_know() {
    let directory = tempfile::tempdir().unwrap();
    let yaml = "
- hosts: all
  tasks:
    - name: ask
      command: echo {{ item }}
      loop: [a, b]
      register: asked
      changed_when: false
    - name: judge
      assert: {that: item.stdout == item.item}
      loop: \"{{ asked.results }}\"
";
    fs::write(directory.path().join("play.yml"), yaml).unwrap();
    let check = Options {
        check: true,
        ..Options::default()
    };
    let (report, lines) = run_in(directory.path(), &["h1"], check).await;
    assert!(report.success(), "{lines:#?}");
    assert_eq!(report.recap["h1"].unknown, 2, "{lines:#?}");
}

#[tokio::test]
async fn an_item_sees_what_those_before_it_set() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - name: gather
      set_fact:
        all: "{{ all | default([]) + [item] }}"
      loop: [1, 2, 3]
    - name: try
      debug: {msg: "{{ item }}"}
      loop: [one, two, three]
      when: last is not defined or last.msg != "two"
      register: last
    - name: tell
      debug: {msg: "{{ all }}: {{ last.results | rejectattr('skipped', 'defined') | map(attribute='msg') | list }}"}
"#,
    )
    .await;
    assert!(report.success());
    let told = lines.iter().find(|line| line.starts_with("tell"));
    assert_eq!(told.unwrap(), "tell a ok [1, 2, 3]: ['one', 'two']");
}

#[tokio::test]
async fn register_gives_names_to_parts_of_a_result() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - name: parts
      debug: {msg: "{{ item }}"}
      loop: [1, 2, 3, 4]
      changed_when: so_far | length == 2
      loop_control:
        break_when: count == 3
      register:
        count: so_far | length
        so_far: _task.loop_result.results
        last: item
    - name: tell
      debug: {msg: "{{ count }} {{ last }} {{ so_far | map(attribute='changed') | list }}"}
"#,
    )
    .await;
    assert!(report.success(), "{lines:?}");
    let told = lines.iter().find(|line| line.starts_with("tell"));
    assert_eq!(told.unwrap(), "tell a ok 3 3 [False, True, False]");
}

#[tokio::test]
async fn a_condition_that_cannot_be_judged_leaves_the_result() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - name: judge
      debug: {msg: said}
      changed_when: 1 / 0
      register: judged
      ignore_errors: true
    - name: tell
      debug: {msg: "{{ judged.failed }} {{ judged.changed_when_result }}"}
    - name: mistaken
      debug: {msgg: said}
      register: judged
      ignore_errors: true
    - name: tell
      debug: {msg: "{{ judged.failed }} {{ judged.msg }}"}
    - name: some
      fail: {msg: no}
      loop: [1, 2]
      ignore_errors: "{{ item == 1 }}"
"#,
    )
    .await;
    assert!(report.success());
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("tell"))
        .collect();
    assert_eq!(
        told,
        [
            "tell a ok True division by zero: 1 / 0",
            "tell a ok True unknown key `msgg`"
        ]
    );
}

#[tokio::test]
async fn hosts_that_join_the_inventory_are_a_change() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - {name: join, add_host: {name: b, groups: new}}
    - {name: join, add_host: {name: b, groups: new}}
    - {name: group, group_by: {key: "is_{{ inventory_hostname }}"}}
    - {name: group, group_by: {key: "is_{{ inventory_hostname }}"}}
"#,
    )
    .await;
    assert!(report.success());
    let ends: Vec<_> = lines.iter().skip(1).map(|line| line.trim()).collect();
    assert_eq!(
        ends,
        [
            "join a changed",
            "join a ok",
            "group a changed",
            "group a ok"
        ]
    );
}

#[tokio::test]
async fn tasks_that_were_looked_at_ahead_see_the_groups_of_the_task_before() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  tasks:
    - {name: group, group_by: {key: "is_{{ inventory_hostname }}"}, changed_when: false}
    - {name: all there, debug: {msg: x}, when: "groups['is_a'] | default([]) == ['a'] and groups['is_b'] | default([]) == ['b']"}
"#,
    )
    .await;
    assert!(report.success());
    let skipped = lines.iter().filter(|line| line.contains("skipped")).count();
    assert_eq!(skipped, 0, "{lines:#?}");
}

#[tokio::test]
async fn a_list_of_hosts_that_comes_out_empty_means_nobody() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- name: none
  hosts: "{{ groups['leaving'] | default([]) }}"
  tasks:
    - {name: taken away, debug: {msg: x}}
- name: one
  hosts: "{{ groups['group_of_all'] | difference(['b']) }}"
  tasks:
    - {name: stays, debug: {msg: x}}
"#,
    )
    .await;
    assert!(report.success());
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY one: a
    stays a ok x
    ");
}

const CHECKED: &str = r#"
- name: other
  hosts: all
  tasks:
    - {name: not reached, debug: {msg: x}}
- name: web
  hosts: all
  validate_argspec: "{{ spec | default(omit) }}"
  tasks:
    - {name: left out, fail: {msg: x}}
    - {name: begun at, debug: {msg: "{{ port | default('none') }}"}}
- name: nameless
  hosts: all
  validate_argspec: true
  tasks:
    - {name: last, debug: {msg: x}}
"#;
const SPECS: &str = r#"
argument_specs:
  web: {options: {port: {type: int, required: true}}}
  nameless: {options: {}}
"#;

#[tokio::test]
async fn the_variables_of_a_play_are_checked_first_wherever_a_run_starts() {
    let files = |more: &str| {
        let play = CHECKED.replace("hosts: all\n", &format!("hosts: all\n  vars: {{{more}}}\n"));
        written(&[("play.yml", &play), ("play.meta.yml", SPECS)])
    };
    let begun = || Options {
        start_at_task: Some("begun at".into()),
        ..Options::default()
    };
    let (report, lines) = run_in(files("").path(), &["a"], begun()).await;
    assert!(report.success(), "{lines:#?}");
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY other: a
    PLAY web: a
    begun at a ok none
    PLAY nameless: a
    Validating arguments against arg spec nameless a ok The arg spec validation passed
    last a ok x
    ");
    let (report, lines) = run_in(files("spec: web, port: 80").path(), &["a"], begun()).await;
    assert!(report.success(), "{lines:#?}");
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY other: a
    PLAY web: a
    Validating arguments against arg spec web a ok The arg spec validation passed
    begun at a ok
    PLAY nameless: a
    Validating arguments against arg spec nameless a ok The arg spec validation passed
    last a ok x
    ");
    let (report, lines) = run_in(files("spec: web, port: a").path(), &["a"], begun()).await;
    assert!(!report.success(), "{lines:#?}");
    insta::assert_snapshot!(lines.join("\n"), @r#"
    PLAY other: a
    PLAY web: a
    Validating arguments against arg spec web a failed Validation of arguments failed:
    argument 'port' is of type str and we were unable to convert to int: "'a'" cannot be converted to an int
    "#);
    let directory = files("spec: wed");
    let (report, lines) = run_in(directory.path(), &["a"], begun()).await;
    assert!(!report.success(), "{lines:#?}");
    let root = format!("{}/", directory.path().display());
    insta::assert_snapshot!(lines.join("\n").replace(&root, ""), @r"
    PLAY other: a
    PLAY web: a
    broken: play.yml:10:21: play.meta.yml has no argument spec `wed` with options (did you mean `web`?)
    ");
}
