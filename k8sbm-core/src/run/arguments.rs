//! A task's module with its arguments rendered for a host.

use super::{
    failure::{Cannot, Failure},
    prepare::Preparing,
};
use crate::{
    diagnostic::Diagnostic,
    host::background,
    node::{Entry, Kind, Map, Node},
    playbook::{Action, more, with_defaults},
    task::{Erased, Module},
    value::{self, Value},
    vars::Scope,
};
use std::sync::Arc;

impl Preparing<'_> {
    pub(super) fn module<'b>(self, action: &'b Action, scope: &Scope) -> Result<&'b Module, Cannot>
    where
        Self: 'b,
    {
        let name = if action.module.contains("{{") {
            let node = Node::at(Kind::Str(action.module.clone()), action.span.clone());
            value::python_str(&self.shared.engine.value(&node, scope)?).into()
        } else {
            action.module.clone()
        };
        self.shared.registry.get(&name).ok_or_else(|| {
            let unknown =
                Diagnostic::new(format!("there is no module `{name}`")).label(&action.span, "");
            match self.shared.registry.nearest(&name) {
                Some(near) => unknown.help(format!("did you mean `{near}`?")).into(),
                None => unknown.into(),
            }
        })
    }

    /// The task with its arguments, typed.
    pub(super) fn task(
        self,
        module: &Module,
        action: &Action,
        scope: &Scope,
    ) -> Result<Arc<dyn Erased>, Cannot> {
        let defaults = &self.job.spec.context.module_defaults;
        let special = [module.expressions, module.conditions, module.untemplated]
            .iter()
            .any(|names| !names.is_empty());
        let fixed = defaults.is_empty()
            && !special
            && !action.arguments.is_template()
            && !action.module.contains("{{");
        if fixed {
            if let Some(task) = self.job.fixed.get() {
                return Ok(task.clone());
            }
            let task = module
                .parse(&action.arguments)
                .map_err(|error| error.or_at(&action.span))?;
            return Ok(self.job.fixed.get_or_init(|| task).clone());
        }
        let given = self.given(module, action, scope)?;
        let (mut arguments, mut templated) = (Map::new(), Map::new());
        for (name, entry) in given {
            if module.untemplated.contains(&&*name) {
                arguments.insert(name, entry);
            } else if module.expressions.contains(&&*name) {
                let value = self.expressions(&entry.value, scope)?;
                if !value.is_null() {
                    arguments.insert(name, Entry { value, ..entry });
                }
            } else if module.conditions.contains(&&*name) {
                let value = self.conditions(&entry.value, scope)?;
                arguments.insert(name, Entry { value, ..entry });
            } else {
                templated.insert(name, entry);
            }
        }
        let node = Node::at(Kind::Map(templated), action.arguments.span.clone());
        if let Kind::Map(rendered) = self.shared.engine.render(&node, scope)?.kind {
            arguments.extend(rendered);
        }
        let node = Node::at(Kind::Map(arguments), action.arguments.span.clone());
        Ok(module
            .parse(&node)
            .map_err(|error| error.or_at(&action.span))?)
    }

    /// The arguments as written, over those of templates that give more, over `module_defaults`.
    pub(super) fn given(
        self,
        module: &Module,
        action: &Action,
        scope: &Scope,
    ) -> Result<Map, Cannot> {
        let engine = &self.shared.engine;
        let mut all = Map::new();
        for template in more(&action.arguments) {
            match engine.render(template, scope)?.kind {
                Kind::Map(map) => all.extend(map),
                Kind::Null => {}
                _ => {
                    let wrong = Diagnostic::new(format!(
                        "Finalization of task args for '{}' failed: they are a mapping",
                        module.name
                    ));
                    return Err(wrong.label(&template.span, "").into());
                }
            }
        }
        let written = action
            .arguments
            .as_map()
            .into_iter()
            .flatten()
            .filter(|(name, _)| &***name != Action::MORE);
        all.extend(written.map(|(name, entry)| (name.clone(), entry.clone())));
        let defaults = &self.job.spec.context.module_defaults;
        if defaults.is_empty() {
            return Ok(all);
        }
        let defaults: Vec<Node> = defaults
            .iter()
            .map(|node| engine.render(node, scope))
            .collect::<Result<_, _>>()?;
        let all = Node::at(Kind::Map(all), action.arguments.span.clone());
        match with_defaults(&self.shared.registry, &defaults, module, &all).kind {
            Kind::Map(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }

    /// An environment without what needs the environment of the host, as long as that is not known.
    fn without_facts_to_come(self, node: &Node, scope: &Scope) -> Node {
        let Some(map) = node.as_map() else {
            return node.clone();
        };
        let known = scope.get("ansible_env").is_ok_and(|known| known.is_some());
        let needs = |entry: &Entry| {
            entry
                .value
                .as_str()
                .is_some_and(|it| it.contains("ansible_env"))
        };
        let kept = map.iter().filter(|(_, entry)| known || !needs(entry));
        let kept = kept.map(|(name, entry)| (name.clone(), entry.clone()));
        Node::at(Kind::Map(kept.collect()), node.span.clone())
    }

    pub(super) fn environment(self, scope: &Scope) -> Result<Arc<[(String, String)]>, Cannot> {
        let mut environment: Vec<(String, String)> = Vec::new();
        for node in &self.job.spec.environment {
            let node = &self.without_facts_to_come(node, scope);
            let value = self.shared.engine.value(node, scope)?;
            let maps: Vec<Value> = match value.kind() {
                minijinja::value::ValueKind::Seq => {
                    value.try_iter().into_iter().flatten().collect()
                }
                _ => vec![value],
            };
            for map in maps.into_iter().filter(|map| !map.is_none()) {
                let Some(pairs) = map.as_object().and_then(|object| object.try_iter_pairs()) else {
                    let wrong = Failure::from(
                        Diagnostic::new("`environment` is a mapping").label(&node.span, ""),
                    );
                    return Err(wrong.into());
                };
                for (name, value) in pairs {
                    let name = value::python_str(&name);
                    environment.retain(|(known, _)| *known != name);
                    environment.push((name, value::python_str(&value)));
                }
            }
        }
        if let Some(folder) = self.jobs_folder(scope)? {
            environment.insert(0, (background::FOLDER.to_owned(), folder));
        }
        Ok(environment.into())
    }

    /// Where jobs in the background keep their results, if a variable says so.
    fn jobs_folder(self, scope: &Scope) -> Result<Option<String>, Cannot> {
        match scope.get("ansible_async_dir")? {
            Some(folder) if !folder.is_undefined() => Ok(Some(value::python_str(&folder))),
            _ => Ok(None),
        }
    }
}
