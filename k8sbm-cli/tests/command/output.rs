//! What a run says, in all forms.

use crate::project::Project;
use serde_json::Value as Json;

const TASKS: &str = "\
- name: Say
  debug: msg=hello
- name: Look
  command: echo {{ item }}
  changed_when: false
  loop: [a, b]
- name: Passed over
  command: 'true'
  when: false
- name: Fail
  shell: echo out; echo err >&2; exit 3
  when: inventory_hostname == 'h1'
";

/// Without what differs from run to run.
fn steady(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("Took "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn people_read_ansibles_words() {
    let ended = Project::of_tasks(TASKS).run("run -i hosts -l h1 site.yml");
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(steady(&ended.out), @r#"

    PLAY [Play] ********************************************************************

    TASK [Say] *********************************************************************
    ok: [h1] => {
        "msg": "hello"
    }

    TASK [Look] ********************************************************************
    ok: [h1] => (item=a)
    ok: [h1] => (item=b)

    TASK [Fail] ********************************************************************
    fatal: [h1]: FAILED! => {"changed": true, "cmd": "echo out; echo err >&2; exit 3", "msg": "non-zero return code", "rc": 3}
      non-zero return code
      stderr:
          err
      stdout:
          out
      --> site.yml:14:7

    NO MORE HOSTS LEFT *************************************************************

    PLAY RECAP *********************************************************************
    h1                         : ok=2    changed=0    unreachable=0    failed=1    skipped=1    rescued=0    ignored=0
    "#);
}

#[test]
fn ansible_playbook_behaves_as_run() {
    let project = Project::of_tasks("- debug: msg={{ x }}");
    let link = project.path().join("ansible-playbook");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_k8sbm"), &link).unwrap();
    let output = std::process::Command::new(link)
        .args(["-i", "hosts", "site.yml", "-e", "x=there"])
        .current_dir(project.path())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && out.contains("\"msg\": \"there\""),
        "{out}"
    );
}

#[test]
fn programs_read_json_and_junit() {
    let project = Project::of_tasks(TASKS);
    let ended = project.run("run -i hosts site.yml -o json -o junit:out.xml");
    assert_eq!(ended.code, 2);
    let events: Vec<Json> = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "run_started");
    let last = events.last().unwrap();
    assert_eq!(last["event"], "run_finished");
    assert_eq!(last["recap"]["h1"]["failed"], 1);
    assert_eq!(last["recap"]["h2"]["skipped"], 2);
    let xml = std::fs::read_to_string(project.path().join("out.xml")).unwrap();
    assert!(
        xml.contains("tests=\"8\"") && xml.contains("failures=\"1\""),
        "{xml}"
    );
}

#[test]
fn colours_are_wanted_or_not() {
    let project = Project::of_tasks("- debug:");
    let colours = |set: &[(&str, &str)], words: &str| {
        let mut command = project.command(&format!("run -i hosts site.yml {words}"));
        let output = command.envs(set.iter().copied()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).contains('\x1b')
    };
    assert!(!colours(&[], ""));
    assert!(colours(&[("CLICOLOR_FORCE", "1")], ""));
    assert!(colours(&[("ANSIBLE_FORCE_COLOR", "true")], ""));
    assert!(!colours(&[("ANSIBLE_FORCE_COLOR", "true")], "--no-color"));
    assert!(!colours(
        &[("CLICOLOR_FORCE", "1"), ("ANSIBLE_NOCOLOR", "1")],
        ""
    ));
}

#[test]
fn a_plan_tells_and_writes_what_would_change() {
    let project = Project::of_tasks(
        "- name: Write\n  copy:\n    content: |\n      one\n    dest: '{{ playbook_dir }}/made'",
    );
    let ended = project.run("plan -i hosts -D site.yml -o plan.json");
    let folder = project.path().display().to_string();
    insta::assert_snapshot!(ended.out.replace(&folder, "DIR"), @"
    h1, h2
      would change: Write  (site.yml:5:7)
          write DIR/made
          --- before: DIR/made
          +++ after: DIR/made
          @@ -0,0 +1 @@
          +one

    h1 : 1 would change, 0 unknown, 0 unchanged
    h2 : 1 would change, 0 unknown, 0 unchanged
    ");
    let plan = std::fs::read_to_string(project.path().join("plan.json")).unwrap();
    let plan: Json = serde_json::from_str(&plan).unwrap();
    assert_eq!(
        plan["hosts"]["h2"]["changes"][0]["diffs"][0]["after"],
        "one\n"
    );
    assert!(!project.path().join("made").exists());
}

#[test]
fn one_module_on_some_hosts() {
    let project = Project::new(&[]);
    let exec = |words: &[&str]| {
        let mut command = project.command("exec -i hosts");
        let output = command.args(words).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, out, _) = exec(&["h1", "-a", "echo a  b"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "h1 | CHANGED | rc=0 >>\na b\n")
    );
    let (code, out, _) = exec(&["h1", "-m", "debug", "-a", "msg='{{ inventory_hostname }}'"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("\"msg\": \"h1\""), "{out}");
    let (code, out, _) = exec(&["all", "-m", "shell", "-a", "{cmd: exit 4}"]);
    assert_eq!(code, Some(2));
    assert!(out.contains("h2 | FAILED | rc=4 >>"), "{out}");
    let (code, _, err) = exec(&["h1", "-m", "copy", "-a", "dst=/x"]);
    assert_eq!(code, Some(4));
    assert!(err.contains("`dest`"), "{err}");
}

#[test]
fn facts_of_hosts() {
    let project = Project::new(&[]);
    let ended = project.run("facts -i hosts h1 --gather-subset !all,!min,network");
    let facts: Json = serde_json::from_str(&ended.out).unwrap();
    assert!(
        facts["h1"].is_object() && facts.get("h2").is_none(),
        "{}",
        ended.err
    );
}

#[test]
fn warnings_go_beside_what_is_told() {
    let project = Project::of_tasks("- debug: {msg: a, msg: b}\n  vars: {port: 1}\n");
    let refused = project.run("run -i hosts -l h1 site.yml");
    assert_eq!(refused.code, 4);
    assert!(refused.err.contains("Found duplicate mapping key 'msg'."));
    let settings = "[defaults]\nduplicate_dict_key = warn\n";
    std::fs::write(project.path().join("ansible.cfg"), settings).unwrap();
    std::fs::create_dir(project.path().join("group_vars")).unwrap();
    std::fs::write(project.path().join("group_vars/all.yml"), "a: 1\na: 2\n").unwrap();
    let inventory = project.run("inventory -i hosts --list");
    assert!(
        inventory.err.contains("mapping key 'a'"),
        "{}",
        inventory.err
    );
    std::fs::remove_dir_all(project.path().join("group_vars")).unwrap();
    let ended = project.run("run -i hosts -l h1 site.yml");
    assert_eq!(ended.code, 0);
    assert!(ended.out.contains("\"msg\": \"b\"") && !ended.out.contains("WARNING"));
    insta::assert_snapshot!(ended.err, @"
    [WARNING]: Found duplicate mapping key 'msg'.
    Origin: site.yml:5:23
    [WARNING]: Found variable using reserved name 'port'.
    Origin: site.yml:6:14
    ");
}
