//! Rendering nodes: arguments, loops, messages.

use super::{Engine, TemplateError, finish, source::Form};
use crate::{
    node::{Entry, Kind, Map, Node, Span, Tag},
    value::{Value, from_node, python_str, to_node},
    vars::Scope,
};
use std::sync::Arc;

impl Engine {
    /// Renders every template in a node; places stay, omitted entries and items are dropped.
    ///
    /// A node that is omitted as a whole becomes null.
    pub fn render(&self, node: &Node, scope: &Scope) -> Result<Node, TemplateError> {
        if !node.is_template() {
            return Ok(node.clone());
        }
        Ok(self
            .node(node, scope)?
            .unwrap_or_else(|| Node::at(Kind::Null, node.span.clone())))
    }

    /// The value of a node in a scope, rendered through and through; what is omitted is null.
    pub fn value(&self, node: &Node, scope: &Scope) -> Result<Value, TemplateError> {
        if !node.is_template() {
            return Ok(from_node(node));
        }
        match &node.kind {
            Kind::Str(text) => {
                let value = self.text_value(text, node, scope)?;
                Ok(if finish::is_omit(&value) {
                    Value::from(())
                } else {
                    value
                })
            }
            _ => self.render(node, scope).map(|node| from_node(&node)),
        }
    }

    /// The value of an expression without braces, as in `debug: var=`.
    pub fn expression(
        &self,
        text: &str,
        span: &Span,
        scope: &Scope,
    ) -> Result<Value, TemplateError> {
        self.evaluate(&text.into(), Form::Expression, span, scope)
    }

    /// The value of a node, undefined if it uses something undefined.
    pub(super) fn value_or_undefined(
        &self,
        node: &Node,
        scope: &Scope,
    ) -> Result<Value, TemplateError> {
        let Some(text) = node
            .as_str()
            .filter(|_| node.is_template() && node.tag == Tag::None)
        else {
            return self.value(node, scope);
        };
        let text: Arc<str> = text.into();
        let given = self
            .inline
            .source(&text, Form::Inline)
            .and_then(|source| self.run(&source, scope));
        match given.and_then(finish::finish) {
            Err(error) if error.kind() == minijinja::ErrorKind::UndefinedError => {
                Ok(Value::UNDEFINED)
            }
            other => {
                other.map_err(|error| self.diagnose(error, &text, Form::Inline, &node.span, scope))
            }
        }
    }

    /// A rendered node, or nothing if it is omitted.
    fn node(&self, node: &Node, scope: &Scope) -> Result<Option<Node>, TemplateError> {
        let kind = match &node.kind {
            Kind::Str(text) if node.is_template() => {
                let value = self.text_value(text, node, scope)?;
                if finish::is_omit(&value) {
                    return Ok(None);
                }
                return Ok(Some(to_node(&value, &node.span)));
            }
            Kind::Seq(items) => {
                let rendered = items
                    .iter()
                    .filter_map(|item| self.node(item, scope).transpose());
                Kind::Seq(rendered.collect::<Result<_, _>>()?)
            }
            Kind::Map(map) => Kind::Map(self.map(map, node.tag == Tag::Unsafe, scope)?),
            other => other.clone(),
        };
        Ok(Some(Node {
            kind,
            span: node.span.clone(),
            tag: node.tag,
        }))
    }

    fn map(&self, map: &Map, data: bool, scope: &Scope) -> Result<Map, TemplateError> {
        let mut rendered = Map::with_capacity(map.len());
        for (key, entry) in map {
            let Some(value) = self.node(&entry.value, scope)? else {
                continue;
            };
            let key = if !data && key.contains("{{") {
                python_str(&self.evaluate(key, Form::Inline, &entry.key, scope)?).into()
            } else {
                key.clone()
            };
            rendered.insert(
                key,
                Entry {
                    key: entry.key.clone(),
                    value,
                },
            );
        }
        Ok(rendered)
    }

    fn text_value(
        &self,
        text: &Arc<str>,
        node: &Node,
        scope: &Scope,
    ) -> Result<Value, TemplateError> {
        match node.tag {
            Tag::Vault => self.decrypt(text, &node.span).map(Value::from),
            Tag::Unsafe => Ok(Value::from(text.clone())),
            Tag::None => self.evaluate(text, Form::Inline, &node.span, scope),
        }
    }

    /// Compiles, renders and finishes a text.
    pub(super) fn evaluate(
        &self,
        text: &Arc<str>,
        form: Form,
        span: &Span,
        scope: &Scope,
    ) -> Result<Value, TemplateError> {
        let given = self
            .inline
            .source(text, form)
            .and_then(|source| self.run(&source, scope))
            .and_then(finish::finish);
        given.map_err(|error| self.diagnose(error, text, form, span, scope))
    }
}

#[cfg(test)]
mod tests {
    use crate::template::{
        Compat,
        fixture::{rendered, scope, scope_in},
    };
    use serde_json::json;

    fn all(vars: serde_json::Value, templates: &[&str]) -> String {
        let scope = scope(vars);
        templates
            .iter()
            .map(|template| format!("{template:?} -> {}\n", rendered(&scope, template)))
            .collect()
    }

    #[test]
    fn types_are_kept() {
        insta::assert_snapshot!(all(
            json!({"n": 1, "l": [1, "x", null], "t": true, "s": "str", "d": {"k": "v"}}),
            &[
                "{{ n }}", "{{ n }}{{ n }}", " {{ n }}", "{{ n }}\n", "{{ n }}\n\n", "{{ s }}\n", "x{{ l }}", "x{{ none }}",
                "{{ t }}x", "{% if t %}{{ l }}{% endif %}", "{% if not t %}z{% endif %}", "{{ (1, 2) }}", "{{ d.items() }}",
                "{{ 'x' ~ none }}", "{{ ['{{ n }}'] }}", "x{{ 1e20 }}", "{{ n if t }}", "plain", "{{ {'a': {'b': n}} }}",
                "x\n{% if t %}\ny\n{% endif %}\nz\n",
            ],
        ), @r#"
"{{ n }}" -> 1
"{{ n }}{{ n }}" -> "11"
" {{ n }}" -> " 1"
"{{ n }}\n" -> 1
"{{ n }}\n\n" -> "1\n\n"
"{{ s }}\n" -> "str\n"
"x{{ l }}" -> "x[1, 'x', None]"
"x{{ none }}" -> "x"
"{{ t }}x" -> "Truex"
"{% if t %}{{ l }}{% endif %}" -> [1,"x",null]
"{% if not t %}z{% endif %}" -> null
"{{ (1, 2) }}" -> [1,2]
"{{ d.items() }}" -> [["k","v"]]
"{{ 'x' ~ none }}" -> "xNone"
"{{ ['{{ n }}'] }}" -> ["{{ n }}"]
"x{{ 1e20 }}" -> "x1e+20"
"{{ n if t }}" -> 1
"plain" -> "plain"
"{{ {'a': {'b': n}} }}" -> {"a":{"b":1}}
"x\n{% if t %}\ny\n{% endif %}\nz\n" -> "x\ny\nz\n"
"#);
    }

    #[test]
    fn undefined_may_be_asked_and_chained_but_not_used() {
        insta::assert_snapshot!(all(
            json!({
                "d": {"k": "v"}, "l": [1], "s": "str", "nothing": null,
                "broken": "{{ nope }}", "brokentext": "x{{ nope }}", "nested": {"ok": 1, "bad": "{{ nope }}"},
            }),
            &[
                "{{ nope }}", "{{ d.nope }}", "{{ l[9] }}", "{{ nope.a.b | default(3) }}", "{{ d.k.z.y | default(3) }}",
                "{{ nothing.a.b | default(4) }}", "{{ l[9].x | default(5) }}", "{{ nope is defined }}",
                "{{ nope.a.b is defined }}", "{{ not nope }}", "{{ nope == 1 }}", "{{ nope in [1] }}", "{{ 1 in nope }}",
                "{{ 'k' in d }}", "{{ 'x' in d }}", "{{ nope ~ 'a' }}", "{{ nope | int }}", "{{ [nope] }}",
                "{{ {'x': nope} }}", "{{ broken is defined }}", "{{ brokentext is defined }}", "{{ broken | default('D') }}",
                "{{ nested.ok }}", "{{ nested.bad is defined }}", "{{ nested }}", "{{ nope | default(nope2) }}",
                "{{ nope | default(nope2) | default(7) }}", "{{ nope or 'x' }}", "{{ nope is string }}",
                "{{ d.nope is none }}", "{% for x in nope %}{% endfor %}", "{{ nope | mandatory }}",
                "{{ nope | lower }}", "{{ nope | length }}", "{{ nope | ternary(1, 2) }}", "{{ 'x' if nope else 'y' }}",
            ],
        ), @r#"
        "{{ nope }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ d.nope }}" -> error: site.yml:1:4: 'd.nope' is undefined: object of type 'dict' has no attribute 'nope'
        "{{ l[9] }}" -> error: site.yml:1:4: 'l[9]' is undefined: object of type 'list' has no attribute 9
        "{{ nope.a.b | default(3) }}" -> 3
        "{{ d.k.z.y | default(3) }}" -> 3
        "{{ nothing.a.b | default(4) }}" -> 4
        "{{ l[9].x | default(5) }}" -> 5
        "{{ nope is defined }}" -> false
        "{{ nope.a.b is defined }}" -> false
        "{{ not nope }}" -> error: site.yml:1:8: 'nope' is undefined
        "{{ nope == 1 }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope in [1] }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ 1 in nope }}" -> error: site.yml:1:9: 'nope' is undefined
        "{{ 'k' in d }}" -> true
        "{{ 'x' in d }}" -> false
        "{{ nope ~ 'a' }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope | int }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ [nope] }}" -> error: site.yml:1:5: 'nope' is undefined
        "{{ {'x': nope} }}" -> error: site.yml:1:10: 'nope' is undefined
        "{{ broken is defined }}" -> false
        "{{ brokentext is defined }}" -> false
        "{{ broken | default('D') }}" -> "D"
        "{{ nested.ok }}" -> 1
        "{{ nested.bad is defined }}" -> false
        "{{ nested }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope | default(nope2) }}" -> error: site.yml:1:19: 'nope2' is undefined
        "{{ nope | default(nope2) | default(7) }}" -> 7
        "{{ nope or 'x' }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope is string }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ d.nope is none }}" -> error: site.yml:1:4: 'd.nope' is undefined: object of type 'dict' has no attribute 'nope'
        "{% for x in nope %}{% endfor %}" -> error: site.yml:1:13: 'nope' is undefined
        "{{ nope | mandatory }}" -> error: site.yml:1:11: a mandatory variable is not defined
        "{{ nope | lower }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope | length }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ nope | ternary(1, 2) }}" -> error: site.yml:1:4: 'nope' is undefined
        "{{ 'x' if nope else 'y' }}" -> error: site.yml:1:11: 'nope' is undefined
        "#);
    }

    #[test]
    fn what_an_if_without_else_leaves_out_is_no_missing_name() {
        let vars = json!({"off": false, "ips": ["{{ 'a' }}", "{{ 'b' if off }}"], "one": "{{ 'b' if off }}"});
        let new = scope(vars.clone());
        let old = scope_in(Compat::V2_18, vars);
        let picked = "{{ ips | select }} {{ ['c' if off, 'd'] | reject | list | length }}";
        assert_eq!(rendered(&new, picked), "\"['a'] 1\"");
        assert_eq!(rendered(&old, picked), "\"['a'] 1\"");
        assert!(rendered(&new, "{{ [nope] | select }}").contains("'nope' is undefined"));
        assert_eq!(rendered(&new, "{{ one is defined }}"), "false");
        assert_eq!(rendered(&old, "{{ ips }}"), "[\"a\",\"\"]");
        assert_eq!(rendered(&old, "{{ one is defined }}"), "true");
    }

    #[test]
    fn variables_are_lazy_and_loops_are_named() {
        insta::assert_snapshot!(all(
            json!({
                "a": "{{ b }}", "b": "{{ c + 1 }}", "c": 4, "x": "{{ y }}", "y": "x{{ x }}",
                "self": {"one": 1, "two": "{{ self.one + 1 }}"}, "fails": "{{ c | fromage }}",
                "map": {"{{ c }}": "{{ a }}"}, "deep": {"list": ["{{ a }}", {"x": "{{ c }}"}]},
            }),
            &[
                "{{ a }}", "{{ x }}", "{{ vars['self'].two }}", "{{ fails }}", "{{ map }}", "{{ deep }}",
                "{{ deep.list[1].x }}", "{{ deep.list | length }}", "{{ hostvars['node1.lan'].a }}",
                "{{ hostvars[inventory_hostname]['deep']['list'][0] }}", "{{ vars.a }}", "{{ groups.all }}",
                "{{ group_names }}", "{{ inventory_hostname_short }}", "{{ hostvars.nohost.x | default('none') }}",
            ],
        ), @r#"
            "{{ a }}" -> 5
            "{{ x }}" -> error: site.yml:1:4: variables refer to each other in a circle: `x` -> `y` -> `x`
            "{{ vars['self'].two }}" -> 2
            "{{ fails }}" -> error: site.yml:1:4: there is no filter `fromage`
            "{{ map }}" -> {"4":5}
            "{{ deep }}" -> {"list":[5,{"x":4}]}
            "{{ deep.list[1].x }}" -> 4
            "{{ deep.list | length }}" -> 2
            "{{ hostvars['node1.lan'].a }}" -> 5
            "{{ hostvars[inventory_hostname]['deep']['list'][0] }}" -> 5
            "{{ vars.a }}" -> 5
            "{{ groups.all }}" -> ["node1.lan"]
            "{{ group_names }}" -> ["workers"]
            "{{ inventory_hostname_short }}" -> "node1"
            "{{ hostvars.nohost.x | default('none') }}" -> "none"
            "#);
    }

    #[test]
    fn long_chains_of_variables_end_before_the_stack_does() {
        let mut vars = serde_json::Map::new();
        for index in 0..200 {
            vars.insert(
                format!("v{index}"),
                json!(format!("{{{{ v{} + 1 }}}}", index + 1)),
            );
        }
        vars.insert("v200".to_owned(), json!(0));
        let scope = scope(vars.into());
        assert_eq!(rendered(&scope, "{{ v160 }}"), "40");
        assert!(rendered(&scope, "{{ v0 }}").contains("too deep"));
    }
}
