//! Which tags are selected.

use super::language::tags_of;
use crate::{diagnostic::Diagnostic, node::Node};

/// Whether `--tags` (`only`) and `--skip-tags` (`skip`) select something with these tags.
///
/// No `only` selects as `all` does. Special words: a task tagged `always` runs unless that is skipped, one tagged
/// `never` runs only if one of its tags is asked for; `tagged`, `untagged` and `all` can be asked for.
pub fn selected<T: AsRef<str>>(tags: &[T], only: &[T], skip: &[T]) -> bool {
    let holds = |list: &[T], word: &str| list.iter().any(|tag| tag.as_ref() == word);
    let has = |word: &str| holds(tags, word) || word == "untagged" && tags.is_empty();
    let any_of = |list: &[T]| list.iter().any(|tag| has(tag.as_ref()));
    let wanted = has("always")
        || any_of(only)
        || !has("never")
            && (only.is_empty() || holds(only, "all") || holds(only, "tagged") && !tags.is_empty());
    let skipped = if holds(skip, "all") {
        !has("always") || holds(skip, "always")
    } else {
        any_of(skip) || holds(skip, "tagged") && !tags.is_empty()
    };
    wanted && !skipped
}

/// What is to be said of tags that `--tags` understands as something else.
pub(super) fn reserved(tags: &Node) -> Option<Diagnostic> {
    let tag = tags_of(tags).find(|tag| matches!(&**tag, "tagged" | "untagged" | "all"))?;
    Some(
        Diagnostic::new(format!("Found reserved tagnames in tags: ['{tag}']"))
            .label(&tags.span, "")
            .help(format!(
                "`--tags {tag}` does not mean this tag: call it something else"
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::node::{Source, load_one};
    use std::sync::Arc;

    fn selected(tags: &str, only: &str, skip: &str) -> bool {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        super::selected(&words(tags), &words(only), &words(skip))
    }

    #[test]
    fn without_tags_all_but_never_is_selected() {
        assert!(selected("", "", ""));
        assert!(selected("a", "", ""));
        assert!(selected("a", "all", ""));
        assert!(!selected("never", "", ""));
        assert!(!selected("never a", "all", ""));
    }

    #[test]
    fn tags_select_theirs_and_always() {
        assert!(selected("a b", "b c", ""));
        assert!(!selected("a", "b", ""));
        assert!(!selected("", "b", ""));
        assert!(selected("always", "b", ""));
        assert!(selected("never b", "b", ""));
        assert!(selected("never", "never", ""));
    }

    #[test]
    fn words_for_tagged_and_untagged() {
        assert!(selected("a", "tagged", ""));
        assert!(!selected("", "tagged", ""));
        assert!(!selected("never a", "tagged", ""));
        assert!(selected("", "untagged", ""));
        assert!(!selected("a", "untagged", ""));
    }

    #[test]
    fn skipping_wins() {
        assert!(!selected("a", "a", "a"));
        assert!(!selected("a b", "a", "b"));
        assert!(selected("a", "a", "b"));
        assert!(!selected("a", "", "tagged"));
        assert!(selected("", "", "tagged"));
        assert!(!selected("", "", "untagged"));
        assert!(selected("always", "", "all"));
        assert!(!selected("always", "", "all always"));
        assert!(!selected("always", "", "always"));
        assert!(!selected("a", "", "all"));
    }

    #[test]
    fn tags_that_mean_something_else_are_told() {
        let told = |text: &str| {
            let (name, text) = ("t.yml".to_owned(), text.to_owned());
            let node = load_one(&Arc::new(Source { name, text })).unwrap();
            super::reserved(&node).map(|said| said.message)
        };
        let said = Some("Found reserved tagnames in tags: ['tagged']".to_owned());
        assert_eq!(told("a, tagged"), said);
        assert_eq!(told("[tagged]"), said);
        assert_eq!(told("[always, never, mine]"), None);
    }
}
