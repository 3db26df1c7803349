//! What a keyword takes, and whether a value is that.

use crate::{
    diagnostic::Diagnostic,
    node::{Kind, Node},
};

/// What a keyword takes. Text with a template may stand for anything but structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::playbook) enum Shape {
    /// True or false.
    Switch,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A way to become another user.
    Method,
    /// Text without a template, other than tasks' names and the like.
    Word,
    /// Text, or a list of texts.
    Texts,
    /// Tags: text, split at commas, or a list.
    Tags,
    /// Expressions without braces.
    Conditions,
    /// A mapping.
    Mapping,
    /// A mapping, or a list of mappings.
    Mappings,
    /// A path, or a list of paths and lists of paths.
    Files,
    /// A list of mappings that say what to ask.
    Prompts,
    /// Counts and percentages.
    Batches,
    /// Ids of what must have ended before.
    Needs,
    /// A list of tasks and blocks.
    Steps,
    /// A list of handlers.
    Handlers,
    /// A list of roles.
    Roles,
    /// Anything.
    Any,
}

impl Shape {
    /// Checks a value that is not null.
    pub(in crate::playbook) fn check(self, keyword: &str, value: &Node) -> Result<(), Diagnostic> {
        if value.is_template() && value.as_str().is_some() && self.allows_template() {
            return Ok(());
        }
        let wanted = match self {
            Self::Switch if switch(value).is_none() => "true or false",
            Self::Whole if whole(value).is_none() => "a whole number",
            Self::Number if number(value).is_none() => "a number",
            Self::Text if value.to_text().is_none() => "text",
            Self::Method if !matches!(value.as_str(), Some("sudo" | "su")) => "`sudo` or `su`",
            Self::Word if value.as_str().is_none() || value.is_template() => {
                "a word without templates"
            }
            Self::Texts | Self::Tags => return texts(keyword, value),
            Self::Conditions => return conditions(keyword, value),
            Self::Mapping if value.as_map().is_none() => "a mapping",
            Self::Mappings => return mappings(keyword, value),
            Self::Steps | Self::Handlers if value.as_seq().is_none() => "a list of tasks",
            Self::Roles if value.as_seq().is_none() => "a list of roles",
            _ => return Ok(()),
        };
        let error = unfit(keyword, wanted, value);
        Err(if self == Self::Mapping && value.as_seq().is_some() {
            error.help("remove the `-` before the names")
        } else {
            error
        })
    }

    /// Whether a template may stand for the whole value.
    fn allows_template(self) -> bool {
        !matches!(
            self,
            Self::Word | Self::Steps | Self::Handlers | Self::Roles | Self::Needs
        )
    }
}

/// A value that is not what its keyword takes.
pub(in crate::playbook) fn unfit(keyword: &str, wanted: &str, value: &Node) -> Diagnostic {
    let found = match value.to_text() {
        Some(text) if text.len() <= 40 && !text.contains('\n') => format!("`{text}`"),
        _ => value.describe().to_owned(),
    };
    Diagnostic::new(format!("`{keyword}` must be {wanted}, not {found}")).label(&value.span, "")
}

/// True or false, as Ansible reads them.
pub(in crate::playbook) fn switch(value: &Node) -> Option<bool> {
    match &value.kind {
        Kind::Bool(on) => Some(*on),
        Kind::Int(0) => Some(false),
        Kind::Int(1) => Some(true),
        Kind::Str(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
            "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number, or text that holds one.
pub(in crate::playbook) fn whole(value: &Node) -> Option<i64> {
    match &value.kind {
        Kind::Int(number) => Some(*number),
        Kind::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Node) -> Option<f64> {
    match &value.kind {
        Kind::Int(number) => Some(*number as f64),
        Kind::Float(number) => Some(*number),
        Kind::Str(text) => text.trim().trim_end_matches('%').parse().ok(),
        _ => None,
    }
}

fn texts(keyword: &str, value: &Node) -> Result<(), Diagnostic> {
    match value.as_seq() {
        Some(items) => match items.iter().find(|item| item.to_text().is_none()) {
            Some(item) => Err(unfit(keyword, "a list of texts", item)),
            None => Ok(()),
        },
        None if value.to_text().is_some() => Ok(()),
        None => Err(unfit(keyword, "text or a list of texts", value)),
    }
}

fn conditions(keyword: &str, value: &Node) -> Result<(), Diagnostic> {
    let items = value.as_seq().unwrap_or(std::slice::from_ref(value));
    let Some(item) = items
        .iter()
        .find(|item| item.as_seq().is_some() || item.as_map().is_some())
    else {
        return Ok(());
    };
    let error = unfit(keyword, "an expression or a list of expressions", item);
    Err(if item.as_map().is_some() {
        error.help("an expression that holds `: ` or begins with `{` must be quoted")
    } else {
        error
    })
}

fn mappings(keyword: &str, value: &Node) -> Result<(), Diagnostic> {
    let items = value.as_seq().unwrap_or(std::slice::from_ref(value));
    let fits = |item: &&Node| {
        item.as_map().is_some() || item.is_null() || item.as_str().is_some() && item.is_template()
    };
    match items.iter().find(|item| !fits(item)) {
        Some(item) => Err(unfit(keyword, "a mapping or a list of mappings", item)),
        None => Ok(()),
    }
}
