//! The examples do what they say.

use std::process::Command;

fn run(program: &str, argument: &str) -> (bool, String) {
    let output = Command::new(program)
        .arg(argument)
        .output()
        .expect("the example can be started");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.success(), said)
}

#[test]
fn an_inventory_and_tasks_in_code_converge() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let target = directory.path().join("hosts");
    let (success, first) = run(env!("CARGO_BIN_EXE_in_code"), &target.display().to_string());
    assert!(success, "{first}");
    // Both hosts are this machine: either may find the directory that the other has made.
    assert!(first.matches("Changed").count() >= 3, "{first}");
    let alpha = std::fs::read_to_string(target.join("alpha")).expect("the task wrote it");
    assert_eq!(alpha, "one of alpha, beta\n");
    let (_, second) = run(env!("CARGO_BIN_EXE_in_code"), &target.display().to_string());
    assert_eq!(second.matches("Ok").count(), 4, "{second}");
}

#[test]
fn a_playbook_uses_a_task_of_ones_own() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let motd = directory.path().join("motd");
    let playbook = directory.path().join("motd.yml");
    let text = format!(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - name: Greet\n      motd:\n        text: \"welcome to {{{{ inventory_hostname }}}}\"\n        path: {}\n",
        motd.display()
    );
    std::fs::write(&playbook, text).expect("the playbook can be written");
    let (success, first) = run(
        env!("CARGO_BIN_EXE_own_task"),
        &playbook.display().to_string(),
    );
    assert!(success, "{first}");
    assert_eq!(first, "localhost: ok=1 changed=1\n");
    assert_eq!(
        std::fs::read_to_string(&motd).expect("the task wrote it"),
        "welcome to localhost\n"
    );
    let (_, second) = run(
        env!("CARGO_BIN_EXE_own_task"),
        &playbook.display().to_string(),
    );
    assert_eq!(second, "localhost: ok=1 changed=0\n");
}
