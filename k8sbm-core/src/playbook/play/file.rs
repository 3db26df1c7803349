//! Playbooks: lists of plays, and of imports of such lists.

use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Map, Node, Span},
    playbook::{
        Context, Play, PlaybookImport,
        language::nothing,
        reader::Reader,
        search,
        task::{
            builtin,
            inline::{self, Inline},
        },
        variables,
    },
    vars::{Layer, Level},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

impl Reader<'_> {
    /// The plays of a playbook, with those that it imports.
    pub(in crate::playbook) fn playbook(&mut self, path: &Path) -> Vec<Arc<Play>> {
        let around = Context {
            inherited: Some(Arc::new(nothing())),
            ..Context::default()
        };
        self.plays(path, &Span::none(), &Arc::new(around), &[])
    }

    /// The plays of a file; `over` are variables of the imports that brought it, which win over the plays' own.
    pub(in crate::playbook) fn plays(
        &mut self,
        path: &Path,
        span: &Span,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        if self.enter(path, path.display().to_string(), span).is_none() {
            return Vec::new();
        }
        let document = self
            .loader
            .files
            .document(path)
            .map_err(|error| error.or_at(span));
        let document = self.take(document);
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let plays = document.map_or_else(Vec::new, |document| {
            self.entries(&document, &directory, around, over)
        });
        self.chain.pop();
        plays
    }

    pub(in crate::playbook) fn entries(
        &mut self,
        document: &Node,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        let Some(entries) = document.as_seq() else {
            let error = Diagnostic::new(format!(
                "a playbook must be a list of plays, not {}",
                document.describe()
            ))
            .label(&document.span.first_line(), "");
            self.error(match document.as_map() {
                Some(map) if map.contains_key("hosts") => error.help("begin each play with `- `"),
                Some(_) => error.help("is this a file of variables or an inventory?"),
                None => error,
            });
            return Vec::new();
        };
        if entries.is_empty() {
            let error = Diagnostic::new("a playbook must contain at least one play");
            self.error(error.label(&document.span, ""));
        }
        let mut plays = Vec::new();
        for entry in entries {
            let Some(map) = entry.as_map() else {
                let message = format!("a play must be a mapping, not {}", entry.describe());
                self.error(Diagnostic::new(message).label(&entry.span.first_line(), ""));
                continue;
            };
            match map
                .iter()
                .find(|(key, _)| builtin(key) == "import_playbook")
            {
                Some((key, import)) => {
                    plays.extend(self.imported(map, key, import, directory, around, over));
                }
                None => plays.extend(self.play(map, &entry.span, directory, around, over)),
            }
        }
        plays
    }

    pub(in crate::playbook) fn imported(
        &mut self,
        map: &Map,
        key: &str,
        import: &Entry,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        for (other, entry) in map {
            if !["name", "vars", "when", "tags", "id", "needs", key].contains(&&**other) {
                self.error(
                    Diagnostic::new(format!("`{other}` cannot stand beside `{key}`"))
                        .label(&entry.key, "")
                        .help("`name`, `vars`, `when`, `tags`, `id` and `needs` can"),
                );
            }
        }
        let mut keywords = map.clone();
        let vars = keywords
            .shift_remove("vars")
            .filter(|vars| !vars.value.is_null());
        let mut over = over.to_vec();
        if let Some(vars) = vars {
            let layer = self.vars(&vars.value, Level::Play, "vars of the import");
            // Outer imports win over inner ones.
            over.splice(0..0, layer);
        }
        let mut inside = Context::clone(&self.within(&keywords, Level::Play, "", around));
        inside.playbook = directory.to_owned();
        for layer in &over {
            variables::put(&mut inside.layers, layer.clone());
        }
        let target = self.old_parameters(&import.value, &mut over);
        let name = self.text(&target, &inside);
        inside.layers.clear();
        let Some(name) = self.take(name) else {
            return Vec::new();
        };
        let path = match self.loader.playbook_of_collection(&name) {
            Some(path) => Ok(path),
            None => search::file(&name, &import.value.span, vec![directory.join(&name)]),
        };
        let Some(path) = self.take(path) else {
            return Vec::new();
        };
        let depth = self.imports.len();
        if map.contains_key("id") || map.contains_key("needs") {
            let import = PlaybookImport {
                id: self.id(map),
                needs: self.needs(map),
            };
            self.imports.push(Arc::new(import));
        }
        let plays = self.plays(&path, &import.value.span, &Arc::new(inside), &over);
        self.imports.truncate(depth);
        plays
    }

    /// Variables after the path of an import, as they were given once: `site.yml version=1`.
    pub(in crate::playbook) fn old_parameters(
        &mut self,
        target: &Node,
        over: &mut Vec<Arc<Layer>>,
    ) -> Node {
        let text = target.as_str().unwrap_or_default();
        let Ok(Inline {
            arguments,
            rest: Some(path),
        }) = inline::arguments(target, text)
        else {
            return target.clone();
        };
        if arguments.is_empty() {
            return target.clone();
        }
        self.warn(
            Diagnostic::new("variables after a path are an old form")
                .label(&target.span, "")
                .help("give them under `vars`"),
        );
        let layer = Layer::from_map(Level::Play, "vars of the import", &arguments);
        over.insert(0, Arc::new(layer));
        path
    }
}
