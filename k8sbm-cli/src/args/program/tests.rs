use super::*;
use crate::args::{CompatArg, Output};

fn read(line: &str) -> Result<Program, clap::Error> {
    Program::read(line.split_whitespace().map(OsString::from))
}

fn run(line: &str) -> RunArgs {
    match read(line).unwrap().command {
        Command::Run(args) => *args,
        other => panic!("not a run: {other:?}"),
    }
}

#[test]
fn the_declarations_are_sound() {
    <Program as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn the_flags_of_ansible_playbook_are_understood() {
    let args = run(
        "k8sbm run site.yml more.yml -i a.ini -i b, -l web:!db -e x=1 -e @f.yml -t a,b -t c --skip-tags d -CDb \
             -f 7 -u me --become-user you --become-method su -K --private-key k --ssh-common-args -J_bastion -c local \
             -T 5 --start-at-task Here --force-handlers --flush-cache -vvv --vault-id dev@f --vault-password-file p \
             -J --compat 2.18 -o json -o junit:out.xml --show-skipped --list-hosts",
    );
    assert_eq!(args.playbooks.len(), 2);
    assert_eq!(args.how.inventory.inventory, ["a.ini", "b,"]);
    assert_eq!(args.how.inventory.limit.as_deref(), Some("web:!db"));
    assert_eq!(args.how.inventory.extra_vars, ["x=1", "@f.yml"]);
    assert_eq!(args.how.tags, ["a", "b", "c"]);
    assert_eq!(args.how.skip_tags, ["d"]);
    assert!(args.check && args.how.diff && args.how.connection.r#become);
    assert_eq!(args.how.forks, Some(7));
    assert!(args.how.connection.ask_become_pass && args.how.inventory.vault.ask);
    assert_eq!(
        args.how.connection.ssh_common_args.as_deref(),
        Some("-J_bastion")
    );
    assert_eq!(args.output.verbose, 3);
    assert_eq!(args.how.compat, Some(CompatArg::V2_18));
    let forms = [Output::Json(None), Output::Junit("out.xml".into())];
    assert_eq!(args.output.output, forms);
}

#[test]
fn called_by_ansibles_names_it_is_the_command_in_their_place() {
    let is = |line: &str| read(line).unwrap().command;
    assert!(matches!(
        is("ansible-vault encrypt_string a"),
        Command::Vault(_)
    ));
    assert!(matches!(
        is("ansible-inventory -i hosts --list"),
        Command::Inventory(_)
    ));
    assert!(matches!(is("ansible all -m ping"), Command::Exec(_)));
}

#[test]
fn called_ansible_playbook_it_runs_playbooks() {
    let args = run("/usr/bin/ansible-playbook -i hosts --ask-vault-pass --key-file k site.yml");
    assert_eq!(args.playbooks, [PathBuf::from("site.yml")]);
    assert!(args.how.inventory.vault.ask);
    assert_eq!(args.how.connection.private_key, Some("k".into()));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "k8sbm",
        "k8sbm run",
        "k8sbm run x.yml -o xml",
        "k8sbm run x.yml -o junit",
        "k8sbm run x.yml -f 0",
        "k8sbm inventory",
        "k8sbm inventory --list --graph",
        "k8sbm inventory --explain-var x",
        "k8sbm run x.yml -K --become-password-file f",
    ] {
        assert!(read(line).is_err(), "{line}");
    }
}
