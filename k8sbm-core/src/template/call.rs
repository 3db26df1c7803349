//! What filters, tests and functions are given, and how they are described.

use super::finish::{finish, invalid};
use crate::value::{Unknown, Value, python_str};
use minijinja::{
    Error, ErrorKind, State,
    value::{Kwargs, ValueKind},
};

/// The arguments of a call, by position or by name.
pub(super) struct Call<'c> {
    names: &'static [&'static str],
    /// The arguments without names.
    pub positional: &'c [Value],
    named: Option<Kwargs>,
}

impl<'c> Call<'c> {
    /// Reads arguments that may be called `names`.
    pub fn new(names: &'static [&'static str], given: &'c [Value]) -> Self {
        match given.split_last() {
            Some((last, positional)) if last.is_kwargs() => Self {
                names,
                positional,
                named: Kwargs::try_from(last.clone()).ok(),
            },
            _ => Self {
                names,
                positional: given,
                named: None,
            },
        }
    }

    /// Refuses what is not called any of the names, or is more than them.
    pub fn check(&self) -> Result<(), Error> {
        let variadic = self.names.contains(&"*");
        if !variadic && self.positional.len() > self.names.len() {
            return Err(fail(format!(
                "{} arguments are too many; it takes {}",
                self.positional.len(),
                self.takes()
            )));
        }
        let unknown = self
            .named
            .iter()
            .flat_map(Kwargs::args)
            .find(|name| !self.names.contains(name));
        match unknown {
            Some(name) if !self.names.contains(&"**") => Err(fail(format!(
                "there is no argument {name:?}; it takes {}",
                self.takes()
            ))),
            _ => Ok(()),
        }
    }

    fn takes(&self) -> String {
        let names: Vec<&str> = self
            .names
            .iter()
            .copied()
            .filter(|name| !name.starts_with('*'))
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    }

    /// An argument as it is, undefined or not.
    pub fn raw(&self, name: &str) -> Option<Value> {
        // what comes after the other arguments can only be named
        let by_position = self
            .names
            .iter()
            .take_while(|known| !known.starts_with('*'))
            .position(|known| *known == name)
            .and_then(|at| self.positional.get(at));
        by_position.cloned().or_else(|| self.named(name))
    }

    /// An argument that was given by name.
    pub fn named(&self, name: &str) -> Option<Value> {
        let named = self.named.as_ref()?;
        if named.has(name) {
            named.get::<Value>(name).ok()
        } else {
            None
        }
    }

    /// All arguments that were given by name.
    pub fn all_named(&self) -> Vec<(String, Value)> {
        let Some(named) = &self.named else {
            return Vec::new();
        };
        named
            .args()
            .filter_map(|name| Some((name.to_owned(), named.get::<Value>(name).ok()?)))
            .collect()
    }

    /// An argument that has to be defined if it is given.
    pub fn value(&self, name: &str) -> Result<Option<Value>, Error> {
        self.raw(name).map(defined).transpose()
    }

    /// An argument that has to be given.
    pub fn need(&self, name: &str) -> Result<Value, Error> {
        self.value(name)?
            .ok_or_else(|| fail(format!("the argument {name:?} is missing")))
    }

    /// An argument as text; `none` is as good as absent.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self
            .value(name)?
            .filter(|value| !value.is_none())
            .map(|value| python_str(&value)))
    }

    /// A text that has to be given.
    pub fn need_text(&self, name: &str) -> Result<String, Error> {
        self.text(name)?
            .ok_or_else(|| fail(format!("the argument {name:?} is missing")))
    }

    /// An argument as a whole number.
    pub fn whole(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(value) = self.value(name)?.filter(|value| !value.is_none()) else {
            return Ok(None);
        };
        let number = if value.kind() == ValueKind::Bool {
            Some(i64::from(value.is_true()))
        } else {
            value.as_i64()
        };
        number.map(Some).ok_or_else(|| {
            fail(format!(
                "the argument {name:?} has to be a whole number, not {value}"
            ))
        })
    }

    /// An argument as Python's truth.
    pub fn flag(&self, name: &str) -> Result<bool, Error> {
        Ok(self.value(name)?.is_some_and(|value| value.is_true()))
    }
}

/// An error with words of our own.
pub(super) fn fail(words: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, words.into())
}

/// The value, unless it is undefined, an error, or not known yet.
pub(super) fn defined(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Invalid => Err(invalid(&value)),
        ValueKind::Plain => match value.downcast_object_ref::<Unknown>() {
            Some(unknown) => Err(unknown.error()),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

/// The items of a list, the keys of a mapping, the letters of a text.
pub(super) fn items(value: &Value) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String => {
            value.try_iter()?.checked().collect()
        }
        _ => Err(fail(format!(
            "a list is needed, not {}: '{}' object is not iterable",
            name_of(value),
            class_of(value)
        ))),
    }
}

/// The entries of a mapping.
pub(super) fn entries(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    match value
        .as_object()
        .filter(|_| value.kind() == ValueKind::Map)
        .and_then(|object| object.try_iter_pairs())
    {
        Some(pairs) => Ok(pairs.collect()),
        None => Err(fail(format!("a mapping is needed, not {}", name_of(value)))),
    }
}

/// A value as Python's `str()` prints it.
pub(super) fn text_of(value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Ok(python_str(&finish(value.clone())?)),
    }
}

/// Whether it is a list (and not text or a mapping).
pub(super) fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// What a value is, in the words of messages.
pub(super) fn name_of(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "something undefined",
        ValueKind::None => "nothing",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "text",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        _ => "an object",
    }
}

/// The name of a value's class in Python.
pub(super) fn class_of(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "UndefinedMarker",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if value.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}

/// Gives a filter or test its arguments without needing the state of the rendering.
type Plain = fn(&Value, &Call<'_>) -> Result<Value, Error>;
/// The same with the state, to call other filters or to reach the scope.
type Stateful = fn(&Value, &Call<'_>, &mut State<'_, '_>) -> Result<Value, Error>;

/// How a filter or test runs.
#[derive(Clone, Copy)]
enum Run {
    Plain(Plain),
    Stateful(Stateful),
}

/// A filter or a test: its names, what it takes, and what it does.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    /// The short names.
    pub names: &'static [&'static str],
    /// The collections it is also found in.
    pub collections: &'static [&'static str],
    takes: &'static [&'static str],
    run: Run,
    asks: bool,
}

impl Operation {
    /// One of `ansible.builtin`.
    pub const fn new(
        names: &'static [&'static str],
        takes: &'static [&'static str],
        run: Plain,
    ) -> Self {
        Self {
            names,
            collections: &["ansible.builtin"],
            takes,
            run: Run::Plain(run),
            asks: false,
        }
    }

    /// One of `ansible.builtin` that needs the state of the rendering.
    pub const fn stateful(
        names: &'static [&'static str],
        takes: &'static [&'static str],
        run: Stateful,
    ) -> Self {
        Self {
            names,
            collections: &["ansible.builtin"],
            takes,
            run: Run::Stateful(run),
            asks: false,
        }
    }

    /// The same, of other collections.
    pub const fn of(mut self, collections: &'static [&'static str]) -> Self {
        self.collections = collections;
        self
    }

    /// The same, for what may be asked of undefined values.
    pub const fn asks(mut self) -> Self {
        self.asks = true;
        self
    }

    /// Whether it goes by that name, short or with one of its collections.
    pub fn is_called(&self, name: &str) -> bool {
        match name.rsplit_once('.') {
            None => self.names.contains(&name),
            Some((collection, short)) => {
                self.names.contains(&short) && self.collections.contains(&collection)
            }
        }
    }

    /// Runs it.
    pub fn call(
        &self,
        state: &mut State<'_, '_>,
        value: &Value,
        given: &[Value],
    ) -> Result<Value, Error> {
        let call = Call::new(self.takes, given);
        call.check()?;
        if !self.asks {
            defined(value.clone())?;
        }
        match self.run {
            Run::Plain(run) => run(value, &call),
            Run::Stateful(run) => run(value, &call, state),
        }
    }
}

/// The value, unless it is an error.
pub(super) fn valid(value: Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::Invalid {
        Err(invalid(&value))
    } else {
        Ok(value)
    }
}
