//! Hosts that go down and come back.

use k8sbm_core::{
    connection::{Ssh, SshOptions},
    host::Host,
    node::{Source, load_one},
    task::{Probe, Result, Returns},
};
use k8sbm_tests::fleet::{self, Fleet, Options};
use std::sync::Arc;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Plans and applies a task.
async fn does(host: &Probe, module: &str, arguments: &str) -> Result<Returns> {
    let source = Arc::new(Source {
        name: "task.yml".into(),
        text: arguments.into(),
    });
    let registry = k8sbm_tasks::registry();
    let arguments = load_one(&source).expect("arguments in YAML");
    let task = registry.get(module).expect("a module").parse(&arguments);
    let plan = task.expect("arguments that fit").plan(host).await?;
    plan.apply(&Host::new(host.clone())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_go_down_come_back() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let sockets = tempfile::tempdir().expect("a directory");
    let mut options = SshOptions::new("h1", sockets.path());
    options.arguments = vec!["-F".into(), fleet.ssh_config().display().to_string()];
    let host = Probe::of("h1", Arc::new(Ssh::new(options)));
    let before = host.read_text(BOOT_ID).await.expect("a boot id");

    let test = "{test_command: systemctl is-active ssh, reboot_timeout: 120, connect_timeout: 5}";
    let returns = does(&host, "reboot", test).await.expect("it comes back");
    assert_eq!(returns["rebooted"], true);
    assert!(returns["elapsed"].as_u64().expect("seconds") < 120);
    let after = Host::new(host.clone()).probe().read_text(BOOT_ID).await;
    assert_ne!(after.expect("a boot id"), before, "it was started anew");

    fleet.kill("h1");
    let impatient = "{timeout: 3, connect_timeout: 1}";
    let error = does(&host, "wait_for_connection", impatient).await;
    let error = error.expect_err("it is down");
    assert!(
        error
            .message
            .starts_with("the host cannot be reached after "),
        "{error}"
    );
    fleet.start("h1");
    let patient = does(&host, "wait_for_connection", "{timeout: 120}").await;
    assert!(patient.is_ok(), "{patient:?}");
    let again = Host::new(host).probe().read_text(BOOT_ID).await;
    assert!(again.is_ok(), "{again:?}");
}
