//! `include_vars`: reads variables from files.

use super::variable::check_name;
use fancy_regex::Regex;
use k8sbm_core::task::{
    Controller, Effect, Error, Example, FileSearch, Plan, Probe, Result, Returns, Sets, Task,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, map::Entry};
use std::path::{Path, PathBuf};

/// Reads variables from a YAML or JSON file, or from all such files of a directory.
///
/// A relative path is looked for in `vars/` of the role, then beside the playbook. Encrypted files are opened.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IncludeVars {
    /// The file as text: `include_vars: debian.yml`.
    #[serde(rename = "_raw_params")]
    free_form: Option<String>,
    /// The file.
    file: Option<PathBuf>,
    /// A directory whose files are read in the order of their names, those of later ones on top.
    dir: Option<PathBuf>,
    /// A variable to hold all that is read, as a mapping. Otherwise each is a variable of its own.
    name: Option<String>,
    /// How many levels of directories are read; 0 reads all, 1 only `dir` itself.
    #[serde(default)]
    depth: usize,
    /// A regular expression that names of files must match somewhere.
    files_matching: Option<String>,
    /// Regular expressions of names that are passed over; each must match up to the end of the name.
    #[serde(default)]
    ignore_files: Vec<String>,
    /// Endings of names that files of variables have.
    #[serde(default = "extensions")]
    extensions: Vec<String>,
    /// Whether files with other endings are passed over. Otherwise they fail the task.
    #[serde(default)]
    ignore_unknown_extensions: bool,
    /// What happens to a mapping that the host has already: `replace` puts the new one in its place, `merge` joins both.
    hash_behaviour: Option<HashBehaviour>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum HashBehaviour {
    Replace,
    Merge,
}

fn extensions() -> Vec<String> {
    ["json", "yaml", "yml"].map(str::to_owned).into()
}

impl IncludeVars {
    fn file(&self) -> Option<PathBuf> {
        let written = self.free_form.as_deref().map(str::trim_end);
        self.file.clone().or_else(|| written.map(PathBuf::from))
    }

    /// The files to read, in order.
    fn files(&self, controller: &dyn Controller) -> Result<Vec<PathBuf>> {
        let find = |path: &Path| controller.find(FileSearch::Vars, &path.to_string_lossy());
        if let Some(file) = self.file() {
            return Ok(vec![find(&file)?]);
        }
        let directory = find(&self.dir.clone().unwrap_or_default())?;
        let chosen = Chosen::new(self)?;
        let mut files: Vec<(PathBuf, String)> = Vec::new();
        for below in controller.walk(&directory)? {
            let (parent, name) = below.rsplit_once('/').unwrap_or(("", &below));
            let depth = 1 + parent.split('/').filter(|part| !part.is_empty()).count();
            let too_deep = self.depth > 0 && depth > self.depth;
            if !name.is_empty() && !too_deep && chosen.takes(name)? {
                files.push((directory.join(parent), name.to_owned()));
            }
        }
        files.sort();
        Ok(files
            .into_iter()
            .map(|(parent, name)| parent.join(name))
            .collect())
    }
}

/// Which files of a directory are read.
struct Chosen<'a> {
    matching: Option<Regex>,
    ignored: Vec<Regex>,
    extensions: &'a [String],
    ignore_unknown: bool,
}

impl<'a> Chosen<'a> {
    fn new(arguments: &'a IncludeVars) -> Result<Self> {
        let regex = |pattern: &str| {
            Regex::new(pattern).map_err(|error| {
                Error::arguments(format!("`{pattern}` is no regular expression: {error}"))
            })
        };
        let ignored = arguments.ignore_files.iter();
        Ok(Self {
            matching: arguments.files_matching.as_deref().map(regex).transpose()?,
            ignored: ignored
                .map(|pattern| regex(&format!("(?:{pattern})$")))
                .collect::<Result<_>>()?,
            extensions: &arguments.extensions,
            ignore_unknown: arguments.ignore_unknown_extensions,
        })
    }

    fn takes(&self, name: &str) -> Result<bool> {
        let matches = |regex: &Regex| regex.is_match(name).unwrap_or(false);
        if !self.matching.as_ref().is_none_or(matches) || self.ignored.iter().any(matches) {
            return Ok(false);
        }
        let extension = Path::new(name).extension().unwrap_or_default();
        if self
            .extensions
            .iter()
            .any(|known| extension == known.as_str())
        {
            return Ok(true);
        }
        if self.ignore_unknown {
            return Ok(false);
        }
        let known = self.extensions.join(", ");
        Err(
            Error::failed(format!("{name} does not end in one of {known}"))
                .hint("pass it over with `ignore_unknown_extensions: true` or `ignore_files`"),
        )
    }
}

/// Joins `new` into `old`, mappings within mappings too; a list or scalar is replaced.
fn merge(old: &mut Json, new: Json) {
    match (old, new) {
        (Json::Object(old), Json::Object(new)) => {
            for (key, value) in new {
                match old.entry(key) {
                    Entry::Occupied(mut entry) => merge(entry.get_mut(), value),
                    Entry::Vacant(entry) => {
                        entry.insert(value);
                    }
                }
            }
        }
        (old, new) => *old = new,
    }
}

impl Task for IncludeVars {
    const NAME: &'static str = "include_vars";
    const FREE_FORM: Option<&'static str> = Some("_raw_params");
    const SETS: Sets = Sets::Anything;

    fn validate(&self) -> Result<()> {
        match (self.file(), &self.dir) {
            (Some(_), Some(_)) => Err(Error::arguments("`file` and `dir` are mutually exclusive")),
            (None, None) => Err(Error::arguments("neither `file` nor `dir` is given")),
            _ => self.name.as_deref().map_or(Ok(()), check_name),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let controller = &**host.controller();
        let mut values = Returns::new();
        let files = self.files(controller)?;
        for file in &files {
            match controller.variables(file)? {
                Json::Object(read) => values.extend(read),
                Json::Null => {}
                _ => {
                    let file = file.display();
                    return Err(Error::failed(format!(
                        "{file} holds no mapping of variables"
                    )));
                }
            }
        }
        if let Some(name) = &self.name {
            values = Returns::from_iter([(name.clone(), Json::Object(values))]);
        }
        if self.hash_behaviour == Some(HashBehaviour::Merge) {
            for (name, value) in &mut values {
                if let Some(mut whole) = controller.variable(name) {
                    merge(&mut whole, value.take());
                    *value = whole;
                }
            }
        }
        let mut plan = Plan::default();
        let names: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        plan.returns("ansible_included_var_files", names);
        plan.returns("ansible_facts", values.clone());
        plan.effect(Effect::IncludedVariables(values));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Read what differs between distributions",
                yaml: "include_vars: \"{{ ansible_facts.os_family | lower }}.yml\"\n",
            },
            Example {
                title: "Read the versions of a release under a name",
                yaml: "include_vars:\n  file: releases/v1.32.yml\n  name: release\n",
            },
            Example {
                title: "Read all files of a directory but the drafts",
                yaml: "include_vars:\n  dir: clusters/blue\n  ignore_files: ['draft-.*']\n  ignore_unknown_extensions: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("ansible_facts", "The variables that were read."),
            (
                "ansible_included_var_files",
                "The files that were read, in order.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, nowhere, plan_on, refusal};
    use serde_json::json;

    fn desk() -> Desk {
        Desk::with_files(&[
            ("all.yml", "a: 1\nb: {x: 1}\n"),
            ("many/a.yml", "a: 2\n"),
            ("many/b.json", "{\"b\": {\"y\": 2}}"),
            ("many/deep/c.yml", "c: '{{ a }}'\n"),
            ("many/draft-d.yaml", "d: 4\n"),
            ("notes/README.md", "# notes\n"),
            ("empty.yml", ""),
            ("list.yml", "[1]"),
        ])
    }

    async fn facts(arguments: &str) -> serde_json::Value {
        let plan = plan_on(&nowhere(desk()), "include_vars", arguments).await;
        plan.map_or_else(
            |error| json!(error.message),
            |plan| plan.returns["ansible_facts"].clone(),
        )
    }

    #[tokio::test]
    async fn a_file_gives_variables() {
        assert_eq!(
            facts("_raw_params: all.yml").await,
            json!({"a": 1, "b": {"x": 1}})
        );
        assert_eq!(
            facts("{file: many/a.yml, name: m}").await,
            json!({"m": {"a": 2}})
        );
        assert_eq!(facts("file: empty.yml").await, json!({}));
        assert_eq!(
            facts("file: list.yml").await,
            json!("/play/list.yml holds no mapping of variables")
        );
        assert_eq!(
            facts("file: none.yml").await,
            json!("there is no file none.yml")
        );
    }

    #[tokio::test]
    async fn a_directory_gives_the_variables_of_its_files() {
        let all = json!({"a": 2, "b": {"y": 2}, "c": "{{ a }}", "d": 4});
        assert_eq!(facts("dir: many").await, all);
        assert_eq!(
            facts("{dir: many, depth: 1, ignore_files: ['.*json', draft.*]}").await,
            json!({"a": 2})
        );
        assert_eq!(facts("{dir: many, files_matching: '^[bc]', extensions: json, ignore_unknown_extensions: yes}").await, json!({"b": {"y": 2}}));
        assert_eq!(
            facts("dir: notes").await,
            json!("README.md does not end in one of json, yaml, yml")
        );
        assert_eq!(
            facts("{dir: notes, ignore_unknown_extensions: yes}").await,
            json!({})
        );
    }

    #[tokio::test]
    async fn mappings_merge_when_asked() {
        let desk = Desk {
            variables: "{a: 0, b: {z: 3, x: {}}}",
            ..desk()
        };
        let arguments = "{file: all.yml, hash_behaviour: merge}";
        let plan = plan_on(&nowhere(desk), "include_vars", arguments)
            .await
            .unwrap();
        assert_eq!(
            plan.returns["ansible_facts"],
            json!({"a": 1, "b": {"z": 3, "x": 1}})
        );
        assert_eq!(
            plan.returns["ansible_included_var_files"],
            json!(["/play/all.yml"])
        );
    }

    #[test]
    fn a_file_and_a_directory_exclude_each_other() {
        let error = refusal("include_vars", "{file: a, dir: b}");
        assert_eq!(error.message, "`file` and `dir` are mutually exclusive");
        let error = refusal("include_vars", "name: b");
        assert_eq!(error.message, "neither `file` nor `dir` is given");
    }
}
