//! The lock: which version of what, and what its files are known by.

use super::reading::Reading;
use crate::kubernetes::version::MINORS;
use k8sbm_core::vars::Said;

/// Letters of a SHA-256 in hexadecimal.
const SHA256: usize = 64;

/// A version that is supported, artefacts that fit.
pub(super) fn check(reading: &mut Reading<'_>) {
    let version = reading.required("kubernetes_version", "a version such as `1.36.4`");
    if let Some(said) = &version {
        supported(reading, said);
    }
    if let Some(artifacts) = reading.said("artifacts") {
        artefacts(
            reading,
            &artifacts,
            version.map(|said| said.text()).as_deref(),
        );
    }
}

fn artefacts(reading: &mut Reading<'_>, artifacts: &Said, version: Option<&str>) {
    let Ok(names) = artifacts.value.try_iter() else {
        return;
    };
    for name in names {
        let Ok(artefact) = artifacts.value.get_item(&name) else {
            continue;
        };
        let field = |key: &str| {
            let value = artefact.get_attr(key).ok()?;
            (!value.is_undefined() && !value.is_none()).then(|| value.to_string())
        };
        if let Some(sum) = field("sha256")
            && (sum.len() != SHA256 || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            reading.wrong(
                &artifacts.span,
                format!("the sha256 of the artefact `{name}` is `{sum}`"),
                "a SHA-256 has 64 hexadecimal digits",
            );
        }
        let ours = ["kubeadm", "kubelet", "kubectl"].contains(&&*name.to_string());
        if let (true, Some(own), Some(version)) = (ours, field("version"), version)
            && own != version
        {
            reading.wrong(
                &artifacts.span,
                format!("the artefact `{name}` is of version {own}, and `kubernetes_version` is {version}"),
                "lock both to the same version",
            );
        }
    }
}

fn supported(reading: &mut Reading<'_>, said: &Said) {
    let text = said.text();
    let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([1, minor, _]) if MINORS.contains(minor) => {}
        Some([1, ..]) => reading.wrong(
            &said.span,
            format!("Kubernetes {text} is not supported"),
            format!(
                "1.{} to 1.{} are, as `1.{}.0`",
                MINORS.start(),
                MINORS.end(),
                MINORS.end()
            ),
        ),
        _ => reading.wrong(
            &said.span,
            format!("`kubernetes_version` is `{text}`"),
            "it is a version such as `1.36.4`",
        ),
    }
}
