//! serde over the tree.

use super::{
    access::{Entries, Items, Variant},
    convert,
    error::Error,
    tree,
};
use crate::{
    diagnostic::Diagnostic,
    node::{Kind, Node},
};
use serde::de::{self, DeserializeOwned, Visitor};

/// Reads a type from a tree.
///
/// What the type asks for decides, as with Ansible's argument types:
/// - text: booleans and numbers become text (`True`, `1`);
/// - a boolean: also `yes`, `no`, `on`, `off`, `y`, `n`, `t`, `f`, `1` and `0` in any case;
/// - a number: also text that holds one;
/// - a list: also text, split at commas, and a single scalar;
/// - an enumeration of words: also a boolean for a `yes`, `true` or `on` among the words;
/// - a field of a struct given without a value (null) counts as not given.
///
/// A field of type [`Node`] keeps its part of the tree as it is, with all places.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(De(node)).map_err(|error| error.at(&node.span).into_diagnostic())
}

/// The tree as serde sees it.
#[derive(Clone, Copy)]
pub(super) struct De<'a>(pub(super) &'a Node);

impl De<'_> {
    fn whole(self, low: i128, high: i128) -> Result<i128, Error> {
        let number =
            convert::whole(self.0).ok_or_else(|| Error::wanted("a whole number", self.0))?;
        if (low..=high).contains(&number) {
            Ok(number)
        } else {
            Err(Error::wanted_value(
                format!("a whole number from {low} to {high}"),
                self.0,
            ))
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.whole(<$type>::MIN as i128, <$type>::MAX as i128)?;
            visitor.$visit(number as $type)
        })*
    };
}

impl<'de> de::Deserializer<'de> for De<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = match &self.0.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(number) => visitor.visit_i64(*number),
            Kind::Float(number) => visitor.visit_f64(*number),
            Kind::Str(text) => visitor.visit_str(text),
            Kind::Seq(items) => visitor.visit_seq(Items::new(items)),
            Kind::Map(map) => visitor.visit_map(Entries::new(map, &[])),
        };
        value.map_err(|error| error.at(&self.0.span))
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match convert::boolean(self.0) {
            Some(value) => visitor.visit_bool(value),
            None => Err(Error::wanted("a boolean", self.0)),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match convert::number(self.0) {
            Some(number) => visitor.visit_f64(number),
            None => Err(Error::wanted("a number", self.0)),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self
            .0
            .to_text()
            .ok_or_else(|| Error::wanted("text", self.0))?;
        visitor
            .visit_string(text)
            .map_err(|error: Error| error.at(&self.0.span))
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self
            .0
            .to_text()
            .ok_or_else(|| Error::wanted("text", self.0))?;
        visitor.visit_byte_buf(text.into_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.kind {
            Kind::Null => visitor.visit_unit(),
            _ => Err(Error::wanted("nothing", self.0)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == tree::NAME {
            tree::hand_over(self.0);
        }
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| error.at(&self.0.span))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = match &self.0.kind {
            Kind::Seq(items) => visitor.visit_seq(Items::new(items)),
            _ => {
                let items = convert::list(self.0).ok_or_else(|| Error::wanted("a list", self.0))?;
                visitor.visit_seq(Items::new(&items))
            }
        };
        value.map_err(|error| error.at(&self.0.span))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Kind::Map(map) = &self.0.kind else {
            return Err(Error::wanted("a mapping", self.0));
        };
        visitor
            .visit_map(Entries::new(map, &[]))
            .map_err(|error| error.at(&self.0.span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Kind::Map(map) = &self.0.kind else {
            return Err(Error::wanted("a mapping", self.0));
        };
        visitor
            .visit_map(Entries::new(map, fields))
            .map_err(|error| error.at(&self.0.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant = match &self.0.kind {
            Kind::Map(map) if map.len() == 1 => map.get_index(0).map(|(name, entry)| Variant {
                name: name.to_string(),
                value: Some(&entry.value),
            }),
            _ => convert::choice(self.0, variants).map(|name| Variant { name, value: None }),
        };
        let variant = variant
            .ok_or_else(|| Error::wanted(format!("one of {}", variants.join(", ")), self.0))?;
        visitor
            .visit_enum(variant)
            .map_err(|error| error.at(&self.0.span))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Source, load_one};
    use serde::Deserialize;
    use std::{collections::BTreeMap, sync::Arc};

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
        let source = Arc::new(Source {
            name: "site.yml".into(),
            text: text.into(),
        });
        from_node(&load_one(&source)?)
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        path: String,
        mode: Option<String>,
        #[serde(default)]
        force: bool,
        #[serde(default, alias = "owner")]
        owners: Vec<String>,
        state: Option<State>,
        size: Option<u8>,
        ratio: Option<f64>,
        inner: Option<Box<Self>>,
        rest: Option<Node>,
        json: Option<serde_json::Value>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Present,
        Absent,
        Yes,
        Copies(u8),
    }

    #[test]
    fn what_is_asked_decides_how_it_is_read() {
        let file: File =
            read("{path: 1.50, mode: 0644, force: 'Y', owner: 'a, b', size: ' 7 ', ratio: '1.5', state: yes}").unwrap();
        assert_eq!(
            (file.path.as_str(), file.mode.as_deref()),
            ("1.5", Some("420"))
        );
        assert!(file.force);
        assert_eq!(file.owners, ["a", "b"]);
        assert_eq!(
            (file.size, file.ratio, file.state),
            (Some(7), Some(1.5), Some(State::Yes))
        );
        let file: File =
            read("{path: yes, force: 0, owners: 5, mode: ~, state: {copies: 2}}").unwrap();
        assert_eq!((file.path.as_str(), file.mode), ("True", None));
        assert_eq!(
            (file.force, file.owners, file.state),
            (false, vec!["5".to_owned()], Some(State::Copies(2)))
        );
    }

    #[test]
    fn given_without_a_value_is_not_given() {
        let file: File = read("path: /a\nforce:\nowners:\nrest:\n").unwrap();
        assert!(
            !file.force && file.owners.is_empty() && file.rest.is_none() && file.inner.is_none()
        );
        assert_eq!(
            read::<File>("path:\n").unwrap_err().message,
            "`path` is missing"
        );
    }

    #[test]
    fn parts_can_stay_a_tree_with_its_places() {
        let file: File =
            read("path: /a\nrest: !unsafe\n  deep: ['{{ x }}']\njson: {a: [1, no]}\n").unwrap();
        let rest = file.rest.unwrap();
        assert_eq!(rest.tag, crate::node::Tag::Unsafe);
        assert_eq!(rest.get("deep").unwrap().span.to_string(), "site.yml:3:9");
        assert_eq!(
            rest.as_map().unwrap()["deep"].key.to_string(),
            "site.yml:3:3"
        );
        assert_eq!(file.json.unwrap(), serde_json::json!({"a": [1, false]}));
        let many: BTreeMap<u16, Vec<Node>> = read("80: [a]\n443: b, c\n").unwrap();
        assert_eq!(many[&443][1].span.to_string(), "site.yml:2:9");
    }

    #[test]
    fn mistakes_name_the_key_and_its_place() {
        let mistake = |text: &str| read::<File>(text).unwrap_err().to_string();
        insta::assert_snapshot!(mistake("path: a\nmodee: 1\n"), @"site.yml:2:1: unknown key `modee` (did you mean `mode`?)");
        insta::assert_snapshot!(mistake("path: a\nzebra: 1\n"), @"site.yml:2:1: unknown key `zebra` (known keys: path, mode, force, owner, owners, state, size, ratio, inner, rest, json)");
        insta::assert_snapshot!(mistake("mode: 1\nforce: no\n"), @"site.yml:1:1: `path` is missing");
        insta::assert_snapshot!(mistake("path: a\ninner:\n  mode: 1\n"), @"site.yml:3:3: `path` is missing");
        insta::assert_snapshot!(mistake("path: a\ninner:\n  path: [b]\n"), @"site.yml:3:9: `path` must be text, not a list");
        insta::assert_snapshot!(mistake("path: a\nsize: many\n"), @"site.yml:2:7: `size` must be a whole number, not text");
        insta::assert_snapshot!(mistake("path: a\nsize: 300\n"), @"site.yml:2:7: `size` must be a whole number from 0 to 255, not `300`");
        insta::assert_snapshot!(mistake("path: a\nforce: perhaps\n"), @"site.yml:2:8: `force` must be a boolean, not text");
        insta::assert_snapshot!(mistake("path: a\nowners: [a, {b: c}]\n"), @"site.yml:2:13: item 2 of `owners` must be text, not a mapping");
        insta::assert_snapshot!(mistake("path: a\nstate: presnt\n"), @"site.yml:2:8: `state` must be one of present, absent, yes, copies, not `presnt` (did you mean `present`?)");
        insta::assert_snapshot!(mistake("path: a\nstate: [present]\n"), @"site.yml:2:8: `state` must be one of present, absent, yes, copies, not a list");
        insta::assert_snapshot!(mistake("path: a\nstate: copies\n"), @"site.yml:2:8: `copies` needs a value");
        insta::assert_snapshot!(mistake("path: a\nstate: {copies: -1}\n"), @"site.yml:2:17: `copies` must be a whole number from 0 to 255, not `-1`");
        insta::assert_snapshot!(mistake("path: a\nowner: a\nowners: b\n"), @"site.yml:1:1: `owners` is set twice, once by another of its names");
        insta::assert_snapshot!(mistake("just text"), @"site.yml:1:1: expected a mapping, not text");
        insta::assert_snapshot!(read::<Vec<u8>>("[1, x]").unwrap_err(), @"site.yml:1:5: item 2 must be a whole number, not text");
        insta::assert_snapshot!(read::<BTreeMap<String, u8>>("[1]").unwrap_err(), @"site.yml:1:1: expected a mapping, not a list");
    }
}
