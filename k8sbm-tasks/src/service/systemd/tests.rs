use crate::testing::{Desk, apply_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

const UNITS: [&str; 5] = [
    "systemctl",
    "list-unit-files",
    "--no-legend",
    "--no-pager",
    "--plain",
];

fn host(unit: &str, load: &str, active: &str, file: &str) -> FakeHost {
    let show = format!(
        "Id={unit}.service\nLoadState={load}\nActiveState={active}\nUnitFileState={file}\n"
    );
    FakeHost::new()
        .query(["systemctl", "show", "--no-pager", unit], &show)
        .query(["systemctl", "is-enabled", unit], file)
        .query(UNITS, "containerd.service enabled enabled\n")
}

#[tokio::test]
async fn a_unit_is_enabled_and_started_once() {
    let stopped = probe(
        host("kubelet", "loaded", "inactive", "disabled"),
        Desk::default(),
    );
    let yaml = "{name: kubelet, state: started, enabled: true, daemon_reload: true}";
    insta::assert_snapshot!(told(&stopped, "systemd", yaml).await, @r"
        systemctl daemon-reload (no change)
        systemctl enable kubelet
        - enabled: no
        + enabled: yes
        systemctl start kubelet
        - state: stopped
        + state: started
        ");
    let running = probe(
        host("kubelet", "loaded", "active", "enabled"),
        Desk::default(),
    );
    assert_eq!(
        told(
            &running,
            "systemd",
            "{name: kubelet, state: started, enabled: true}"
        )
        .await,
        ""
    );
    assert_eq!(
        told(&running, "systemd", "{name: kubelet, state: reloaded}").await,
        "systemctl reload kubelet\n- state: started\n+ state: started, configuration read again"
    );
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_an_error() {
    let host = probe(
        host("containred", "not-found", "inactive", ""),
        Desk::default(),
    );
    insta::assert_snapshot!(told(&host, "systemd", "{name: containred, state: stopped}").await, @r"
        error: Could not find the requested service containred: host
        hint: did you mean `containerd`?
        ");
    assert_eq!(
        told(&host, "systemd", "{name: containred, masked: true}").await,
        "systemctl mask containred\n- masked: no\n+ masked: yes"
    );
}

#[tokio::test]
async fn a_masked_unit_does_not_start() {
    let host = probe(host("x", "masked", "inactive", "masked"), Desk::default());
    insta::assert_snapshot!(told(&host, "systemd", "{name: x, state: started}").await, @r"
        error: x is masked: nothing can start it
        hint: `masked: false` in the same task unmasks it first
        ");
    insta::assert_snapshot!(told(&host, "systemd", "{name: x, state: started, masked: false}").await, @r"
        systemctl unmask x
        - masked: yes
        + masked: no
        systemctl start x
        - state: stopped
        + state: started
        ");
}

#[tokio::test]
async fn what_others_start_cannot_be_disabled() {
    let host = probe(host("x", "loaded", "active", "static"), Desk::default());
    assert_eq!(
        told(&host, "systemd", "{name: x, enabled: false}").await,
        "warning: x is static: other units start it, so it cannot be disabled; it can be masked"
    );
}

#[tokio::test]
async fn a_unit_that_fails_shows_its_log() {
    let host = host("x", "loaded", "inactive", "enabled")
        .command_fails(
            ["systemctl", "start", "x"],
            1,
            "Job for x.service failed.\n",
        )
        .command(
            [
                "journalctl",
                "--no-pager",
                "-q",
                "-o",
                "cat",
                "-n",
                "12",
                "--unit",
                "x",
            ],
            "no such port\n",
        );
    let error = apply_on(
        &probe(host, Desk::default()),
        "systemd",
        "{name: x, state: started}",
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.message,
        "Unable to start service x: Job for x.service failed."
    );
    assert_eq!(
        error.hint.as_deref(),
        Some("its log ends with:\nno such port")
    );
    assert_eq!(error.returns["rc"], 1);
}

#[test]
fn arguments_that_say_nothing_are_refused() {
    assert_eq!(
        refusal("systemd", "{name: x}").message,
        "nothing is asked of systemd"
    );
    assert_eq!(
        refusal("systemd", "{state: started}").message,
        "`state` needs the `name` of a unit"
    );
    assert_eq!(
        refusal("systemd", "{name: 'kube*', state: started}").message,
        "`kube*` is a pattern; a unit is managed by its name"
    );
}
