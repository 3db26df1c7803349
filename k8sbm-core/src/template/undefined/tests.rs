use crate::{
    node::{Source, load_one},
    template::fixture::{scope, text},
    vars::{Layer, Level},
};
use serde_json::json;
use std::sync::Arc;

/// What is said of a template over variables from a file.
fn said(template: &str) -> String {
    let yaml = "version: 1\nhost:\n  name: a\n  ip: '{{ addres }}'\nurl: \"http://{{ host.nam }}/\\\n  x\"\ntext: |\n  one\n  {{ url }}\ndeep: '{{ text }}'\nlist: [1]\nheld: [1, {a: '{{ verson }}'}]\nall: '{% for it in held %}{{ it.a }}{% endfor %}'\n";
    let source = Arc::new(Source {
        name: "group_vars/all.yml".into(),
        text: yaml.into(),
    });
    let node = load_one(&source).unwrap();
    let layer = Layer::from_map(
        Level::InventoryGroupVars,
        "group_vars/all.yml",
        node.as_map().unwrap(),
    );
    let scope = scope(json!({}));
    scope.host().set_layers(Arc::new([Arc::new(layer)]));
    let Err(error) = scope.store().engine.value(&text(template), &scope) else {
        return format!("{template}: a value\n");
    };
    let problem = error.diagnostic().unwrap();
    let places: String = problem
        .labels
        .iter()
        .map(|label| {
            format!(
                "\n    {} `{}` {}",
                label.span,
                label.span.text(),
                label.text
            )
        })
        .collect();
    let help = problem
        .help
        .as_ref()
        .map(|help| format!(" ({help})"))
        .unwrap_or_default();
    format!("{template}\n  {}{help}{places}\n", problem.message)
}

#[test]
fn the_missing_part_is_named_with_its_place() {
    let shown = [
        "{{ verson }}",
        "v{{ version }} {{ host.nmae }}",
        "{{ host['nam'].x }}",
        "{{ list[3] }}",
        "{{ [{'a': 1}, host] | map(attribute='a') | list }}",
        "{{ url }}",
        "{{ deep | upper }}",
        "{{ host.ip }}",
        "{{ all.split() }}",
        "{{ version == 2 and nope or verion }}",
        "{{ (nope is defined) and hst }}",
        "{{ 'x' if version else nope }}{{ nope2 }}",
        "{% for item in list %}{{ item.name }}{% endfor %}",
        "{{ nope | default(host.nam) }}",
        "{{ [1, {'a': host.nam}] }}",
        "{{ version | nofilter }}",
        "{{ host | combine(hots) }}",
    ]
    .map(said);
    insta::assert_snapshot!(shown.concat(), @"
    {{ verson }}
      'verson' is undefined (did you mean `version`?)
        site.yml:1:4 `verson` 
    v{{ version }} {{ host.nmae }}
      'host.nmae' is undefined: object of type 'dict' has no attribute 'nmae' (did you mean `name`?)
        site.yml:1:19 `host.nmae` 
    {{ host['nam'].x }}
      'host['nam']' is undefined: object of type 'dict' has no attribute 'nam' (did you mean `name`?)
        site.yml:1:4 `host['nam']` 
    {{ list[3] }}
      'list[3]' is undefined: object of type 'list' has no attribute 3
        site.yml:1:4 `list[3]` 
    {{ [{'a': 1}, host] | map(attribute='a') | list }}
      item 1 of the list has no attribute 'a'
        site.yml:1:4 `[{'a': 1}, host] | map(attribute='a')` `[{'a': 1}, host] | map(attribute='a')` is used here
    {{ url }}
      'host.nam' is undefined: object of type 'dict' has no attribute 'nam' (did you mean `name`?)
        group_vars/all.yml:5:17 `host.nam` 
        site.yml:1:4 `url` `url` is used here
    {{ deep | upper }}
      'host.nam' is undefined: object of type 'dict' has no attribute 'nam' (did you mean `name`?)
        group_vars/all.yml:5:17 `host.nam` 
        group_vars/all.yml:9:6 `url` `url` is used here
        group_vars/all.yml:10:11 `text` `text` is used here
        site.yml:1:4 `deep` `deep` is used here
    {{ host.ip }}
      'addres' is undefined
        group_vars/all.yml:4:11 `addres` 
        site.yml:1:4 `host.ip` `host.ip` is used here
    {{ all.split() }}
      'verson' is undefined (did you mean `version`?)
        group_vars/all.yml:12:19 `verson` 
        group_vars/all.yml:13:20 `held` `held` is used here
        site.yml:1:4 `all` `all` is used here
    {{ version == 2 and nope or verion }}
      'verion' is undefined (did you mean `version`?)
        site.yml:1:29 `verion` 
    {{ (nope is defined) and hst }}: a value
    {{ 'x' if version else nope }}{{ nope2 }}
      'nope2' is undefined
        site.yml:1:34 `nope2` 
    {% for item in list %}{{ item.name }}{% endfor %}
      'item.name' is undefined: object of type 'UndefinedMarker' has no attribute 'name'
        site.yml:1:26 `item.name` 
    {{ nope | default(host.nam) }}
      'host.nam' is undefined: object of type 'dict' has no attribute 'nam' (did you mean `name`?)
        site.yml:1:19 `host.nam` 
    {{ [1, {'a': host.nam}] }}
      'host.nam' is undefined: object of type 'dict' has no attribute 'nam' (did you mean `name`?)
        site.yml:1:14 `host.nam` 
    {{ version | nofilter }}
      there is no filter `nofilter`
        site.yml:1:14 `nofilter` 
    {{ host | combine(hots) }}
      'hots' is undefined (did you mean `host`?)
        site.yml:1:19 `hots`
    ");
}
