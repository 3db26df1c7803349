//! What steers a run, as playbooks write it: from YAML to what `register` sees.

use k8sbm_core::{
    connection::{Connection, FakeHost, Local},
    event::{Event, Outcome, Sink},
    inventory::Inventory,
    run::{Connector, Options, Runner, Way},
};
use serde_json::Value as Json;
use std::{
    fs,
    sync::{Arc, Mutex},
};

/// Hosts in memory, and `here`, the machine that the test runs on.
struct Hosts(FakeHost);

impl Connector for Hosts {
    fn connect(&self, way: &Way) -> Result<Arc<dyn Connection>, String> {
        match &*way.name {
            "here" => Ok(Arc::new(Local::new())),
            _ => Ok(Arc::new(self.0.twin())),
        }
    }
}

/// Keeps how each task ended on each host, with its result.
#[derive(Default)]
struct Ends(Mutex<Vec<(String, Json)>>);

impl Sink for Ends {
    fn event(&self, event: &Event) {
        let end = match event {
            Event::HostFinished(finished) => {
                let outcome = match &finished.outcome {
                    Outcome::Failed { .. } => "failed",
                    Outcome::Changed => "changed",
                    Outcome::Ok => "ok",
                    Outcome::Skipped { .. } => "skipped",
                    Outcome::Unknown { .. } => "unknown",
                    _ => "other",
                };
                (
                    format!("{} {outcome}", finished.host),
                    (*finished.result).clone(),
                )
            }
            Event::Broken { diagnostic } => (format!("broken: {diagnostic}"), Json::Null),
            _ => return,
        };
        self.0.lock().unwrap().push(end);
    }
}

/// Runs the tasks of a playbook on hosts, with files beside it.
async fn run(
    hosts: &[&str],
    check: bool,
    files: &[(&str, &str)],
    playbook: &str,
) -> Vec<(String, Json)> {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let path = directory.path().join("site.yml");
    fs::write(&path, playbook).unwrap();
    let mut inventory = Inventory::new();
    for name in hosts {
        inventory.add_host(name, &[], Default::default());
    }
    let ends = Arc::new(Ends::default());
    let options = Options {
        check,
        ..Options::default()
    };
    let ready = Runner::new(
        inventory,
        k8sbm_tasks::registry(),
        Arc::new(Hosts(FakeHost::new())),
    )
    .options(options)
    .sink(ends.clone())
    .ready(Some(directory.path()))
    .unwrap();
    let playbook = ready
        .load(&path)
        .unwrap_or_else(|errors| panic!("{}", errors[0]));
    ready.run(&[("site.yml".to_owned(), playbook)]).await;
    let ends = ends.0.lock().unwrap();
    ends.clone()
}

/// Runs tasks on one host in memory, and returns how each ended with one of its results.
async fn told(tasks: &str, key: &str) -> Vec<String> {
    let tasks: String = tasks.lines().map(|line| format!("    {line}\n")).collect();
    let playbook = format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
    let ends = run(&["a"], false, &[], &playbook).await;
    ends.into_iter()
        .map(|(end, result)| format!("{end}: {}", result[key]))
        .collect()
}

#[tokio::test]
async fn debug_prints_values_and_what_is_not_defined() {
    let tasks = "- debug: var=a.b
  vars: {a: {b: [1, x]}}
- debug: {msg: \"{{ [1, 2] | sum }} {{ inventory_hostname }}\"}
- debug:
";
    assert_eq!(told(tasks, "a.b").await[0], r#"a ok: [1,"x"]"#);
    assert_eq!(
        told(tasks, "msg").await[1..],
        [r#"a ok: "3 a""#, r#"a ok: "Hello world!""#]
    );
    let lost = "- debug: {var: nothing.here}\n- debug: {var: a}\n  vars: {a: '{{ nothing }}'}";
    assert_eq!(
        told(lost, "nothing.here").await[0],
        r#"a ok: "<< error 1 - 'nothing' is undefined >>""#
    );
    assert_eq!(
        told(lost, "a").await[1],
        r#"a ok: "<< error 1 - 'nothing' is undefined >>""#
    );
}

#[tokio::test]
async fn assertions_name_what_does_not_hold() {
    let fails = async |that: &str| {
        told(
            &format!("- assert: {{that: {that}}}\n  vars: {{n: 2, list: ['n == 2', 'n == 3']}}"),
            "msg",
        )
        .await
    };
    assert_eq!(
        fails("['n == 2', n > 1, true]").await,
        [r#"a ok: "All assertions passed""#]
    );
    assert_eq!(
        fails("['n == 2', n > 2]").await,
        [r#"a failed: "Assertion failed: n > 2""#]
    );
    assert_eq!(
        fails("\"{{ list }}\"").await,
        [r#"a failed: "Assertion failed: n == 3""#]
    );
    assert_eq!(
        fails("[n]").await,
        [r#"a failed: "`n` cannot be judged: the condition gives the number 2, not a boolean""#]
    );
    assert!(fails("[nothing > 1]").await[0].contains("`nothing > 1` cannot be judged: "));
}

#[tokio::test]
async fn facts_are_seen_by_the_tasks_that_follow() {
    let tasks = "- set_fact: one=1 two='{{ 2 }}'
- set_fact: {three: '{{ one | int + two | int }}', cacheable: true}
- debug: {msg: '{{ three }} {{ ansible_facts.three }}'}
";
    assert_eq!(told(tasks, "msg").await[2], r#"a ok: "3 3""#);
}

#[tokio::test]
async fn variables_come_from_files() {
    let files = [
        ("vars/a.yml", "x: '{{ y }}1'\n"),
        ("more/b.yml", "z: {k: 1}\n"),
        ("more/c.yml", "y: 4\n"),
    ];
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - include_vars: a.yml
    - include_vars: dir=more
    - include_vars: {file: a.yml, name: held}
    - debug: {msg: '{{ x }} {{ z.k }} {{ held.x }}'}
";
    let ends = run(&["a"], false, &files, playbook).await;
    let last = ends.last().unwrap();
    assert_eq!(
        (last.0.as_str(), &last.1["msg"]),
        ("a ok", &"41 1 41".into()),
        "{ends:?}"
    );
}

#[tokio::test]
async fn hosts_and_groups_are_there_for_later_plays() {
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - add_host: name=c:2222 groups=new rack=7
    - group_by: {key: \"on {{ inventory_hostname }}\", parents: named}
- hosts: new:on-b
  gather_facts: false
  tasks:
    - debug: {msg: '{{ rack | default(0) }} {{ ansible_port | default(22) }} {{ group_names | join(\",\") }}'}
";
    let ends = run(&["a", "b"], false, &[], playbook).await;
    let mut said: Vec<_> = ends
        .iter()
        .filter(|(_, result)| !result["msg"].is_null())
        .map(|(end, result)| format!("{end}: {}", result["msg"]))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [r#"b ok: "0 22 named,on-b""#, r#"c ok: "7 2222 new""#],
        "{ends:?}"
    );
}

#[tokio::test]
async fn what_a_task_gave_is_never_a_template_again() {
    let playbook = "
- hosts: here
  gather_facts: false
  vars:
    own: said.stdout
  tasks:
    - command: {argv: [echo, \"{{ '{{' }} lookup('pipe', 'echo run') {{ '}}' }}\"]}
      register: said
    - set_fact: {kept: \"{{ said.stdout }}\", keyed: {a: \"{{ said.stdout }}\"}}
    - add_host: {name: there, given: \"{{ said.stdout }}\"}
    - include_vars: {file: 'more.yml'}
    - debug: {msg: \"{{ kept }} {{ keyed.a }} {{ hostvars.there.given }} {{ passed }} {{ more }}\"}
      vars: {passed: \"{{ said.stdout }}\"}
    - debug: {var: '{{ own }}'}
    - debug: {var: '{{ said.stdout }}'}
      ignore_errors: true
";
    let files = [("more.yml", "more: \"{{ 'a' ~ 'b' }}\"")];
    let ends = run(&["here"], false, &files, playbook).await;
    let text = "{{ lookup('pipe', 'echo run') }}";
    let said: Vec<&Json> = ends.iter().rev().take(3).map(|(_, said)| said).collect();
    assert_eq!(
        said[2]["msg"],
        format!("{text} {text} {text} {text} ab"),
        "{ends:?}"
    );
    assert_eq!(said[1]["said.stdout"], text, "{ends:?}");
    let refused = said[0]["msg"].as_str().unwrap();
    assert!(refused.contains("untrusted template"), "{refused}");
}

#[tokio::test]
async fn commands_act_or_are_told_to_be_needless() {
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - command: echo {{ words }} creates=/no/such
      vars: {words: one creates=/etc}
    - shell: |
        for i in 1 2; do echo \"it's $i\"; done
    - command: {cmd: echo, creates: /etc}
    - script: say.sh 'a b' c
";
    let files = [("files/say.sh", "#!/bin/sh\necho \"$1-$2\"\n")];
    let ends = run(&["here"], false, &files, playbook).await;
    let said: Vec<_> = ends
        .iter()
        .map(|(end, result)| format!("{end}: {} {}", result["stdout"], result["rc"]))
        .collect();
    assert_eq!(
        said,
        [
            r#"here changed: "one creates=/etc" 0"#,
            r#"here changed: "it's 1\nit's 2" 0"#,
            r#"here ok: "skipped, since /etc exists" 0"#,
            r#"here changed: "a b-c\n" 0"#,
        ]
    );
    let ends = run(&["here"], true, &files, playbook).await;
    let said: Vec<_> = ends.iter().map(|(end, _)| end.as_str()).collect();
    assert_eq!(
        said,
        ["here changed", "here unknown", "here ok", "here unknown"]
    );
}

#[tokio::test]
async fn a_status_says_whether_a_command_changed_anything() {
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - {command: test 1 = 2, failed_when: false}
    - {command: test 1 = 2, register: r, changed_when: r.rc == 0, failed_when: r.rc > 1}
    - {command: test 1 = 1, register: r, changed_when: r.rc == 0, failed_when: r.rc > 1}
    - {command: test 1 = 2, register: r, changed_when: r.rc == 1, failed_when: r.rc > 1}
";
    let ends = run(&["here"], false, &[], playbook).await;
    let said: Vec<_> = ends.iter().map(|(end, _)| end.as_str()).collect();
    assert_eq!(
        said,
        ["here changed", "here ok", "here changed", "here changed"]
    );
}

#[tokio::test]
async fn a_failure_stops_its_host() {
    let tasks = "- fail: {msg: 'no {{ 1 + 1 }}'}\n- debug:";
    assert_eq!(told(tasks, "msg").await, [r#"a failed: "no 2""#]);
}

#[tokio::test]
async fn a_throttle_may_be_a_template_and_must_be_a_number() {
    let playbook = "
- hosts: all
  gather_facts: false
  vars: {most: 1}
  tasks:
    - debug: {msg: well}
      throttle: '{{ most }}'
    - debug:
      throttle: \"{{ 'many' }}\"
      ignore_errors: true
    - debug:
      throttle: '{{ nope }}'
";
    let ends = run(&["a"], false, &[], playbook).await;
    let said: Vec<_> = ends
        .iter()
        .map(|(end, result)| format!("{end}: {}", result["msg"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        said,
        [
            "a ok: well",
            "a failed: Failed to convert the throttle value to an integer: invalid literal for int(): 'many'",
            "a failed: Failed to convert the throttle value to an integer: 'nope' is undefined",
        ]
    );
}

#[tokio::test]
async fn what_concerns_the_run_is_done_once() {
    let playbook = "
- hosts: all
  gather_facts: false
  tasks:
    - pause: {prompt: Go on?}
      register: answer
    - debug: {msg: '{{ answer.user_input }}.'}
";
    let ends = run(&["a", "b"], false, &[], playbook).await;
    let mut said: Vec<_> = ends
        .iter()
        .map(|(end, result)| format!("{end}: {}", result["msg"]))
        .collect();
    said.sort();
    assert_eq!(said, ["a ok: \".\"", "a ok: null", "b ok: \".\""]);
}

/// One job that is a command, and one that is not: both go on while the play does, and leave their results.
#[tokio::test]
async fn what_is_left_in_the_background_is_asked_after() {
    let playbook = r#"
- hosts: all
  gather_facts: false
  vars:
    ansible_async_dir: "{{ playbook_dir }}/jobs"
    gate: "{{ playbook_dir }}/gate"
  tasks:
    - shell: "until test -e {{ gate }}; do sleep 0.1; done; echo through"
      async: 100
      poll: 0
      register: command
    - wait_for: {path: "{{ gate }}", timeout: 100, sleep: 1}
      async: 200
      poll: 0
      register: module
    - async_status: {jid: "{{ item.ansible_job_id }}"}
      loop: ["{{ command }}", "{{ module }}"]
    - file: {path: "{{ gate }}", state: touch}
    - async_status: {jid: "{{ item.ansible_job_id }}"}
      loop: ["{{ command }}", "{{ module }}"]
      register: job
      until: job is finished
      retries: 400
      delay: 0.2
    - async_status: {jid: "{{ item.ansible_job_id }}", mode: cleanup}
      loop: ["{{ command }}", "{{ module }}"]
    - async_status: {jid: "{{ command.ansible_job_id }}"}
"#;
    let ends = run(&["here"], false, &[], playbook).await;
    let finished = |at: usize| -> Vec<&Json> {
        let items = ends[at].1["results"].as_array().unwrap();
        items.iter().map(|item| &item["finished"]).collect()
    };
    assert_eq!(ends[0].1["started"], true);
    assert_eq!(finished(2), [false, false], "{ends:#?}");
    assert_eq!(finished(4), [true, true], "{ends:#?}");
    assert_eq!(ends[4].1["results"][0]["stdout"], "through");
    assert_eq!(ends[4].1["results"][1]["state"], "started");
    assert_eq!(ends[5].0, "here changed");
    assert_eq!(ends[6].1["msg"], "could not find job");
}

#[tokio::test]
async fn in_check_mode_nothing_is_started() {
    let playbook = r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: "true"
      async: 100
      poll: 0
      register: job
    - async_status: {jid: "{{ job.ansible_job_id }}"}
"#;
    let ends = run(&["here"], true, &[], playbook).await;
    assert_eq!(ends[0].0, "here unknown");
    assert_eq!(ends[1].0, "here unknown");
}

#[tokio::test]
async fn a_condition_that_is_no_template_is_told_as_it_is() {
    let ends = told(
        "- debug:\n  when: false\n- debug:\n  when: 1 == 2",
        "false_condition",
    )
    .await;
    assert_eq!(ends, ["a skipped: false", "a skipped: \"1 == 2\""]);
}

#[tokio::test]
async fn a_command_that_the_playbook_only_checks_says_so() {
    let tasks = "- command: \"true\"\n  check_mode: true\n- command: {cmd: \"true\", creates: /nowhere/file}\n  check_mode: true";
    let playbook = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    {}",
        tasks.replace('\n', "\n    ")
    );
    let ends = run(&["here"], false, &[], &playbook).await;
    let told: Vec<_> = ends
        .iter()
        .map(|(end, it)| (end.as_str(), &it["msg"]))
        .collect();
    let message = Json::from("Command would have run if not in check mode");
    assert_eq!(
        told,
        [("here skipped", &message), ("here changed", &message)]
    );
}

/// Two runs over one directory: what the first knew, the second need not ask.
#[tokio::test]
async fn facts_are_kept_between_runs() {
    use k8sbm_core::run::{FactCache, Gathering};
    let directory = tempfile::tempdir().unwrap();
    let play = |text: &str| {
        let path = directory.path().join("site.yml");
        fs::write(&path, text).unwrap();
        path
    };
    let run = async |text: &str, flush: bool| {
        let path = play(text);
        let ends = Arc::new(Ends::default());
        let mut inventory = Inventory::new();
        inventory.add_host("here", &[], Default::default());
        let cache = FactCache {
            directory: directory.path().join("facts"),
            prefix: String::new(),
            lifetime: None,
            flush,
        };
        let options = Options {
            gathering: Gathering::Smart,
            fact_cache: Some(cache),
            ..Options::default()
        };
        let connector = Arc::new(Hosts(FakeHost::new()));
        let ready = Runner::new(inventory, k8sbm_tasks::registry(), connector)
            .options(options)
            .sink(ends.clone())
            .ready(Some(directory.path()))
            .unwrap();
        let playbook = ready.load(&path).unwrap();
        ready.run(&[("site.yml".to_owned(), playbook)]).await;
        let ends = ends.0.lock().unwrap();
        let told = |(end, result): &(String, Json)| match result["msg"].as_str() {
            Some(message) => format!("{end} {message}"),
            None => end.clone(),
        };
        ends.iter().map(told).collect::<Vec<_>>()
    };
    let first = "
- hosts: here
  tasks:
    - set_fact: {role_version: 3, cacheable: true}
- hosts: here
  tasks:
    - debug: {msg: \"{{ ansible_system }}\"}
";
    assert_eq!(
        run(first, false).await,
        ["here ok", "here ok", "here ok Linux"]
    );
    let second = "
- hosts: here
  tasks:
    - debug: {msg: \"{{ ansible_system }} {{ role_version }} {{ hostvars.here.ansible_facts.system }}\"}
    - meta: clear_facts
    - debug: {msg: \"known: {{ role_version is defined }}\"}
";
    assert_eq!(
        run(second, false).await,
        [
            "here ok Linux 3 Linux",
            "here ok facts cleared",
            "here ok known: False"
        ]
    );
    let third = "- hosts: here\n  gather_facts: false\n  tasks:\n    - debug: {msg: \"known: {{ role_version is defined }}\"}\n";
    assert_eq!(run(third, false).await, ["here ok known: False"]);
    run(first, false).await;
    assert_eq!(run(third, false).await, ["here ok known: True"]);
    assert_eq!(run(third, true).await, ["here ok known: False"]);
    assert_eq!(run(third, false).await, ["here ok known: False"]);
}

#[tokio::test]
async fn a_playbook_sees_the_diff_that_it_asks_for() {
    let playbook = r#"
- hosts: all
  gather_facts: false
  tasks:
    - copy: {dest: "{{ playbook_dir }}/f", content: "new\n"}
      diff: true
    - copy: {dest: "{{ playbook_dir }}/g", content: "new\n"}
"#;
    let ends = run(&["here"], false, &[], playbook).await;
    let diff = &ends[0].1["diff"][0];
    assert_eq!(
        (&diff["before"], &diff["after"]),
        (&"".into(), &"new\n".into())
    );
    assert_eq!(ends[1].1.get("diff"), None);
}
