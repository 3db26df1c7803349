//! Every module keeps the four laws on a real host.
//!
//! `K8SBM_LAWS=apt,sysctl` holds only these against them.

use k8sbm_core::{
    connection::{Ssh, SshOptions},
    host::{Attributes, FileChange, Host, Mode},
    task::Probe,
};
use k8sbm_tests::{
    controller::Folder,
    fleet::{self, Fleet, Options},
    laws::{self, Need},
};
use std::{
    io::{self, Write as _},
    path::Path,
    process::Command,
    sync::Arc,
    time::Instant,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_module_keeps_the_laws() {
    let fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    // What starts late or by the clock is not the modules' doing.
    fleet.exec(
        "h1",
        "systemctl is-system-running --wait || :; systemctl stop '*.timer'",
    );
    let sockets = tempfile::tempdir().expect("a directory");
    let mut options = SshOptions::new("h1", sockets.path());
    options.arguments = vec!["-F".into(), fleet.ssh_config().display().to_string()];
    let controller = Folder(Path::new(laws::CASES).join("files"));
    let probe = Probe::of("h1", Arc::new(Ssh::new(options)))
        .showing_diffs(true)
        .with_controller(Arc::new(controller));

    let registry = k8sbm_tasks::registry();
    let only = std::env::var("K8SBM_LAWS").ok();
    let programs = match std::env::var_os("K8SBM_ARTIFACTS") {
        Some(artifacts) => give_programs(&Host::new(probe.clone()), Path::new(&artifacts)).await,
        None => false,
    };
    let (mut count, mut broken) = (0, Vec::new());
    for (module, cases) in laws::cases(only.as_deref()) {
        for case in cases {
            let began = Instant::now();
            let name = format!("{module}: {}", case.title);
            count += 1;
            if let Some(lacking) = case.needs.and_then(|need| lacking(need, programs)) {
                fleet::skip(&format!("{name}: {lacking}"));
                continue;
            }
            match laws::hold(&registry, &probe, &case).await {
                Ok(found) => broken.extend(found.into_iter().map(|it| format!("{name}: {it}"))),
                Err(error) => broken.push(format!("{name}: it failed: {error}\n{error:?}")),
            }
            let seconds = began.elapsed().as_secs_f32();
            let _ = writeln!(io::stdout(), "{name}: {seconds:.1} s");
        }
    }
    assert!(count > 0, "no case was held against the laws");
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

/// Why a case cannot be held against the laws here.
fn lacking(need: Need, programs: bool) -> Option<&'static str> {
    let (there, lacking) = match need {
        Need::Kubernetes => (programs, "K8SBM_ARTIFACTS names no directory"),
        Need::Loop => (
            Command::new("losetup")
                .arg("--find")
                .output()
                .is_ok_and(|it| it.status.success()),
            "this machine has no loop devices to give",
        ),
        Need::Mapper => (
            std::fs::read_to_string("/proc/misc").is_ok_and(|it| it.contains("device-mapper")),
            "this kernel has no device mapper",
        ),
    };
    (!there).then_some(lacking)
}

/// Puts Kubernetes' programs where a shell finds them; says whether it did.
async fn give_programs(host: &Host, artifacts: &Path) -> bool {
    let names = [
        "kubeadm",
        "kubelet",
        "kubectl",
        "crictl",
        "etcd",
        "kube-apiserver",
        "helm",
    ];
    let programs = names.map(|name| (name, artifacts.join("bin").join(name)));
    let script = Path::new(laws::CASES).join("files/start-api.sh");
    for (name, path) in programs.into_iter().chain([("start-api", script)]) {
        let Ok(content) = std::fs::read(path) else {
            return false;
        };
        let write = FileChange::Write {
            path: format!("/usr/local/bin/{name}"),
            content,
            attributes: Attributes {
                mode: Some(Mode::octal(0o755)),
                ..Attributes::default()
            },
            validate: None,
            backup: None,
            in_place: false,
        };
        host.change(write).await.expect("the host takes a program");
    }
    true
}
