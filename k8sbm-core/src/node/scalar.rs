//! What an unquoted scalar means: PyYAML's rules, which Ansible's users have in their fingers.
//!
//! Two differences on purpose: `22:22` (a number in base 60 there) and dates stay text.

use super::Kind;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Kind {
    word(text)
        .or_else(|| int(text))
        .or_else(|| float(text))
        .unwrap_or_else(|| Kind::Str(text.into()))
}

/// The value of text after a tag such as `!!int`, or nothing if it is no such value.
pub(super) fn tagged(tag: &str, text: &str) -> Option<Kind> {
    match tag {
        "null" => word(text).filter(|kind| matches!(kind, Kind::Null)),
        "bool" => word(text).filter(|kind| matches!(kind, Kind::Bool(_))),
        "int" => int(text),
        "float" => match resolve(text) {
            Kind::Int(number) => Some(Kind::Float(number as f64)),
            Kind::Float(number) => Some(Kind::Float(number)),
            _ => text.parse().ok().map(Kind::Float),
        },
        _ => Some(Kind::Str(text.into())),
    }
}

fn word(text: &str) -> Option<Kind> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Kind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Kind::Bool(false)
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Kind::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Kind::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Kind::Float(f64::NAN),
        _ => return None,
    })
}

/// Whole numbers: `12`, `1_000`, `0644` (octal), `0x1F`, `0b101`.
///
/// Beyond 64 bits a number stays text, so that it is at least written back as it was read.
fn int(text: &str) -> Option<Kind> {
    let (sign, digits) = sign(text);
    let number = if let Some(hex) = digits.strip_prefix("0x") {
        in_base(sign, hex, 16)
    } else if let Some(binary) = digits.strip_prefix("0b") {
        in_base(sign, binary, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        in_base(sign, digits, 8)
    } else if digits.starts_with(|c: char| c.is_ascii_digit()) {
        in_base(sign, digits, 10)
    } else {
        None
    };
    number.map(Kind::Int)
}

fn in_base(sign: &str, digits: &str, base: u32) -> Option<i64> {
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}

/// Numbers with a point; an exponent must carry its sign (`1.5e+3`), a bare point no sign (`.5`).
fn float(text: &str) -> Option<Kind> {
    let (sign, digits) = sign(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits_only = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let starts_right = if whole.is_empty() {
        text.starts_with('.') && fraction.starts_with(|c: char| c.is_ascii_digit())
    } else {
        whole.starts_with(|c: char| c.is_ascii_digit())
    };
    let exponent_right = exponent.is_none_or(|exponent| {
        exponent
            .strip_prefix(['+', '-'])
            .is_some_and(|e| !e.is_empty() && e.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if !(starts_right && digits_only(whole) && digits_only(fraction) && exponent_right) {
        return None;
    }
    format!("{sign}{}", digits.replace('_', ""))
        .parse()
        .ok()
        .map(Kind::Float)
}

fn sign(text: &str) -> (&str, &str) {
    match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PyYAML 6.0.3 answered for each, but for the two differences named above.
    #[test]
    fn plain_scalars_are_read_as_pyyaml_reads_them() {
        let ints = [
            ("0_", 0),
            ("0b1", 1),
            ("0x_1", 1),
            ("+5", 5),
            ("-0x1F", -31),
            ("1__0", 10),
            ("1_", 1),
            ("0", 0),
            ("-0", 0),
            ("0777_", 511),
            ("0644", 420),
            ("1_000", 1000),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, wanted) in ints {
            assert!(
                matches!(resolve(text), Kind::Int(found) if found == wanted),
                "{text}: {:?}",
                resolve(text)
            );
        }
        let floats = [
            (".5", 0.5),
            ("1.5e+3", 1500.0),
            ("1.", 1.0),
            ("0.", 0.0),
            ("00.5", 0.5),
            ("1_000.5", 1000.5),
            ("685.230_15e+03", 685_230.15),
            ("-.INF", f64::NEG_INFINITY),
            (".inf", f64::INFINITY),
        ];
        for (text, wanted) in floats {
            assert!(
                matches!(resolve(text), Kind::Float(found) if found == wanted),
                "{text}: {:?}",
                resolve(text)
            );
        }
        let texts = [
            "-.5",
            "+.5",
            "1e3",
            "1.5e3",
            "12e03",
            "0x",
            "08",
            "0o7",
            "_1",
            "nUll",
            "y",
            "n",
            "N",
            "oN",
            "22:22",
            "2020-01-01",
            "1.2.3",
            "v1.30",
            "=",
            "9223372036854775808",
            "0b_",
            "0x_",
            "-",
            "+",
            ".",
            "._1",
            "1.5e+",
            "--1",
            "0x-1",
            "1e+3",
        ];
        for text in texts {
            assert!(
                matches!(&resolve(text), Kind::Str(found) if &**found == text),
                "{text}: {:?}",
                resolve(text)
            );
        }
        for text in ["yes", "On", "TRUE"] {
            assert!(matches!(resolve(text), Kind::Bool(true)), "{text}");
        }
        for text in ["no", "OFF", "False"] {
            assert!(matches!(resolve(text), Kind::Bool(false)), "{text}");
        }
        for text in ["", "~", "null", "Null"] {
            assert!(matches!(resolve(text), Kind::Null), "{text}");
        }
        assert!(matches!(resolve(".NaN"), Kind::Float(found) if found.is_nan()));
    }

    #[test]
    fn a_tag_decides_over_the_text() {
        assert!(matches!(tagged("str", "5"), Some(Kind::Str(text)) if &*text == "5"));
        assert!(matches!(tagged("int", "0x10"), Some(Kind::Int(16))));
        assert!(matches!(tagged("float", "1"), Some(Kind::Float(1.0))));
        assert!(matches!(tagged("bool", "yes"), Some(Kind::Bool(true))));
        assert!(tagged("int", "five").is_none());
    }
}
