//! The `pam_limits` module.

use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task, WriteFile};
use schemars::JsonSchema;
use serde::Deserialize;

/// What means that there is no limit.
const NO_LIMIT: [&str; 3] = ["unlimited", "infinity", "-1"];

/// Sets what users may take of a host, in `/etc/security/limits.conf`.
///
/// The limits are PAM's: sessions that begin later have them, services of systemd have their own (`LimitNOFILE`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PamLimits {
    /// Whose limit it is: a user, `@group`, `*` for everybody, or a range of numbers such as `1000:`.
    domain: String,
    /// Which limit it is: `soft`, `hard`, or `-` for both.
    limit_type: LimitType,
    /// What is limited, such as `nofile`, the number of open files.
    limit_item: Item,
    /// The limit: a whole number, or `unlimited`, `infinity` or `-1` for none. `nice` and `priority` take -20 to 19,
    /// and `chroot` a directory.
    value: String,
    /// Keep the larger of this value and the one that is there. Excludes `use_min`.
    #[serde(default)]
    use_max: bool,
    /// Keep the smaller of this value and the one that is there.
    #[serde(default)]
    use_min: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// The file; it is made where it is not there, its directory is not.
    #[serde(default = "limits_conf")]
    dest: String,
    /// What to write behind the limit; what stands there stays when this is empty.
    #[serde(default)]
    comment: String,
}

fn limits_conf() -> String {
    "/etc/security/limits.conf".into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
enum LimitType {
    /// What a session begins with.
    #[serde(rename = "soft")]
    Soft,
    /// What a session can raise it to.
    #[serde(rename = "hard")]
    Hard,
    /// Both.
    #[serde(rename = "-")]
    Both,
}

impl LimitType {
    fn word(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Hard => "hard",
            Self::Both => "-",
        }
    }
}

/// Source: limits.conf(5).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Item(#[schemars(extend("enum" = ITEMS))] String);

const ITEMS: [&str; 19] = [
    "core",
    "data",
    "fsize",
    "memlock",
    "nofile",
    "rss",
    "stack",
    "cpu",
    "nproc",
    "as",
    "maxlogins",
    "maxsyslogins",
    "priority",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "chroot",
];

impl PamLimits {
    /// Whether the values of the item are priorities, which may be less than 0.
    fn is_priority(&self) -> bool {
        matches!(&*self.limit_item.0, "nice" | "priority")
    }

    /// The value to have where another is there.
    fn chosen<'a>(&'a self, there: &'a str) -> &'a str {
        let rank = |value: &str| match NO_LIMIT.contains(&value) && !self.is_priority() {
            true => Some(i64::MAX),
            false => value.parse().ok(),
        };
        let (Some(mine), Some(theirs)) = (rank(&self.value), rank(there)) else {
            return &self.value;
        };
        match (self.use_max, self.use_min) {
            (true, _) if theirs >= mine => there,
            (_, true) if theirs <= mine => there,
            _ => &self.value,
        }
    }

    fn line(&self, value: &str, comment: &str) -> String {
        let (domain, kind, item) = (&self.domain, self.limit_type.word(), &self.limit_item.0);
        match comment {
            "" => format!("{domain}\t{kind}\t{item}\t{value}\n"),
            comment => format!("{domain}\t{kind}\t{item}\t{value}\t#{comment}\n"),
        }
    }

    /// The value of a line that sets this limit, and its comment.
    fn read<'a>(&self, line: &'a str) -> Option<(&'a str, &'a str)> {
        let (limit, comment) = line.split_once('#').unwrap_or((line, ""));
        let mut words = limit.split_whitespace();
        let name = [words.next()?, words.next()?, words.next()?];
        let value = words.next()?;
        let own = [&*self.domain, self.limit_type.word(), &*self.limit_item.0];
        (name == own && words.next().is_none()).then(|| (value, comment.trim_end()))
    }

    /// The text with the limit in it, and the line that sets it.
    fn set(&self, text: &str) -> (String, String) {
        let (mut after, mut said) = (String::new(), None);
        for line in text.split_inclusive('\n') {
            let Some((there, comment)) = self.read(line) else {
                after.push_str(line);
                continue;
            };
            let value = self.chosen(there);
            let line = match value == there {
                true => line.to_owned(),
                false if self.comment.is_empty() => self.line(value, comment),
                false => self.line(value, &self.comment),
            };
            after.push_str(&line);
            said = Some(line);
        }
        let said = said.unwrap_or_else(|| {
            if !after.is_empty() && !after.ends_with('\n') {
                after.push('\n');
            }
            let line = self.line(&self.value, &self.comment);
            after.push_str(&line);
            line
        });
        (after, said)
    }
}

impl Task for PamLimits {
    const NAME: &'static str = "pam_limits";

    fn validate(&self) -> Result<()> {
        if self.use_max && self.use_min {
            return Err(Error::arguments(
                "`use_max` and `use_min` are mutually exclusive",
            ));
        }
        let (item, value) = (&self.limit_item.0, &self.value);
        if !ITEMS.contains(&&**item) {
            return Err(
                Error::arguments(format!("`{item}` is nothing that can be limited"))
                    .hint(format!("it can be {}", ITEMS.join(", ")))
                    .about(["limit_item"]),
            );
        }
        let (fits, wanted) = match self.is_priority() {
            _ if item == "chroot" => (value.starts_with('/'), "a directory"),
            true => (
                value.parse().is_ok_and(|it: i8| (-20..=19).contains(&it)),
                "a number from -20 to 19",
            ),
            false => (
                NO_LIMIT.contains(&&**value) || value.parse::<u64>().is_ok(),
                "a whole number, `unlimited`, `infinity` or `-1`",
            ),
        };
        match fits {
            true => Ok(()),
            false => Err(Error::arguments(format!(
                "`{value}` is no limit for `{item}`: it must be {wanted}"
            ))
            .about(["value"])),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let text = host.read_text(&self.dest).await?.unwrap_or_default();
        let (text, line) = self.set(&text);
        let file = WriteFile {
            path: self.dest.clone(),
            content: text.into(),
            backup: self.backup,
            ..WriteFile::default()
        };
        plan.write(host, file).await?;
        plan.returns("msg", line);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Many open files for everybody",
                yaml: "pam_limits:\n  domain: '*'\n  limit_type: '-'\n  limit_item: nofile\n  value: 1048576\n",
            },
            Example {
                title: "At least as many processes as this",
                yaml: "pam_limits:\n  domain: '@build'\n  limit_type: hard\n  limit_item: nproc\n  value: 4096\n  use_max: true\n  comment: parallel builds\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("msg", "The line that sets the limit."),
            ("backup_file", "Where the old file is kept, with `backup`."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    fn host() -> Probe {
        let text = "# a comment\n@build  hard nproc 100 # old\nroot soft nofile unlimited\n";
        let host = FakeHost::new().file("/etc/security/limits.conf", text);
        probe(host, Desk::default())
    }

    async fn set(item: &str, more: &str) -> String {
        let arguments = format!("{{limit_item: {item}, {more}}}");
        told(&host(), "community.general.pam_limits", &arguments).await
    }

    #[tokio::test]
    async fn a_limit_is_added_or_put_in_the_place_of_the_old_one() {
        insta::assert_snapshot!(set("nofile", "domain: '*', limit_type: '-', value: 9, comment: all").await, @"
        write /etc/security/limits.conf
        - # a comment
        - @build  hard nproc 100 # old
        - root soft nofile unlimited
        + # a comment
        + @build  hard nproc 100 # old
        + root soft nofile unlimited
        + *	-	nofile	9	#all
        ");
        insta::assert_snapshot!(set("nproc", "domain: '@build', limit_type: hard, value: 200").await, @"
        write /etc/security/limits.conf
        - # a comment
        - @build  hard nproc 100 # old
        - root soft nofile unlimited
        + # a comment
        + @build	hard	nproc	200	# old
        + root soft nofile unlimited
        ");
        assert_eq!(
            set("nproc", "domain: '@build', limit_type: hard, value: 100").await,
            ""
        );
    }

    #[tokio::test]
    async fn the_larger_or_the_smaller_is_kept() {
        let build = |more: &str| format!("domain: '@build', limit_type: hard, {more}");
        assert_eq!(set("nproc", &build("value: 50, use_max: true")).await, "");
        assert!(
            set("nproc", &build("value: 50, use_min: true"))
                .await
                .contains("\t50")
        );
        let root = |more: &str| format!("domain: root, limit_type: soft, {more}");
        assert_eq!(set("nofile", &root("value: 50, use_max: true")).await, "");
        assert!(
            set("nofile", &root("value: 50, use_min: true"))
                .await
                .contains("\t50")
        );
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        let refused = |item: &str, value: &str| {
            let arguments =
                format!("{{domain: a, limit_type: soft, limit_item: {item}, value: {value}}}");
            refusal("pam_limits", &arguments).message
        };
        insta::assert_snapshot!(refused("nofile", "many"), @"`many` is no limit for `nofile`: it must be a whole number, `unlimited`, `infinity` or `-1`");
        insta::assert_snapshot!(refused("nice", "20"), @"`20` is no limit for `nice`: it must be a number from -20 to 19");
        insta::assert_snapshot!(refused("files", "1"), @"`files` is nothing that can be limited");
    }
}
