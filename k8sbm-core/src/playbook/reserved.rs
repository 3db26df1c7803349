//! Names that the language or its templates have already.

use super::language::keyword;
use crate::{diagnostic::Diagnostic, template, vars::Layer};

/// Names of Ansible's own that are no keywords here.
const MORE: [&str; 5] = ["async_val", "lipsum", "loop_with", "omit", "with_"];
/// Keywords that Ansible has not, or does not mind as names of variables.
const FREE: [&str; 7] = [
    "gather_subset",
    "id",
    "listen",
    "needs",
    "role",
    "user",
    "vars",
];

/// A warning of a variable whose name the language or its templates have already.
///
/// Source: `ansible/vars/reserved.py` of ansible-core.
pub(crate) fn reserved_name(name: &str) -> Option<Diagnostic> {
    let keyword = || keyword::find(name).is_some() && !FREE.contains(&name);
    let taken = template::FUNCTIONS.contains(&name) || MORE.contains(&name) || keyword();
    let said = || format!("Found variable using reserved name '{name}'.");
    taken.then(|| Diagnostic::new(said()))
}

/// The warnings of all names that a layer sets.
pub(crate) fn reserved(layer: &Layer) -> impl Iterator<Item = Diagnostic> {
    layer
        .vars
        .iter()
        .filter_map(|(name, variable)| Some(reserved_name(name)?.label(&variable.span, "")))
}

#[cfg(test)]
mod tests {
    use super::reserved_name;

    #[test]
    fn keywords_and_functions_are_taken() {
        for name in ["name", "port", "environment", "query", "lipsum", "with_"] {
            assert!(reserved_name(name).is_some(), "{name}");
        }
        for name in ["user", "id", "role", "vars", "version", "gather_subset"] {
            assert!(reserved_name(name).is_none(), "{name}");
        }
    }
}
