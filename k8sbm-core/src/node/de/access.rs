//! Walking lists, mappings and enumerations.

use super::{deserializer::De, error::Error};
use crate::node::{Kind, Map, Node};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor, value::StringDeserializer};
use std::{iter::Enumerate, slice};

/// The items of a list.
pub(super) struct Items<'a>(Enumerate<slice::Iter<'a, Node>>);

impl<'a> Items<'a> {
    pub(super) fn new(items: &'a [Node]) -> Self {
        Self(items.iter().enumerate())
    }
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let Some((index, node)) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(De(node))
            .map(Some)
            .map_err(|error| error.at(&node.span).item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a mapping; of a struct, those of its fields that have a value.
pub(super) struct Entries<'a> {
    left: indexmap::map::Iter<'a, std::sync::Arc<str>, crate::node::Entry>,
    fields: &'static [&'static str],
    value: Option<(&'a str, &'a Node)>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(map: &'a Map, fields: &'static [&'static str]) -> Self {
        Self {
            left: map.iter(),
            fields,
            value: None,
        }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        let fields = self.fields;
        let given = |key: &str, value: &Node| !value.is_null() || !fields.contains(&key);
        let Some((key, entry)) = self.left.find(|(key, entry)| given(key, &entry.value)) else {
            return Ok(None);
        };
        self.value = Some((key, &entry.value));
        let node = Node::at(Kind::Str(key.clone()), entry.key.clone());
        seed.deserialize(De(&node))
            .map(Some)
            .map_err(|error| error.at(&entry.key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some((key, value)) = self.value.take() else {
            return Err(Error::said("a value was asked before its key"));
        };
        seed.deserialize(De(value))
            .map_err(|error| error.at(&value.span).under(key))
    }
}

/// One of an enumeration's words, with the value of `word: value`.
pub(super) struct Variant<'a> {
    pub(super) name: String,
    pub(super) value: Option<&'a Node>,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Content<'a>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content<'a>), Error> {
        let name: StringDeserializer<Error> = self.name.clone().into_deserializer();
        let word = seed.deserialize(name)?;
        Ok((
            word,
            Content {
                name: self.name,
                value: self.value,
            },
        ))
    }
}

/// What follows the word.
pub(super) struct Content<'a> {
    name: String,
    value: Option<&'a Node>,
}

impl<'a> Content<'a> {
    fn value(&self) -> Result<De<'a>, Error> {
        self.value
            .map(De)
            .ok_or_else(|| Error::said(format!("`{}` needs a value", self.name)))
    }
}

impl<'de> de::VariantAccess<'de> for Content<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            Some(value) if !value.is_null() => {
                Err(Error::said(format!("`{}` takes no value", self.name)).at(&value.span))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.value()?)
            .map_err(|error| error.under(&self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_tuple(self.value()?, len, visitor)
            .map_err(|error| error.under(&self.name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_struct(self.value()?, "", fields, visitor)
            .map_err(|error| error.under(&self.name))
    }
}
