//! What is listed instead of run: ansible-playbook's form, which tools grep.

use crate::project::Project;

const PLAYBOOK: &str = "\
- name: First
  hosts: all
  tags: [base]
  tasks:
    - name: Named
      debug:
      tags: [one, two]
    - debug:
    - meta: noop
    - block:
        - name: Inside
          command: 'true'
      tags: never
    - name: Templated
      debug:
      tags: '{{ mine }}'
  vars:
    mine: [three, two]
- hosts: h2:nobody
  tasks:
    - include_tasks: more.yml
";

#[test]
fn hosts_tasks_and_tags() {
    let project = Project::new(&[("site.yml", PLAYBOOK)]);
    let list = |words: &str| project.run(&format!("run -i hosts site.yml {words}")).out;
    insta::assert_snapshot!(list("--list-hosts"), @"

    playbook: site.yml

      play #1 (all): First	TAGS: [base]
        pattern: ['all']
        hosts (2):
          h1
          h2

      play #2 (h2:nobody): h2:nobody	TAGS: []
        pattern: ['h2:nobody']
        hosts (1):
          h2
    ");
    insta::assert_snapshot!(list("--list-tasks"), @"

    playbook: site.yml

      play #1 (all): First	TAGS: [base]
        tasks:
          Named	TAGS: [base, one, two]
          debug	TAGS: [base]
          meta	TAGS: [base]
          Templated	TAGS: [base, three, two]

      play #2 (h2:nobody): h2:nobody	TAGS: []
        tasks:
          include_tasks	TAGS: []
    ");
    insta::assert_snapshot!(list("--list-tags"), @"

    playbook: site.yml

      play #1 (all): First	TAGS: [base]
          TASK TAGS: [base, one, three, two]

      play #2 (h2:nobody): h2:nobody	TAGS: []
          TASK TAGS: []
    ");
    insta::assert_snapshot!(list("--syntax-check"), @"

    playbook: site.yml
    ");
    insta::assert_snapshot!(list("--list-tasks -t two -l h1 --list-hosts"), @"

    playbook: site.yml

      play #1 (all): First	TAGS: [base]
        pattern: ['all']
        hosts (1):
          h1
        tasks:
          Named	TAGS: [base, one, two]
          Templated	TAGS: [base, three, two]

      play #2 (h2:nobody): h2:nobody	TAGS: []
        pattern: ['h2:nobody']
        hosts (0):
        tasks:
    ");
}

#[test]
fn inventories_in_all_forms() {
    let hosts = "lone\n[web]\nw[1:2] http=80\n[site:children]\nweb\n[site:vars]\nx=1\n";
    let project = Project::new(&[("hosts.ini", hosts)]);
    let folder = project.path().display().to_string();
    let show = |words: &str| {
        let ended = project.run(&format!("inventory -i hosts.ini {words}"));
        ended.out.replace(&folder, "DIR")
    };
    insta::assert_snapshot!(show("--graph --vars"), @"
    @all:
      |--@ungrouped:
      |  |--lone
      |--@site:
      |  |--@web:
      |  |  |--w1
      |  |  |  |--{http = 80}
      |  |  |  |--{x = 1}
      |  |  |--w2
      |  |  |  |--{http = 80}
      |  |  |  |--{x = 1}
      |  |--{x = 1}
    ");
    insta::assert_snapshot!(show("--list -l w1"), @r#"
    {
        "_meta": {
            "hostvars": {
                "w1": {
                    "http": 80,
                    "x": 1
                }
            }
        },
        "all": {
            "children": [
                "ungrouped",
                "site"
            ]
        },
        "site": {
            "children": [
                "web"
            ]
        },
        "web": {
            "hosts": [
                "w1"
            ]
        }
    }
    "#);
    insta::assert_snapshot!(show("--list --yaml"), @"
    all:
      children:
        site:
          children:
            web:
              hosts:
                w1:
                  http: 80
                  x: 1
                w2:
                  http: 80
                  x: 1
        ungrouped:
          hosts:
            lone: {}
    ");
    insta::assert_snapshot!(show("--host w2"), @r#"
    {
        "http": 80,
        "x": 1
    }
    "#);
    insta::assert_snapshot!(show("--host w2 --explain-var x -e x=2"), @r#"
    x on w2 is "2"

    => -e:1:1  [extra vars]
           2
           nothing above extra vars sets it

       DIR/hosts.ini:7:1  [inventory file, group]
           1
           set again by extra vars (extra vars)
    "#);
}

#[test]
fn graphs_in_all_forms() {
    let text = "- hosts: all\n  strategy: dag\n  tasks:\n    - {name: A, id: a, debug: }\n    - {name: B, debug: , needs: []}\n    - {name: C, debug: , needs: [a]}\n";
    let project = Project::new(&[("site.yml", text)]);
    let draw = |form: &str| project.run(&format!("graph site.yml -o {form}")).out;
    insta::assert_snapshot!(draw("tree"), @"
    all (strategy: dag)
      A
      B
      C  <- A
      handlers
    ");
    assert!(draw("dot").starts_with("digraph"));
    let two = format!("{text}- name: Later\n  hosts: all\n  tasks: [{{debug: }}]\n");
    let project = Project::new(&[("site.yml", &two)]);
    insta::assert_snapshot!(project.run("graph site.yml -o mermaid --tasks").out, @r#"
    flowchart LR
      subgraph p0["all"]
        p0n0["A"]
        p0n1["B"]
        p0n2["C"]
        p0n3{"handlers"}
        p0n0 --> p0n2
        p0n0 ==>|all hosts| p0n3
        p0n1 ==>|all hosts| p0n3
        p0n2 ==>|all hosts| p0n3
      end
      subgraph p1["Later"]
        p1n0["debug"]
        p1n1{"handlers"}
        p1n0 ==>|all hosts| p1n1
      end
      p0 ==> p1
    "#);
}

#[test]
fn a_playbook_of_several_plays_is_shown_play_by_play() {
    let project = Project::new(&[
        (
            "site.yml",
            "- name: First\n  id: first\n  hosts: all\n  roles: [one]\n- name: Second\n  hosts: b\n  needs: [first]\n  roles: [one]\n  tasks:\n    - {name: More, debug: , when: more}\n    - {name: Other, debug: , when: other is defined}\n",
        ),
        ("roles/one/tasks/main.yml", "- debug:\n- debug:\n"),
        (
            "hosts.yml",
            "all: {hosts: {a: , b: }, vars: {more: false}}\n",
        ),
    ]);
    insta::assert_snapshot!(project.run("graph site.yml -i hosts.yml").out, @"
     1. First
        on a, b
          one
     2. Second (after 1)
        on b
          one, Other
    ");
}

#[test]
fn manuals_and_schemas_of_every_module() {
    let project = Project::new(&[]);
    let index = project.run("doc").out;
    let names: Vec<&str> = index
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 40, "{index}");
    for name in [
        "copy",
        "ansible.posix.sysctl",
        "ansible.builtin.systemd_service",
        "import_playbook",
        "import_role",
        "import_tasks",
        "include_role",
        "ansible.builtin.include_tasks",
        "meta",
    ] {
        let page = project.run(&format!("doc {name}"));
        assert_eq!(page.code, 0);
        assert!(page.out.contains("EXAMPLES"), "{}", page.out);
    }
    let schema = project.run("schema").out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn the_manual_tells_all_that_meta_can_do() {
    let words: String = ["flush_handlers", "clear_host_errors", "nonsense"]
        .iter()
        .map(|word| format!("    - meta: {word}\n"))
        .collect();
    let play = format!("- hosts: all\n  tasks:\n{words}");
    let project = Project::new(&[("play.yml", &play)]);
    let refused = project.run("run play.yml --syntax-check");
    let known = refused.err.split("it can do: ").nth(1).unwrap().to_owned();
    let known = known.lines().next().unwrap().to_owned();
    let page = project.run("doc meta").out;
    for word in known.split(", ") {
        assert!(
            page.contains(&format!("          {word} ")),
            "{word}: {page}"
        );
    }
    assert_eq!(page.matches(" | ").count() + 1, known.split(", ").count());
}

#[test]
fn pages_of_the_manual_are_those_that_the_command_writes() {
    let project = Project::new(&[]);
    assert_eq!(project.run("doc --markdown pages").code, 0);
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/modules");
    let read = |folder: &std::path::Path| -> std::collections::BTreeMap<String, String> {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let page = |entry: std::fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        };
        entries.map(page).collect()
    };
    let (made, kept) = (read(&project.path().join("pages")), read(&kept));
    let names = made.keys().chain(kept.keys());
    let stale: std::collections::BTreeSet<&String> = names
        .filter(|name| made.get(*name) != kept.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "pages of docs/modules are not what the modules say: {stale:?}\n\
         renew them with `cargo run -p k8sbm-cli -- doc --markdown docs/modules`, and remove those of no module"
    );
}
