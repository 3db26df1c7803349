//! Words to the run itself: what is told of them, and what stays when the inventory is read anew.

use crate::project::Project;

#[test]
fn what_a_word_to_the_run_did_is_told_to_those_who_ask_for_much() {
    let tasks = "\
- meta: end_host
  when: inventory_hostname == 'h2'
- meta: end_play
  when: false
- meta: end_batch
- fail:
";
    let project = Project::of_tasks(tasks);
    let ended = project.run("run -i hosts site.yml -vv");
    assert_eq!(ended.code, 0, "{}", ended.out);
    let lines = ended.out.lines();
    let mut told: Vec<&str> = lines.filter(|line| line.starts_with("META: ")).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "META: end_host conditional evaluated to False, continuing execution for h1",
            "META: end_play conditional evaluated to False, continuing play",
            "META: ending batch",
            "META: ending play for h2",
        ]
    );
    assert!(!project.run("run -i hosts site.yml").out.contains("META"));
}

#[test]
fn hosts_and_groups_that_tasks_added_stay_when_the_inventory_is_read_anew() {
    let playbook = "\
- hosts: h1
  gather_facts: false
  tasks:
    - add_host: {name: guest, groups: guests, colour: red}
    - group_by: {key: mine}
    - meta: refresh_inventory
- hosts: all
  gather_facts: false
  tasks:
    - assert:
        that:
          - groups.guests == ['guest']
          - groups.mine == ['h1']
          - hostvars.guest.colour == 'red'
          - ansible_play_hosts | sort == ['guest', 'h1', 'h2']
      run_once: true
";
    let project = Project::new(&[("site.yml", playbook)]);
    let ended = project.run("run -i hosts site.yml");
    assert_eq!(ended.code, 0, "{}", ended.out);
}
