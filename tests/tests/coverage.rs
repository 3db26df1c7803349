//! `docs/coverage.md` names what there is, and all of it: every row of a reference cluster, every role.

use k8sbm_core::node::{Source, load_one};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

/// The clusters, in order, and how many rows each has, from the number that its first row has.
const CLUSTERS: [(&str, usize, usize); 5] = [
    ("kube-vip-calico", 1, 18),
    ("haproxy-cilium", 1, 77),
    ("proxmox-flannel", 1, 30),
    ("platform", 1, 25),
    ("hard-way", 1, 19),
];

/// How a row can be known to be true.
const VERIFIED: [&str; 5] = [
    "real Kubernetes",
    "real hosts",
    "rendering",
    "hermetic",
    "outside",
];

/// A row of a table.
struct Row {
    section: String,
    cells: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string("../docs/coverage.md").unwrap();
    let mut section = String::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
        }
        let cells = line
            .strip_prefix("| ")
            .and_then(|line| line.strip_suffix(" |"));
        let Some(cells) = cells.filter(|_| !section.is_empty()) else {
            continue;
        };
        let cells: Vec<String> = cells.split(" | ").map(str::to_owned).collect();
        if cells[0] != "id" && cells[0] != "role" {
            rows.push(Row {
                section: section.clone(),
                cells,
            });
        }
    }
    rows
}

/// The words in backquotes that say what kind of thing is named.
fn named(cell: &str) -> Vec<(&str, &str)> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter_map(|it| it.split_once(' ')).collect()
}

fn roles() -> BTreeSet<String> {
    let found = fs::read_dir("../playbooks/roles").unwrap();
    found
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn each_cluster_has_all_its_rows() {
    let rows = rows();
    for (at, (cluster, first, last)) in CLUSTERS.iter().enumerate() {
        let ids: Vec<&str> = rows
            .iter()
            .filter(|row| row.section == *cluster)
            .map(|row| &*row.cells[0])
            .collect();
        let wanted: Vec<String> = (*first..=*last)
            .map(|number| format!("{at}.{number}"))
            .collect();
        assert_eq!(ids, wanted, "{cluster}");
        assert!(Path::new("../inventories").join(cluster).is_dir());
    }
}

#[test]
fn each_row_says_by_what_and_how_that_is_known() {
    for row in rows().iter().filter(|row| row.cells[0].contains('.')) {
        let [id, what, by, verified] = &*row.cells else {
            panic!("{:?} has not four cells", row.cells);
        };
        assert!(!what.is_empty(), "{id}");
        match verified.split_once(": ") {
            Some(("missing", why)) => {
                assert!(!why.is_empty(), "{id}");
                assert_eq!(by, "–", "{id} is missing, and something does it");
            }
            _ => {
                let known = verified.split(", ").all(|it| VERIFIED.contains(&it));
                assert!(known, "{id}: `{verified}` is none of {VERIFIED:?}");
                assert!(!named(by).is_empty(), "{id} names nothing that does it");
            }
        }
    }
}

#[test]
fn what_rows_name_is_there() {
    let modules = k8sbm_tasks::registry();
    let roles = roles();
    let texts = variables();
    for row in rows() {
        for (kind, name) in row.cells.iter().flat_map(|cell| named(cell)) {
            let there = match kind {
                "role" => roles.contains(name),
                "playbook" => Path::new("../playbooks").join(name).is_file(),
                "inventory" => Path::new("../inventories").join(name).is_dir(),
                "module" => modules.get(name).is_some(),
                "variable" => texts.contains(name),
                _ => panic!("{}: what is a {kind}?", row.cells[0]),
            };
            assert!(there, "{}: there is no {kind} {name}", row.cells[0]);
        }
    }
}

/// All that roles and inventories say, in which the names of variables are.
fn variables() -> String {
    let mut text = String::new();
    let mut folders = vec!["../playbooks/roles".into(), "../inventories".into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "yml") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

#[test]
fn each_role_is_named() {
    let rows = rows();
    let cells = rows.iter().flat_map(|row| &row.cells);
    let named: BTreeSet<String> = cells
        .flat_map(|cell| named(cell))
        .filter(|(kind, _)| *kind == "role")
        .map(|(_, name)| name.to_owned())
        .collect();
    let unnamed: Vec<String> = roles().difference(&named).cloned().collect();
    assert_eq!(
        unnamed,
        Vec::<String>::new(),
        "docs/coverage.md names them nowhere"
    );
}

/// The names that a mapping of YAML has.
fn names(path: &Path, below: &[&str]) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let source = Source {
        name: path.display().to_string(),
        text,
    };
    let mut value = load_one(&Arc::new(source)).unwrap().to_json();
    for name in below {
        value = value[name].take();
    }
    let map = value.as_object().into_iter().flatten();
    map.map(|(name, _)| name.clone()).collect()
}

/// `k8sbm lint` and a run then say what a variable is, and refuse what it cannot be.
#[test]
fn a_role_that_says_its_arguments_says_all_of_them() {
    let mut seen = 0;
    for role in roles() {
        let folder = Path::new("../playbooks/roles").join(&role);
        let specs = folder.join("meta/argument_specs.yml");
        if !specs.is_file() {
            continue;
        }
        let said = names(&specs, &["argument_specs", "main", "options"]);
        let defaults = folder.join("defaults/main.yml");
        let has = if defaults.is_file() {
            names(&defaults, &[])
        } else {
            BTreeSet::new()
        };
        let unsaid: Vec<_> = has.difference(&said).collect();
        assert!(
            unsaid.is_empty(),
            "{role}: {unsaid:?} have a default and no description"
        );
        seen += 1;
    }
    assert!(seen > 0);
}
