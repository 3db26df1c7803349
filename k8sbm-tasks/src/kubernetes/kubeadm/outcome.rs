//! What kubeadm says when it fails, as an error that names the cause.

use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Error, Result},
};

/// Runs kubeadm; `phase` is its first word, such as `init`.
///
/// # Errors
/// With the checks that failed, or the last it said.
pub(crate) async fn run_kubeadm(host: &Host, phase: &str, command: Command) -> Result<Output> {
    let output = host.run(command).await?;
    if output.success() {
        return Ok(output);
    }
    Err(failure(phase, &output))
}

/// Refuses to pass over checks that nobody has named.
///
/// # Errors
/// Where `all` is among them.
pub(crate) fn no_check_passes_all(ignored: &[String]) -> Result<()> {
    match ignored.iter().any(|name| name.eq_ignore_ascii_case("all")) {
        true => Err(
            Error::arguments("`all` would pass over checks that nobody has seen fail")
                .hint("name each, such as `Mem`")
                .about(["ignore_preflight"]),
        ),
        false => Ok(()),
    }
}

/// The flags of `kubeadm init` and `kubeadm join` for what is passed over.
pub(crate) fn passed_over(checks: &[String], phases: &[String]) -> Vec<String> {
    [
        ("--ignore-preflight-errors", checks),
        ("--skip-phases", phases),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .flat_map(|(flag, names)| [flag.to_owned(), names.join(",")])
    .collect()
}

/// The end of what was said is where the reason stands.
const LAST_LINES: usize = 6;

fn failure(phase: &str, output: &Output) -> Error {
    let (stdout, stderr) = (output.text(), output.error_text());
    let lines: Vec<&str> = stderr.lines().chain(stdout.lines()).collect();
    let checks: Vec<(&str, &str)> = lines.iter().filter_map(|line| check(line)).collect();
    let error = if output.status == 127 {
        Error::failed("kubeadm is not installed")
    } else if checks.is_empty() {
        let reason = lines
            .iter()
            .find(|line| line.starts_with("error"))
            .map(|line| line.trim_start_matches("error: ").to_owned());
        let last: Vec<&str> = stderr
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = last[last.len().saturating_sub(LAST_LINES)..].join("\n");
        Error::failed(format!(
            "`kubeadm {phase}` failed: {}",
            reason.unwrap_or(last)
        ))
        .hint("`journalctl -u kubelet` on the host says more")
    } else {
        let names: Vec<&str> = checks.iter().map(|(name, _)| *name).collect();
        let told: Vec<String> = checks
            .iter()
            .map(|(name, why)| format!("{name}: {why}"))
            .collect();
        let count = match checks.len() {
            1 => "a check".to_owned(),
            count => format!("{count} checks"),
        };
        Error::failed(format!(
            "{count} of `kubeadm {phase}` failed: {}",
            told.join("; ")
        ))
        .hint(format!(
            "what may be as it is can be passed over: `ignore_preflight: [{}]`",
            names.join(", ")
        ))
        .returning("failed_checks", names)
    };
    error
        .returning("rc", output.status)
        .returning("stdout", stdout.trim_end())
        .returning("stderr", stderr.trim_end())
}

/// `[ERROR Port-6443]: Port 6443 is in use`
fn check(line: &str) -> Option<(&str, &str)> {
    let (name, why) = line.trim().strip_prefix("[ERROR ")?.split_once("]: ")?;
    Some((name, why.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: i32, stderr: &str) -> Error {
        let output = Output {
            status,
            stderr: stderr.into(),
            stdout: b"[init] Using Kubernetes version: v1.34.2\n".to_vec(),
        };
        failure("init", &output)
    }

    #[test]
    fn the_checks_that_failed_are_named() {
        let error = said(
            1,
            "\t[WARNING Hostname]: hostname \"cp1\" could not be reached\n\
             error execution phase preflight: [preflight] Some fatal errors occurred:\n\
             \t[ERROR Port-6443]: Port 6443 is in use\n\
             \t[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: contents are not set to 1\n\
             [preflight] If you know what you are doing, ...\n",
        );
        insta::assert_snapshot!(error.message, @r"
        2 checks of `kubeadm init` failed: Port-6443: Port 6443 is in use; FileContent--proc-sys-net-ipv4-ip_forward: contents are not set to 1
        ");
        assert_eq!(
            error.hint.as_deref(),
            Some(
                "what may be as it is can be passed over: \
                 `ignore_preflight: [Port-6443, FileContent--proc-sys-net-ipv4-ip_forward]`"
            )
        );
    }

    #[test]
    fn otherwise_the_phase_that_failed_is_told() {
        let error = said(
            1,
            "W1121 log\nerror execution phase wait-control-plane: failed while waiting for the API\n\
             To see the stack trace of this error execute with --v=5 or higher\n",
        );
        assert_eq!(
            error.message,
            "`kubeadm init` failed: error execution phase wait-control-plane: failed while waiting for the API"
        );
        assert_eq!(
            said(127, "sh: kubeadm: not found").message,
            "kubeadm is not installed"
        );
    }
}
