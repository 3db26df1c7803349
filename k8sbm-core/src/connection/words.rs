//! Splitting a line into words as a shell would, without running anything.

/// The words of `line`: blanks divide, quotes and backslashes keep together.
///
/// # Errors
/// When a quote is not closed.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(next) = chars.next() {
        match next {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(inner) => word.push(inner),
                        None => return Err(format!("a quote is not closed in `{line}`")),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(escaped @ ('"' | '\\')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => return Err(format!("a quote is not closed in `{line}`")),
                        },
                        Some(inner) => word.push(inner),
                        None => return Err(format!("a quote is not closed in `{line}`")),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err(format!("nothing follows the backslash in `{line}`")),
            },
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        let split = words(r#"-o "ProxyCommand=ssh -W %h:%p jump" -J 'a b'c \" "\$x" """#);
        assert_eq!(
            split.unwrap(),
            [
                "-o",
                "ProxyCommand=ssh -W %h:%p jump",
                "-J",
                "a bc",
                "\"",
                "\\$x",
                ""
            ]
        );
        assert!(words("'open").is_err());
    }
}
