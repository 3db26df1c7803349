//! Connections to real hosts.

use k8sbm_core::connection::{
    Answer, Connection as _, ConnectionError, ConnectionErrorKind, Request, RunAs, Ssh, SshOptions,
};
use k8sbm_core::host::{Algorithm, Attributes, Command, FileChange, Look, Output, Seen};
use k8sbm_tests::fleet::{self, Fleet, Options, Suite};
use std::time::{Duration, Instant};

/// How to reach a host of the fleet; its configuration comes the way `ansible_ssh_common_args` does.
fn options(fleet: &Fleet, host: &str, sockets: &tempfile::TempDir) -> SshOptions {
    let mut options = SshOptions::new(host, sockets.path());
    options.arguments = vec!["-F".into(), fleet.ssh_config().display().to_string()];
    options
}

fn sockets() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory for sockets")
}

async fn ask(host: &Ssh, user: &RunAs, command: Command) -> Result<Output, ConnectionError> {
    let answers = host.send(user, vec![Request::Run(command)]).await?;
    match answers.into_iter().next() {
        Some(Answer::Output(output)) => Ok(output),
        other => panic!("{other:?}"),
    }
}

async fn run(host: &Ssh, command: Command) -> Output {
    let output = ask(host, &RunAs::Connected, command).await;
    output.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint))
}

fn become_user(method: &str, user: &str, password: Option<&str>) -> RunAs {
    RunAs::Become {
        user: user.into(),
        method: method.into(),
        password: password.map(Into::into),
        flags: None,
    }
}

fn seconds(limit: u64) -> Duration {
    Duration::from_secs(limit)
}

#[tokio::test]
async fn a_host_answers_over_ssh() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = sockets();
    let host = Ssh::new(options(&fleet, "h1", &sockets));
    assert_eq!(run(&host, Command::new(["hostname"])).await.text(), "h1\n");

    let files = fleet.exec("h1", "find /etc -type f | sort");
    let paths = || files.lines().map(str::to_owned);
    let stats = paths().map(|path| Look::Stat {
        path,
        follow: false,
    });
    let sums = paths().map(|path| Look::Checksum {
        path,
        algorithm: Algorithm::Sha1,
    });
    let reads = paths().map(|path| Look::Read { path });
    let looks: Vec<_> = stats.chain(sums).chain(reads).map(Request::Look).collect();
    let count = looks.len();
    let answers = host.send(&RunAs::Connected, looks).await.expect("answers");
    assert_eq!(answers.len(), count);
    for answer in answers {
        let nothing = matches!(
            answer,
            Answer::Seen(
                Seen::Failed(_) | Seen::Stat(None) | Seen::Checksum(None) | Seen::Content(None)
            )
        );
        assert!(!nothing, "{answer:?}");
    }

    let long: Vec<u8> = (0..8_000_000_u32)
        .map(|number| (number % 253) as u8)
        .collect();
    let write = FileChange::Write {
        path: "/root/long".into(),
        content: long.clone(),
        attributes: Attributes::default(),
        validate: None,
        backup: None,
        in_place: false,
    };
    let read = Request::Look(Look::Read {
        path: "/root/long".into(),
    });
    let requests = vec![Request::Change(write), read];
    let answers = host
        .send(&RunAs::Connected, requests)
        .await
        .expect("answers");
    assert_eq!(answers[0], Answer::Changed(Ok(())));
    assert!(answers[1] == Answer::Seen(Seen::Content(Some(long.into()))));

    let many = (0..20).map(|_| run(&host, Command::new(["sleep", "0.2"])));
    for output in futures(many).await {
        assert!(output.success());
    }
    host.close().await;
    assert_eq!(sockets.path().read_dir().expect("a directory").count(), 0);
}

/// Awaits all at once.
async fn futures<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// sshd counts a session until its shell is gone, so new ones come when the old are still counted.
#[tokio::test]
async fn shells_that_end_do_not_take_the_connection_with_them() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = sockets();
    let host = Ssh::new(options(&fleet, "h1", &sockets));
    let connected = run(&host, Command::shell("echo $SSH_CONNECTION")).await;
    for _ in 0..4 {
        let ending = (0..16).map(|_| {
            let end = Command::shell("trap '' HUP; sleep 0.3 & kill -KILL $PPID; wait");
            ask(&host, &RunAs::Connected, end)
        });
        let going = (0..16).map(|_| {
            let say = Command::shell("sleep 0.05; echo $SSH_CONNECTION");
            ask(&host, &RunAs::Connected, say)
        });
        let (ended, went) = tokio::join!(futures(ending), futures(going));
        for error in ended.into_iter().map(Result::unwrap_err) {
            assert_eq!(&*error.message, "the shell ended before the command did");
        }
        for output in went {
            let output = output.unwrap_or_else(|error| panic!("{error} ({:?})", error.hint));
            assert_eq!(output.text(), connected.text());
        }
    }
}

#[tokio::test]
async fn another_user_is_reached_through_sudo_and_su() {
    let mut fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    fleet.add(
        1,
        Options {
            prefix: "t".into(),
            suite: Suite::Trixie,
        },
    );
    let sockets = sockets();
    for name in ["h1", "t1"] {
        let login = |user: &str| {
            let mut options = options(&fleet, name, &sockets);
            options.user = Some(user.into());
            Ssh::new(options)
        };
        let (root, ops, pw) = (login("root"), login("ops"), login("pw"));
        let id = Command::shell("id -un; echo $HOME");
        let who = async |host: &Ssh, user: RunAs| match ask(host, &user, id.clone()).await {
            Ok(output) => output.text(),
            Err(error) => format!("{:?}: {error}", error.kind),
        };
        assert_eq!(
            who(&ops, RunAs::Connected).await,
            "ops\n/home/ops\n",
            "{name}"
        );
        assert_eq!(
            who(&ops, become_user("sudo", "root", None)).await,
            "root\n/root\n"
        );
        assert_eq!(
            who(&ops, become_user("sudo", "pw", Some("unused"))).await,
            "pw\n/home/pw\n"
        );
        assert_eq!(
            who(&root, become_user("sudo", "ops", None)).await,
            "ops\n/home/ops\n"
        );
        assert_eq!(
            who(&root, become_user("su", "ops", None)).await,
            "ops\n/home/ops\n"
        );
        assert_eq!(
            who(&pw, become_user("sudo", "root", Some("secret"))).await,
            "root\n/root\n"
        );
        assert_eq!(
            who(&pw, become_user("su", "root", Some("rootpw"))).await,
            "root\n/root\n"
        );

        let start = Instant::now();
        let asked = "Become: sudo asks for a password, and none was given";
        assert_eq!(who(&pw, become_user("sudo", "root", None)).await, asked);
        let refused = "Become: sudo refused the password";
        assert_eq!(
            who(&pw, become_user("sudo", "root", Some("wrong"))).await,
            refused
        );
        let asked = "Become: su asks for a password, and none was given";
        assert_eq!(who(&pw, become_user("su", "root", None)).await, asked);
        let refused = "Become: su refused the password";
        assert_eq!(
            who(&pw, become_user("su", "root", Some("wrong"))).await,
            refused
        );
        let unknown = who(&ops, become_user("sudo", "nobody-here", None)).await;
        assert!(unknown.contains("unknown user"), "{unknown}");
        assert!(start.elapsed() < seconds(20), "{:?}", start.elapsed());

        // The password is nowhere to be seen while its shell is open.
        let hunt =
            "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c secre[t]";
        let root_of_pw = become_user("sudo", "root", Some("secret"));
        let found = ask(&pw, &root_of_pw, Command::shell(hunt))
            .await
            .expect("an answer");
        assert_eq!(found.text(), "0\n", "{name}");

        let slow = Command::shell("sleep 77.5 | sleep 77.5").timeout(Duration::from_millis(300));
        let answers = pw
            .send(&root_of_pw, vec![Request::Run(slow)])
            .await
            .expect("an answer");
        assert!(matches!(answers[0], Answer::TimedOut(_)));
        let left = run(&root, Command::shell("grep -l 77[.]5 /proc/[0-9]*/cmdline")).await;
        assert_eq!(left.text(), "", "{name}");
    }
}

#[tokio::test]
async fn trouble_is_named() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = sockets();
    let trouble = async |change: &dyn Fn(&mut SshOptions)| {
        let mut options = options(&fleet, "h1", &sockets);
        options.timeout = seconds(2);
        change(&mut options);
        let host = Ssh::new(options);
        let answer = ask(&host, &RunAs::Connected, Command::new(["true"])).await;
        let error = answer.expect_err("no way in");
        (
            error.kind,
            format!("{error}; {}", error.hint.clone().unwrap_or_default()),
        )
    };
    let files = tempfile::tempdir().expect("a directory");
    let file = |name: &str| files.path().join(name);
    let empty = file("known_hosts");
    std::fs::write(&empty, "").expect("a file");
    let known = |path: &std::path::Path| {
        let option = format!("UserKnownHostsFile={}", path.display());
        move |options: &mut SshOptions| {
            options
                .arguments
                .splice(0..0, ["-o".to_owned(), option.clone()]);
        }
    };

    let (kind, text) = trouble(&known(&empty)).await;
    assert_eq!(kind, ConnectionErrorKind::HostKey);
    assert!(
        text.starts_with("the host key of h1 is not known; log in once"),
        "{text}"
    );

    let address = fleet.host("h1").address;
    let changed = file("changed");
    std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(file("other"))
        .status()
        .expect("ssh-keygen runs");
    let other = std::fs::read_to_string(file("other.pub")).expect("a key");
    std::fs::write(&changed, format!("h1,{address} {other}")).expect("a file");
    let (kind, text) = trouble(&known(&changed)).await;
    assert_eq!(kind, ConnectionErrorKind::HostKey);
    assert!(text.starts_with("the host key of h1 has changed"), "{text}");

    let (kind, text) = trouble(&|options| options.port = Some(23)).await;
    assert_eq!(kind, ConnectionErrorKind::Unreachable);
    assert!(
        text.contains("Connection refused; is sshd running"),
        "{text}"
    );

    let (kind, text) = trouble(&|options| options.host = "no.such.host.invalid".into()).await;
    assert_eq!(kind, ConnectionErrorKind::Unreachable);
    assert!(text.contains("resolve hostname"), "{text}");

    let (kind, text) = trouble(&|options| options.user = Some("nobody".into())).await;
    assert_eq!(kind, ConnectionErrorKind::Authentication);
    assert!(
        text.contains("permission denied (publickey); none of the keys"),
        "{text}"
    );

    let only_key = |path: std::path::PathBuf| {
        move |options: &mut SshOptions| {
            options.arguments = [
                "-F",
                "none",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "UserKnownHostsFile=/dev/null",
            ]
            .map(Into::into)
            .to_vec();
            options.host = address.to_string();
            options.check_host_key = false;
            options.user = Some("root".into());
            options.key = Some(path.clone());
        }
    };
    let (kind, text) = trouble(&only_key(file("absent"))).await;
    assert_eq!(kind, ConnectionErrorKind::Authentication);
    assert!(text.contains("absent` does not exist"), "{text}");

    let readable = file("readable");
    std::fs::copy(fleet.key(), &readable).expect("a copy");
    std::process::Command::new("chmod")
        .arg("644")
        .arg(&readable)
        .status()
        .expect("chmod runs");
    let (kind, text) = trouble(&only_key(readable)).await;
    assert_eq!(kind, ConnectionErrorKind::Authentication);
    assert!(text.contains("can be read by others"), "{text}");

    fleet.cut("h1");
    let start = Instant::now();
    let (kind, text) = trouble(&|_| ()).await;
    assert_eq!(kind, ConnectionErrorKind::Unreachable);
    assert!(
        text.contains("timed out") || text.contains("No route"),
        "{text}"
    );
    assert!(start.elapsed() < seconds(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_host_that_vanishes_is_unreachable_and_comes_back() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = sockets();
    let mut options = options(&fleet, "h1", &sockets);
    options.timeout = seconds(3);
    let host = Ssh::new(options);
    run(&host, Command::new(["true"])).await;

    fleet.cut("h1");
    let start = Instant::now();
    let lost = ask(&host, &RunAs::Connected, Command::new(["sleep", "60"])).await;
    let error = lost.expect_err("the cable is out");
    assert_eq!(error.kind, ConnectionErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("not responding"), "{error}");
    assert!(start.elapsed() < seconds(10), "{:?}", start.elapsed());
    fleet.heal("h1");
    assert_eq!(run(&host, Command::new(["hostname"])).await.text(), "h1\n");

    fleet.kill("h1");
    fleet.start("h1");
    // What is asked of the connection that died asks the new one, since a look may be repeated.
    let look = Request::Look(Look::Read {
        path: "/etc/hostname".into(),
    });
    let answers = host.send(&RunAs::Connected, vec![look]).await;
    let content = Seen::Content(Some(b"h1\n".as_slice().into()));
    assert_eq!(answers.expect("an answer"), [Answer::Seen(content)]);
    host.reset().await;
    assert_eq!(run(&host, Command::new(["hostname"])).await.text(), "h1\n");
}

#[tokio::test]
async fn a_jump_host_leads_to_another() {
    let fleet = match Fleet::acquire(2, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = sockets();
    let mut options = options(&fleet, "h2", &sockets);
    options.arguments.extend(["-J".into(), "h1".into()]);
    let host = Ssh::new(options);
    let from = run(&host, Command::shell("hostname; echo $SSH_CONNECTION"))
        .await
        .text();
    let h1 = fleet.host("h1").address.to_string();
    assert!(from.starts_with(&format!("h2\n{h1} ")), "{from}");
}
