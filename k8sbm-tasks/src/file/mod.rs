//! Files, directories and what stands in them.

mod actor;
mod archive;
mod assemble;
mod blockinfile;
mod code_page;
mod context;
mod copy;
mod delivery;
mod download;
mod editing;
mod fetch;
#[expect(clippy::module_inception, reason = "the module is called file")]
mod file;
mod find;
mod get_url;
mod git;
mod ini_file;
mod lineinfile;
mod list;
mod ownership;
mod paths;
mod replace;
mod slurp;
mod standing;
mod stat;
mod synchronize;
mod tempfile;
mod template;
mod text;
mod tree;
mod unarchive;

pub(crate) use download::{Download, masked};
pub(crate) use list::register;
pub(crate) use ownership::attributes;
pub(crate) use paths::{absolute, parent};
