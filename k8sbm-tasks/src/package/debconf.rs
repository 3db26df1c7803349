//! The `debconf` module.

use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Answers what a Debian package asks when it is installed, before it asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Debconf {
    /// The package.
    #[serde(alias = "pkg")]
    #[schemars(extend("aliases" = ["pkg"]))]
    name: String,
    /// The question; without one, what was answered is only returned.
    #[serde(default, alias = "selection", alias = "setting")]
    #[schemars(extend("aliases" = ["selection", "setting"]))]
    question: Option<String>,
    /// What kind of answer it takes.
    #[serde(default)]
    vtype: Option<Kind>,
    /// The answer; a list where several are taken.
    #[serde(default, alias = "answer")]
    #[schemars(extend("aliases" = ["answer"]))]
    value: Option<Json>,
    /// Whether it may be asked nevertheless.
    #[serde(default)]
    unseen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Yes or no.
    Boolean,
    /// Nothing: a mistake is told.
    Error,
    /// Several of some, with commas between.
    Multiselect,
    /// Nothing: something is told.
    Note,
    /// A password, which is never shown.
    Password,
    /// Whether it was asked.
    Seen,
    /// One of some.
    Select,
    /// A line of text.
    String,
    /// Lines of text.
    Text,
    /// A heading.
    Title,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Error => "error",
            Self::Multiselect => "multiselect",
            Self::Note => "note",
            Self::Password => "password",
            Self::Seen => "seen",
            Self::Select => "select",
            Self::String => "string",
            Self::Text => "text",
            Self::Title => "title",
        }
    }
}

impl Task for Debconf {
    const NAME: &'static str = "debconf";

    fn validate(&self) -> Result<()> {
        let given = [
            self.question.is_some(),
            self.vtype.is_some(),
            self.value.is_some(),
        ];
        match given.contains(&true) && given.contains(&false) {
            true => Err(Error::arguments(
                "`question`, `vtype` and `value` need each other",
            )),
            false => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let output = host.query(["debconf-show", self.name.as_str()]).await?;
        if [126, 127].contains(&output.status) {
            return Err(Error::failed("the host has no debconf"));
        }
        let previous = answers(&output.text());
        let mut plan = Plan::default();
        let (Some(question), Some(kind), Some(value)) = (&self.question, self.vtype, &self.value)
        else {
            plan.returns("current", previous);
            return Ok(plan);
        };
        let value = answer(kind, value);
        let existing = match kind {
            Kind::Password => password(host, question).await?,
            _ => previous
                .get(question)
                .and_then(Json::as_str)
                .map(str::to_owned),
        };
        let shown = |it: &str| match kind {
            Kind::Password => "********".to_owned(),
            _ => it.to_owned(),
        };
        if kind == Kind::Password {
            host.controller().keep_secret(&value);
        }
        let before = existing.as_deref().map(&shown).unwrap_or_default();
        plan.returns("current", json!({ question: shown(&value) }));
        plan.returns("previous", json!({ question: before }));
        if !existing.is_some_and(|it| same(kind, &it, &value)) {
            let mut argv = vec!["debconf-set-selections"];
            if self.unseen {
                argv.push("-u");
            }
            let line = format!("{} {question} {} {value}\n", self.name, kind.word());
            let side = |it: &str| format!("{question}: {it}\n");
            let diff = Diff::text("answers", side(&before), side(&shown(&value)));
            plan.run_command(Command::new(argv).stdin(line), Some(diff));
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let saved rules of the packet filter be as they are",
                yaml: "debconf:\n  name: iptables-persistent\n  question: iptables-persistent/autosave_v4\n  vtype: boolean\n  value: false\n",
            },
            Example {
                title: "Languages to make",
                yaml: "debconf:\n  name: locales\n  question: locales/locales_to_be_generated\n  vtype: multiselect\n  value: [en_GB.UTF-8 UTF-8, de_DE.UTF-8 UTF-8]\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("current", "The answers as they are then, by question."),
            ("previous", "The answer that was given before."),
        ]
    }
}

/// What `debconf-show` prints: a line for each question, with a star where it was asked, in no order.
fn answers(text: &str) -> Map<String, Json> {
    let pair = |line: &str| {
        let (question, answer) = line.trim_start_matches('*').trim().split_once(':')?;
        Some((question.trim().to_owned(), answer.trim().into()))
    };
    let answers: BTreeMap<String, Json> = text.lines().filter_map(pair).collect();
    answers.into_iter().collect()
}

/// The answer in debconf's words.
fn answer(kind: Kind, value: &Json) -> String {
    let text = |it: &Json| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    match (kind, value) {
        (Kind::Boolean, value) => match text(value).to_lowercase().as_str() {
            "yes" | "on" | "1" => "true".into(),
            "no" | "off" | "0" => "false".into(),
            other => other.to_owned(),
        },
        (_, Json::Array(items)) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        (_, value) => text(value),
    }
}

fn same(kind: Kind, one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split(',').map(|it| it.trim().to_owned()).collect();
        parts.sort();
        parts
    };
    match kind {
        Kind::Multiselect => parts(one) == parts(other),
        Kind::Boolean => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// Passwords are not shown by `debconf-show`.
async fn password(host: &Probe, question: &str) -> Result<Option<String>> {
    let file = host.read_text("/var/cache/debconf/passwords.dat").await?;
    let text = file.unwrap_or_default();
    let entry = text.split("\n\n").find(|it| {
        it.lines()
            .any(|line| line.strip_prefix("Name: ") == Some(question))
    });
    let value = entry.and_then(|it| it.lines().find_map(|line| line.strip_prefix("Value: ")));
    Ok(value.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const SHOWN: &str = "* tzdata/Areas: Etc\n  locales/all: b, a\n  x/ask: true\n";

    #[tokio::test]
    async fn only_what_differs_is_answered() {
        let fake = FakeHost::new().query(["debconf-show", "it"], SHOWN).file(
            "/var/cache/debconf/passwords.dat",
            "Name: a/b\nValue: no\n\nName: x/password\nValue: s3cret\n",
        );
        let host = probe(fake, Desk::default());
        for same in [
            "{name: it, question: tzdata/Areas, vtype: select, value: Etc}",
            "{name: it, question: locales/all, vtype: multiselect, value: [a, b]}",
            "{name: it, question: x/ask, vtype: boolean, value: yes}",
            "{name: it, question: x/password, vtype: password, value: s3cret}",
        ] {
            assert_eq!(told(&host, "debconf", same).await, "", "{same}");
        }
        insta::assert_snapshot!(told(&host, "debconf", "{pkg: it, setting: x/ask, vtype: boolean, answer: false}").await, @r"
        run debconf-set-selections
        - x/ask: true
        + x/ask: false
        ");
        insta::assert_snapshot!(told(&host, "debconf", "{name: it, question: x/password, vtype: password, value: n3w, unseen: true}").await, @r"
        run debconf-set-selections -u
        - x/password: ********
        + x/password: ********
        ");
        let plan = plan_on(&host, "debconf", "name: it").await.unwrap();
        assert_eq!(plan.returns["current"]["tzdata/Areas"], "Etc");
        refusal("debconf", "{name: it, question: a/b}");
    }
}
