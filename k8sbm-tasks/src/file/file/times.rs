//! Access and modification times of files.

use k8sbm_core::{
    host::{FileChange, Stat},
    task::{Diff, Error, Plan, Probe, Result},
};

/// What a time shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// As it is.
    Preserve,
    /// The time of acting.
    Now,
    /// This time of day, in the host's time zone: `2026-01-31 12:00:00`.
    At(String),
}

impl When {
    /// Reads `preserve`, `now`, or a time in a format of strftime(3).
    pub(crate) fn parse(text: &str, format: &str) -> Result<Self> {
        Ok(match text {
            "preserve" => Self::Preserve,
            "now" => Self::Now,
            text => {
                let time = jiff::civil::DateTime::strptime(format, text).map_err(|error| {
                    Error::arguments(format!(
                        "`{text}` is not a time written as {format}: {error}"
                    ))
                    .hint("write `now`, `preserve`, or such as \"202601311200.00\"")
                })?;
                Self::At(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
            }
        })
    }
}

/// What the times of a file shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Last access.
    pub access: When,
    /// Last change of content.
    pub modification: When,
}

impl Times {
    /// Plans what differs; `stat` is nothing for a file that the plan makes.
    pub(crate) async fn plan(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: &str,
        stat: Option<&Stat>,
    ) -> Result<()> {
        let (access, modification) = tokio::join!(
            seconds(host, &self.access),
            seconds(host, &self.modification)
        );
        let (access, modification) = (access?, modification?);
        let now = [&self.access, &self.modification].map(|when| *when == When::Now);
        if stat.is_some() && now.contains(&true) {
            let option = match now {
                [true, true] => None,
                [true, false] => Some("-a"),
                _ => Some("-m"),
            };
            plan.run(["touch", "-c"].into_iter().chain(option).chain([path]));
        }
        let differs = |wanted: Option<i64>, is: Option<f64>| {
            wanted.filter(|wanted| is.is_none_or(|is| is != *wanted as f64))
        };
        let access = differs(access, stat.map(|stat| stat.atime));
        let modification = differs(modification, stat.map(|stat| stat.mtime));
        if access.is_none() && modification.is_none() {
            return Ok(());
        }
        let (mut before, mut after) = (String::new(), String::new());
        let mut side = |name: &str, wanted: Option<i64>, is: Option<f64>| {
            if let Some(wanted) = wanted {
                before.push_str(&is.map(|is| format!("{name}: {is}\n")).unwrap_or_default());
                after.push_str(&format!("{name}: {wanted}\n"));
            }
        };
        side("atime", access, stat.map(|stat| stat.atime));
        side("mtime", modification, stat.map(|stat| stat.mtime));
        let touch = FileChange::Touch {
            path: path.into(),
            access: access.map(|at| format!("@{at}")),
            modification: modification.map(|at| format!("@{at}")),
        };
        let diff = Diff::text(path, before, after);
        plan.change(format!("set times of {path}"), touch, Some(diff));
        Ok(())
    }
}

/// Seconds since the epoch; the host knows its time zone.
async fn seconds(host: &Probe, when: &When) -> Result<Option<i64>> {
    let When::At(time) = when else {
        return Ok(None);
    };
    let output = host.query(["date", "-d", time, "+%s"]).await?;
    output
        .text()
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| Error::failed(format!("the host does not know the time {time}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_words_or_written_in_a_format() {
        let usual = "%Y%m%d%H%M.%S";
        assert_eq!(When::parse("now", usual).unwrap(), When::Now);
        assert_eq!(When::parse("preserve", usual).unwrap(), When::Preserve);
        let at = |text: &str| When::At(text.into());
        assert_eq!(
            When::parse("202601311205.07", usual).unwrap(),
            at("2026-01-31 12:05:07")
        );
        assert_eq!(
            When::parse("31.01.2026 12:05", "%d.%m.%Y %H:%M").unwrap(),
            at("2026-01-31 12:05:00")
        );
        assert!(When::parse("yesterday", usual).is_err());
    }
}
