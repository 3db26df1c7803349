//! Loading a role: its variables, the roles it depends on, its tasks and handlers.

use crate::{
    node::{Kind, Node},
    playbook::{
        Block, Context, Role, Step,
        language::nothing,
        reader::Reader,
        role::{Identity, Own, RoleCall, RoleDirectory, role_file},
    },
};
use std::{path::Path, sync::Arc};

impl Reader<'_> {
    /// The steps of a role, after those of the roles it depends on; none of its own if it ran already.
    pub(in crate::playbook) fn role(
        &mut self,
        call: &RoleCall,
        around: &Arc<Context>,
    ) -> Option<(Arc<Role>, Vec<Step>)> {
        let found = self.loader.find_role(&call.name, &call.span, around);
        let directory = self.take(found)?;
        self.take(directory.has_files_of(call))?;
        let tasks = role_file(&directory.path.join("tasks"), call.tasks_from.as_deref());
        // A role is entered by its file of tasks: it may import another file of its own.
        let entered = tasks.clone().unwrap_or_else(|| directory.path.clone());
        self.enter(&entered, format!("role {}", call.name), &call.span)?;
        let result = self.inside_role(call, &directory, tasks.as_deref(), around);
        self.chain.pop();
        let (role, steps) = result?;
        if call.public {
            self.found.push(role.clone());
        }
        Some((role, steps))
    }

    /// Checks that the files that the call names, such as `tasks_from`, are there.
    fn inside_role(
        &mut self,
        call: &RoleCall,
        directory: &RoleDirectory,
        tasks: Option<&Path>,
        around: &Arc<Context>,
    ) -> Option<(Arc<Role>, Vec<Step>)> {
        let own = self.own(call, directory, around)?;
        let (roles, mut steps) = self.dependencies(&own);
        let role = Arc::new(own.with_dependencies(&roles));
        let identity = Identity::of(&directory.path, call, around);
        let again = call.duplicates.unwrap_or(role.allow_duplicates);
        if !again && self.ran.iter().any(|ran| ran.covers(&identity)) {
            return Some((role, steps));
        }
        self.ran.push(identity);
        let inside = Arc::new(own.inside(&role));
        let block = self.role_tasks(call, tasks, &role, &inside);
        self.role_handlers(call, directory, &inside);
        if !block.is_empty() {
            steps.push(Step::Block(Arc::new(Block {
                name: Some(Node::at(Kind::Str(role.name.clone()), call.span.clone())),
                span: call.span.clone(),
                id: None,
                needs: None,
                block,
                rescue: Vec::new(),
                always: Vec::new(),
                role: Some(role.clone()),
            })));
        }
        Some((role, steps))
    }

    fn role_tasks(
        &mut self,
        call: &RoleCall,
        tasks: Option<&Path>,
        role: &Arc<Role>,
        inside: &Arc<Context>,
    ) -> Vec<Step> {
        let inherited = inside.inherited.clone();
        let inherited = inherited.unwrap_or_else(|| Arc::new(nothing()));
        let mut steps = self.validation(call, role, inside, &inherited);
        if let Some(path) = tasks
            && let Some(list) = self.list_in(path)
        {
            steps.extend(self.steps(&list, &in_directory(inside, path)));
        }
        steps
    }

    fn role_handlers(&mut self, call: &RoleCall, directory: &RoleDirectory, inside: &Arc<Context>) {
        let folder = directory.path.join("handlers");
        if let Some(path) = role_file(&folder, call.handlers_from.as_deref())
            && let Some(list) = self.list_in(&path)
        {
            let handlers = self.handler_list(&list, &in_directory(inside, &path));
            self.handlers.extend(handlers);
        }
    }

    fn dependencies(&mut self, own: &Own) -> (Vec<Arc<Role>>, Vec<Step>) {
        let (mut roles, mut steps) = (Vec::new(), Vec::new());
        let context = Arc::new(own.below());
        for entry in &own.meta.dependencies {
            let call = self.role_entry(entry, &context);
            let called = call.and_then(|mut call| {
                call.public = false;
                self.role(&call, &context)
            });
            if let Some((role, more)) = called {
                roles.push(role);
                steps.extend(more);
            }
        }
        (roles, steps)
    }
}

/// The context of the tasks in a file.
fn in_directory(context: &Arc<Context>, file: &Path) -> Arc<Context> {
    let mut inside = Context::clone(context);
    inside.directory = file.parent().unwrap_or(file).to_owned();
    Arc::new(inside)
}

#[cfg(test)]
mod tests;
