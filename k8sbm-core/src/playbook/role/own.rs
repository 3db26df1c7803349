//! What a role has of its own, before the roles it depends on are known.

use super::{RoleCall, RoleDirectory, RoleMeta, variable_files};
use crate::{
    playbook::{Context, Role, reader::Reader, variables},
    vars::{Layer, Level},
};
use std::{path::PathBuf, sync::Arc};

/// What a role has of its own.
pub(in crate::playbook) struct Own {
    name: Arc<str>,
    path: PathBuf,
    defaults: Vec<Arc<Layer>>,
    vars: Vec<Arc<Layer>>,
    /// What its call gives it.
    given: Vec<Arc<Layer>>,
    /// What its `meta/` says.
    pub(in crate::playbook) meta: RoleMeta,
    /// The context around it, with the keywords of its call.
    context: Context,
}

impl Reader<'_> {
    /// Reads a role's variables and what its `meta/` says.
    pub(in crate::playbook) fn own(
        &mut self,
        call: &RoleCall,
        directory: &RoleDirectory,
        around: &Arc<Context>,
    ) -> Option<Own> {
        let mut keywords = call.keywords.clone();
        let vars = keywords
            .shift_remove("vars")
            .filter(|vars| !vars.value.is_null());
        let mut context = Context::clone(&self.within(&keywords, Level::RoleVars, "", around));
        // A role that depends on this one has put itself among the parents already.
        if let Some(parent) = &around.role
            && around
                .parents
                .last()
                .is_none_or(|last| !Arc::ptr_eq(last, parent))
        {
            context.parents.push(parent.clone());
            context.includers.push(parent.clone());
        }
        let mut given = Vec::new();
        if let Some(vars) = vars {
            let label = "vars of the role's entry";
            given.extend(self.vars(&vars.value, Level::RoleVars, label));
        }
        if !call.parameters.is_empty() {
            let label = "parameters of the role";
            let layer = Layer::from_map(Level::RoleParams, label, &call.parameters);
            given.push(Arc::new(layer));
        }
        let meta = self.meta_of(directory)?;
        let of_collection = directory.collection.iter().map(|name| name.as_str().into());
        context.collections = of_collection.collect();
        context.collections.extend(meta.collections.iter().cloned());
        context.directory = directory.path.join("tasks");
        let mut layers = |folder, from: &Option<String>, level| {
            variable_files(&directory.path.join(folder), from.as_deref())
                .iter()
                .filter_map(|path| {
                    let layer = self.loader.vars_file(path, level);
                    self.take(layer)
                })
                .collect()
        };
        Some(Own {
            name: directory.name.as_str().into(),
            path: directory.path.clone(),
            defaults: layers("defaults", &call.defaults_from, Level::RoleDefaults),
            vars: layers("vars", &call.vars_from, Level::RoleVars),
            given,
            meta,
            context,
        })
    }
}

impl Own {
    /// The context of the roles it depends on: they see its variables.
    pub(in crate::playbook) fn below(&self) -> Context {
        let role = Arc::new(self.with_dependencies(&[]));
        let mut below = self.context.clone();
        for layer in self.defaults.iter().chain(&self.vars).chain(&self.given) {
            variables::put(&mut below.layers, layer.clone());
        }
        below.parents.push(role.clone());
        below.role = Some(role);
        below
    }

    /// The role, with the variables of those it depends on below its own.
    pub(in crate::playbook) fn with_dependencies(&self, roles: &[Arc<Role>]) -> Role {
        let together = |layers: fn(&Role) -> &Vec<Arc<Layer>>, own: &[Arc<Layer>]| {
            let below = roles.iter().flat_map(|role| layers(role));
            below.chain(own).cloned().collect()
        };
        Role {
            name: self.name.clone(),
            path: self.path.clone(),
            defaults: together(|role| &role.defaults, &self.defaults),
            vars: together(|role| &role.vars, &self.vars),
            allow_duplicates: self.meta.allow_duplicates,
            argument_specs: self.meta.argument_specs.clone(),
            dependencies: roles.to_vec(),
        }
    }

    /// The context inside the role.
    pub(in crate::playbook) fn inside(&self, role: &Arc<Role>) -> Context {
        let mut inside = self.context.clone();
        for layer in role.defaults.iter().chain(&role.vars).chain(&self.given) {
            variables::put(&mut inside.layers, layer.clone());
        }
        inside.role = Some(role.clone());
        inside
    }
}
