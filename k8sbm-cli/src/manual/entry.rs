//! What the manual says of a module, or of a statement of the language.

use super::argument::{Argument, arguments};
use k8sbm_core::task::{Example, Module, Registry};

/// An entry of the manual.
#[derive(Debug, Default)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The rest of what there is to say.
    pub description: String,
    /// The other names it goes by.
    pub aliases: Vec<String>,
    /// What it takes.
    pub arguments: Vec<Argument>,
    /// The argument that text without a name is.
    pub free_form: Option<&'static str>,
    /// Whether its only argument has no name, and stands right behind its own.
    pub bare: bool,
    /// What `register` sees, beside `changed` and `failed`.
    pub returns: &'static [(&'static str, &'static str)],
    /// How it is written.
    pub examples: &'static [Example],
    /// What holds for check mode.
    pub note: &'static str,
}

impl Entry {
    /// What the manual says of a module.
    pub fn of_module(module: &Module, registry: &Registry) -> Self {
        let schema = module.schema();
        let described = schema["description"].as_str().unwrap_or_default();
        let (summary, description) = described.split_once("\n\n").unwrap_or((described, ""));
        let mut aliases: Vec<String> = registry
            .aliases(module)
            .filter(|name| *name != module.name && !name.starts_with("ansible.legacy."))
            .map(str::to_owned)
            .collect();
        aliases.sort_unstable();
        Self {
            name: module.name.to_owned(),
            summary: summary.replace('\n', " "),
            description: description.to_owned(),
            aliases,
            arguments: arguments(&schema),
            free_form: module.free_form,
            bare: false,
            returns: module.returns,
            examples: module.examples,
            note: if module.always_acts {
                "It always acts: a second run acts again, and in check mode nothing is done, so that what depends on \
                 its result is unknown."
            } else {
                "In check mode it looks, says what would change, and changes nothing. Applied twice, the second time \
                 changes nothing."
            },
        }
    }

    /// How it is written, with what each argument takes.
    pub fn synopsis(&self) -> String {
        if self.bare {
            let takes = self.arguments.iter().map(Argument::words);
            return format!("{}: <{}>\n", self.name, takes.collect::<String>());
        }
        let mut text = format!("{}:\n", self.name);
        for argument in &self.arguments {
            let takes = argument.words();
            let must = if argument.required { ", required" } else { "" };
            text.push_str(&format!("  {}: <{takes}>{must}\n", argument.name));
        }
        text
    }
}

/// All entries: the statements of the language, and the modules, by name.
pub fn entries(registry: &Registry) -> Vec<Entry> {
    let modules = registry
        .modules()
        .map(|module| Entry::of_module(module, registry));
    let mut all: Vec<Entry> = modules.chain(super::statements::statements()).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// An example as a list of tasks, since that is how tasks stand in a playbook.
pub fn listed(yaml: &str) -> String {
    if yaml.trim_start().starts_with('-') {
        return yaml.to_owned();
    }
    yaml.lines()
        .enumerate()
        .map(|(at, line)| format!("{}{line}\n", if at == 0 { "- " } else { "  " }))
        .collect()
}
