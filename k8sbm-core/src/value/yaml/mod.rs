//! YAML text as PyYAML writes it over libyaml, which is what Ansible's filters use.

mod plain;
mod quote;
mod scalar;
mod writer;

use super::Value;
use writer::Writer;

/// When lists and mappings are written on one line, in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Those that hold nothing but scalars.
    Leaves,
    /// Only empty ones.
    Never,
    /// All.
    Always,
}

/// How YAML is laid out.
#[derive(Clone, Debug)]
pub struct YamlStyle {
    /// How far a level is indented.
    pub indent: usize,
    /// What is written on one line.
    pub flow: Flow,
    /// After how many letters a line is broken, where it can be.
    pub width: usize,
    /// Whether keys are sorted.
    pub sort_keys: bool,
    /// Whether the document begins with `---`.
    pub explicit_start: bool,
    /// Whether the document ends with `...`.
    pub explicit_end: bool,
}

impl Default for YamlStyle {
    fn default() -> Self {
        Self {
            indent: 2,
            flow: Flow::Leaves,
            width: 80,
            sort_keys: true,
            explicit_start: false,
            explicit_end: false,
        }
    }
}

/// Writes a value as a YAML document.
pub fn yaml_text(value: &Value, style: &YamlStyle) -> String {
    let mut writer = Writer::new(style);
    writer.document(value);
    writer.finish()
}
