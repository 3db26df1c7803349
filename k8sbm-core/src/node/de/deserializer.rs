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
mod tests;
