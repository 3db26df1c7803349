//! What a variable may be called.

use k8sbm_core::task::{Error, Result};

/// Words that an expression reads as something else.
const RESERVED: [&str; 13] = [
    "False", "None", "True", "and", "else", "false", "if", "in", "is", "none", "not", "or", "true",
];

/// Refuses what no expression could name.
pub(super) fn check_name(name: &str) -> Result<()> {
    let letter = |c: char| c == '_' || c.is_ascii_alphabetic();
    let valid = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    let valid = valid && !RESERVED.contains(&name);
    if valid {
        return Ok(());
    }
    // Digits alone are read as a number.
    let kind = match name.parse::<i64>() {
        Ok(_) => " of type 'int'",
        Err(_) => "",
    };
    Err(
        Error::arguments(format!("Invalid variable name '{name}'{kind}"))
            .hint("begin it with a letter or `_`, and go on with letters, digits and `_` only"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_expression_can_name_is_a_name() {
        for good in ["a", "_a1", "kube_version", "K8S"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "a-b", "a.b", "a b", "not", "True", "größe"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
