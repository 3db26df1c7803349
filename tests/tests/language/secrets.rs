//! What stands in encrypted files of variables is not told.

use super::playing::run_with;
use k8sbm_core::vault::{VaultSecrets, seal};

fn sealed(text: &str) -> String {
    seal(text.as_bytes(), b"pw", None)
}

#[tokio::test]
async fn values_of_encrypted_files_are_hidden_wherever_they_come_from() {
    let of_group = sealed("of_group: geheim-group\nuser: admin\nport: 6443\n");
    let of_play = sealed("of_play: geheim-play\n");
    let included = sealed("included: geheim-included\n");
    let of_role = sealed("of_role: geheim-role\n");
    let secrets = VaultSecrets::new().with("", "pw");
    let (_, lines) = run_with(
        secrets,
        &[
            (
                "play.yml",
                r#"
- hosts: all
  gather_facts: false
  vars_files: [secret.yml]
  roles: [keeper]
  tasks:
    - include_vars: included.yml
    - {name: tell, debug: {msg: "{{ user }}:{{ port }} {{ of_group }} {{ of_play }} {{ included }} {{ of_role }}"}}
    - {name: fail, fail: {msg: "the password {{ of_group }} is wrong"}}
"#,
            ),
            ("group_vars/all/vault.yml", &of_group),
            ("secret.yml", &of_play),
            ("vars/included.yml", &included),
            ("roles/keeper/vars/main.yml", &of_role),
        ],
    )
    .await;
    insta::assert_snapshot!(lines.join("\n"), @r"
    PLAY all: a
    include_vars a ok
    tell a ok admin:6443 ******** ******** ******** ********
    fail a failed the password ******** is wrong
    ");
}

#[tokio::test]
async fn texts_of_encrypted_tasks_are_no_secrets() {
    let tasks = sealed("- {name: tell, debug: {msg: installing the packages}}\n");
    let secrets = VaultSecrets::new().with("", "pw");
    let files = [
        (
            "play.yml",
            "- hosts: all\n  tasks:\n    - import_tasks: tasks.yml\n",
        ),
        ("tasks.yml", tasks.as_str()),
    ];
    let (_, lines) = run_with(secrets, &files).await;
    assert_eq!(lines[1..], ["tell a ok installing the packages"]);
}

/// What was sealed by itself is known again wherever it has got to.
#[tokio::test]
async fn a_sealed_value_is_known_as_one() {
    let indented = sealed("geheim").replace('\n', "\n          ");
    let playbook = format!(
        "- hosts: all\n  tasks:\n    - set_fact:\n        own: !vault |\n          {indented}\n    - {{name: tell, debug: {{msg: \"{{{{ own is vault_encrypted }}}} {{{{ 'open' is vault_encrypted }}}}\"}}}}\n"
    );
    let secrets = VaultSecrets::new().with("", "pw");
    let (_, lines) = run_with(secrets, &[("play.yml", &playbook)]).await;
    assert_eq!(lines[2..], ["tell a ok True False"]);
}
