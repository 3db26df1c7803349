//! Encrypted files and strings.

use crate::project::Project;
use std::{fs, os::unix::fs::PermissionsExt as _};

fn project() -> Project {
    Project::new(&[
        ("one", "first\n"),
        ("two", "second\n"),
        ("plain.yml", "port: 80\n"),
        (
            "site.yml",
            "- hosts: h1\n  gather_facts: false\n  vars_files: [secret.yml]\n  tasks:\n    - assert: {that: word == 'open sesame'}\n",
        ),
    ])
}

fn read(project: &Project, name: &str) -> String {
    fs::read_to_string(project.path().join(name)).unwrap()
}

#[test]
fn what_is_encrypted_comes_back_and_keeps_its_mode() {
    let project = project();
    let path = project.path().join("plain.yml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(
        project
            .run("vault encrypt --vault-password-file one plain.yml")
            .code,
        0
    );
    assert!(read(&project, "plain.yml").starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    let viewed = project.run("vault view --vault-password-file one plain.yml");
    assert_eq!(viewed.out, "port: 80\n");
    let again = project.run("vault encrypt --vault-password-file one plain.yml");
    assert_eq!(
        (again.code, again.err.contains("encrypted already")),
        (1, true)
    );
    assert_eq!(
        project
            .run("vault decrypt --vault-password-file one plain.yml")
            .code,
        0
    );
    assert_eq!(read(&project, "plain.yml"), "port: 80\n");
}

#[test]
fn a_new_password_replaces_the_old_in_all_files_or_in_none() {
    let project = project();
    project.run("vault encrypt --vault-password-file one plain.yml");
    let refused = project
        .run("vault rekey --vault-password-file one --new-vault-id prod@two plain.yml hosts");
    assert_eq!(
        (
            refused.code,
            refused.err.contains("`hosts` is not encrypted")
        ),
        (1, true)
    );
    assert!(read(&project, "plain.yml").starts_with("$ANSIBLE_VAULT;1.1"));
    assert_eq!(
        project
            .run("vault rekey --vault-password-file one --new-vault-id prod@two plain.yml")
            .code,
        0
    );
    assert!(read(&project, "plain.yml").starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"));
    let wrong = project.run("vault view --vault-password-file one plain.yml");
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    let right = project.run("vault view --vault-id prod@two plain.yml");
    assert_eq!(right.out, "port: 80\n");
}

#[test]
fn an_editor_changes_what_is_encrypted() {
    let project = project();
    project.run("vault encrypt --vault-id prod@two plain.yml");
    let edit = |editor: &str| {
        let mut command = project.command("vault edit --vault-id prod@two plain.yml");
        command
            .env("EDITOR", editor)
            .output()
            .unwrap()
            .status
            .success()
    };
    let before = read(&project, "plain.yml");
    assert!(!edit("false"));
    assert!(edit("true"));
    assert_eq!(
        read(&project, "plain.yml"),
        before,
        "what is not changed is not written"
    );
    assert!(edit("sed -i s/80/443/"));
    let viewed = project.run("vault view --vault-id prod@two plain.yml");
    assert_eq!(viewed.out, "port: 443\n");
    assert!(read(&project, "plain.yml").starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"));
}

#[test]
fn an_encrypted_string_is_a_variable() {
    let project = project();
    let words = "vault encrypt-string --vault-id a@one --vault-id b@two --name word";
    let mut command = project.command(words);
    let ambiguous = command.arg("open sesame").output().unwrap();
    assert!(String::from_utf8_lossy(&ambiguous.stderr).contains("--encrypt-vault-id"));
    let mut command = project.command(&format!("{words} --encrypt-vault-id b"));
    let output = command.arg("open sesame").output().unwrap();
    fs::write(project.path().join("secret.yml"), output.stdout).unwrap();
    assert!(
        read(&project, "secret.yml")
            .starts_with("word: !vault |\n          $ANSIBLE_VAULT;1.2;AES256;b\n")
    );
    let run = project.run("run -i hosts --vault-id b@two site.yml");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
}
