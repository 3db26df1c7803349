//! What a variable can hold: [`Value`], and the ways into and out of it.
//!
//! Results and facts come in once from JSON, variables from the node tree; arguments go back
//! to the node tree so that places survive.

mod json;
mod json_text;
mod node;
mod python;
mod trusted;
mod unknown;
mod yaml;

pub use json::{from_json, to_json};
pub use json_text::{JsonStyle, json_text};
pub use minijinja::Value;
pub use node::{from_data, from_node, to_node};
pub use python::{python_float, python_repr, python_str};
pub(crate) use trusted::is_trusted;
pub use unknown::Unknown;
pub use yaml::{Flow, YamlStyle, yaml_text};

/// A mapping as templates make and reach them.
pub type Dict = indexmap::IndexMap<Value, Value>;
