//! Options in the text of a free form: `make install creates=/usr/local/bin/tool`.

use std::ops::Range;

/// What a free form says: the text that is left, and the options found in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FreeForm {
    /// The text without the options.
    pub(crate) text: String,
    options: Vec<(String, String)>,
}

impl FreeForm {
    /// Takes the options `names` out of `text`; all else stays as it was written.
    pub(crate) fn read(text: &str, names: &[&str]) -> Self {
        let mut left = String::new();
        let mut options = Vec::new();
        let mut kept = 0;
        for word in words(text) {
            let option = text[word.clone()].split_once('=');
            let Some((name, value)) = option.filter(|(name, _)| names.contains(name)) else {
                continue;
            };
            options.push((name.to_owned(), unquoted(value).to_owned()));
            left.push_str(&text[kept..word.start]);
            let after = &text[word.end..];
            kept = word.end + (after.len() - after.trim_start_matches([' ', '\t']).len());
        }
        left.push_str(&text[kept..]);
        Self {
            text: left.trim().to_owned(),
            options,
        }
    }

    /// An option's value; that of its last place.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().rfind(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// An option's value, unless an argument gives it.
    pub(crate) fn or(&self, argument: Option<&String>, name: &str) -> Option<String> {
        argument
            .cloned()
            .or_else(|| self.option(name).map(str::to_owned))
    }
}

/// The first word of a text as it was written, and the rest with the blanks before it.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let first = words(text).into_iter().next().unwrap_or_default();
    (&text[first.clone()], &text[first.end..])
}

/// Where the words of a text stand; quotes keep blanks within a word.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, next) in text.char_indices() {
        match (quote, next) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == next => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(next),
            (None, blank) if blank.is_whitespace() => {
                words.extend(start.take().map(|start| start..at));
                continue;
            }
            (None, _) => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| start..text.len()));
    words
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(String, String)>) {
        let form = FreeForm::read(text, &["creates", "chdir"]);
        (form.text, form.options)
    }

    #[test]
    fn options_are_taken_out_and_the_rest_stays() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (text, options) = read("make  install creates=/usr/bin/x PREFIX=/usr chdir='/my src'");
        assert_eq!(text, "make  install PREFIX=/usr");
        assert_eq!(
            options,
            [pair("creates", "/usr/bin/x"), pair("chdir", "/my src")]
        );
        let (text, options) = read("creates=/x\nset -e\nfor i in 1 2; do\n  echo \"$i\"\ndone\n");
        assert_eq!(text, "set -e\nfor i in 1 2; do\n  echo \"$i\"\ndone");
        assert_eq!(options, [pair("creates", "/x")]);
    }

    #[test]
    fn what_stands_in_quotes_is_no_option() {
        let script = "echo \"a creates=/x\" 'b chdir=/y' it\\'s";
        assert_eq!(read(script), (script.to_owned(), vec![]));
        let open = "cat <<END\nit's creates=/x\nEND";
        assert_eq!(read(open), (open.to_owned(), vec![]));
    }
}
