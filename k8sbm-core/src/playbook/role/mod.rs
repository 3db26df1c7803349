//! Roles: from a name to steps and handlers, with those of the roles they depend on.

mod call;
mod directory;
mod identity;
mod load;
mod meta;
mod own;
mod validation;

pub(in crate::playbook) use call::RoleCall;
pub(in crate::playbook) use directory::{RoleDirectory, role_file, variable_files};
pub(in crate::playbook) use identity::Identity;
pub(in crate::playbook) use meta::RoleMeta;
pub(in crate::playbook) use own::Own;
pub(crate) use validation::VALIDATE;
pub(in crate::playbook) use validation::mapping;
