//! `ini_file`: makes options be in a file of sections, or not.

mod edit;

use self::edit::{Holding, IniEdit};
use super::{
    editing::{Editing, message, missing},
    lineinfile::State,
    ownership::attributes,
};
use k8sbm_core::{
    host::Mode,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes options be in a file of sections, or not.
///
/// Lines that nothing is said about stay as they are, and comments too, but for a commented line of the option, which
/// becomes the option. A symbolic link is written through.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IniFile {
    /// The file. It is made where there is none, with its directories.
    #[serde(alias = "dest")]
    #[schemars(extend("aliases" = ["dest"]))]
    path: String,
    /// The section, without its brackets. Default: what stands before the first one.
    section: Option<String>,
    /// Of several sections of that name, the first with these options is meant.
    #[serde(default)]
    section_has_values: Vec<Condition>,
    /// The option. Without it, the section as a whole is meant.
    option: Option<String>,
    /// Its value.
    value: Option<String>,
    /// Its values, for an option that stands there once for each.
    #[serde(default)]
    values: Vec<String>,
    /// Whether they shall be there.
    #[serde(default)]
    state: State,
    /// Whether no other values of the option shall be there. Default true.
    #[serde(default = "yes")]
    exclusive: bool,
    /// Writes `option=value`, without spaces.
    #[serde(default)]
    no_extra_spaces: bool,
    /// Leaves a line alone that differs in spaces only.
    #[serde(default)]
    ignore_spaces: bool,
    /// Whether an option may stand there without `=` and a value.
    #[serde(default)]
    allow_no_value: bool,
    /// Whether a commented line of the option becomes the option. Default true.
    #[serde(default = "yes")]
    modify_inactive_option: bool,
    /// Whether the file is made where there is none. Default true.
    #[serde(default = "yes")]
    create: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// Taken for Ansible's sake: a symbolic link is always written through.
    #[serde(default)]
    #[expect(dead_code, reason = "always so")]
    follow: bool,
    /// Permissions, such as `"0644"`. An existing file keeps its own when this is absent.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Whether to write into the existing file instead of renaming, which a bind mount needs.
    #[serde(default)]
    unsafe_writes: bool,
}

/// An option by which a section is known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Condition {
    /// The option.
    option: String,
    /// Its value; any, where this and `values` are absent.
    value: Option<String>,
    /// Values of which it has one.
    #[serde(default)]
    values: Vec<String>,
}

fn yes() -> bool {
    true
}

impl IniFile {
    fn edit(&self) -> IniEdit {
        let all = |value: &Option<String>, values: &[String]| {
            let all = value.iter().chain(values).cloned();
            all.collect::<indexmap::IndexSet<_>>().into_iter().collect()
        };
        let holding = self.section_has_values.iter().map(|it| Holding {
            option: it.option.clone(),
            values: all(&it.value, &it.values),
        });
        IniEdit {
            section: self.section.clone().filter(|it| !it.is_empty()),
            holding: holding.collect(),
            option: self.option.clone().filter(|it| !it.is_empty()),
            values: all(&self.value, &self.values),
            present: self.state == State::Present,
            exclusive: self.exclusive,
            spaces: !self.no_extra_spaces,
            ignore_spaces: self.ignore_spaces,
            bare: self.allow_no_value,
            inactive: self.modify_inactive_option,
        }
    }
}

impl Task for IniFile {
    const NAME: &'static str = "ini_file";

    fn validate(&self) -> Result<()> {
        let both =
            |value: &Option<String>, values: &[String]| value.is_some() && !values.is_empty();
        let conditions = &self.section_has_values;
        if both(&self.value, &self.values)
            || conditions.iter().any(|it| both(&it.value, &it.values))
        {
            return Err(Error::arguments(
                "`value` and `values` are mutually exclusive",
            ));
        }
        let edit = self.edit();
        if edit.present && self.value.is_none() && edit.values.is_empty() && !edit.bare {
            return Err(Error::arguments(
                "Parameter 'value(s)' must be defined if state=present and allow_no_value=False.",
            )
            .hint(
                "for a section alone, or an option without a value, say `allow_no_value: true`",
            ));
        }
        if edit.section.is_none() && edit.option.is_none() {
            return Err(Error::arguments("neither `section` nor `option` is given"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let editing = Editing {
            path: &self.path,
            encoding: "utf-8",
            attributes: attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref()),
            backup: self.backup,
            validate: None,
            in_place: self.unsafe_writes,
        };
        let opened = editing.open(host).await?;
        let mut plan = Plan::default();
        plan.returns("path", self.path.clone());
        if opened.text.is_none() && !self.create {
            return Err(missing(&opened.path));
        }
        let before = opened.text.as_deref().unwrap_or_default();
        let (text, done) = self.edit().edited(before);
        if opened.text.is_none() && text.is_empty() {
            plan.returns("msg", "OK");
            return Ok(plan);
        }
        let attributes = editing.save(host, &mut plan, &opened, &text).await?;
        plan.returns("msg", message(done, attributes && done != "OK"));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "NetworkManager leaves the pods' interfaces alone",
                yaml: "community.general.ini_file:\n  path: /etc/NetworkManager/conf.d/k8s.conf\n  section: keyfile\n  option: unmanaged-devices+\n  value: interface-name:cali*;interface-name:tunl*\n  mode: \"0644\"\n",
            },
            Example {
                title: "An exporter that a unit starts with two flags",
                yaml: "ini_file:\n  path: /etc/systemd/system/kubelet.service.d/override.conf\n  section: Service\n  option: Environment\n  values: [A=1, B=2]\n  no_extra_spaces: true\n",
            },
            Example {
                title: "dnf does not exclude packages any more",
                yaml: "ini_file:\n  path: /etc/dnf/dnf.conf\n  section: main\n  option: exclude\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "msg",
                "`OK`, or what was done: `option added`, `option changed`, `section and option added`, ...",
            ),
            ("path", "The file."),
            ("backup_file", "Where the old file is kept."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    fn host() -> Probe {
        let host = FakeHost::new().file("/etc/dnf.conf", "[main]\ngpgcheck = 1\n");
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn an_option_is_set_in_its_section() {
        let yaml = "{path: /etc/dnf.conf, section: main, option: exclude, value: kube*}";
        insta::assert_snapshot!(told(&host(), "ini_file", yaml).await, @r"
        write /etc/dnf.conf
        - [main]
        - gpgcheck = 1
        + [main]
        + gpgcheck = 1
        + exclude = kube*
        ");
        let plan = plan_on(&host(), "community.general.ini_file", yaml).await;
        assert_eq!(plan.unwrap().returns["msg"], "option added");
        let yaml = "{path: /etc/dnf.conf, section: main, option: gpgcheck, value: 1}";
        assert_eq!(told(&host(), "ini_file", yaml).await, "");
    }

    #[tokio::test]
    async fn a_file_is_made_where_something_shall_be_in_it() {
        let yaml = "{path: /etc/new.conf, section: a, option: b, value: c, no_extra_spaces: true}";
        insta::assert_snapshot!(told(&host(), "ini_file", yaml).await, @r"
        write /etc/new.conf
        +
        + [a]
        + b=c
        ");
        let yaml = "{path: /etc/new.conf, section: a, state: absent}";
        assert_eq!(told(&host(), "ini_file", yaml).await, "");
        let yaml = "{path: /etc/new.conf, section: a, option: b, value: c, create: false}";
        assert!(
            told(&host(), "ini_file", yaml)
                .await
                .starts_with("error: /etc/new.conf does not exist")
        );
    }

    #[test]
    fn a_value_is_needed() {
        refusal("ini_file", "{path: /a, section: b, option: c}");
        refusal("ini_file", "{path: /a, state: absent}");
        refusal("ini_file", "{path: /a, option: c, value: d, values: [e]}");
    }
}
