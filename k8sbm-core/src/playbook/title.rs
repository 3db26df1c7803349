//! What to call a task.

use super::{Statement, TaskSpec};
use std::sync::Arc;

impl TaskSpec {
    /// Its name as it was written, with its role's, or what it does where it has none.
    pub fn title(&self) -> String {
        let own = match self.name.as_ref().and_then(|name| name.as_str()) {
            Some(name) => name.to_owned(),
            None => self.word().to_string(),
        };
        match &self.context.role {
            Some(role) => format!("{} : {own}", role.name),
            None => own,
        }
    }

    /// The module or statement, as it was written.
    pub fn word(&self) -> Arc<str> {
        match &self.statement {
            Statement::Module(action) => action.module.clone(),
            Statement::Include(include) => match include.kind {
                super::IncludeKind::Tasks => "include_tasks".into(),
                super::IncludeKind::Role => "include_role".into(),
            },
            Statement::Meta(_) => "meta".into(),
        }
    }
}
