//! Repositories as one line each: `/etc/apt/sources.list` and the files in `sources.list.d`.

/// The host's own list.
pub(super) const MAIN: &str = "/etc/apt/sources.list";
/// Where further lists are.
pub(super) const PARTS: &str = "/etc/apt/sources.list.d";

/// A repository on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The words of the line, with one blank between them.
    pub(super) text: String,
    /// Whether it is in use; one that is not stands behind a `#`.
    pub(super) enabled: bool,
    /// What stands behind a `#` after it.
    comment: String,
}

impl Source {
    /// Reads a line; nothing where it is no repository.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let (enabled, line) = match line.strip_prefix('#') {
            Some(rest) => (false, rest.trim_start_matches('#')),
            None => (true, line),
        };
        let (source, comment) = line.split_once('#').unwrap_or((line, ""));
        let words: Vec<&str> = source.split_whitespace().collect();
        let is_source = words.len() > 2 && ["deb", "deb-src", "rpm", "rpm-src"].contains(&words[0]);
        is_source.then(|| Self {
            text: words.join(" "),
            enabled,
            comment: comment.trim().to_owned(),
        })
    }

    fn line(&self) -> String {
        let off = if self.enabled { "" } else { "# " };
        let comment = if self.comment.is_empty() { "" } else { " # " };
        format!("{off}{}{comment}{}\n", self.text, self.comment)
    }

    /// The name of a file for it, by where it is.
    pub(super) fn file_name(&self) -> String {
        let mut place = String::new();
        let mut in_options = false;
        for word in self.text.split(' ').skip(1) {
            in_options |= word.starts_with('[');
            if !in_options {
                place = word.to_owned();
                break;
            }
            in_options = !word.ends_with(']');
        }
        let place = place
            .split_once("://")
            .map_or(place.as_str(), |(_, rest)| rest);
        let place = place.split_once('@').map_or(place, |(_, rest)| rest);
        let words = place
            .split(|it: char| !it.is_ascii_alphanumeric())
            .filter(|it| !it.is_empty());
        format!("{}.list", words.collect::<Vec<_>>().join("_"))
    }
}

/// The text with every line of a repository turned on; nothing where it has none.
pub(super) fn enabled(text: &str, source: &Source) -> Option<String> {
    let mut found = false;
    let lines = text
        .split_inclusive('\n')
        .map(|line| match Source::parse(line) {
            Some(mut there) if there.text == source.text => {
                found = true;
                if there.enabled {
                    return line.to_owned();
                }
                there.enabled = true;
                there.line()
            }
            _ => line.to_owned(),
        });
    let text = lines.collect();
    found.then_some(text)
}

/// The text without the lines of a repository that are in use.
pub(super) fn without(text: &str, source: &Source) -> String {
    let unwanted = |line: &&str| {
        !Source::parse(line).is_some_and(|there| there.enabled && there.text == source.text)
    };
    text.split_inclusive('\n').filter(unwanted).collect()
}

/// The text with a repository at its end.
pub(super) fn with(text: &str, source: &Source) -> String {
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{end}{}", source.line())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "deb [arch=amd64 signed-by=/k.asc]  https://user:pw@pkgs.k8s.io/core:/stable:/v1.34/deb/ /";

    #[test]
    fn a_repository_is_a_line() {
        let source = Source::parse(LINE).unwrap();
        assert_eq!(
            source.text,
            "deb [arch=amd64 signed-by=/k.asc] https://user:pw@pkgs.k8s.io/core:/stable:/v1.34/deb/ /"
        );
        assert_eq!(source.file_name(), "pkgs_k8s_io_core_stable_v1_34_deb.list");
        assert!(Source::parse("# just words").is_none());
        assert!(!Source::parse("# deb http://x y z # why").unwrap().enabled);
    }

    #[test]
    fn lists_are_changed_by_the_line() {
        let source = Source::parse("deb http://x y z").unwrap();
        let text = "# mine\n#deb  http://x y z # why\ndeb http://x y\n";
        let on = enabled(text, &source).unwrap();
        assert_eq!(on, "# mine\ndeb http://x y z # why\ndeb http://x y\n");
        assert_eq!(without(&on, &source), "# mine\ndeb http://x y\n");
        assert_eq!(without(text, &source), text);
        assert_eq!(enabled("deb http://x y\n", &source), None);
        assert_eq!(with("a", &source), "a\ndeb http://x y z\n");
    }
}
