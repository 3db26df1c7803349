//! Plays and tasks made in code, without YAML.

use super::{Action, BecomeSpec, Context, Play, Section, Statement, Step, Strategy, TaskSpec};
use crate::node::{Kind, Node, Span};
use serde_json::Value as Json;
use std::sync::Arc;

impl TaskSpec {
    /// A task that only says what it does; everything else is as if its keyword were not written.
    pub fn new(statement: Statement, context: Arc<Context>) -> Self {
        Self {
            name: None,
            span: Span::none(),
            statement,
            when: Vec::new(),
            tags: Default::default(),
            repeat: None,
            until: None,
            register: None,
            changed_when: None,
            failed_when: None,
            notify: Vec::new(),
            ignore_errors: None,
            ignore_unreachable: None,
            any_errors_fatal: None,
            r#become: BecomeSpec::default(),
            delegate_to: None,
            delegate_facts: None,
            run_once: None,
            throttle: None,
            environment: Vec::new(),
            no_log: None,
            check_mode: None,
            diff: None,
            timeout: None,
            background: None,
            connection: None,
            port: None,
            remote_user: None,
            context,
            id: None,
            needs: None,
        }
    }

    /// A task that runs a module with arguments; texts in them may be templates.
    pub fn module(name: &str, arguments: &Json) -> Self {
        let action = Action {
            module: name.into(),
            span: Span::none(),
            arguments: Node::from_json(arguments, &Span::none()),
        };
        Self::new(Statement::Module(action), Arc::default())
    }

    /// Gives it a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(Node::new(Kind::Str(name.into())));
        self
    }

    /// Runs it only where an expression holds.
    #[must_use]
    pub fn when(mut self, condition: &str) -> Self {
        self.when.push(Node::new(Kind::Str(condition.into())));
        self
    }

    /// Keeps its result in a variable.
    #[must_use]
    pub fn register(mut self, name: &str) -> Self {
        self.register = Some(Node::new(Kind::Str(name.into())));
        self
    }
}

impl Play {
    /// A play of tasks made in code; it gathers no facts.
    pub fn of(hosts: &str, tasks: impl IntoIterator<Item = TaskSpec>) -> Self {
        let text = |text: &str| Node::new(Kind::Str(text.into()));
        let steps = tasks
            .into_iter()
            .map(|task| Step::Task(Arc::new(task)))
            .collect();
        Self {
            name: text(hosts),
            span: Span::none(),
            hosts: text(hosts),
            gather_facts: Some(Node::new(Kind::Bool(false))),
            gather_subset: None,
            argspec: None,
            strategy: None,
            serial: Vec::new(),
            order: None,
            force_handlers: None,
            any_errors_fatal: None,
            max_fail_percentage: None,
            id: None,
            needs: None,
            imports: Vec::new(),
            layers: Vec::new(),
            vars_files: Vec::new(),
            vars_prompt: Vec::new(),
            sections: vec![(Section::Tasks, steps)],
            handlers: Vec::new(),
            roles: Vec::new(),
            directory: ".".into(),
            context: Arc::default(),
        }
    }

    /// Sets how the tasks of hosts wait for each other.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = Some(strategy);
        self
    }
}
