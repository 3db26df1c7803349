//! Connections to real hosts.

use k8sbm_core::connection::{Answer, Connection as _, Request, RunAs, Ssh, SshOptions};
use k8sbm_core::host::{Algorithm, Command, Look, Output, Seen};
use k8sbm_tests::fleet::{self, Fleet, Options};

/// How to reach a host of the fleet; its configuration comes the way `ansible_ssh_common_args` does.
fn options(fleet: &Fleet, host: &str, sockets: &tempfile::TempDir) -> SshOptions {
    let mut options = SshOptions::new(host, sockets.path());
    options.arguments = vec!["-F".into(), fleet.ssh_config().display().to_string()];
    options
}

async fn run(host: &Ssh, user: &RunAs, command: Command) -> Output {
    let answers = host.send(user, vec![Request::Run(command)]).await;
    let answers = answers.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint));
    match answers.into_iter().next() {
        Some(Answer::Output(output)) => output,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_host_answers_over_ssh() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = tempfile::tempdir().expect("a directory");
    let host = Ssh::new(options(&fleet, "h1", &sockets));
    let me = RunAs::Connected;
    let output = run(&host, &me, Command::new(["hostname"])).await;
    assert_eq!(output.text(), "h1\n");

    let looks = |count: usize| {
        let mut looks = Vec::new();
        for path in fleet
            .exec("h1", "find /etc -type f | sort")
            .lines()
            .take(count)
        {
            looks.push(Look::Stat {
                path: path.into(),
                follow: false,
            });
            looks.push(Look::Checksum {
                path: path.into(),
                algorithm: Algorithm::Sha1,
            });
            if looks.len() <= count / 2 {
                looks.push(Look::Read { path: path.into() });
            }
        }
        looks.into_iter().map(Request::Look).collect::<Vec<_>>()
    };
    let requests = looks(40);
    let answers = host.send(&me, requests).await.expect("the host answers");
    for answer in answers {
        assert!(
            !matches!(answer, Answer::Seen(Seen::Failed(_))),
            "{answer:?}"
        );
    }
}
