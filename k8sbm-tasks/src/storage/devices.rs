//! Devices by the paths that LVM knows them by.

use k8sbm_core::{
    host::Command,
    task::{Error, Probe, Result},
};

/// A line for each path: where it leads, or nothing.
pub(super) const SCRIPT: &str =
    r#"for it; do { [ -e "$it" ] && readlink -f -- "$it"; } || echo; done"#;

/// A device that a playbook names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Device {
    /// By its path without links.
    There(String),
    /// By the path that was given.
    Missing(String),
}

impl Device {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::There(path) | Self::Missing(path) => path,
        }
    }

    pub(super) fn missing(&self) -> Option<&str> {
        match self {
            Self::There(_) => None,
            Self::Missing(path) => Some(path),
        }
    }
}

/// Where paths lead: those that a playbook names, each once, and those that LVM tells.
pub(super) async fn devices<'a>(
    host: &Probe,
    wanted: &[String],
    known: impl Iterator<Item = &'a str>,
) -> Result<(Vec<Device>, Vec<String>)> {
    let known: Vec<&str> = known.collect();
    if wanted.is_empty() {
        return Ok((Vec::new(), known.into_iter().map(str::to_owned).collect()));
    }
    let paths: Vec<&str> = wanted.iter().map(String::as_str).chain(known).collect();
    let words = ["sh", "-c", SCRIPT, "sh"]
        .into_iter()
        .chain(paths.iter().copied());
    let output = host.query_command(Command::new(words)).await?;
    let text = output.text();
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() != paths.len() {
        return Err(Error::failed(format!(
            "it cannot be told where {} lead: {}",
            paths.join(", "),
            output.error_text().trim()
        )));
    }
    let real = paths.iter().zip(lines);
    let mut devices: Vec<Device> = Vec::new();
    for (path, real) in real.clone().take(wanted.len()) {
        let device = match real {
            "" => Device::Missing((*path).to_owned()),
            real => Device::There(real.to_owned()),
        };
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    let known = real.skip(wanted.len());
    let known = known.map(|(path, real)| if real.is_empty() { path } else { real });
    Ok((devices, known.map(str::to_owned).collect()))
}
