//! `/etc/fstab`: what is mounted at boot. Lines that nobody asked to change stay as they are.

/// A file system, or swap, as a line of fstab says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The device, or what else is mounted.
    pub(super) source: String,
    /// Where it is mounted; `none` or `swap` for swap.
    pub(super) target: String,
    /// The type of file system.
    pub(super) kind: String,
    /// Mount options, with commas.
    pub(super) options: String,
    /// Whether dump(8) saves it.
    pub(super) dump: String,
    /// When fsck(8) looks at it.
    pub(super) pass: String,
}

impl Entry {
    /// Reads a line; nothing where it is a comment or no entry.
    pub(super) fn parse(line: &str) -> Option<Self> {
        if line.trim_start().starts_with('#') {
            return None;
        }
        let mut fields = line.split_whitespace().map(plain);
        let (source, target, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let mut next = |default: &str| fields.next().unwrap_or_else(|| default.to_owned());
        Some(Self {
            source,
            target,
            kind,
            options: next("defaults"),
            dump: next("0"),
            pass: next("0"),
        })
    }

    /// The line.
    pub(super) fn line(&self) -> String {
        let fields = [
            &self.source,
            &self.target,
            &self.kind,
            &self.options,
            &self.dump,
            &self.pass,
        ];
        fields.map(|it| escaped(it)).join(" ")
    }

    /// Whether it is swap.
    pub(super) fn is_swap(&self) -> bool {
        self.kind == "swap"
    }
}

/// Applies a change to each entry: `None` takes its line away, the same entry leaves it untouched.
pub(super) fn edited(text: &str, mut change: impl FnMut(&Entry) -> Option<Entry>) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let Some(entry) = Entry::parse(line) else {
            result.push_str(line);
            continue;
        };
        match change(&entry) {
            Some(after) if after == entry => result.push_str(line),
            Some(after) => {
                result.push_str(&after.line());
                result.push('\n');
            }
            None => {}
        }
    }
    result
}

/// The text with another entry at its end.
pub(super) fn with(text: &str, entry: &Entry) -> String {
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{end}{}\n", entry.line())
}

/// The kernel and fstab write blanks and backslashes as three octal digits.
pub(super) fn plain(field: &str) -> String {
    let mut result = String::with_capacity(field.len());
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        result.push_str(before);
        let digits = after.get(..3).and_then(|it| u8::from_str_radix(it, 8).ok());
        match digits {
            Some(byte) if byte.is_ascii() => {
                result.push(char::from(byte));
                rest = &after[3..];
            }
            _ => {
                result.push('\\');
                rest = after;
            }
        }
    }
    result + rest
}

fn escaped(field: &str) -> String {
    field
        .replace('\\', "\\134")
        .replace(' ', "\\040")
        .replace('\t', "\\011")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# root\nUUID=1 / ext4 defaults 0 1\n/dev/sdb /mnt/my\\040disk xfs  noatime\n";

    #[test]
    fn entries_are_read_and_written() {
        let entry = Entry::parse("/dev/sdb /mnt/my\\040disk xfs noatime").unwrap();
        assert_eq!(entry.target, "/mnt/my disk");
        assert_eq!(entry.line(), "/dev/sdb /mnt/my\\040disk xfs noatime 0 0");
        assert!(Entry::parse("# /dev/sdb /mnt xfs").is_none());
        assert_eq!(plain(r"a\134b\q"), r"a\b\q");
    }

    #[test]
    fn only_what_changes_is_written_anew() {
        assert_eq!(edited(TEXT, |it| Some(it.clone())), TEXT);
        let without = edited(TEXT, |it| (it.target == "/").then(|| it.clone()));
        assert_eq!(without, "# root\nUUID=1 / ext4 defaults 0 1\n");
    }
}
