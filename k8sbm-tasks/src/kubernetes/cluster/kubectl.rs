//! `kubectl` on a host of the control plane.

use super::{Key, Refusal, Why, object};
use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Error, Probe, Result},
};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The administrator's kubeconfig, where kubeadm puts it.
pub(super) const ADMIN_CONF: &str = "/etc/kubernetes/admin.conf";

/// Who owns the fields that we apply.
const MANAGER: &str = "k8sbm";

/// How long one question may take.
const LONGEST: Duration = Duration::from_secs(90);

/// The default of the argument `kubeconfig`.
pub(crate) fn admin_conf() -> String {
    ADMIN_CONF.into()
}

/// How `kubectl` on a host comes to a cluster's API.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The program: a name, or a path.
    pub(crate) kubectl: String,
    /// The kubeconfig on the host.
    pub(crate) kubeconfig: String,
    /// The address of the API, where it is not the kubeconfig's.
    pub(crate) server: Option<String>,
}

impl<S: Into<String>> From<S> for Access {
    fn from(kubeconfig: S) -> Self {
        Self {
            kubectl: "kubectl".into(),
            kubeconfig: kubeconfig.into(),
            server: None,
        }
    }
}

/// A cluster's API, as `kubectl` on a host reaches it.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    probe: Probe,
    access: Access,
}

impl Cluster {
    /// The cluster of a kubeconfig on the host; nothing where that file is not there yet.
    pub(crate) async fn open(host: &Probe, access: impl Into<Access>) -> Result<Option<Self>> {
        let access = access.into();
        let there = host.stat_follow(&access.kubeconfig).await?.is_some();
        Ok(there.then(|| Self {
            probe: host.clone(),
            access,
        }))
    }

    /// The cluster as it must be there when something is done.
    pub(crate) async fn there(host: &Host, access: impl Into<Access>) -> Result<Self> {
        let access = access.into();
        let kubeconfig = access.kubeconfig.clone();
        Self::open(host.probe(), access)
            .await?
            .ok_or_else(|| no_cluster(&kubeconfig))
    }

    /// The host that is asked.
    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    fn command<S: AsRef<str>>(&self, words: &[S]) -> Command {
        let access = &self.access;
        let start = [&access.kubectl, "--kubeconfig", &access.kubeconfig].map(str::to_owned);
        let server = access.server.iter().map(|it| format!("--server={it}"));
        let words = words.iter().map(|word| word.as_ref().to_owned());
        Command::new(start.into_iter().chain(server).chain(words))
    }

    /// What a `kubectl` that only reads comes to.
    pub(crate) async fn look<S: AsRef<str>>(
        &self,
        words: &[S],
        stdin: Option<Vec<u8>>,
    ) -> Result<Output> {
        let mut command = self.command(words).timeout(LONGEST);
        command.stdin = stdin;
        let output = self.probe.query_beyond(command).await?;
        Ok((*output).clone())
    }

    /// What a `kubectl` that only reads prints.
    pub(crate) async fn ask<S: AsRef<str>>(&self, words: &[S]) -> Result<String, Refusal> {
        let output = self.look(words, None).await?;
        if output.success() {
            return Ok(output.text());
        }
        Err(Refusal::of(&output))
    }

    /// What a `kubectl` that changes the cluster prints.
    pub(crate) async fn order<S: AsRef<str>>(
        &self,
        words: &[S],
        stdin: Option<Vec<u8>>,
        limit: Duration,
    ) -> Result<String, Refusal> {
        let mut command = self.command(words).timeout(limit);
        command.stdin = stdin;
        let output = Host::new(self.probe.clone()).run(command).await?;
        if output.success() {
            return Ok(output.text());
        }
        Err(Refusal::of(&output))
    }

    /// One object; nothing where there is none.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Json>, Refusal> {
        let mut words = vec!["get".to_owned(), key.resource(), key.name.clone()];
        if let Some(namespace) = &key.namespace {
            words.extend(["-n".to_owned(), namespace.clone()]);
        }
        words.extend(["-o", "json", "--ignore-not-found"].map(str::to_owned));
        let text = self.ask(&words).await?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        Ok(Some(read(&text)?))
    }

    /// The objects that a list of words after `get` names.
    pub(crate) async fn list<S: AsRef<str>>(&self, words: &[S]) -> Result<Vec<Json>, Refusal> {
        let all = ["get"].into_iter().chain(words.iter().map(AsRef::as_ref));
        let all: Vec<&str> = all.chain(["-o", "json", "--ignore-not-found"]).collect();
        Ok(items(&self.ask(&all).await?)?)
    }

    /// Those of some objects that are there; kinds that the API does not know have none.
    pub(crate) async fn current(&self, objects: &[Json]) -> Result<Vec<Json>, Refusal> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let words = ["get", "--ignore-not-found", "-o", "json", "-f", "-"];
        let output = self.look(&words, Some(stream(objects))).await?;
        if !output.success() {
            let refusal = Refusal::of(&output);
            if refusal.why != Why::NoKind {
                return Err(refusal);
            }
        }
        Ok(items(&output.text())?)
    }

    fn applying(force: bool) -> Vec<&'static str> {
        let mut words = vec!["apply", "--server-side", "--field-manager", MANAGER];
        if force {
            words.push("--force-conflicts");
        }
        words
    }

    /// What objects would be if they were applied.
    pub(crate) async fn would_apply(
        &self,
        objects: &[Json],
        force: bool,
    ) -> Result<Vec<Json>, Refusal> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let mut words = Self::applying(force);
        words.extend(["--dry-run=server", "-o", "json", "-f", "-"]);
        let output = self.look(&words, Some(stream(objects))).await?;
        if !output.success() {
            return Err(Refusal::of(&output));
        }
        Ok(items(&output.text())?)
    }

    /// Applies objects on the server's side.
    pub(crate) async fn apply(&self, objects: &[Json], force: bool) -> Result<Vec<Json>, Refusal> {
        let mut words = Self::applying(force);
        words.extend(["-o", "json", "-f", "-"]);
        let text = self
            .order(&words, Some(stream(objects)), LONGEST * 4)
            .await?;
        Ok(items(&text)?)
    }

    /// Deletes objects, and waits until they are gone.
    pub(crate) async fn delete(&self, objects: &[Json], limit: Duration) -> Result<(), Refusal> {
        let named: Vec<Json> = objects.iter().map(name_only).collect();
        let timeout = format!("--timeout={}s", limit.as_secs());
        let words = [
            "delete",
            "--ignore-not-found",
            "--wait=true",
            &timeout,
            "-f",
            "-",
        ];
        self.order(&words, Some(stream(&named)), limit + LONGEST)
            .await
            .map(drop)
    }
}

/// What to say where a kubeconfig is missing.
pub(crate) fn no_cluster(kubeconfig: &str) -> Error {
    Error::failed(format!("there is no {kubeconfig} on this host"))
        .hint("the API is asked on a host of the control plane, once kubeadm has made it one; `kubeconfig` names another file")
}

fn name_only(object: &Json) -> Json {
    let key = Key::of(object);
    let mut metadata = json!({"name": key.name});
    if let Some(namespace) = key.namespace {
        metadata["namespace"] = namespace.into();
    }
    json!({"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata})
}

/// Objects as `kubectl` reads them: one JSON after the other.
fn stream(objects: &[Json]) -> Vec<u8> {
    let texts: Vec<String> = objects.iter().map(Json::to_string).collect();
    (texts.join("\n") + "\n").into_bytes()
}

/// What `kubectl -o json` printed.
pub(crate) fn read(text: &str) -> Result<Json> {
    serde_json::from_str(text)
        .map_err(|error| Error::failed(format!("kubectl printed what is no JSON: {error}")))
}

/// The objects that `kubectl -o json` printed: one, a list, several lists, or nothing.
fn items(text: &str) -> Result<Vec<Json>> {
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        let value = value
            .map_err(|error| Error::failed(format!("kubectl printed what is no JSON: {error}")))?;
        match value {
            Json::Object(mut map)
                if map.contains_key("items")
                    && map
                        .get("kind")
                        .and_then(Json::as_str)
                        .is_some_and(|kind| kind.ends_with("List")) =>
            {
                if let Some(Json::Array(items)) = map.remove("items") {
                    all.extend(items);
                }
            }
            other => all.push(other),
        }
    }
    Ok(all)
}

/// A kind as the user says it.
pub(crate) fn resource(kind: &str, api_version: Option<&str>) -> String {
    object::resource(kind, api_version)
}
