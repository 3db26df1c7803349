//! What `k8sbm lint` finds in a whole repository.

use crate::project::Project;

/// Playbooks and roles with a mistake at every depth.
fn repository() -> Project {
    Project::new(&[
        (
            "ansible.cfg",
            "[defaults]\nroles_path = shared\nnocows = 1\n",
        ),
        (
            "site.yml",
            "- hosts: all\n  tasks:\n    - include_tasks: more.yml\n    - import_role: {name: web}\n",
        ),
        ("vars.yml", "hosts: nobody\n"),
        (
            "more.yml",
            "- comand: ls\n- include_tasks: '{{ unknown }}.yml'\n",
        ),
        ("playbooks/other.yml", "- hosts: all\n  task: []\n"),
        ("roles/alone/tasks/main.yml", "- debug: {mesage: a}\n"),
        ("shared/web/tasks/main.yml", "- ping:\n  notify: reload\n"),
        (
            "shared/web/handlers/main.yml",
            "- name: reload\n  ping:\n- name: idle\n  ping:\n",
        ),
        ("shared/web/defaults/main.yml", "site: 80\nowner: web\n"),
        ("shared/web/vars/main.yml", "site: 8080\n"),
    ])
}

#[test]
fn a_repository_is_looked_through_as_a_whole() {
    let ended = repository().run("lint .");
    assert_eq!(ended.code, 4, "{}", ended.out);
    insta::assert_snapshot!(ended.err, @r"
    warning: nothing here follows these settings: `nocows`
     --> ansible.cfg:3:1
      |
    3 | nocows = 1
      | ^^^^^^^^^^
    warning: the default of `site` never counts
     --> shared/web/defaults/main.yml:1:1
      |
    1 | site: 80
      | ^^^^
      |
     ::: shared/web/vars/main.yml:1:1
      |
    1 | site: 8080
      | ---- the role's own vars win over it
    warning: nothing notifies this handler
     --> shared/web/handlers/main.yml:3:3
      |
    3 | - name: idle
      |   ^^^^^^^^^^
    error: unknown module `comand`
     --> more.yml:1:3
      |
    1 | - comand: ls
      |   ^^^^^^
      |
      = help: did you mean `command`?

    error: unknown keyword `task`
     --> playbooks/other.yml:2:3
      |
    2 |   task: []
      |   ^^^^
      |
      = help: did you mean `tasks`?

    error: `debug` has no argument `mesage`
     --> roles/alone/tasks/main.yml:1:11
      |
    1 | - debug: {mesage: a}
      |           ^^^^^^
      |
      = help: its arguments: msg, var, verbosity

    3 mistakes
    ");
}

#[test]
fn github_shows_each_beside_its_line() {
    let ended = repository().run("lint --format github .");
    assert_eq!(ended.code, 4);
    insta::assert_snapshot!(ended.out, @r"
    ::error file=more.yml,line=1,col=3::unknown module `comand`%0Adid you mean `command`?
    ::error file=playbooks/other.yml,line=2,col=3::unknown keyword `task`%0Adid you mean `tasks`?
    ::error file=roles/alone/tasks/main.yml,line=1,col=11::`debug` has no argument `mesage`%0Aits arguments: msg, var, verbosity
    ::warning file=ansible.cfg,line=3,col=1::nothing here follows these settings: `nocows`
    ::warning file=shared/web/defaults/main.yml,line=1,col=1::the default of `site` never counts
    ::warning file=shared/web/handlers/main.yml,line=3,col=3::nothing notifies this handler
    ");
}

#[test]
fn code_scanning_reads_sarif() {
    let ended = repository().run("lint --format sarif site.yml");
    assert_eq!(ended.code, 4);
    let log: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    insta::assert_snapshot!(format!("{:#}", log["runs"][0]["results"]), @r#"
    [
      {
        "ruleId": "mistake",
        "level": "error",
        "message": {
          "text": "unknown module `comand`\ndid you mean `command`?"
        },
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "more.yml"
              },
              "region": {
                "startLine": 1,
                "startColumn": 3
              }
            }
          }
        ]
      },
      {
        "ruleId": "warning",
        "level": "warning",
        "message": {
          "text": "nothing here follows these settings: `nocows`"
        },
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "ansible.cfg"
              },
              "region": {
                "startLine": 3,
                "startColumn": 1
              }
            }
          }
        ]
      },
      {
        "ruleId": "warning",
        "level": "warning",
        "message": {
          "text": "the default of `site` never counts"
        },
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "shared/web/defaults/main.yml"
              },
              "region": {
                "startLine": 1,
                "startColumn": 1
              }
            }
          }
        ]
      },
      {
        "ruleId": "warning",
        "level": "warning",
        "message": {
          "text": "nothing notifies this handler"
        },
        "locations": [
          {
            "physicalLocation": {
              "artifactLocation": {
                "uri": "shared/web/handlers/main.yml"
              },
              "region": {
                "startLine": 3,
                "startColumn": 3
              }
            }
          }
        ]
      }
    ]
    "#);
}

#[test]
fn roles_above_a_playbook_are_pointed_at() {
    let project = Project::new(&[
        ("playbooks/site.yml", "- hosts: all\n  roles: [web]\n"),
        ("roles/web/tasks/main.yml", "- ping:\n"),
    ]);
    let ended = project.run("lint playbooks/site.yml");
    let roles = project.path().join("roles");
    let hint = format!("it is in `{}`: say so with `roles_path`", roles.display());
    assert!(ended.err.contains(&hint), "{}", ended.err);
    let settings = "[defaults]\nroles_path = roles\n";
    std::fs::write(project.path().join("ansible.cfg"), settings).unwrap();
    assert_eq!(project.run("lint playbooks/site.yml").code, 0);
}
