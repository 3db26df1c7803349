//! Values in INI inventories: Python literals if they are ones, else text.

use crate::node::{Entry, Kind, Map, Node, Span};

/// How deep brackets may nest.
const MAX_DEPTH: usize = 100;

/// The value of a text as Ansible reads it from an INI file.
pub(super) fn value(text: &str, span: &Span) -> Node {
    let mut reader = Reader {
        rest: text.trim_start_matches([' ', '\t']),
        span,
        depth: 0,
    };
    let kind = reader.whole().unwrap_or_else(|| Kind::Str(text.into()));
    Node::at(kind, span.clone())
}

/// Reads a literal; nothing as soon as the text is not one.
struct Reader<'a> {
    rest: &'a str,
    span: &'a Span,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn whole(&mut self) -> Option<Kind> {
        let first = self.item()?;
        let kind = if self.eat(",") {
            // Python reads `1, 2` as a tuple, brackets or not.
            let mut items = vec![self.node(first)];
            while !self.at_end() {
                let item = self.item()?;
                items.push(self.node(item));
                if !self.eat(",") {
                    break;
                }
            }
            Kind::Seq(items)
        } else {
            first
        };
        self.at_end().then_some(kind)
    }

    fn node(&self, kind: Kind) -> Node {
        Node::at(kind, self.span.clone())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn eat(&mut self, mark: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(mark) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn item(&mut self) -> Option<Kind> {
        self.skip_space();
        self.depth += 1;
        let kind = if self.depth > MAX_DEPTH {
            None
        } else {
            self.item_inside()
        };
        self.depth -= 1;
        kind
    }

    fn item_inside(&mut self) -> Option<Kind> {
        for (open, close) in [("[", "]"), ("(", ")")] {
            if self.eat(open) {
                return self.list(open, close);
            }
        }
        if self.eat("{") {
            return self.braces();
        }
        if let Some(text) = self.strings()? {
            return Some(Kind::Str(text.into()));
        }
        self.word_or_number()
    }

    fn list(&mut self, open: &str, close: &str) -> Option<Kind> {
        let mut items = Vec::new();
        let mut comma = false;
        while !self.eat(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            let item = self.item()?;
            items.push(self.node(item));
            comma = self.eat(",");
        }
        match items.pop() {
            // Round brackets around one value only group it.
            Some(only) if open == "(" && items.is_empty() && !comma => Some(only.kind),
            last => Some(Kind::Seq(items.into_iter().chain(last).collect())),
        }
    }

    /// A dictionary, or a set, which becomes a list.
    fn braces(&mut self) -> Option<Kind> {
        let (mut map, mut items) = (Map::new(), Vec::new());
        let mut comma = true;
        while !self.eat("}") {
            if !comma {
                return None;
            }
            let key = self.item()?;
            let key = self.node(key);
            if self.eat(":") {
                let value = self.item()?;
                let name = key
                    .to_text()
                    .or_else(|| key.is_null().then(|| "None".to_owned()))?;
                map.insert(
                    name.into(),
                    Entry {
                        key: self.span.clone(),
                        value: self.node(value),
                    },
                );
            } else {
                items.push(key);
            }
            comma = self.eat(",");
        }
        match (map.is_empty(), items.is_empty()) {
            (_, true) => Some(Kind::Map(map)),
            (true, false) => Some(Kind::Seq(items)),
            (false, false) => None,
        }
    }

    /// One or more strings side by side, which are one; `Some(None)` if no string starts here.
    #[allow(clippy::option_option)]
    fn strings(&mut self) -> Option<Option<String>> {
        let mut whole = None;
        loop {
            self.skip_space();
            let prefix = self
                .rest
                .find(['\'', '"'])
                .map_or("", |at| &self.rest[..at]);
            let known = matches!(
                prefix.to_ascii_lowercase().as_str(),
                "" | "r" | "u" | "b" | "br" | "rb"
            );
            let after = &self.rest[prefix.len()..];
            if !known || !after.starts_with(['\'', '"']) {
                return Some(whole);
            }
            let raw = prefix.contains(['r', 'R']);
            let quote = ["'''", "\"\"\"", "'", "\""]
                .into_iter()
                .find(|quote| after.starts_with(quote))?;
            self.rest = &after[quote.len()..];
            let text = self.string(quote, raw)?;
            whole.get_or_insert_with(String::new).push_str(&text);
        }
    }

    fn string(&mut self, quote: &str, raw: bool) -> Option<String> {
        let mut text = String::new();
        while !self.rest.starts_with(quote) {
            let character = self.rest.chars().next()?;
            self.rest = &self.rest[character.len_utf8()..];
            match character {
                '\\' if raw => {
                    let next = self.rest.chars().next()?;
                    self.rest = &self.rest[next.len_utf8()..];
                    text.extend(['\\', next]);
                }
                '\\' => self.escape(&mut text)?,
                other => text.push(other),
            }
        }
        self.rest = &self.rest[quote.len()..];
        Some(text)
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        let simple = match character {
            '\\' | '\'' | '"' => character,
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            '0'..='7' => {
                let more = self
                    .rest
                    .bytes()
                    .take(2)
                    .take_while(|byte| (b'0'..=b'7').contains(byte))
                    .count();
                let digits = format!("{character}{}", &self.rest[..more]);
                self.rest = &self.rest[more..];
                char::from_u32(u32::from_str_radix(&digits, 8).ok()?)?
            }
            'N' => return None,
            other => {
                text.push('\\');
                other
            }
        };
        text.push(simple);
        Some(())
    }

    fn code(&mut self, digits: usize) -> Option<char> {
        let code = self
            .rest
            .get(..digits)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.rest = &self.rest[digits..];
        char::from_u32(u32::from_str_radix(code, 16).ok()?)
    }

    fn word_or_number(&mut self) -> Option<Kind> {
        let signed = self
            .eat("-")
            .then_some(-1)
            .or_else(|| self.eat("+").then_some(1));
        self.skip_space();
        let exponent_sign = |text: &str, at: usize| {
            text[..at].ends_with(['e', 'E'])
                && text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        };
        let part = |(at, c): (usize, char)| {
            c.is_alphanumeric()
                || matches!(c, '_' | '.')
                || matches!(c, '+' | '-') && exponent_sign(self.rest, at)
        };
        let end = self
            .rest
            .char_indices()
            .find(|found| !part(*found))
            .map_or(self.rest.len(), |(at, _)| at);
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match (word, signed) {
            ("True", None) => Some(Kind::Bool(true)),
            ("False", None) => Some(Kind::Bool(false)),
            ("None", None) => Some(Kind::Null),
            ("...", None) => Some(Kind::Str("...".into())),
            (word, sign) => number(word, sign.unwrap_or(1)),
        }
    }
}

/// Python's numbers: underscores only between digits, no leading zeros.
fn number(word: &str, sign: i64) -> Option<Kind> {
    if word.ends_with('_')
        || word.contains("__")
        || !word.starts_with(|c: char| c.is_ascii_digit() || c == '.')
    {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return whole(
                i128::from_str_radix(&digits.replace('_', ""), base).ok()?,
                sign,
            );
        }
    }
    let plain = word.replace('_', "");
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        let leading_zero = plain.starts_with('0') && plain.bytes().any(|byte| byte != b'0');
        return if leading_zero {
            None
        } else {
            whole(plain.parse().ok()?, sign)
        };
    }
    let bad_underscore = ["_.", "._", "_e", "e_", "_E", "E_"]
        .iter()
        .any(|bad| word.contains(bad));
    let floats = plain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let has_digit = plain
        .split(['e', 'E'])
        .next()
        .is_some_and(|mantissa| mantissa.contains(|c: char| c.is_ascii_digit()));
    if bad_underscore || !floats || !has_digit {
        return None;
    }
    plain
        .parse::<f64>()
        .ok()
        .map(|number| Kind::Float(sign as f64 * number))
}

/// Beyond 64 bits a number stays text.
fn whole(number: i128, sign: i64) -> Option<Kind> {
    i64::try_from(number.checked_mul(i128::from(sign))?)
        .ok()
        .map(Kind::Int)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> String {
        value(text, &Span::none()).to_json().to_string()
    }

    /// Each right side is what Python's `ast.literal_eval` gives, tuples and sets as lists, and
    /// the text itself where it refuses.
    #[test]
    fn values_are_read_as_python_literals() {
        let cases = [
            ("5", "5"),
            ("-5", "-5"),
            ("+5", "5"),
            ("--5", "\"--5\""),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("00", "0"),
            ("0644", "\"0644\""),
            ("1.5", "1.5"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("1e-3", "0.001"),
            ("1.2.3", "\"1.2.3\""),
            ("1-2", "\"1-2\""),
            ("10.0.0.1", "\"10.0.0.1\""),
            ("True", "true"),
            ("true", "\"true\""),
            ("None", "null"),
            ("yes", "\"yes\""),
            ("", "\"\""),
            ("'a b'", "\"a b\""),
            ("\"5\"", "\"5\""),
            ("'a' 'b'", "\"ab\""),
            ("r'\\n'", "\"\\\\n\""),
            ("'\\x41\\n\\q\\101\\u00e9'", "\"A\\n\\\\qAé\""),
            ("'open", "\"'open\""),
            ("[1, 'a', [True]]", "[1,\"a\",[true]]"),
            ("[1 2]", "\"[1 2]\""),
            ("[1,]", "[1]"),
            ("[a, b]", "\"[a, b]\""),
            ("{'a': 1, 'b': [2]}", "{\"a\":1,\"b\":[2]}"),
            ("{\"a\": true}", "\"{\\\"a\\\": true}\""),
            ("{1: 2}", "{\"1\":2}"),
            ("{}", "{}"),
            ("{1, 2}", "[1,2]"),
            ("()", "[]"),
            ("(1)", "1"),
            ("(1,)", "[1]"),
            ("80, 443", "[80,443]"),
            ("80,", "[80]"),
            ("5 # five", "5"),
            ("five # 5", "\"five # 5\""),
            ("5 five", "\"5 five\""),
            ("{{ x }}", "\"{{ x }}\""),
            ("1j", "\"1j\""),
            ("infinity", "\"infinity\""),
            ("1_", "\"1_\""),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "\"9223372036854775808\""),
        ];
        for (text, wanted) in cases {
            assert_eq!(json(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[-+\\[\\](){}'\"\\\\,:#a-eé0-9._ xTrue]{0,30}") {
            let _ = json(&text);
        }
    }
}
