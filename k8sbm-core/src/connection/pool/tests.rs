use crate::connection::local::tests::{every_shell, run};
use crate::connection::{Answer, Connection as _, Local, Request, RunAs};
use crate::host::{Command, Look, Program, Seen};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn program(argv: &[&str]) -> Command {
    Command::new(argv.iter().copied())
}

async fn send(host: &Local, requests: Vec<Request>) -> Vec<Answer> {
    host.send(&RunAs::Connected, requests).await.unwrap()
}

fn seconds(limit: f32) -> Duration {
    Duration::from_secs_f32(limit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn words_and_input_arrive_as_they_were_given(
        argv in prop::collection::vec("[^\\x00]{0,24}", 1..6),
        input in prop::collection::vec(any::<u8>(), 0..300),
        value in "[^\\x00]{0,24}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for host in every_shell() {
                let mut words = vec!["/usr/bin/printf".to_owned(), "%s\\0".to_owned()];
                words.extend(argv.iter().cloned());
                let printed = run(&host, Command::new(words)).await;
                let expected: Vec<u8> = argv.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
                assert_eq!(printed.stdout, expected, "{host:?}");
                let copied = run(&host, program(&["cat"]).stdin(input.clone())).await;
                assert_eq!(copied.stdout, input, "{host:?}");
                let shown = run(&host, Command::shell("printf %s \"$V\"").env("V", value.clone())).await;
                assert_eq!(shown.stdout, value.as_bytes(), "{host:?}");
            }
        });
    }
}

#[tokio::test]
async fn nothing_leaks_from_one_command_to_the_next() {
    for host in every_shell() {
        let mut first = Command::shell("pwd; umask; echo $A")
            .env("A", "b")
            .chdir("/usr");
        first.umask = Some(0o27);
        assert_eq!(
            run(&host, first).await.text().lines().collect::<Vec<_>>(),
            ["/usr", "0027", "b"]
        );
        for builtin in [
            &["exit", "3"][..],
            &["set", "-e"],
            &["cd", "/usr"],
            &["umask", "777"],
            &["export", "A=c"],
        ] {
            run(&host, program(builtin)).await;
        }
        let after = run(&host, Command::shell("pwd; umask; echo $A; false; echo on")).await;
        let lines: Vec<String> = after.text().lines().map(str::to_owned).collect();
        assert_ne!(lines[0], "/usr", "{host:?}");
        assert_eq!(lines[1..], ["0022", "", "on"], "{host:?}");
    }
}

#[tokio::test]
async fn statuses_are_those_of_the_command() {
    for host in every_shell() {
        for (command, status) in [
            (program(&["true"]), 0),
            (Command::shell("exit 77"), 77),
            (Command::shell("kill -TERM $$"), 143),
            (program(&["/nonexistent/program"]), 127),
            (program(&["/etc"]), 126),
            (Command::shell("exit 4").stdin("input"), 4),
            (Command::shell("if"), 2),
        ] {
            let output = run(&host, command.clone()).await;
            assert_eq!(output.status, status, "{host:?} {command:?} {output:?}");
        }
        let bash = Program::Shell {
            script: "echo ${BASH_VERSION:+bash}".into(),
            executable: Some("/bin/bash".into()),
        };
        let output = run(
            &host,
            Command {
                program: bash,
                ..Command::default()
            },
        )
        .await;
        assert_eq!(output.text(), "bash\n");
        let output = run(&host, program(&["true"]).chdir("/nonexistent")).await;
        assert!(
            !output.success() && output.error_text().contains("/nonexistent"),
            "{output:?}"
        );
    }
}

#[tokio::test]
async fn much_output_and_input_pass_through() {
    let host = Local::new();
    let size = 100 << 20;
    let command = format!("head -c {size} /dev/zero & head -c {size} /dev/zero >&2; wait");
    let output = run(&host, Command::shell(command)).await;
    assert_eq!((output.stdout.len(), output.stderr.len()), (size, size));
    let input: Vec<u8> = (0..20_000_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    let output = run(&host, program(&["cat"]).stdin(input.clone())).await;
    assert!(output.stdout == input);
    for count in [1000, 10_000_000] {
        let unread = run(&host, program(&["true"]).stdin(vec![b'\n'; count])).await;
        assert_eq!(unread.status, 0);
    }
    assert_eq!(run(&host, program(&["echo", "on"])).await.text(), "on\n");
}

#[tokio::test]
async fn what_goes_on_in_the_background_neither_holds_nor_disturbs() {
    for host in every_shell() {
        let start = Instant::now();
        let output = run(
            &host,
            Command::shell("(sleep 0.2; echo late; sleep 30) & echo now"),
        )
        .await;
        assert_eq!(output.text(), "now\n", "{host:?}");
        let output = run(&host, Command::shell("exec >&- 2>&-; sleep 0.4")).await;
        assert_eq!((output.status, output.text()), (0, String::new()));
        let output = run(&host, program(&["echo", "on"])).await;
        assert_eq!(output.text(), "on\n", "{host:?}");
        assert!(start.elapsed() < seconds(5.0));
    }
}

#[tokio::test]
async fn an_intruder_between_two_frames_is_kept_out() {
    let base = tempfile::tempdir().unwrap();
    let script = base.path().join("hides-its-children");
    std::fs::write(&script, "(sleep 0.1; echo late; echo late >&2) &").unwrap();
    let script = script.to_str().unwrap();
    for host in every_shell() {
        run(&host, program(&["/bin/sh", script])).await;
        tokio::time::sleep(seconds(0.3)).await;
        let output = run(&host, program(&["echo", "on"])).await;
        assert_eq!(
            (output.text(), output.error_text()),
            ("on\n".into(), String::new()),
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn a_timeout_ends_all_that_was_started_and_the_rest_runs() {
    for host in every_shell() {
        let start = Instant::now();
        let slow = Command::shell("sleep 33.25 | sleep 33.25; true").timeout(seconds(0.3));
        let answers = send(
            &host,
            vec![
                Request::Run(program(&["echo", "before"])),
                Request::Run(slow.clone()),
                Request::Look(Look::Query(slow)),
                Request::Run(program(&["echo", "after"])),
            ],
        )
        .await;
        let Answer::Output(before) = &answers[0] else {
            panic!("{answers:?}")
        };
        assert_eq!(before.text(), "before\n");
        assert_eq!(answers[1], Answer::TimedOut(seconds(0.3)), "{host:?}");
        assert!(matches!(&answers[2], Answer::Seen(Seen::Failed(_))));
        let Answer::Output(after) = &answers[3] else {
            panic!("{answers:?}")
        };
        assert_eq!(after.text(), "after\n");
        assert!(start.elapsed() < seconds(10.0));
        let left = run(
            &host,
            Command::shell("grep -l 33[.]25 /proc/[0-9]*/cmdline"),
        )
        .await;
        assert_eq!(left.text(), "", "{host:?}");
    }
}

#[tokio::test]
async fn what_is_given_up_is_ended_with_the_connection() {
    for host in every_shell() {
        run(&host, program(&["true"])).await;
        let slow = Command::shell("sleep 35.75 | sleep 35.75; true");
        let given_up = tokio::time::timeout(seconds(0.3), run(&host, slow)).await;
        assert!(given_up.is_err());
        host.close().await;
        let left = Command::shell("grep -l 35[.]75 /proc/[0-9]*/cmdline");
        assert_eq!(run(&host, left).await.text(), "", "{host:?}");
    }
}

#[tokio::test]
async fn a_command_that_kills_its_shell_is_an_error() {
    for host in every_shell() {
        let kill = Request::Run(Command::shell("kill -KILL $PPID; sleep 0.1"));
        let error = host.send(&RunAs::Connected, vec![kill]).await.unwrap_err();
        assert_eq!(
            &*error.message, "the shell ended before the command did",
            "{host:?}"
        );
        assert_eq!(run(&host, program(&["echo", "on"])).await.text(), "on\n");
    }
}

#[tokio::test]
async fn long_commands_do_not_wait_for_each_other() {
    let host = Local::new();
    let start = Instant::now();
    let sleeps = (0..16).map(|_| run(&host, program(&["sleep", "0.5"])));
    futures::future::join_all(sleeps).await;
    let took = start.elapsed();
    assert!(took >= seconds(1.0) && took < seconds(4.0), "{took:?}");
}
