//! The text of a command line as it was written.

/// The first word, with its quotes, and the rest with the blanks before it.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let mut quote = None;
    let mut escaped = false;
    let ends = text.char_indices().find(|(_, next)| {
        match (quote, *next) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), next) if open == next => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(*next),
            (None, next) => return next.is_whitespace(),
        }
        false
    });
    text.split_at(ends.map_or(text.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_blanks_within_the_word() {
        assert_eq!(first_word("a.sh b  'c'"), ("a.sh", " b  'c'"));
        assert_eq!(first_word("'a b.sh' c"), ("'a b.sh'", " c"));
        assert_eq!(first_word(r"a\ \'b.sh c"), (r"a\ \'b.sh", " c"));
        assert_eq!(first_word("a.sh"), ("a.sh", ""));
        assert_eq!(first_word(""), ("", ""));
    }
}
