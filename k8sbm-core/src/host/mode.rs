//! File modes as people write them: `"0644"`, `u=rw,g=r,o=`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt};

/// A wanted mode: octal digits or symbolic clauses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mode(Repr);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Repr {
    Octal(u32),
    Symbolic(String),
}

impl Mode {
    /// The permission bits `bits` (`0o644`).
    pub const fn octal(bits: u32) -> Self {
        Self(Repr::Octal(bits & 0o7777))
    }

    /// Reads `0644`, `644`, `u=rw,g=r` and the like.
    ///
    /// # Errors
    /// Says what a mode looks like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
            let digits = text.trim_start_matches('0');
            if digits.len() <= 4 {
                return Ok(Self::octal(u32::from_str_radix(text, 8).unwrap_or(0)));
            }
        }
        if !text.is_empty() && text.split(',').all(is_clause) {
            return Ok(Self(Repr::Symbolic(text.to_owned())));
        }
        Err(format!(
            "`{text}` is not a file mode such as \"0644\" or \"u=rw,g=r,o=\""
        ))
    }

    /// The bits that result where a file has `current` bits.
    pub fn apply(&self, current: u32, directory: bool) -> u32 {
        match &self.0 {
            Repr::Octal(bits) => *bits,
            Repr::Symbolic(clauses) => clauses.split(',').fold(current, |bits, clause| {
                apply_clause(clause, bits, directory)
            }),
        }
    }
}

fn is_clause(clause: &str) -> bool {
    let who = clause.trim_start_matches(['u', 'g', 'o', 'a']);
    who.starts_with(['=', '+', '-'])
        && who.split(['=', '+', '-']).skip(1).all(|perms| {
            perms.bytes().all(|perm| b"rwxXst".contains(&perm)) || matches!(perms, "u" | "g" | "o")
        })
}

fn apply_clause(clause: &str, mut bits: u32, directory: bool) -> u32 {
    let at = clause.find(['=', '+', '-']).unwrap_or(clause.len());
    let (who, mut rest) = clause.split_at(at);
    let who = if who.is_empty() || who.contains('a') {
        "ugo"
    } else {
        who
    };
    while let Some(operator) = rest.chars().next() {
        let end = rest[1..]
            .find(['=', '+', '-'])
            .map_or(rest.len(), |end| end + 1);
        let perms = &rest[1..end];
        for class in who.chars() {
            let shift = match class {
                'u' => 6,
                'g' => 3,
                _ => 0,
            };
            let (mask, mut set) = (0o7 << shift, 0);
            let mut special = 0;
            for perm in perms.chars() {
                match perm {
                    'r' => set |= 4 << shift,
                    'w' => set |= 2 << shift,
                    'x' => set |= 1 << shift,
                    'X' if directory || bits & 0o111 != 0 => set |= 1 << shift,
                    's' if class == 'u' => special |= 0o4000,
                    's' if class == 'g' => special |= 0o2000,
                    't' => special |= 0o1000,
                    'u' => set |= (bits >> 6 & 7) << shift,
                    'g' => set |= (bits >> 3 & 7) << shift,
                    'o' => set |= (bits & 7) << shift,
                    _ => {}
                }
            }
            match operator {
                '=' => bits = bits & !mask | set | special,
                '+' => bits |= set | special,
                _ => bits &= !(set | special),
            }
        }
        rest = &rest[end..];
    }
    bits
}

/// As chmod takes it: `0644` or the clauses.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Octal(bits) => write!(f, "{bits:04o}"),
            Repr::Symbolic(clauses) => f.write_str(clauses),
        }
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Usual modes without their leading zero; as bits, hardly one of them makes sense.
const SLIPS: [i64; 22] = [
    400, 440, 444, 500, 550, 555, 600, 640, 644, 660, 664, 700, 711, 750, 755, 770, 775, 777, 1777,
    2755, 2775, 4755,
];

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Mode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file mode such as \"0644\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Mode, E> {
                Mode::parse(text).map_err(E::custom)
            }

            // YAML reads 0644 as the octal number it is; 644 is a slip that would give 01204.
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Mode, E> {
                let slip = SLIPS.contains(&number);
                match u32::try_from(number) {
                    Ok(bits) if bits <= 0o7777 && !slip => Ok(Mode::octal(bits)),
                    _ => Err(E::custom(format!(
                        "a mode written as the decimal number {number}; write \"0{number}\""
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Mode {
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"], "description": "octal digits in quotes, or symbolic clauses" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str, current: u32) -> String {
        format!("{:04o}", Mode::parse(text).unwrap().apply(current, false))
    }

    #[test]
    fn octal_and_symbolic_modes_give_bits() {
        assert_eq!(applied("0644", 0o777), "0644");
        assert_eq!(applied("1777", 0), "1777");
        assert_eq!(applied("u=rw,g=r,o=", 0o777), "0640");
        assert_eq!(applied("a+x", 0o644), "0755");
        assert_eq!(applied("go-rwx", 0o755), "0700");
        assert_eq!(applied("u+s", 0o755), "4755");
        assert_eq!(applied("g=u", 0o700), "0770");
        assert_eq!(applied("a+X", 0o600), "0600");
        assert_eq!(applied("a+X", 0o700), "0711");
    }

    #[test]
    fn numbers_are_bits_unless_a_zero_was_forgotten() {
        use serde::de::{IntoDeserializer, value};
        let read = |number: i64| {
            let number: value::I64Deserializer<value::Error> = number.into_deserializer();
            Mode::deserialize(number)
        };
        for bits in [
            0o644, 0o640, 0o600, 0o755, 0o700, 0o440, 0o400, 0o1777, 0o2775,
        ] {
            assert_eq!(read(bits).unwrap().apply(0, false), bits as u32, "{bits:o}");
        }
        for slip in [644, 755, 600, 1777, 10000, -1] {
            assert!(read(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn what_is_no_mode_is_refused() {
        for text in ["", "rw-r--r--", "888", "u~w", "0123456"] {
            assert!(Mode::parse(text).is_err(), "{text}");
        }
    }
}
