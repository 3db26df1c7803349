//! Which tags are selected.

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

#[cfg(test)]
mod tests {
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
}
