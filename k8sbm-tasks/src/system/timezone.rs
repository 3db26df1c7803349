//! The `timezone` module.

use k8sbm_core::{
    host::FileChange,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

const LINK: &str = "/etc/localtime";
const ZONES: &str = "/usr/share/zoneinfo";
/// Debian writes the name here as well.
const NAME: &str = "/etc/timezone";
const CLOCK: &str = "/etc/adjtime";

/// Sets the host's time zone, and what its hardware clock shows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timezone {
    /// The zone, such as `Europe/Berlin` or `Etc/UTC`.
    #[serde(default)]
    name: Option<String>,
    /// What the hardware clock shows: `UTC` or `local` time.
    #[serde(default, alias = "rtc")]
    #[schemars(extend("aliases" = ["rtc"]))]
    hwclock: Option<Clock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
enum Clock {
    /// Universal time.
    #[serde(rename = "UTC")]
    Utc,
    /// The zone's time.
    #[serde(rename = "local")]
    Local,
}

impl Task for Timezone {
    const NAME: &'static str = "timezone";

    fn validate(&self) -> Result<()> {
        let name = self.name.as_deref().unwrap_or_default();
        if self.name.is_none() && self.hwclock.is_none() {
            return Err(Error::arguments("neither `name` nor `hwclock` is given"));
        }
        if name.starts_with('/') || name.contains("..") || self.name.is_some() && name.is_empty() {
            return Err(
                Error::arguments(format!("`{name}` is no name of a time zone")).hint(
                    "names look like `Europe/Berlin`; `timedatectl list-timezones` lists them",
                ),
            );
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        if let Some(name) = &self.name {
            zone(host, &mut plan, name).await?;
        }
        if let Some(clock) = self.hwclock {
            let text = host.read_text(CLOCK).await?;
            let text = text.unwrap_or_else(|| "0.0 0 0.0\n0\nUTC\n".into());
            plan.file(host, CLOCK, with_clock(&text, clock)).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "All hosts in one time, so that their logs can be compared",
                yaml: "timezone:\n  name: Etc/UTC\n",
            },
            Example {
                title: "Local time, with the hardware clock in universal time",
                yaml: "timezone:\n  name: Europe/Berlin\n  hwclock: UTC\n",
            },
        ]
    }
}

async fn zone(host: &Probe, plan: &mut Plan, name: &str) -> Result<()> {
    let file = format!("{ZONES}/{name}");
    let (link, zone, written) = tokio::join!(
        host.stat(LINK),
        host.stat_follow(&file),
        host.read_text(NAME)
    );
    if !zone?.is_some_and(|it| it.is_file()) {
        return Err(
            Error::failed(format!("given timezone \"{name}\" is not available"))
                .hint("`timedatectl list-timezones` lists them; the package tzdata brings them"),
        );
    }
    let target = link?.and_then(|it| it.target.clone()).unwrap_or_default();
    // `../usr/share/zoneinfo/X` is as good; a copy of the file is not, since nobody can tell its name.
    let present = target.split_once("zoneinfo/").map_or("", |(_, name)| name);
    if present != name {
        let change = FileChange::SymbolicLink {
            path: LINK.into(),
            target: file,
        };
        let diff = Diff::text("timezone", format!("{present}\n"), format!("{name}\n"));
        plan.change(format!("set the time zone to {name}"), change, Some(diff));
    }
    if written?.is_some() {
        plan.file(host, NAME, format!("{name}\n")).await?;
    }
    Ok(())
}

/// hwclock keeps three lines; the third says what the clock shows.
fn with_clock(text: &str, clock: Clock) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.resize(3, "0");
    lines[2] = match clock {
        Clock::Utc => "UTC",
        Clock::Local => "LOCAL",
    };
    format!("{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_third_line() {
        assert_eq!(
            with_clock("0.1 2 0.0\n2\nLOCAL\n", Clock::Utc),
            "0.1 2 0.0\n2\nUTC\n"
        );
        assert_eq!(
            with_clock("0.0 0 0.0\n", Clock::Local),
            "0.0 0 0.0\n0\nLOCAL\n"
        );
    }
}
