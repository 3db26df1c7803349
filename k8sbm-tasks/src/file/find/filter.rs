//! What is listed.

use super::{AgeStamp, FileType};
use crate::{file::tree::Below, glob::Glob};
use k8sbm_core::{
    host::{FileKind, Stat},
    python_regex::Pattern,
    task::{Error, Result},
};

/// Whether a pattern matches at the beginning of a text.
pub(super) fn begins(pattern: &Pattern, text: &str) -> Result<bool> {
    let found = pattern.search(text).map_err(Error::failed)?;
    Ok(found
        .and_then(|found| found.get(0))
        .is_some_and(|whole| whole.start() == 0))
}

/// What is listed, without a look at the content.
pub(super) struct Filter {
    pub names: Vec<Name>,
    pub excludes: Vec<Name>,
    pub age: Option<f64>,
    pub stamp: AgeStamp,
    pub size: Option<f64>,
    pub mode: Option<u32>,
    pub exact_mode: bool,
    pub hidden: bool,
    pub file_type: FileType,
    pub contains: Option<Pattern>,
}

/// A pattern for names.
pub(super) enum Name {
    Glob(Glob),
    Pattern(Pattern),
}

impl Name {
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.matches(name),
            Self::Pattern(pattern) => begins(pattern, name).unwrap_or(false),
        }
    }
}

impl Filter {
    pub(super) fn takes(&self, below: &Below, now: f64) -> bool {
        let name = below.path.rsplit('/').next().unwrap_or_default();
        let any = |patterns: &[Name]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.hidden || !name.starts_with('.'))
            && (self.names.is_empty() || any(&self.names))
            && !any(&self.excludes)
            && self.takes_stat(&below.stat, now)
    }

    fn takes_stat(&self, stat: &Stat, now: f64) -> bool {
        let kind = match self.file_type {
            FileType::Any => true,
            FileType::Directory => stat.kind == FileKind::Directory,
            FileType::File => stat.kind == FileKind::File,
            FileType::Link => stat.kind == FileKind::Link,
        };
        let time = match self.stamp {
            AgeStamp::Atime => stat.atime,
            AgeStamp::Ctime => stat.ctime,
            AgeStamp::Mtime => stat.mtime,
        };
        let mode = self.mode.is_none_or(|mode| match self.exact_mode {
            true => stat.mode == mode,
            false => stat.mode & mode != 0,
        });
        kind && mode
            && within(self.age, now - time)
            && (!stat.is_file() || within(self.size, stat.size as f64))
    }
}

/// At least a limit, or at most where that is negative.
fn within(limit: Option<f64>, value: f64) -> bool {
    limit.is_none_or(|limit| match limit.is_sign_negative() {
        true => value <= -limit,
        false => value >= limit,
    })
}

/// `-2d` in seconds, `10m` in bytes.
pub(super) fn with_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.to_ascii_lowercase();
    let found = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = found.unwrap_or((&text, 1.0));
    Some(number.parse::<i64>().ok()? as f64 * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_units_and_a_direction() {
        let units = [("s", 1.0), ("m", 60.0)];
        assert_eq!(with_unit("5", &units), Some(5.0));
        assert_eq!(with_unit("-2M", &units), Some(-120.0));
        assert_eq!(with_unit("2y", &units), None);
        assert!(within(Some(5.0), 5.0) && !within(Some(5.0), 4.0));
        assert!(within(Some(-5.0), 4.0) && !within(Some(-5.0), 6.0));
        assert!(within(None, 0.0));
    }
}
