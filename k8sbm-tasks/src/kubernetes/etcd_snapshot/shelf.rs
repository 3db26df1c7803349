//! Snapshots that are there, by the time in their names.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// How a snapshot's time is written in its name.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The name of a snapshot of this time.
pub(super) fn name(prefix: &str, time: Timestamp, sealed: bool) -> String {
    let ending = if sealed { "db.age" } else { "db" };
    format!("{prefix}-{}.{ending}", time.strftime(TIME))
}

/// One snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub name: String,
    pub time: Timestamp,
}

/// The snapshots of one name, the newest first.
#[derive(Debug)]
pub(super) struct Shelf(Vec<Kept>);

impl Shelf {
    /// Those among the names in a directory that are snapshots.
    pub fn of<'a>(names: impl Iterator<Item = &'a String>, prefix: &str) -> Self {
        let kept = |name: &String| {
            let rest = name.strip_prefix(prefix)?.strip_prefix('-')?;
            let time = rest.strip_suffix(".db").or(rest.strip_suffix(".db.age"))?;
            let time = DateTime::strptime(TIME, time).ok()?;
            let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Some(Kept {
                name: name.clone(),
                time,
            })
        };
        let mut all: Vec<Kept> = names.filter_map(kept).collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.time));
        Self(all)
    }

    /// The newest.
    pub fn newest(&self) -> Option<&Kept> {
        self.0.first()
    }

    /// The names of those that are more than `keep`, or older than `oldest`; one more may be about to be saved.
    pub fn too_many(
        &self,
        keep: Option<usize>,
        oldest: Option<Timestamp>,
        one_more: bool,
    ) -> Vec<&str> {
        let more = usize::from(one_more);
        let leaves = |at: usize, it: &Kept| {
            let newest = at == 0 && !one_more;
            let many = keep.is_some_and(|keep| at + more >= keep);
            !newest && (many || oldest.is_some_and(|oldest| it.time < oldest))
        };
        let all = self.0.iter().enumerate();
        all.filter(|(at, it)| leaves(*at, it))
            .map(|(_, it)| it.name.as_str())
            .collect()
    }
}
