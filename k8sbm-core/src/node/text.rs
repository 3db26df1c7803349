//! Scalars as the text that Ansible makes of them.

use super::{Kind, Node};

impl Node {
    /// A scalar as Ansible writes it into text: `True`, `1`, `1.5`; nothing for null, lists and mappings.
    pub fn to_text(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(true) => Some("True".to_owned()),
            Kind::Bool(false) => Some("False".to_owned()),
            Kind::Int(number) => Some(number.to_string()),
            Kind::Float(number) => Some(float_text(*number)),
            Kind::Str(text) => Some(text.to_string()),
            Kind::Null | Kind::Seq(_) | Kind::Map(_) => None,
        }
    }
}

/// A float as Python prints it: always with a point or an exponent, shortest form that reads back.
pub fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = number.to_string();
    if plain.contains('.') {
        plain
    } else {
        format!("{plain}.0")
    }
}

#[cfg(test)]
mod tests {
    use super::float_text;

    /// Each right side is what Python 3 prints for the number.
    #[test]
    fn floats_are_written_as_python_writes_them() {
        let cases = [
            (1.0, "1.0"),
            (1.3, "1.3"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (number, wanted) in cases {
            assert_eq!(float_text(number), wanted);
        }
    }
}
