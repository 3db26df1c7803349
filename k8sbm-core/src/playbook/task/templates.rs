//! Templates, checked before any host is touched: their syntax, and that their filters, tests and lookups exist.

use crate::{
    node::{Map, Node},
    playbook::{Action, language::Shape, reader::Reader, task::is_expression},
};

impl Reader<'_> {
    /// Checks the templates in the value of a keyword.
    pub(in crate::playbook) fn check_templates(&mut self, takes: Shape, value: &Node) {
        let checked = match takes {
            // Tasks, handlers and roles are checked one by one.
            Shape::Steps | Shape::Handlers | Shape::Roles => Ok(()),
            Shape::Conditions => self.loader.engine.check_condition(value),
            _ => self.loader.engine.check(value),
        };
        self.tolerate(checked);
    }

    /// Checks the templates and expressions in the arguments of a module.
    pub(in crate::playbook) fn check_argument_templates(&mut self, action: &Action) {
        let module = self.loader.registry.get(&action.module);
        for (name, entry) in action.arguments.as_map().into_iter().flatten() {
            let checked = if module.is_some_and(|module| module.untemplated.contains(&&**name)) {
                Ok(())
            } else if module.is_some_and(|module| is_expression(module, name)) {
                self.loader.engine.check_condition(&entry.value)
            } else {
                self.loader.engine.check(&entry.value)
            };
            self.tolerate(checked);
        }
    }

    /// Checks the expressions that a mapping of `register` gives names to.
    pub(in crate::playbook) fn check_projections(&mut self, names: &Map) {
        for entry in names.values() {
            let checked = self.loader.engine.check_condition(&entry.value);
            self.tolerate(checked);
        }
    }
}
