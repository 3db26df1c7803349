//! Holding a document against the fields that its API version knows.

use crate::kubernetes::version::{KubeadmApi, Version};
use k8sbm_core::{
    diagnostic::nearest,
    task::{Error, Result},
};
use serde_json::Value as Json;

/// The fields of an object.
pub(crate) type Fields = &'static [Field];

/// A field by its name, with the minor releases that know it.
#[derive(Debug)]
pub(crate) struct Field {
    name: &'static str,
    shape: Shape,
    since: u32,
    until: u32,
}

/// What a field may hold.
#[derive(Debug)]
pub(crate) enum Shape {
    Text,
    Number,
    Truth,
    Texts,
    TextMap,
    TruthMap,
    /// Extra arguments: a mapping in v1beta3, a list of names with values in v1beta4.
    Args,
    Object(Fields),
    Objects(Fields),
    /// What is not looked into.
    Open,
}

/// A field that all releases know.
pub(crate) const fn field(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        shape,
        since: 0,
        until: u32::MAX,
    }
}

impl Field {
    /// Known from this minor release on.
    pub(crate) const fn since(mut self, minor: u32) -> Self {
        self.since = minor;
        self
    }

    /// Known up to this minor release.
    pub(crate) const fn until(mut self, minor: u32) -> Self {
        self.until = minor;
        self
    }
}

/// A kind of document.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As `kind` says it.
    pub name: &'static str,
    /// Its fields beside `apiVersion` and `kind`.
    pub fields: Fields,
}

impl Kind {
    /// Refuses what the release does not know, or knows in another shape. `argument` is what it was given by.
    ///
    /// # Errors
    /// At the first field that is wrong.
    pub(crate) fn check(&self, document: &Json, version: &Version, argument: &str) -> Result<()> {
        let check = Check {
            kind: self.name,
            version,
            api: version.behaviour()?.kubeadm,
        };
        let mut path = vec![argument.to_owned()];
        check.object(document, self.fields, &mut path)
    }
}

struct Check<'a> {
    kind: &'static str,
    version: &'a Version,
    api: KubeadmApi,
}

impl Check<'_> {
    fn object(&self, value: &Json, fields: Fields, path: &mut Vec<String>) -> Result<()> {
        let Json::Object(map) = value else {
            return self.unless_null(value, "a mapping", path);
        };
        for (name, value) in map {
            path.push(name.clone());
            self.field(name, value, fields, path)?;
            path.pop();
        }
        Ok(())
    }

    fn field(
        &self,
        name: &str,
        value: &Json,
        fields: Fields,
        path: &mut Vec<String>,
    ) -> Result<()> {
        let kind = self.kind;
        let known = |field: &&Field| (field.since..=field.until).contains(&self.version.minor);
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let error = Error::arguments(format!("{kind} has no field `{}`", said(path)));
            let names = fields.iter().filter(known).map(|field| field.name);
            let error = match nearest(name, names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            };
            return Err(error.about(path.clone()));
        };
        if !known(&field) {
            let when = match field.until {
                u32::MAX => format!("since 1.{}", field.since),
                until => format!("up to 1.{until}"),
            };
            let version = self.version;
            let message = format!("{kind} of {version} has no field `{}`", said(path));
            return Err(Error::arguments(message)
                .hint(format!("it is there {when}"))
                .about(path.clone()));
        }
        self.shape(value, &field.shape, path)
    }

    fn shape(&self, value: &Json, shape: &Shape, path: &mut Vec<String>) -> Result<()> {
        match (shape, value) {
            (Shape::Open, _)
            | (Shape::Text, Json::String(_))
            | (Shape::Number, Json::Number(_))
            | (Shape::Truth, Json::Bool(_)) => Ok(()),
            (Shape::Text, _) => self.unless_null(value, "text", path),
            (Shape::Number, _) => self.unless_null(value, "a number", path),
            (Shape::Truth, _) => self.unless_null(value, "true or false", path),
            (Shape::Object(fields), _) => self.object(value, fields, path),
            (Shape::Objects(fields), _) => {
                self.each(value, path, |value, path| self.object(value, fields, path))
            }
            (Shape::Texts, _) => self.each(value, path, |value, path| {
                self.shape(value, &Shape::Text, path)
            }),
            (Shape::TextMap, _) => self.values(value, &Shape::Text, path),
            (Shape::TruthMap, _) => self.values(value, &Shape::Truth, path),
            (Shape::Args, _) => match self.api {
                KubeadmApi::V1Beta3 => self.values(value, &Shape::Text, path),
                KubeadmApi::V1Beta4 => {
                    self.each(value, path, |value, path| self.object(value, ARG, path))
                }
            },
        }
    }

    fn values(&self, value: &Json, shape: &Shape, path: &mut Vec<String>) -> Result<()> {
        let Json::Object(map) = value else {
            return self.unless_null(value, "a mapping", path);
        };
        for (name, value) in map {
            path.push(name.clone());
            self.shape(value, shape, path)?;
            path.pop();
        }
        Ok(())
    }

    fn each(
        &self,
        value: &Json,
        path: &mut Vec<String>,
        check: impl Fn(&Json, &mut Vec<String>) -> Result<()>,
    ) -> Result<()> {
        let Json::Array(items) = value else {
            return self.unless_null(value, "a list", path);
        };
        for (at, item) in items.iter().enumerate() {
            path.push(at.to_string());
            check(item, path)?;
            path.pop();
        }
        Ok(())
    }

    /// Nothing is as good as leaving it out.
    fn unless_null(&self, value: &Json, wanted: &str, path: &[String]) -> Result<()> {
        if value.is_null() {
            return Ok(());
        }
        let path: Vec<String> = path.to_vec();
        let message = format!("`{}` takes {wanted}, not {value}", said(&path));
        Err(Error::arguments(message).about(path))
    }
}

const ARG: Fields = &[field("name", Shape::Text), field("value", Shape::Text)];

/// `kubelet.evictionHard`, `api_server.extraVolumes[0].name`
fn said(path: &[String]) -> String {
    let mut text = String::new();
    for step in path {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("[{step}]"));
        } else {
            let dot = if text.is_empty() { "" } else { "." };
            text.push_str(&format!("{dot}{step}"));
        }
    }
    text
}
