//! Who still takes part in a play: hosts that fail, are rescued, forgiven or left out.

use super::playing::{run, run_files};

#[tokio::test]
async fn hosts_whose_errors_are_cleared_take_part_in_the_next_play() {
    let (report, lines) = run(
        &["a", "b", "c"],
        r#"
- hosts: a:b
  tasks:
    - {name: break, fail: {msg: broken}, when: inventory_hostname == 'a'}
    - {meta: clear_host_errors, when: inventory_hostname == 'b'}
    - {name: same play, debug: {msg: here}}
- hosts: all
  tasks:
    - {name: next play, debug: {msg: here}}
"#,
    )
    .await;
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY a:b: a b
    break a failed broken
    break b skipped
    meta b ok cleared host errors
    same play b ok here
    PLAY all: a b c
    next play a ok here
    next play b ok here
    next play c ok here
    ");
    assert!(report.success(), "what was forgiven does not count");
    assert_eq!(report.recap["a"].failed, 1, "but is told");
}

#[tokio::test]
async fn errors_of_other_hosts_and_later_ones_are_not_cleared() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  tasks:
    - {name: break, fail: {msg: broken}, when: inventory_hostname == 'a'}
- hosts: b
  tasks:
    - meta: clear_host_errors
- hosts: all
  tasks:
    - meta: clear_host_errors
    - {name: here, debug: {msg: here}}
- hosts: a
  tasks:
    - {name: break again, fail: {msg: broken}}
"#,
    )
    .await;
    let told: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert!(told.contains(&"PLAY all: b"), "{told:#?}");
    assert!(told.contains(&"PLAY a: a"), "{told:#?}");
    assert!(!report.success());
}

#[tokio::test]
async fn a_play_goes_on_after_an_always_that_clears_errors() {
    let (report, lines) = run(
        &["a", "b"],
        r#"
- hosts: all
  tasks:
    - block:
        - {name: break, fail: {msg: broken}, when: inventory_hostname == 'a'}
      always:
        - {name: always, debug: {msg: here}}
        - meta: clear_host_errors
  post_tasks:
    - {name: after, debug: {msg: here}}
"#,
    )
    .await;
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY all: a b
    break a failed broken
    break b skipped
    always a ok here
    always b ok here
    meta a ok cleared host errors
    meta b ok cleared host errors
    after a ok here
    after b ok here
    ");
    assert!(report.success());
}

#[tokio::test]
async fn hosts_that_failed_are_no_hosts_of_the_play_any_more() {
    let (_, lines) = run(
        &["a", "b", "c", "d"],
        r#"
- hosts: all
  tasks:
    - block:
        - {name: break, fail: {msg: broken}, when: inventory_hostname < 'c'}
      rescue:
        - {name: rescue, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}
        - {name: break again, fail: {msg: broken}, when: inventory_hostname == 'a'}
    - {name: leave, meta: end_host, when: inventory_hostname == 'c'}
    - {name: play, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}
    - {name: batch, debug: {msg: "{{ ansible_play_batch | join(' ') }}"}}
    - {name: all, debug: {msg: "{{ ansible_play_hosts_all | join(' ') }}"}}
- hosts: all
  tasks:
    - {name: next play, debug: {msg: "{{ ansible_play_hosts | join(' ') }}"}}
    - {name: all of it, debug: {msg: "{{ ansible_play_hosts_all | join(' ') }}"}}
"#,
    )
    .await;
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(" b ok "))
        .collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "rescue b ok a b c d",
        "play b ok b d",
        "batch b ok b d",
        "all b ok a b c d",
        "next play b ok b c d",
        "all of it b ok a b c d",
    ]
    "#);
}

#[tokio::test]
async fn each_host_includes_the_file_of_a_role_that_it_asks_for() {
    let (_, lines) = run_files(
        &["a", "b"],
        &[
            (
                "play.yml",
                "- hosts: all\n  tasks:\n    - {name: include, include_role: {name: app, tasks_from: \"{{ inventory_hostname }}\"}}\n",
            ),
            ("roles/app/tasks/a.yml", "- {name: own, debug: {msg: of a}}\n"),
            ("roles/app/tasks/b.yml", "- {name: own, debug: {msg: of b}}\n"),
        ],
    )
    .await;
    let told: Vec<_> = lines.iter().filter(|line| line.contains("own")).collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "app : own a ok of a",
        "app : own b ok of b",
    ]
    "#);
}

#[tokio::test]
async fn a_role_that_is_missing_can_be_answered_unless_it_says_otherwise() {
    let play = |more: &str| {
        format!(
            "- hosts: all\n  tasks:\n    - block:\n        - {{name: include, include_role: {{name: missing{more}}}}}\n      rescue:\n        - {{name: rescue, debug: {{msg: here}}}}\n"
        )
    };
    let (report, lines) = run(&["a"], &play("")).await;
    assert!(report.success(), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line == "rescue a ok here"),
        "{lines:#?}"
    );
    let (report, lines) = run(&["a"], &play(", rescuable: false")).await;
    assert!(report.broken, "{lines:#?}");
}

#[tokio::test]
async fn what_failed_when_judged_stands_when_tries_have_run_out() {
    let (report, lines) = run(
        &["a"],
        r#"
- hosts: all
  tasks:
    - {name: tried, debug: {msg: no}, register: said, until: false, retries: 2, delay: 0, failed_when: said.attempts > 5}
    - {name: after, debug: {msg: here}}
"#,
    )
    .await;
    assert!(report.success(), "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "after a ok here");
}
