//! Ranges in host names: `node-[01:20]`, `rack[a:f]`, `[1:9:2]`.

use crate::{diagnostic::Diagnostic, node::Span};

/// How many hosts one range may mean, so that a typing mistake cannot fill the memory.
const MOST: usize = 1_000_000;

/// All the names that a name with ranges stands for; a name without ranges stands for itself.
pub(super) fn expand(name: &str, span: &Span) -> Result<Vec<String>, Diagnostic> {
    let mut names = vec![String::new()];
    let mut rest = name;
    while let Some((head, after)) = rest.split_once('[') {
        let Some((range, tail)) = after.split_once(']') else {
            return Err(bad(name, "its `[` is never closed", span));
        };
        let values = values(range).map_err(|why| bad(name, &why, span))?;
        if names.len().saturating_mul(values.len()) > MOST {
            return Err(bad(name, &format!("it means more than {MOST} hosts"), span));
        }
        names = names
            .iter()
            .flat_map(|start| {
                values
                    .iter()
                    .map(move |value| format!("{start}{head}{value}"))
            })
            .collect();
        rest = tail;
    }
    if rest.contains(']') {
        return Err(bad(name, "its `]` has no `[`", span));
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok(names)
}

fn bad(name: &str, why: &str, span: &Span) -> Diagnostic {
    Diagnostic::new(format!("bad range in `{name}`: {why}"))
        .label(span, "")
        .help("a range is `[first:last]` or `[first:last:step]`, such as `[01:20]` or `[a:f]`")
}

fn values(range: &str) -> Result<Vec<String>, String> {
    let bounds: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match bounds.as_slice() {
        [first, last] => (*first, *last, "1"),
        [first, last, step] => (*first, *last, *step),
        _ => return Err("it has no first and last".to_owned()),
    };
    let step: usize = step
        .parse()
        .map_err(|_| format!("the step `{step}` is no whole number"))?;
    if step == 0 {
        return Err("the step is 0".to_owned());
    }
    if last.is_empty() {
        return Err("it has no last".to_owned());
    }
    match (letter(first), letter(last)) {
        (Some(from), Some(to)) if from <= to => Ok(LETTERS[from..=to]
            .chars()
            .step_by(step)
            .map(String::from)
            .collect()),
        (Some(_), Some(_)) => Err(format!("`{first}` comes after `{last}`")),
        _ => numbers(if first.is_empty() { "0" } else { first }, last, step),
    }
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn letter(text: &str) -> Option<usize> {
    LETTERS.find(text).filter(|_| text.len() == 1)
}

/// A first number with a leading zero says how wide all numbers are.
fn numbers(first: &str, last: &str, step: usize) -> Result<Vec<String>, String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| match text.parse::<u64>() {
        Ok(number) if digits(text) => Ok(number),
        _ => Err(format!("`{text}` is neither a number nor a letter")),
    };
    let (from, to) = (number(first)?, number(last)?);
    if from > to {
        return Err(format!("{first} is more than {last}"));
    }
    let padded = first.len() > 1 && first.starts_with('0');
    if padded && first.len() != last.len() {
        return Err(format!("`{first}` and `{last}` are not equally long"));
    }
    let width = if padded { first.len() } else { 0 };
    Ok((from..=to)
        .step_by(step)
        .take(MOST + 1)
        .map(|number| format!("{number:0width$}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(name: &str) -> String {
        expand(name, &Span::none()).map_or_else(|error| error.message, |names| names.join(" "))
    }

    #[test]
    fn ranges() {
        assert_eq!(shown("web"), "web");
        assert_eq!(
            shown("node-[01:03].example"),
            "node-01.example node-02.example node-03.example"
        );
        assert_eq!(shown("n[8:11]"), "n8 n9 n10 n11");
        assert_eq!(shown("n[:2]"), "n0 n1 n2");
        assert_eq!(shown("n[1:9:3]"), "n1 n4 n7");
        assert_eq!(shown("[a:c]x"), "ax bx cx");
        assert_eq!(shown("r[y:B]"), "ry rz rA rB");
        assert_eq!(shown("r[a:b]-[1:2]"), "ra-1 ra-2 rb-1 rb-2");
    }

    #[test]
    fn bad_ranges() {
        insta::assert_snapshot!(shown("n[1:2"), @"bad range in `n[1:2`: its `[` is never closed");
        insta::assert_snapshot!(shown("n1]"), @"bad range in `n1]`: its `]` has no `[`");
        insta::assert_snapshot!(shown("n[1]"), @"bad range in `n[1]`: it has no first and last");
        insta::assert_snapshot!(shown("n[1:]"), @"bad range in `n[1:]`: it has no last");
        insta::assert_snapshot!(shown("n[5:2]"), @"bad range in `n[5:2]`: 5 is more than 2");
        insta::assert_snapshot!(shown("n[01:200]"), @"bad range in `n[01:200]`: `01` and `200` are not equally long");
        insta::assert_snapshot!(shown("n[c:a]"), @"bad range in `n[c:a]`: `c` comes after `a`");
        insta::assert_snapshot!(shown("n[a:7]"), @"bad range in `n[a:7]`: `a` is neither a number nor a letter");
        insta::assert_snapshot!(shown("n[1:5:0]"), @"bad range in `n[1:5:0]`: the step is 0");
        insta::assert_snapshot!(shown("n[0:99999999999]"), @"bad range in `n[0:99999999999]`: it means more than 1000000 hosts");
        insta::assert_snapshot!(shown("n[0:9999]-[0:9999]"), @"bad range in `n[0:9999]-[0:9999]`: it means more than 1000000 hosts");
    }

    proptest! {
        #[test]
        fn a_numeric_range_has_each_number_once(from in 0u64..300, length in 0u64..300, step in 1usize..9) {
            let names = expand(&format!("n[{from}:{}:{step}]", from + length), &Span::none()).unwrap();
            let wanted: Vec<String> = (from..=from + length).step_by(step).map(|n| format!("n{n}")).collect();
            prop_assert_eq!(names, wanted);
        }

        #[test]
        fn expanding_never_panics(name in "[\\[\\]a-cé0-9:]{0,20}") {
            let _ = expand(&name, &Span::none());
        }
    }
}
