//! The `ufw` module.

mod rule;
mod status;

use self::{
    rule::words,
    status::{Status, tuples},
};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Lets ufw let something in or out, and turns it on and off.
///
/// What a rule would change is found by ufw itself, which tries it without doing it. Rules can be made before ufw is
/// turned on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ufw {
    /// Whether ufw is on, now and at every boot. `reloaded` loads its rules anew; `reset` turns it off and forgets
    /// them. Both always act.
    state: Option<State>,
    /// What becomes of packets that no rule is for, in a `direction`. Default direction: `incoming`.
    #[serde(rename = "default", alias = "policy")]
    #[schemars(extend("aliases" = ["policy"]))]
    policy: Option<Policy>,
    /// How much is logged: `on`, `off`, `low`, `medium`, `high` or `full`.
    logging: Option<Logging>,
    /// What becomes of packets that the rule is for.
    rule: Option<Verdict>,
    /// Of a rule: `in` or `out`; of a default: `incoming`, `outgoing` or `routed`.
    direction: Option<Direction>,
    /// Whether the rule is for packets that the host passes on.
    #[serde(default)]
    route: bool,
    /// Whether the rule shall not be there.
    #[serde(default)]
    delete: bool,
    /// The place of a new rule, from 1. Default: the last.
    insert: Option<i64>,
    /// From where `insert` counts. Only `zero` is known here.
    #[serde(default = "zero")]
    insert_relative_to: String,
    /// The interface, with `direction`.
    #[serde(alias = "if")]
    #[schemars(extend("aliases" = ["if"]))]
    interface: Option<String>,
    /// The interface by which packets come.
    #[serde(alias = "if_in")]
    #[schemars(extend("aliases" = ["if_in"]))]
    interface_in: Option<String>,
    /// The interface by which packets leave.
    #[serde(alias = "if_out")]
    #[schemars(extend("aliases" = ["if_out"]))]
    interface_out: Option<String>,
    /// Whether new connections of the rule are logged.
    #[serde(default)]
    log: bool,
    /// Where packets come from. Default `any`.
    #[serde(default = "any", alias = "from", alias = "src")]
    #[schemars(extend("aliases" = ["from", "src"]))]
    from_ip: String,
    /// The port they come from.
    from_port: Option<String>,
    /// Where packets go. Default `any`.
    #[serde(default = "any", alias = "dest", alias = "to")]
    #[schemars(extend("aliases" = ["dest", "to"]))]
    to_ip: String,
    /// The port they go to; a range is `2379:2381`.
    #[serde(alias = "port")]
    #[schemars(extend("aliases" = ["port"]))]
    to_port: Option<String>,
    /// The protocol: `any`, `tcp`, `udp`, `ah`, `esp`, `gre`, `igmp`, `ipv6` or `vrrp`.
    #[serde(alias = "protocol")]
    #[schemars(extend("aliases" = ["protocol"]))]
    proto: Option<String>,
    /// A profile of `/etc/ufw/applications.d`.
    #[serde(alias = "app")]
    #[schemars(extend("aliases" = ["app"]))]
    name: Option<String>,
    /// A comment on the rule.
    comment: Option<String>,
}

fn any() -> String {
    "any".into()
}

fn zero() -> String {
    "zero".into()
}

/// Whether ufw is on.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is.
    Enabled,
    /// It is not.
    Disabled,
    /// Its rules are loaded anew.
    Reloaded,
    /// It is off, and knows no rules.
    Reset,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
        enum $name {
            $($(#[$about])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// ufw's word for it.
            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
}

words!(
    /// What becomes of packets that no rule is for.
    Policy {
        /// They pass.
        Allow = "allow",
        /// They do not.
        Deny = "deny",
        /// They do not, and the sender is told.
        Reject = "reject",
    }
);

words!(
    /// What becomes of packets that a rule is for.
    Verdict {
        /// They pass.
        Allow = "allow",
        /// They do not.
        Deny = "deny",
        /// They pass, but for senders that begin too many connections.
        Limit = "limit",
        /// They do not, and the sender is told.
        Reject = "reject",
    }
);

words!(
    /// How much is logged.
    Logging {
        /// As much as before.
        On = "on",
        /// Nothing.
        Off = "off",
        /// What is refused by default.
        Low = "low",
        /// New connections, too.
        Medium = "medium",
        /// All packets, now and then.
        High = "high",
        /// All packets.
        Full = "full",
    }
);

words!(
    /// Which way packets go.
    Direction {
        /// In, of a rule.
        In = "in",
        /// Out, of a rule.
        Out = "out",
        /// In, of a default.
        Incoming = "incoming",
        /// Out, of a default.
        Outgoing = "outgoing",
        /// Passed on, of a default.
        Routed = "routed",
    }
);

impl Ufw {
    /// What is done to ufw as a whole.
    fn plan_state(&self, status: &Status, plan: &mut Plan) {
        let run = |plan: &mut Plan, words: &[&str], diff: Option<Diff>| {
            let words = ["ufw"].iter().chain(words).copied();
            plan.run_command(Command::new(words).env("LC_ALL", "C"), diff);
        };
        let side =
            |active: bool| format!("Status: {}\n", if active { "active" } else { "inactive" });
        let diff = || Diff::text("ufw", side(status.active), side(!status.active));
        match self.state {
            Some(State::Enabled) if !status.active => run(plan, &["-f", "enable"], Some(diff())),
            Some(State::Disabled) if status.active => run(plan, &["-f", "disable"], Some(diff())),
            Some(State::Reloaded) => run(plan, &["-f", "reload"], None),
            Some(State::Reset) => run(plan, &["-f", "reset"], None),
            _ => {}
        }
        if let Some(level) = self.logging
            && !status.logs(level.word())
        {
            run(plan, &["logging", level.word()], None);
        }
        if let Some(policy) = self.policy {
            let direction = self.direction.map_or("incoming", Direction::word);
            let now = status.policy(direction);
            if now != policy.word() {
                let side = |policy: &str| format!("Default: {policy} ({direction})\n");
                let diff = Diff::text("ufw", side(now), side(policy.word()));
                run(plan, &["default", policy.word(), direction], Some(diff));
            }
        }
    }

    async fn plan_rule(&self, verdict: Verdict, host: &Probe, plan: &mut Plan) -> Result<()> {
        let words = words(self, verdict.word());
        let tried = ["ufw".to_owned(), "--dry-run".into()]
            .into_iter()
            .chain(words.clone());
        let tried = Command::new(tried).env("LC_ALL", "C");
        let (tried, four, six) = tokio::join!(
            host.query_command(tried),
            host.read_text("/etc/ufw/user.rules"),
            host.read_text("/etc/ufw/user6.rules")
        );
        let tried = tried?;
        if !tried.success() {
            let said = [tried.error_text(), tried.text()].join("\n");
            return Err(Error::failed(said.trim()).returning("rc", tried.status));
        }
        let now = [four?.unwrap_or_default(), six?.unwrap_or_default()];
        let (mut before, mut after) = (String::new(), String::new());
        for (now, then) in now.iter().zip(status::families(&tried.text())) {
            if let Some(then) = then {
                before.push_str(&tuples(now));
                after.push_str(&tuples(then));
            }
        }
        if before != after {
            let words = ["ufw".to_owned()].into_iter().chain(words);
            let diff = Diff::text("ufw", before, after);
            plan.run_command(Command::new(words).env("LC_ALL", "C"), Some(diff));
        }
        Ok(())
    }
}

impl Task for Ufw {
    const NAME: &'static str = "ufw";

    fn validate(&self) -> Result<()> {
        let of_rule = matches!(self.direction, None | Some(Direction::In | Direction::Out));
        if self.state.is_none()
            && self.policy.is_none()
            && self.logging.is_none()
            && self.rule.is_none()
        {
            return Err(Error::arguments("nothing is said")
                .hint("say one of `state`, `default`, `rule` and `logging`"));
        }
        if self.rule.is_some() && !of_rule {
            return Err(Error::arguments("For rules, direction must be one of \"in\" and \"out\", or direction must not be specified.").about(["direction"]));
        }
        if self.policy.is_some() && self.direction.is_some() && of_rule {
            return Err(Error::arguments("For default, direction must be one of \"outgoing\", \"incoming\" and \"routed\", or direction must not be specified.").about(["direction"]));
        }
        if !self.route && self.interface_in.is_some() && self.interface_out.is_some() {
            return Err(Error::arguments(
                "Only route rules can combine interface_in and interface_out",
            ));
        }
        if self.interface.is_some() && self.direction.is_none() {
            return Err(Error::arguments("`interface` needs `direction`"));
        }
        if self.name.is_some() && self.proto.is_some() {
            return Err(Error::arguments(
                "`name` and `proto` are mutually exclusive",
            ));
        }
        if self.insert_relative_to != "zero" {
            return Err(
                Error::arguments("rules are counted from zero alone").about(["insert_relative_to"])
            );
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let asked = Command::new(["ufw", "status", "verbose"]).env("LC_ALL", "C");
        let files = ["/etc/default/ufw", "/etc/ufw/ufw.conf"].map(|path| host.read_text(path));
        let (status, files) = tokio::join!(
            host.query_command(asked),
            futures::future::try_join_all(files)
        );
        let status = status?;
        if status.status == 127 {
            return Err(
                Error::failed("the host has no ufw").hint("install the package `ufw` before")
            );
        }
        if !status.success() {
            return Err(Error::failed(status.error_text().trim()));
        }
        let files: Vec<String> = files?.into_iter().map(Option::unwrap_or_default).collect();
        let known = Status::read(&status.text(), &files[0], &files[1]);
        let mut plan = Plan::default();
        self.plan_state(&known, &mut plan);
        if let Some(verdict) = self.rule {
            self.plan_rule(verdict, host, &mut plan).await?;
        }
        let commands: Vec<&str> = plan
            .steps
            .iter()
            .map(|it| it.summary.trim_start_matches("run "))
            .collect();
        let commands = serde_json::json!(commands);
        plan.returns("commands", commands);
        plan.returns("msg", status.text().trim_end());
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let nodes reach the API and etcd, and turn ufw on",
                yaml: "- community.general.ufw:\n    rule: allow\n    port: \"{{ item }}\"\n    proto: tcp\n  loop: [\"22\", \"6443\", \"2379:2381\"]\n- ufw:\n    state: enabled\n    default: deny\n",
            },
            Example {
                title: "Trust the pods",
                yaml: "ufw:\n  rule: allow\n  src: 10.42.0.0/16\n",
            },
            Example {
                title: "Packets between pods pass the host",
                yaml: "ufw:\n  default: allow\n  direction: routed\n",
            },
            Example {
                title: "No longer",
                yaml: "ufw:\n  rule: allow\n  port: \"10255\"\n  delete: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("commands", "The commands that change something."),
            ("msg", "What ufw said of itself before."),
        ]
    }
}

#[cfg(test)]
mod tests;
