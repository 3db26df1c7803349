//! The modules of this family.

use super::{
    archive::Archive, assemble::Assemble, blockinfile::BlockInFile, copy::Copy, fetch::Fetch,
    file::File, find::Find, get_url::GetUrl, git::Git, ini_file::IniFile, lineinfile::LineInFile,
    replace::Replace, slurp::Slurp, stat::Stat, synchronize::Synchronize, tempfile::TempFile,
    template::Template, unarchive::Unarchive,
};
use k8sbm_core::task::Registry;

/// Adds the modules of this family.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .builtin::<Copy>()
        .builtin::<Assemble>()
        .builtin::<Template>()
        .builtin::<File>()
        .builtin::<Stat>()
        .builtin::<LineInFile>()
        .builtin::<BlockInFile>()
        .builtin::<Replace>()
        .of::<IniFile>("community.general")
        .builtin::<Find>()
        .builtin::<Slurp>()
        .builtin::<Fetch>()
        .of::<Synchronize>("ansible.posix")
        .builtin::<TempFile>()
        .builtin::<GetUrl>()
        .builtin::<Unarchive>()
        .of::<Archive>("community.general")
        .builtin::<Git>()
}
