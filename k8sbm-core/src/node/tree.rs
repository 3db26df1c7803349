//! The tree itself.

use super::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// A value in a YAML document, with its place.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
    /// The Ansible tag it carried.
    pub tag: Tag,
}

/// The kinds of YAML values, after PyYAML's scalar rules.
#[derive(Clone, Debug, Default)]
pub enum Kind {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number; `0644` is octal.
    Int(i64),
    /// A number with a point.
    Float(f64),
    /// Text.
    Str(Arc<str>),
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Map),
}

/// The entries of a mapping by key, in order.
pub type Map = IndexMap<Arc<str>, Entry>;

/// A mapping's value and the place of its key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: Node,
}

/// What Ansible's own tags say of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// No tag of Ansible's.
    #[default]
    None,
    /// `!unsafe`: never a template.
    Unsafe,
    /// `!vault`: an encrypted string.
    Vault,
}

impl Node {
    /// A node made in code.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            span: Span::none(),
            tag: Tag::None,
        }
    }

    /// A node with a place.
    pub fn at(kind: Kind, span: Span) -> Self {
        Self {
            kind,
            span,
            tag: Tag::None,
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether it is the same value as another, wherever both stand.
    pub fn same_value(&self, other: &Self) -> bool {
        self.tag == other.tag
            && match (&self.kind, &other.kind) {
                (Kind::Null, Kind::Null) => true,
                (Kind::Bool(a), Kind::Bool(b)) => a == b,
                (Kind::Int(a), Kind::Int(b)) => a == b,
                (Kind::Float(a), Kind::Float(b)) => a == b,
                (Kind::Str(a), Kind::Str(b)) => a == b,
                (Kind::Seq(a), Kind::Seq(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b))
                }
                (Kind::Map(a), Kind::Map(b)) => {
                    let same = |(key, entry): (&Arc<str>, &Entry)| {
                        b.get(key)
                            .is_some_and(|other| entry.value.same_value(&other.value))
                    };
                    a.len() == b.len() && a.iter().all(same)
                }
                _ => false,
            }
    }

    /// What kind it is, in the words of messages: `a list`, `text`.
    pub fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) => "a whole number",
            Kind::Float(_) => "a number",
            Kind::Str(_) => "text",
            Kind::Seq(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Whether no template is in it, however deep.
    pub fn is_plain(&self) -> bool {
        match &self.kind {
            Kind::Map(map) => map.values().all(|entry| entry.value.is_plain()),
            Kind::Seq(items) => items.iter().all(Self::is_plain),
            _ => !self.is_template(),
        }
    }

    /// Whether any text in it may be a template (holds `{{`, `{%` or `{#`) or is encrypted.
    pub fn is_template(&self) -> bool {
        match &self.kind {
            Kind::Str(_) if self.tag == Tag::Unsafe => false,
            Kind::Str(_) if self.tag == Tag::Vault => true,
            Kind::Str(text) => ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)),
            Kind::Seq(items) => items.iter().any(Self::is_template),
            Kind::Map(map) => {
                let keyed = self.tag != Tag::Unsafe;
                map.iter()
                    .any(|(key, entry)| keyed && key.contains("{{") || entry.value.is_template())
            }
            _ => false,
        }
    }
}
