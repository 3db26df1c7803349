//! What ufw says of itself.

/// What ufw says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Whether it is on.
    pub(super) active: bool,
    level: String,
    policies: [String; 3],
}

const DIRECTIONS: [(&str, &str); 3] = [
    ("incoming", "DEFAULT_INPUT_POLICY"),
    ("outgoing", "DEFAULT_OUTPUT_POLICY"),
    ("routed", "DEFAULT_FORWARD_POLICY"),
];

impl Status {
    /// Reads `ufw status verbose`, and the files that say the same of an ufw that is off.
    pub(super) fn read(status: &str, defaults: &str, conf: &str) -> Self {
        let setting = |text: &str, key: &str| {
            let lines = text.lines().map(str::trim);
            let mut values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            let value = values.next().unwrap_or_default();
            value.trim_matches(['"', '\'']).to_lowercase()
        };
        Self {
            active: status.lines().any(|line| line == "Status: active"),
            level: setting(conf, "LOGLEVEL"),
            policies: DIRECTIONS.map(|(_, key)| match setting(defaults, key).as_str() {
                "accept" => "allow".into(),
                "drop" => "deny".into(),
                other => other.to_owned(),
            }),
        }
    }

    /// Whether it logs as much.
    pub(super) fn logs(&self, level: &str) -> bool {
        level == self.level || level == "on" && !["off", ""].contains(&&*self.level)
    }

    /// What becomes of packets in a direction that no rule is for.
    pub(super) fn policy(&self, direction: &str) -> &str {
        let at = DIRECTIONS.iter().position(|(name, _)| *name == direction);
        at.map_or("", |at| &self.policies[at])
    }
}

/// The lines of a rules file that stand for rules.
pub(super) fn tuples(rules: &str) -> String {
    let lines = rules.lines().filter(|line| line.starts_with("### tuple"));
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The rules of IPv4 and of IPv6 as a trial printed them; a family that it leaves alone is not printed.
pub(super) fn families(trial: &str) -> [Option<&str>; 2] {
    let mut found = [None, None];
    for part in trial.split("*filter\n").skip(1) {
        found[usize::from(part.contains(":ufw6-"))] = Some(part);
    }
    found
}
