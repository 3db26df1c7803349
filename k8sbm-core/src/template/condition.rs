//! Conditions: `when`, `until`, `failed_when`, `changed_when`, `assert`.

use super::{Compat, Engine, TemplateError, braces, source::Form};
use crate::{
    diagnostic::Diagnostic,
    node::{Kind, Node, Span, Tag},
    value::{Value, from_node, is_trusted, python_repr},
    vars::Scope,
};
use minijinja::value::ValueKind;
use std::sync::Arc;

impl Engine {
    /// Whether a condition holds: a boolean, an expression, or a list of which all have to hold.
    pub fn condition(&self, node: &Node, scope: &Scope) -> Result<bool, TemplateError> {
        match &node.kind {
            Kind::Null => Ok(true),
            Kind::Bool(truth) => Ok(*truth),
            Kind::Str(text) if text.trim().is_empty() => Ok(true),
            Kind::Str(text) => {
                if node.tag == Tag::Unsafe {
                    self.trust(&from_node(node), &node.span)?;
                }
                self.holds(text, &node.span, scope)
            }
            Kind::Seq(items) => {
                for item in items {
                    if !self.condition(item, scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Kind::Map(_) => Err(Diagnostic::new("Conditional expressions must be strings.")
                .label(&node.span, "")
                .into()),
            _ => self.truth(&from_node(node), &node.span),
        }
    }

    fn holds(&self, text: &Arc<str>, span: &Span, scope: &Scope) -> Result<bool, TemplateError> {
        self.judged(text, span, scope).map(|(_, holds)| holds)
    }

    /// What a condition gives, and whether it holds.
    pub(crate) fn judged(
        &self,
        text: &Arc<str>,
        span: &Span,
        scope: &Scope,
    ) -> Result<(Value, bool), TemplateError> {
        let value = if is_braced(text) {
            let warning = Diagnostic::new("conditions are expressions already and need no braces");
            self.warn(warning.label(span, "").help("remove `{{` and `}}`"));
            self.braced(text, span, scope)?
        } else {
            self.evaluate(text, Form::Expression, span, scope)?
        };
        let holds = self.truth(&value, span)?;
        Ok((value, holds))
    }

    /// What a condition with braces gives: a text that was written in a playbook is an expression again.
    fn braced(&self, text: &Arc<str>, span: &Span, scope: &Scope) -> Result<Value, TemplateError> {
        if braces::whole(text).is_none() {
            let read = braces::unbraced(text, self.compat).map_or_else(|| text.clone(), Arc::from);
            return self.evaluate(&read, Form::Expression, span, scope);
        }
        let value = self.evaluate(text, Form::Inline, span, scope)?;
        match value.to_str() {
            Some(inner) if !inner.trim().is_empty() => {
                self.trust(&value, span)?;
                self.evaluate(&inner, Form::Expression, span, scope)
            }
            _ => Ok(value),
        }
    }

    /// Refuses to read a text as an expression that was not written in a playbook.
    ///
    /// As ansible-core up to 2.18, that of the older dialect takes any text that calls nothing.
    pub(crate) fn trust(&self, value: &Value, span: &Span) -> Result<(), TemplateError> {
        let harmless = || value.to_str().is_some_and(|text| !text.contains('('));
        if is_trusted(value) || self.compat == Compat::V2_18 && harmless() {
            return Ok(());
        }
        Err(Diagnostic::new(format!(
            "untrusted template or expression: {} was not written in a playbook",
            describe(value)
        ))
        .label(span, "")
        .help("what a template, a host or `!unsafe` gives is data, and not read as an expression")
        .into())
    }

    /// Whether a keyword such as `become` is on: a boolean, or what Ansible reads as one (`yes`, `0`).
    pub fn switch(&self, node: &Node, scope: &Scope) -> Result<bool, TemplateError> {
        let value = self.value(node, scope)?;
        match value.to_str().map(|text| text.to_lowercase()).as_deref() {
            Some("yes" | "true" | "on" | "y" | "t" | "1") => Ok(true),
            Some("no" | "false" | "off" | "n" | "f" | "0" | "") => Ok(false),
            Some(_) => Err(Diagnostic::new(format!(
                "The value '{value}' could not be converted to 'bool'."
            ))
            .label(&node.span, "")
            .into()),
            None => Ok(value.is_true()),
        }
    }

    fn truth(&self, value: &Value, span: &Span) -> Result<bool, TemplateError> {
        if value.kind() == ValueKind::Bool {
            return Ok(value.is_true());
        }
        let given = describe(value);
        let problem =
            Diagnostic::new(format!("the condition gives {given}, not a boolean")).label(span, "");
        match self.compat {
            Compat::V2_18 => {
                self.warn(problem.help("write a comparison, or add `| bool`"));
                Ok(value.is_true())
            }
            Compat::V2_19 => Err(problem.help(advice(value)).into()),
        }
    }
}

fn is_braced(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// What a value is, in the words of messages: `a list`, `text`.
pub(crate) fn describe(value: &Value) -> String {
    match value.kind() {
        ValueKind::None => "nothing".to_owned(),
        ValueKind::String => format!("the text {}", shortened(value)),
        ValueKind::Number => format!("the number {value}"),
        ValueKind::Seq | ValueKind::Iterable => format!("the list {}", shortened(value)),
        ValueKind::Map => format!("the mapping {}", shortened(value)),
        kind => format!("a {kind}"),
    }
}

fn shortened(value: &Value) -> String {
    let text = python_repr(value);
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn advice(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            "to ask whether it holds anything, add `| length > 0`; `--compat 2.18` takes it as it is"
        }
        ValueKind::String => {
            "to read words such as \"yes\" as booleans, add `| bool`; `--compat 2.18` takes it as it is"
        }
        _ => {
            "compare it with something, such as `is not none` or `!= 0`; `--compat 2.18` takes it as it is"
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        node::{Kind, Node},
        template::{
            Compat,
            fixture::{scope_in, text},
        },
    };
    use serde_json::json;

    fn asked(compat: Compat, condition: Node) -> String {
        let scope = scope_in(
            compat,
            json!({"n": 1, "l": ["a"], "word": "no", "t": true, "nothing": null}),
        );
        let engine = &scope.store().engine;
        let held = match engine.condition(&condition, &scope) {
            Ok(held) => held.to_string(),
            Err(error) => format!("error: {error}"),
        };
        let warned = engine.take_warnings();
        let warned = warned
            .iter()
            .map(|warning| format!("\n  warning: {warning}"))
            .collect::<String>();
        held + &warned
    }

    #[test]
    fn both_dialects_read_conditions() {
        let conditions = [
            "t",
            "n == 1",
            "n",
            "l",
            "word",
            "nothing",
            "{{ t }}",
            "{{ n }} == 1",
            "t and l",
            "nope",
            "n ==",
            "l | lenght",
        ];
        let shown: Vec<String> = conditions
            .into_iter()
            .flat_map(|condition| {
                [Compat::V2_19, Compat::V2_18].map(|compat| {
                    format!(
                        "{condition} [{compat:?}] {}",
                        asked(compat, text(condition))
                    )
                })
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        t [V2_19] true
        t [V2_18] true
        n == 1 [V2_19] true
        n == 1 [V2_18] true
        n [V2_19] error: site.yml:1:1: the condition gives the number 1, not a boolean (compare it with something, such as `is not none` or `!= 0`; `--compat 2.18` takes it as it is)
        n [V2_18] true
          warning: site.yml:1:1: the condition gives the number 1, not a boolean (write a comparison, or add `| bool`)
        l [V2_19] error: site.yml:1:1: the condition gives the list ['a'], not a boolean (to ask whether it holds anything, add `| length > 0`; `--compat 2.18` takes it as it is)
        l [V2_18] true
          warning: site.yml:1:1: the condition gives the list ['a'], not a boolean (write a comparison, or add `| bool`)
        word [V2_19] error: site.yml:1:1: the condition gives the text 'no', not a boolean (to read words such as "yes" as booleans, add `| bool`; `--compat 2.18` takes it as it is)
        word [V2_18] true
          warning: site.yml:1:1: the condition gives the text 'no', not a boolean (write a comparison, or add `| bool`)
        nothing [V2_19] error: site.yml:1:1: the condition gives nothing, not a boolean (compare it with something, such as `is not none` or `!= 0`; `--compat 2.18` takes it as it is)
        nothing [V2_18] false
          warning: site.yml:1:1: the condition gives nothing, not a boolean (write a comparison, or add `| bool`)
        {{ t }} [V2_19] true
          warning: site.yml:1:1: conditions are expressions already and need no braces (remove `{{` and `}}`)
        {{ t }} [V2_18] true
          warning: site.yml:1:1: conditions are expressions already and need no braces (remove `{{` and `}}`)
        {{ n }} == 1 [V2_19] true
          warning: site.yml:1:1: conditions are expressions already and need no braces (remove `{{` and `}}`)
        {{ n }} == 1 [V2_18] true
          warning: site.yml:1:1: conditions are expressions already and need no braces (remove `{{` and `}}`)
        t and l [V2_19] error: site.yml:1:1: the condition gives the list ['a'], not a boolean (to ask whether it holds anything, add `| length > 0`; `--compat 2.18` takes it as it is)
        t and l [V2_18] true
          warning: site.yml:1:1: the condition gives the list ['a'], not a boolean (write a comparison, or add `| bool`)
        nope [V2_19] error: site.yml:1:1: 'nope' is undefined
        nope [V2_18] error: site.yml:1:1: 'nope' is undefined
        n == [V2_19] error: site.yml:1:3: the template cannot be read: unexpected end of input, expected expression
        n == [V2_18] error: site.yml:1:3: the template cannot be read: unexpected end of input, expected expression
        l | lenght [V2_19] error: site.yml:1:5: there is no filter `lenght` (did you mean `length`?)
        l | lenght [V2_18] error: site.yml:1:5: there is no filter `lenght` (did you mean `length`?)
        "#);
    }

    #[test]
    fn a_list_holds_if_all_of_it_does() {
        let list =
            |items: &[&str]| Node::new(Kind::Seq(items.iter().map(|item| text(item)).collect()));
        assert_eq!(asked(Compat::V2_19, list(&["t", "n == 1"])), "true");
        assert_eq!(asked(Compat::V2_19, list(&["n == 2", "nope"])), "false");
        assert_eq!(asked(Compat::V2_19, Node::new(Kind::Null)), "true");
        assert_eq!(asked(Compat::V2_19, Node::new(Kind::Bool(false))), "false");
    }

    #[test]
    fn only_what_was_written_in_a_playbook_is_read_as_an_expression() {
        let host_said = "n == 1 or lookup('pipe', 'touch /tmp/x') == ''";
        let asked = |condition: &str| {
            let shown = [Compat::V2_19, Compat::V2_18].map(|compat| {
                let vars = json!({"n": 1, "own": "n == 1", "all": ["n == 1", "n > 0"]});
                let scope = scope_in(compat, vars);
                let scope = scope.with_local("said", crate::value::from_json(host_said.into()));
                let scope = scope.with_local("word", crate::value::from_json("n == 1".into()));
                let held = scope.store().engine.condition(&text(condition), &scope);
                held.map_or_else(|error| format!("error: {error}"), |held| held.to_string())
            });
            format!("{condition}\n  {}\n  {}", shown[0], shown[1])
        };
        let conditions = [
            "{{ own }}",
            "{{ own if n else 'false' }}",
            "{{ all | first }}",
            "{{ word }}",
            "{{ said }}",
            "{{ own ~ '' }}",
            "'touch' in {{ said }}",
            "'{{ said }}' == said",
            "'{{ n }}' == 1",
        ]
        .map(asked);
        insta::assert_snapshot!(conditions.join("\n"), @r#"
            {{ own }}
              true
              true
            {{ own if n else 'false' }}
              true
              true
            {{ all | first }}
              true
              true
            {{ word }}
              error: site.yml:1:1: untrusted template or expression: the text 'n == 1' was not written in a playbook (what a template, a host or `!unsafe` gives is data, and not read as an expression)
              true
            {{ said }}
              error: site.yml:1:1: untrusted template or expression: the text "n == 1 or lookup('pipe', 'touch /tmp/x'... was not written in a playbook (what a template, a host or `!unsafe` gives is data, and not read as an expression)
              error: site.yml:1:1: untrusted template or expression: the text "n == 1 or lookup('pipe', 'touch /tmp/x'... was not written in a playbook (what a template, a host or `!unsafe` gives is data, and not read as an expression)
            {{ own ~ '' }}
              error: site.yml:1:1: untrusted template or expression: the text 'n == 1' was not written in a playbook (what a template, a host or `!unsafe` gives is data, and not read as an expression)
              true
            'touch' in {{ said }}
              true
              true
            '{{ said }}' == said
              true
              true
            '{{ n }}' == 1
              true
              false
            "#);
    }

    #[test]
    fn what_is_marked_as_unsafe_is_no_condition() {
        let marked = Node {
            tag: crate::node::Tag::Unsafe,
            ..text("n == 1")
        };
        assert!(asked(Compat::V2_19, marked).contains("untrusted template or expression"));
    }
}
