//! Package files: on the host, or behind a URL.

use super::{arguments::Apt, command::AptGet, install};
use crate::package::{dpkg::Packages, version, wanted::Wanted};
use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Diff, Error, Plan, Probe, Result, Returns},
};

/// Prints the fields of a package behind a URL; of the file no more is fetched than they take.
const REMOTE_FIELDS: &str = r#"fetch() { if command -v curl >/dev/null; then curl -fsSL "$1"; else wget -qO- "$1"; fi; }
fetch "$URL" 2>/dev/null | dpkg-deb --show --showformat='${Package}\t${Version}\t${Architecture}\n' /dev/stdin"#;

/// Fetches a package file and prints where it lies.
const FETCH: &str = r#"dir=$(mktemp -d) && cd "$dir" && chmod 755 . || exit
if command -v curl >/dev/null; then curl -fsSL -o package.deb "$URL"; else wget -qO package.deb "$URL"; fi ||
  { code=$?; rm -rf "$dir"; exit $code; }
echo "$dir""#;

/// Makes the package in a file be installed.
pub(super) async fn install(host: &Probe, plan: &mut Plan, task: &Apt, deb: &str) -> Result<()> {
    let remote = deb.contains("://");
    let (known, fields) = tokio::join!(Packages::of(host), fields(host, deb, remote));
    let (known, (name, offered)) = (known?, fields?);
    let installed = known
        .installed()
        .find(|it| Wanted::parse(&name).names(it))
        .map(|it| it.version.clone());
    match &installed {
        Some(there) if *there == offered => return Ok(()),
        Some(there)
            if version::compare(there, &offered).is_gt()
                && !task.allow_downgrade
                && !task.force =>
        {
            return Err(Error::failed(format!(
                "A later version is already installed: {name} is {there}, and {deb} has {offered}"
            ))
            .hint("`allow_downgrade: true` installs it all the same"));
        }
        _ => {}
    }
    if !remote {
        let words = [absolute(deb)];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        return install::operation(host, plan, task, "install", &words, false).await;
    }
    let line = |version: &String| format!("{name} {version}\n");
    let before = installed.as_ref().map(line).unwrap_or_default();
    let diff = Diff::text("packages", before, line(&offered));
    let (apt, deb) = (task.apt_get(), deb.to_owned());
    plan.act_with(
        format!("install {name} {offered} from {deb}"),
        diff,
        move |host| act(host, apt, deb),
    );
    Ok(())
}

async fn fields(host: &Probe, deb: &str, remote: bool) -> Result<(String, String)> {
    let output = if remote {
        let command = Command::shell(REMOTE_FIELDS).env("URL", deb);
        host.query_beyond(command).await?
    } else {
        let format = "--showformat=${Package}\\t${Version}\\t${Architecture}\\n";
        host.query(["dpkg-deb", "--show", format, deb]).await?
    };
    let text = output.text();
    let mut words = text.trim_end().split('\t').map(str::to_owned);
    match (words.next(), words.next()) {
        (Some(name), Some(version)) => Ok((name, version)),
        _ => Err(unusable(deb, &output)),
    }
}

fn unusable(deb: &str, output: &Output) -> Error {
    let said = output.error_text();
    Error::failed(format!(
        "{deb} is no package that can be read: {}",
        said.trim()
    ))
    .hint("the file must be on the host already, or be given as a URL")
    .returning("rc", output.status)
    .returning("stderr", said.trim_end())
}

async fn act(host: Host, apt: AptGet, deb: String) -> Result<Returns> {
    let fetched = host.check(Command::shell(FETCH).env("URL", &deb)).await;
    let directory = fetched
        .map_err(|error| error.context(format!("fetching {deb}")))?
        .text();
    let directory = directory.trim().to_owned();
    let words = vec!["install".into(), format!("{directory}/package.deb")];
    let result = install::call(host.clone(), apt, words).await;
    host.run(Command::new(["rm", "-rf", &directory])).await?;
    result
}

/// apt-get takes for a file what has a slash.
fn absolute(path: &str) -> String {
    if path.contains('/') {
        path.to_owned()
    } else {
        format!("./{path}")
    }
}
