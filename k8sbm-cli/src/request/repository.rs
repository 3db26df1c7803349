//! What there is to look at in a directory: playbooks, and roles that none of them may use.

use k8sbm_core::node::{Duplicates, Kind, Node, Reading, Source};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A directory of playbooks and roles, or of a single role.
#[derive(Debug, Default)]
pub struct Repository {
    /// Its playbooks: at its top and in `playbooks/`.
    pub playbooks: Vec<PathBuf>,
    /// The files of tasks of its roles, each with its role.
    pub tasks: Vec<(PathBuf, PathBuf)>,
}

impl Repository {
    /// Looks through a directory.
    pub fn find(directory: &Path) -> Self {
        let mut found = Self::default();
        for folder in [directory.to_owned(), directory.join("playbooks")] {
            let files = entries(&folder).into_iter().filter(|path| is_yaml(path));
            found
                .playbooks
                .extend(files.filter(|path| is_playbook(path)));
        }
        found.role(directory);
        for folder in ["roles", "playbooks/roles"] {
            found.roles(&directory.join(folder));
        }
        found
    }

    /// Roles may stand in folders of roles, such as `network_plugin/calico`.
    fn roles(&mut self, folder: &Path) {
        for path in entries(folder).into_iter().filter(|path| path.is_dir()) {
            if !self.role(&path) {
                self.roles(&path);
            }
        }
    }

    fn role(&mut self, path: &Path) -> bool {
        let files = entries(&path.join("tasks"));
        let parts = ["tasks", "meta", "defaults", "handlers"];
        let files = files.into_iter().filter(|file| is_yaml(file));
        self.tasks.extend(files.map(|file| (path.to_owned(), file)));
        parts.iter().any(|part| path.join(part).is_dir())
    }
}

/// A playbook at the top of a directory that runs one file of tasks of a role in it.
pub fn alone(directory: &Path, role: &Path, file: &Path) -> Arc<Source> {
    let role = role.strip_prefix(directory).unwrap_or(role);
    let role = Path::new(".").join(role);
    let text = serde_json::json!([{
        "hosts": "all",
        "tasks": [{ "include_role": { "name": role, "tasks_from": file.file_name().map(Path::new) } }],
    }]);
    let name = file.display().to_string().replace('/', ":");
    Arc::new(Source {
        name: directory.join(name).display().to_string(),
        text: text.to_string(),
    })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    path.is_file() && matches!(ending, Some("yml" | "yaml"))
}

/// A list whose first item is a play. What cannot be read is taken for one, so that its mistake is told.
fn is_playbook(path: &Path) -> bool {
    let lenient = Reading {
        duplicates: Duplicates::Ignored,
        ..Reading::default()
    };
    let Ok(document) = lenient.variables_in(path) else {
        return true;
    };
    let Kind::Seq(items) = &document.kind else {
        return false;
    };
    let words = [
        "hosts",
        "import_playbook",
        "ansible.builtin.import_playbook",
    ];
    let is_play = |node: &Node| words.iter().any(|word| node.get(word).is_some());
    items.first().is_some_and(is_play)
}
