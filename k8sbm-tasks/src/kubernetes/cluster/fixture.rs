//! An API in memory, reached through the `kubectl` of a host in memory.

use super::Key;
use crate::testing::{Desk, probe};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Output, Program},
    task::Probe,
};
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, Mutex};

/// What it holds, and how it answers.
#[derive(Clone, Default)]
pub(crate) struct Api {
    objects: Arc<Mutex<Vec<Json>>>,
    /// What is said to the commands that hold a word, once each.
    refusals: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
    /// Kinds that it does not know.
    unknown: Arc<Mutex<Vec<&'static str>>>,
}

impl Api {
    /// An API with these objects.
    pub(crate) fn with(objects: impl IntoIterator<Item = Json>) -> Self {
        let api = Self::default();
        api.objects.lock().unwrap().extend(objects);
        api
    }

    /// Does not know a kind until its definition comes.
    pub(crate) fn without(self, kind: &'static str) -> Self {
        self.unknown.lock().unwrap().push(kind);
        self
    }

    /// Refuses once what holds a word.
    pub(crate) fn refusing(self, word: &'static str, said: &'static str) -> Self {
        self.refusals.lock().unwrap().push((word, said));
        self
    }

    /// An object it holds.
    pub(crate) fn get(&self, kind: &str, name: &str) -> Option<Json> {
        let objects = self.objects.lock().unwrap();
        objects
            .iter()
            .find(|it| it["kind"] == kind && it["metadata"]["name"] == name)
            .cloned()
    }

    /// Changes an object it holds.
    pub(crate) fn edit(&self, kind: &str, name: &str, edit: impl FnOnce(&mut Json)) {
        let mut objects = self.objects.lock().unwrap();
        let found = objects
            .iter_mut()
            .find(|it| it["kind"] == kind && it["metadata"]["name"] == name);
        edit(found.unwrap());
    }

    /// A host with a kubectl that reaches it.
    pub(crate) fn host(&self) -> FakeHost {
        let (asked, told) = (self.clone(), self.clone());
        FakeHost::new()
            .file(super::kubectl::ADMIN_CONF, "kubeconfig")
            .query(["date", "+%s"], "1767225660\n")
            .queries(is_kubectl, move |_, command| asked.answer(command))
            .commands(is_kubectl, move |_, command| told.answer(command))
    }

    /// A probe of that host.
    pub(crate) fn probe(&self) -> Probe {
        probe(self.host(), Desk::default())
    }

    fn answer(&self, command: &Command) -> Output {
        let Program::Argv(argv) = &command.program else {
            panic!("no script is expected")
        };
        let line = argv.join(" ");
        let mut refusals = self.refusals.lock().unwrap();
        if let Some(at) = refusals.iter().position(|(word, _)| line.contains(word)) {
            return failed(refusals.remove(at).1);
        }
        drop(refusals);
        let words: Vec<&str> = argv[3..].iter().map(String::as_str).collect();
        let given: Vec<Json> =
            serde_json::Deserializer::from_slice(command.stdin.as_deref().unwrap_or_default())
                .into_iter()
                .collect::<Result<_, _>>()
                .unwrap();
        let option = |name: &str| {
            words
                .iter()
                .position(|it| *it == name)
                .map(|at| words[at + 1])
        };
        match words[0] {
            "get" if words.contains(&"-f") => self.get_given(&given),
            "get" => self.list(words[1], words.get(2).copied(), &option),
            "apply" => self.apply(given, words.contains(&"--dry-run=server")),
            "delete" if words.contains(&"-f") => {
                let keys: Vec<Key> = given.iter().map(Key::of).collect();
                let mut objects = self.objects.lock().unwrap();
                objects.retain(|it| !keys.iter().any(|key| Key::of(it).answers(key)));
                ok(String::new())
            }
            "delete" => {
                let kind = words[1]
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .to_lowercase();
                let mut objects = self.objects.lock().unwrap();
                objects.retain(|it| {
                    it["kind"].as_str().unwrap().to_lowercase() != kind
                        || it["metadata"]["name"] != words[2]
                });
                ok(String::new())
            }
            "patch" => {
                let patch: Json = serde_json::from_str(option("-p").unwrap()).unwrap();
                let mut objects = self.objects.lock().unwrap();
                let kind = words[1]
                    .split('.')
                    .next()
                    .unwrap_or_default()
                    .to_lowercase();
                let found = objects.iter_mut().find(|it| {
                    it["kind"].as_str().unwrap().to_lowercase() == kind
                        && it["metadata"]["name"] == words[2]
                });
                let Some(found) = found else {
                    return failed("Error from server (NotFound): not found");
                };
                let mut patched = found.clone();
                merge(&mut patched, &patch);
                if !words.contains(&"--dry-run=server") {
                    *found = patched.clone();
                }
                ok(patched.to_string())
            }
            "version" => ok(json!({"serverVersion": {"gitVersion": "v1.34.9"}}).to_string()),
            "certificate" => {
                let mut objects = self.objects.lock().unwrap();
                for it in objects
                    .iter_mut()
                    .filter(|it| words.iter().any(|word| it["metadata"]["name"] == *word))
                {
                    it["status"]["conditions"] = json!([{"type": "Approved", "status": "True"}]);
                }
                ok(String::new())
            }
            "logs" => ok("the last line\n".into()),
            "drain" => {
                let mut objects = self.objects.lock().unwrap();
                objects.retain(|it| {
                    it["kind"] != "Pod"
                        || it["spec"]["nodeName"] != words[1]
                        || it["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
                });
                ok(String::new())
            }
            other => panic!("the API in memory does not know {other}: {line}"),
        }
    }

    fn knows(&self, kind: &str) -> bool {
        !self.unknown.lock().unwrap().contains(&kind)
    }

    fn get_given(&self, given: &[Json]) -> Output {
        let objects = self.objects.lock().unwrap();
        let found = given.iter().filter_map(|it| {
            let key = Key::of(it);
            objects.iter().find(|it| Key::of(it).answers(&key)).cloned()
        });
        let found: Vec<Json> = found.collect();
        let missing = given
            .iter()
            .find(|it| !self.knows(it["kind"].as_str().unwrap()));
        Output {
            status: i32::from(missing.is_some()),
            stdout: list(found).into_bytes(),
            stderr: missing
                .map(|_| "no matches for kind".into())
                .unwrap_or_default(),
        }
    }

    fn list<'a>(
        &self,
        kind: &str,
        name: Option<&str>,
        option: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Output {
        let kinds: Vec<String> = kind
            .split(',')
            .map(|it| it.split('.').next().unwrap_or_default().to_lowercase())
            .collect();
        let name = name.filter(|it| !it.starts_with('-'));
        let objects = self.objects.lock().unwrap();
        let label = option("-l").and_then(|it| it.split_once('='));
        let node = option("--field-selector").and_then(|it| it.strip_prefix("spec.nodeName="));
        let meant = |it: &&Json| {
            let kind = it["kind"].as_str().unwrap().to_lowercase();
            kinds
                .iter()
                .any(|wanted| *wanted == kind || *wanted == format!("{kind}s"))
                && name.is_none_or(|name| it["metadata"]["name"] == name)
                && option("-n").is_none_or(|wanted| it["metadata"]["namespace"] == wanted)
                && label.is_none_or(|(key, value)| it["metadata"]["labels"][key] == value)
                && node.is_none_or(|node| it["spec"]["nodeName"] == node)
        };
        let found: Vec<Json> = objects.iter().filter(meant).cloned().collect();
        match name {
            Some(_) => ok(found.first().map(Json::to_string).unwrap_or_default()),
            None => ok(list(found)),
        }
    }

    fn apply(&self, given: Vec<Json>, dry: bool) -> Output {
        let mut objects = self.objects.lock().unwrap();
        let mut result = Vec::new();
        for object in given {
            let kind = object["kind"].as_str().unwrap();
            if !self.knows(kind) {
                return failed("error: resource mapping not found: no matches for kind");
            }
            let key = Key::of(&object);
            if let Some(namespace) = key
                .namespace
                .as_deref()
                .filter(|it| !["default", "kube-system"].contains(it))
                && !objects
                    .iter()
                    .any(|it| it["kind"] == "Namespace" && it["metadata"]["name"] == namespace)
            {
                return failed("Error from server (NotFound): namespaces not found");
            }
            let there = objects.iter().position(|it| Key::of(it).answers(&key));
            let mut after = there.map_or_else(|| json!({}), |at| objects[at].clone());
            merge(&mut after, &object);
            result.push(after.clone());
            if dry {
                continue;
            }
            if kind == "CustomResourceDefinition" {
                after["status"] =
                    json!({"conditions": [{"type": "Established", "status": "True"}]});
                let brought = after["spec"]["names"]["kind"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                self.unknown.lock().unwrap().retain(|it| *it != brought);
            }
            match there {
                Some(at) => objects[at] = after,
                None => objects.push(after),
            }
        }
        ok(match result.as_slice() {
            [one] => one.to_string(),
            _ => list(result),
        })
    }
}

fn is_kubectl(command: &Command) -> bool {
    matches!(&command.program, Program::Argv(argv) if argv.first().is_some_and(|it| it.ends_with("kubectl")))
}

fn list(items: Vec<Json>) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn ok(stdout: String) -> Output {
    Output {
        stdout: stdout.into_bytes(),
        ..Output::default()
    }
}

fn failed(said: &str) -> Output {
    Output {
        status: 1,
        stderr: said.into(),
        ..Output::default()
    }
}

/// As a merge patch does.
fn merge(target: &mut Json, patch: &Json) {
    let Json::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Json::Null), value);
        }
    }
}
