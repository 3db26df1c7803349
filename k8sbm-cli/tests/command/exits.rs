//! Exit codes: those of ansible-playbook.

use crate::project::Project;

fn code_of(tasks: &str) -> i32 {
    Project::of_tasks(tasks).run("run -i hosts site.yml").code
}

#[test]
fn a_run_that_went_well_ends_with_0() {
    assert_eq!(code_of("- debug: msg=hi"), 0);
    assert_eq!(code_of("- fail:\n  ignore_errors: true"), 0);
    assert_eq!(code_of("- block: [fail: ]\n  rescue: [debug: ]"), 0);
}

#[test]
fn a_host_that_failed_makes_it_2() {
    assert_eq!(code_of("- fail:\n  when: inventory_hostname == 'h1'"), 2);
}

#[test]
fn a_host_that_cannot_be_reached_makes_it_4_whatever_else_failed() {
    let project =
        Project::of_tasks("- fail:\n  when: inventory_hostname == 'h1'\n- command: 'true'");
    let hosts = "h1 ansible_connection=local\nh3 ansible_host=127.0.0.1 ansible_port=1\n";
    std::fs::write(project.path().join("hosts"), hosts).unwrap();
    let ended = project.run("run -i hosts site.yml -T 2");
    assert_eq!(ended.code, 4, "{}", ended.out);
    assert!(
        ended.out.contains("fatal: [h3]: UNREACHABLE! => {"),
        "{}",
        ended.out
    );
}

#[test]
fn mistakes_in_playbooks_make_it_4_and_all_are_shown() {
    let project =
        Project::of_tasks("- copi: {}\n- debug:\n    mesg: hi\n- command: 'true'\n  wen: x");
    let ended = project.run("run -i hosts site.yml");
    assert_eq!(ended.code, 4);
    assert!(ended.out.is_empty());
    insta::assert_snapshot!(ended.err, @"
    error: unknown module `copi`
     --> site.yml:5:7
      |
    5 |     - copi: {}
      |       ^^^^
      |
      = help: did you mean `copy`?

    error: `debug` has no argument `mesg`
     --> site.yml:7:9
      |
    7 |         mesg: hi
      |         ^^^^
      |
      = help: did you mean `msg`?

    error: unknown keyword `wen`
     --> site.yml:9:7
      |
    9 |       wen: x
      |       ^^^
      |
      = help: did you mean `when`?

    3 mistakes
    ");
    assert_eq!(project.run("run -i hosts site.yml --syntax-check").code, 4);
}

#[test]
fn what_is_not_there_makes_it_1() {
    let project = Project::of_tasks("- debug:");
    for words in [
        "run -i hosts sit.yml",
        "run -i nowhere site.yml",
        "run -i hosts site.yml -l nobody",
        "run -i hosts site.yml -e @nothing.yml",
        "run -i hosts site.yml --vault-password-file nothing",
        "doc copi",
        "inventory -i hosts --host h9",
    ] {
        assert_eq!(project.run(words).code, 1, "{words}");
    }
    let ended = project.run("run -i hosts sit.yml");
    assert!(
        ended.err.contains("did you mean `site.yml`?"),
        "{}",
        ended.err
    );
}

#[test]
fn words_that_make_no_sense_make_it_2() {
    let project = Project::of_tasks("- debug:");
    for words in [
        "run",
        "run --nonsense site.yml",
        "run site.yml --step",
        "run site.yml --ask-pass",
        "run site.yml -o json -o human",
    ] {
        assert_eq!(project.run(words).code, 2, "{words}");
    }
    assert_eq!(project.run("--version").code, 0);
    assert_eq!(project.run("run --help").code, 0);
}

#[test]
fn a_plan_says_by_its_exit_code_whether_something_would_change() {
    let project = Project::of_tasks("- copy:\n    content: x\n    dest: '{{ playbook_dir }}/made'");
    let plan = "plan -i hosts -l h1 site.yml --detailed-exitcode";
    assert_eq!(project.run(plan).code, 2);
    assert!(!project.path().join("made").exists());
    assert_eq!(project.run("run -i hosts -l h1 site.yml").code, 0);
    assert_eq!(project.run(plan).code, 0);
    let broken = Project::of_tasks("- fail:");
    assert_eq!(broken.run(plan).code, 1);
    assert_eq!(broken.run("plan -i hosts -l h1 site.yml").code, 2);
}

#[test]
fn nobody_to_ask_is_an_error_and_no_hang() {
    let project = Project::of_tasks("- pause:\n    prompt: Go on?\n- debug:");
    assert_eq!(project.run("run -i hosts site.yml").code, 0);
    assert_eq!(project.run("run -i hosts site.yml -K").code, 1);
    assert_eq!(project.run("run -i hosts site.yml -J").code, 1);
}
