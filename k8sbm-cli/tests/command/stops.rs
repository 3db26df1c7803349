//! Ctrl-C.

use crate::project::{Ended, Project};
use std::{
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const TASKS: &str = "\
- name: Slow
  shell: touch begun; sleep 1.5; touch done
  args:
    chdir: '{{ playbook_dir }}'
- name: Next
  file: path='{{ playbook_dir }}/next' state=touch
";

/// Starts a run, and waits until its slow task has begun.
fn start(project: &Project) -> Child {
    let child = project
        .command("run -i hosts -l h1 site.yml")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let since = Instant::now();
    while !project.path().join("begun").exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "it never began");
        sleep(Duration::from_millis(20));
    }
    child
}

fn interrupt(child: &Child) {
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn the_first_ends_what_is_under_way_and_says_where_hosts_stand() {
    let project = Project::of_tasks(TASKS);
    let child = start(&project);
    interrupt(&child);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 99);
    assert!(project.path().join("done").exists());
    assert!(!project.path().join("next").exists());
    assert!(ended.out.contains("h1 is at `Slow`"), "{}", ended.out);
    assert!(
        ended
            .out
            .contains("h1: ended `Slow` (changed); nothing began after it"),
        "{}",
        ended.out
    );
}

#[test]
fn the_second_gives_up_at_once() {
    let project = Project::of_tasks(TASKS);
    let since = Instant::now();
    let child = start(&project);
    interrupt(&child);
    sleep(Duration::from_millis(200));
    interrupt(&child);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130);
    assert!(since.elapsed() < Duration::from_secs(20));
    sleep(Duration::from_secs(2));
    assert!(!project.path().join("done").exists(), "it goes on");
    assert!(!project.path().join("next").exists());
}
