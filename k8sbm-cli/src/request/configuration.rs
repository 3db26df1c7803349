//! `ansible.cfg`: what it sets that has a meaning here, under the names that the environment has for it.

mod ini;
mod known;

use super::{Environment, environment::truth, settings::keeps_facts};
use crate::trouble::Trouble;
use ini::{Setting, settings};
use k8sbm_core::{diagnostic::Diagnostic, node::Source};
use known::{Kind, REFUSED, SETTINGS};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What an `ansible.cfg` sets.
#[derive(Debug, Default)]
pub struct Configuration {
    /// By the name of the variable of the environment that sets the same.
    pub values: BTreeMap<String, String>,
    /// What it sets that has no meaning here.
    pub warnings: Vec<Diagnostic>,
}

impl Configuration {
    /// Reads the file that Ansible would read: `ANSIBLE_CONFIG`, `ansible.cfg` here, `~/.ansible.cfg`,
    /// `/etc/ansible/ansible.cfg`. The first that is there is the only one.
    ///
    /// # Errors
    /// When it cannot be read, or holds a mistake.
    pub fn find(environment: &Environment) -> Result<Self, Trouble> {
        if let Some(text) = environment.get("ANSIBLE_CONFIG") {
            let named = environment.path(text);
            let within = named.join("ansible.cfg");
            return Self::read(if named.is_dir() { &within } else { &named }, environment);
        }
        let here = Path::new("ansible.cfg");
        let anybody = here.is_file()
            && fs::metadata(".").is_ok_and(|folder| folder.permissions().mode() & 0o002 != 0);
        let usual = [
            here.to_owned(),
            environment.path("~/.ansible.cfg"),
            "/etc/ansible/ansible.cfg".into(),
        ];
        let mut candidates = usual[usize::from(anybody)..].iter();
        let mut found = match candidates.find(|path| path.is_file()) {
            Some(path) => Self::read(path, environment)?,
            None => Self::default(),
        };
        if anybody {
            let message = "`ansible.cfg` is not read, since anybody may write to this directory";
            let warning = Diagnostic::new(message);
            let warning = warning.help("name it with ANSIBLE_CONFIG if it is to be trusted");
            found.warnings.push(warning);
        }
        Ok(found)
    }

    fn read(path: &Path, environment: &Environment) -> Result<Self, Trouble> {
        let text = fs::read_to_string(path)
            .map_err(|error| Trouble::new(format!("cannot read `{}`: {error}", path.display())))?;
        let source = Arc::new(Source {
            name: path.display().to_string(),
            text,
        });
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::of(&source, folder, environment).map_err(Trouble::from)
    }

    fn of(
        source: &Arc<Source>,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Self, Diagnostic> {
        let mut all = Self::default();
        let mut passed_over = Vec::new();
        let mut first = None;
        for setting in settings(source)? {
            let (section, key, value) = (setting.section, setting.key.as_str(), &setting.value);
            let same = |known: &(&str, &str)| *known == (section, key);
            if let Some((.., usual)) = REFUSED.iter().find(|(s, k, _)| same(&(s, k))) {
                if !value.eq_ignore_ascii_case(usual)
                    && (truth(usual).is_none() || truth(value) != truth(usual))
                {
                    return Err(Diagnostic::new(format!("`{key} = {value}` is not supported"))
                        .label(&setting.span, "")
                        .help(format!("playbooks would mean something else with it; only `{usual}` is known")));
                }
            } else if let Some((.., name, kind)) = SETTINGS.iter().find(|(s, k, ..)| same(&(s, k)))
            {
                let value = meant(&setting, *kind, folder, environment)?;
                let is_file = *name == "ANSIBLE_INVENTORY" && !value.contains(',');
                if key == "fact_caching" && !keeps_facts(&value) && value != "memory" {
                    first.get_or_insert(setting.span.clone());
                    passed_over.push(format!("`{key} = {value}`"));
                } else if is_file && !Path::new(&value).exists() {
                    let warning = Diagnostic::new(format!("there is no inventory `{value}`"));
                    all.warnings.push(warning.label(&setting.span, ""));
                } else if !value.is_empty() {
                    all.values.insert((*name).to_owned(), value);
                }
            } else {
                first.get_or_insert(setting.span.clone());
                passed_over.push(format!("`{key}`"));
            }
        }
        if let Some(span) = first {
            let message = format!(
                "nothing here follows these settings: {}",
                passed_over.join(", "),
            );
            all.warnings.push(Diagnostic::new(message).label(&span, ""));
        }
        Ok(all)
    }
}

fn meant(
    setting: &Setting<'_>,
    kind: Kind,
    folder: &Path,
    environment: &Environment,
) -> Result<String, Diagnostic> {
    let value = setting.value.trim_matches(['"', '\'']);
    let wrong = |what: &str| {
        let message = format!("`{}` is {what}, not `{value}`", setting.key);
        Err(Diagnostic::new(message).label(&setting.span, ""))
    };
    let resolved = |text: &str| -> PathBuf {
        let text = text.trim().replace("{{CWD}}", ".");
        folder.join(environment.path(&environment.expanded(&text)))
    };
    match kind {
        Kind::Flag if !value.is_empty() && truth(value).is_none() => wrong("true or false"),
        Kind::Number if !value.is_empty() && value.parse::<u64>().is_err() => wrong("a number"),
        Kind::Path if !value.is_empty() => Ok(resolved(value).display().to_string()),
        Kind::Paths(separator) => {
            let each = value
                .split(separator)
                .filter(|path| !path.trim().is_empty());
            let each: Vec<String> = each
                // Names of hosts, `a,b,`, are no paths.
                .map(|path| match resolved(path) {
                    there if separator == ':' || there.exists() => there.display().to_string(),
                    _ => path.trim().to_owned(),
                })
                .collect();
            Ok(each.join(&separator.to_string()))
        }
        _ => Ok(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Configuration, Diagnostic> {
        let source = Arc::new(Source {
            name: "ansible.cfg".into(),
            text: text.into(),
        });
        let environment = Environment::from([("HOME", "/home/me"), ("VENV", "/v")]);
        Configuration::of(&source, Path::new("/repository"), &environment)
    }

    #[test]
    fn what_has_a_meaning_here_is_taken_and_the_rest_told_once() {
        let text = "[defaults]\n# a comment\nforks = 7 ; not five\nroles_path = roles:~/r:$VENV/share:/etc/r\n\
                    nocows=1\nfact_caching=redis\nhost_key_checking: False\n[ssh_connection]\npipelining = True\n\
                    ssh_args = -o A=b\n  -o C=d\n[inventory]\nignore_patterns = x\n";
        let read = of(text).unwrap();
        let values: Vec<String> = read
            .values
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        insta::assert_snapshot!(values.join("\n"), @"
        ANSIBLE_FORKS=7
        ANSIBLE_HOST_KEY_CHECKING=False
        ANSIBLE_ROLES_PATH=/repository/roles:/home/me/r:/v/share:/etc/r
        ANSIBLE_SSH_ARGS=-o A=b -o C=d
        ");
        let warnings: Vec<String> = read.warnings.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(warnings.join("\n"), @r"
        ansible.cfg:5:1: nothing here follows these settings: `nocows`, `fact_caching = redis`, `pipelining`, `ignore_patterns`
        ");
    }

    #[test]
    fn an_inventory_is_a_path_or_hosts() {
        let read = of("[defaults]\ninventory = a.example,b.example\n").unwrap();
        assert_eq!(read.values["ANSIBLE_INVENTORY"], "a.example,b.example");
        let gone = of("[defaults]\ninventory = gone.ini\n").unwrap();
        assert!(gone.values.is_empty());
        insta::assert_snapshot!(gone.warnings[0], @r"
        ansible.cfg:2:1: there is no inventory `gone.ini`
        ");
    }

    #[test]
    fn mistakes_have_their_place() {
        let said = |text: &str| of(text).unwrap_err().to_string();
        insta::assert_snapshot!(said("[defaults]\nforks = many\n"), @r"
        ansible.cfg:2:1: `forks` is a number, not `many`
        ");
        insta::assert_snapshot!(said("[defaults]\nhost_key_checking = perhaps\n"), @r"
        ansible.cfg:2:1: `host_key_checking` is true or false, not `perhaps`
        ");
        insta::assert_snapshot!(said("[defaults]\nnonsense\n"), @r"
        ansible.cfg:2:1: this is neither `[SECTION]` nor `KEY = VALUE`
        ");
        insta::assert_snapshot!(said("[defaults]\nhash_behaviour = merge\n"), @r"
        ansible.cfg:2:1: `hash_behaviour = merge` is not supported (playbooks would mean something else with it; only `replace` is known)
        ");
        assert!(
            of("[defaults]\nhash_behaviour = replace\nerror_on_undefined_vars = yes\n").is_ok()
        );
    }
}
