//! Owner, group and mode as arguments say them.

use k8sbm_core::host::{Attributes, Mode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer},
};
use std::{borrow::Cow, fmt};

/// Permissions that may be those of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileMode {
    /// These.
    Bits(Mode),
    /// Those of the source.
    Preserve,
}

impl FileMode {
    /// The wanted mode, where a source with `source` bits may be asked for it.
    pub(crate) fn with_source(&self, source: u32) -> Mode {
        match self {
            Self::Bits(mode) => mode.clone(),
            Self::Preserve => Mode::octal(source),
        }
    }
}

impl<'de> Deserialize<'de> for FileMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = FileMode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file mode such as \"0644\", or `preserve`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FileMode, E> {
                match text {
                    "preserve" => Ok(FileMode::Preserve),
                    text => Mode::parse(text).map(FileMode::Bits).map_err(E::custom),
                }
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<FileMode, E> {
                Mode::deserialize(number.into_deserializer()).map(FileMode::Bits)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for FileMode {
    fn schema_name() -> Cow<'static, str> {
        "FileMode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// The attributes that three arguments ask for.
pub(crate) fn attributes(
    mode: Option<&Mode>,
    owner: Option<&String>,
    group: Option<&String>,
) -> Attributes {
    Attributes {
        mode: mode.cloned(),
        owner: owner.cloned(),
        group: group.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::node::{Source, from_node, load_one};
    use std::sync::Arc;

    fn read(text: &str) -> Result<FileMode, String> {
        let source = Arc::new(Source {
            name: "mode.yml".into(),
            text: text.into(),
        });
        let node = load_one(&source).map_err(|error| error.to_string())?;
        from_node(&node).map_err(|error| error.message)
    }

    #[test]
    fn a_mode_may_be_that_of_the_source() {
        assert_eq!(read("preserve"), Ok(FileMode::Preserve));
        assert_eq!(
            read("preserve").unwrap().with_source(0o750),
            Mode::octal(0o750)
        );
        for text in ["0640", "'0640'", "'640'"] {
            assert_eq!(read(text), Ok(FileMode::Bits(Mode::octal(0o640))), "{text}");
        }
        assert!(read("640").is_err(), "a decimal slip");
        assert!(read("rw-r--r--").is_err());
    }
}
