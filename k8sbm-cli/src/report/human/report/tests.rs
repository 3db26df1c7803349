use super::*;
use crate::report::human::recorded::{self, Shared};
use indexmap::IndexMap;

fn told(look: Look) -> String {
    let out = Shared::default();
    let report = Human::new(look, Box::new(out.clone()));
    for event in recorded::events() {
        report.event(&event);
    }
    drop(report);
    out.text()
}

const LOOK: Look = Look {
    colour: false,
    width: 80,
    verbosity: 0,
    skipped: false,
    live: false,
    quiet: false,
};

#[test]
fn a_run_in_eighty_columns() {
    insta::assert_snapshot!(told(LOOK), @r#"

    PLAY [Prepare] *****************************************************************

    TASK [Say hello] ***************************************************************
    ok: [h1] => {
        "msg": "hello"
    }
    ok: [h2] => {
        "msg": {
            "a": [
                1,
                2
            ]
        }
    }

    TASK [etc : Write the message of the day] **************************************
    --- before: /etc/motd
    +++ after: /etc/motd
    @@ -1,2 +1,2 @@
    -old
    +new
     same

    changed: [h1]

    TASK [Loop] ********************************************************************
    changed: [h1] => (item=a)
    failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:30:7
    ...ignoring
    unknown: [h2]: waits for the result of `Ask`

    TASK [More] ********************************************************************
    included: more.yml for h1, h2

    TASK [Wait for it] *************************************************************
    FAILED - RETRYING: [h1]: Wait for it (2 retries left).
    fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:50:7
    fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
      no route to host
      --> site.yml:50:7

    TASK [Undefined] ***************************************************************
    fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
      error: `nope` is undefined
       --> site.yml:4:21
        |
      4 |       debug: msg={{ nope }}
        |                     ^^^^
        |
        = help: did you mean `node`?
    [WARNING]: `sudo` is deprecated
    Origin: site.yml:9:3

    RUNNING HANDLER [Restart it] ***************************************************
    ok: [h1 -> localhost]
    blocked: [h2]: by `Write` on h1

    PLAY RECAP *********************************************************************
    h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
    h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

    CUSTOM STATS: ******************************************************************
    	h1: {"a": "x", "b": 1}
    	RUN: {"hosts": 2}

    Took 1 min 15 s, of which hosts were at work 1 min 1 s, and only looked at 8.12 s; the slowest tasks:
         2.70 s  Restart it (h1)
         2.40 s  Never for anybody (h1)
         2.10 s  Undefined (h1)
         1.50 s  Wait for it (h1)
         1.20 s  More (h1)
    "#);
}

#[test]
fn a_run_in_forty_columns() {
    insta::assert_snapshot!(told(Look { width: 40, ..LOOK }), @r#"

    PLAY [Prepare] *************************

    TASK [Say hello] ***********************
    ok: [h1] => {
        "msg": "hello"
    }
    ok: [h2] => {
        "msg": {
            "a": [
                1,
                2
            ]
        }
    }

    TASK [etc : Write the message of the day] ***
    --- before: /etc/motd
    +++ after: /etc/motd
    @@ -1,2 +1,2 @@
    -old
    +new
     same

    changed: [h1]

    TASK [Loop] ****************************
    changed: [h1] => (item=a)
    failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:30:7
    ...ignoring
    unknown: [h2]: waits for the result of `Ask`

    TASK [More] ****************************
    included: more.yml for h1, h2

    TASK [Wait for it] *********************
    FAILED - RETRYING: [h1]: Wait for it (2 retries left).
    fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:50:7
    fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
      no route to host
      --> site.yml:50:7

    TASK [Undefined] ***********************
    fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
      error: `nope` is undefined
       --> site.yml:4:21
        |
      4 |       debug: msg={{ nope }}
        |                     ^^^^
        |
        = help: did you mean `node`?
    [WARNING]: `sudo` is deprecated
    Origin: site.yml:9:3

    RUNNING HANDLER [Restart it] ***********
    ok: [h1 -> localhost]
    blocked: [h2]: by `Write` on h1

    PLAY RECAP *****************************
    h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
    h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

    CUSTOM STATS: **************************
    	h1: {"a": "x", "b": 1}
    	RUN: {"hosts": 2}

    Took 1 min 15 s, of which hosts were at work 1 min 1 s, and only looked at 8.12 s; the slowest tasks:
         2.70 s  Restart it (h1)
         2.40 s  Never for anybody (h1)
         2.10 s  Undefined (h1)
         1.50 s  Wait for it (h1)
         1.20 s  More (h1)
    "#);
}

#[test]
fn more_is_said_when_more_is_asked_for() {
    let look = Look {
        verbosity: 2,
        skipped: true,
        width: 120,
        ..LOOK
    };
    insta::assert_snapshot!(told(look), @r#"

    PLAYBOOK: site.yml *****************************************************************************************************
    1 plays in site.yml

    PLAY [Prepare] *********************************************************************************************************

    TASK [Say hello] *******************************************************************************************************
    task path: site.yml:10:7
    ok: [h1] => {
        "msg": "hello"
    }
    ok: [h2] => {
        "msg": {
            "a": [
                1,
                2
            ]
        }
    }

    TASK [etc : Write the message of the day] ******************************************************************************
    task path: site.yml:20:7
    --- before: /etc/motd
    +++ after: /etc/motd
    @@ -1,2 +1,2 @@
    -old
    +new
     same

    changed: [h1] => {"changed": true}
    skipping: [h2] => {"skipped": true}

    TASK [Loop] ************************************************************************************************************
    task path: site.yml:30:7
    changed: [h1] => (item=a) => {"changed": true}
    failed: [h1] (item=b) => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3, "stderr": "first\nlast", "stderr_lines": ["first", "last"], "stdout": ""}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:30:7
    ...ignoring
    unknown: [h2]: waits for the result of `Ask` => {"skipped": true}

    TASK [More] ************************************************************************************************************
    task path: site.yml:40:7
    included: more.yml for h1, h2

    TASK [Wait for it] *****************************************************************************************************
    task path: site.yml:50:7
    FAILED - RETRYING: [h1]: Wait for it (2 retries left). Result was: {"rc": 1}
    fatal: [h1]: FAILED! => {"changed": true, "cmd": ["sh"], "msg": "non-zero return code", "rc": 3, "stderr": "first\nlast", "stderr_lines": ["first", "last"], "stdout": ""}
      non-zero return code
      stderr:
          first
          last
      --> site.yml:50:7
    fatal: [h2]: UNREACHABLE! => {"changed": false, "msg": "no route to host", "unreachable": true}
      no route to host
      --> site.yml:50:7

    TASK [Undefined] *******************************************************************************************************
    task path: site.yml:70:7
    fatal: [h1]: FAILED! => {"msg": "`nope` is undefined"}
      error: `nope` is undefined
       --> site.yml:4:21
        |
      4 |       debug: msg={{ nope }}
        |                     ^^^^
        |
        = help: did you mean `node`?
    [WARNING]: `sudo` is deprecated
    Origin: site.yml:9:3

    TASK [Never for anybody] ***********************************************************************************************
    task path: site.yml:80:7
    skipping: [h1] => {"skipped": true}

    RUNNING HANDLER [Restart it] *******************************************************************************************
    task path: site.yml:90:7
    ok: [h1 -> localhost] => {"changed": false}
    blocked: [h2]: by `Write` on h1 => {"changed": false}

    PLAY RECAP *************************************************************************************************************
    h1                         : ok=6    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=1    unknown=1   
    h2                         : ok=6    changed=1    unreachable=1    failed=0    skipped=1    rescued=0    ignored=1   

    CUSTOM STATS: **********************************************************************************************************
    	h1: {"a": "x", "b": 1}
    	RUN: {"hosts": 2}

    Took 1 min 15 s, of which hosts were at work 1 min 1 s, and only looked at 8.12 s; the slowest tasks:
         2.70 s  Restart it (h1)
         2.40 s  Never for anybody (h1)
         2.10 s  Undefined (h1)
         1.50 s  Wait for it (h1)
         1.20 s  More (h1)
    "#);
}

#[test]
fn a_quiet_report_tells_troubles_alone() {
    let quiet = told(Look {
        quiet: true,
        ..LOOK
    });
    assert!(!quiet.contains("PLAY") && !quiet.contains("changed: "));
    assert!(quiet.contains("UNREACHABLE!") && quiet.contains("[WARNING]"));
}

#[test]
fn colours_are_only_there_when_wanted() {
    assert!(!told(LOOK).contains('\x1b'));
    let coloured = told(Look {
        colour: true,
        ..LOOK
    });
    assert!(coloured.contains("\x1b[33mchanged: [h1]\x1b[0m"));
}

#[test]
fn a_stopped_run_says_where_each_host_stands() {
    let out = Shared::default();
    let report = Human::new(LOOK, Box::new(out.clone()));
    for event in recorded::events().into_iter().take(8) {
        report.event(&event);
    }
    report.event(&Event::HostStarted {
        task: 2,
        host: "h3".into(),
    });
    report.event(&Event::Stopping);
    report.event(&Event::RunFinished {
        recap: IndexMap::new(),
        stats: serde_json::Map::new(),
        interrupted: true,
        seconds: 1.0,
        spent: k8sbm_core::event::Spent::default(),
    });
    let text = out.text();
    let end = text.find("Stopping").unwrap_or_default();
    insta::assert_snapshot!(text[end..], @"
        Stopping: what is under way is finished first.
          h3 is at `etc : Write the message of the day`
        Press Ctrl-C again to give up at once.

        STOPPED ************************************************************************
        h1: ended `etc : Write the message of the day` (changed); nothing began after it
        h2: ended `etc : Write the message of the day` (skipped); nothing began after it

        PLAY RECAP *********************************************************************

        Took 1.00 s; the slowest tasks:
             0.60 s  etc : Write the message of the day (h1)
        ");
}
