//! Files, directories and what stands in them.

mod actor;
mod block_edit;
mod blockinfile;
mod copy;
mod delivery;
mod digest;
mod download;
mod editing;
mod fetch;
#[expect(clippy::module_inception, reason = "the module is called file")]
mod file;
mod find;
mod get_url;
mod json_text;
mod line_edit;
mod lineinfile;
mod links;
mod list;
mod ownership;
mod paths;
mod recursion;
mod replace;
mod slurp;
mod standing;
mod stat;
mod tar;
mod tempfile;
mod template;
mod text;
mod times;
mod tree;
mod trees;
mod unarchive;
mod zip;

pub(crate) use list::register;
