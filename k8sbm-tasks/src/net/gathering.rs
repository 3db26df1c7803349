//! Gathering facts, for `setup` and `gather_facts`.

use k8sbm_core::{
    host::Facts,
    task::{Effect, Plan, Probe, Result, Returns},
};
use regex::Regex;

/// Plans to set the host's facts, those that a pattern names.
pub(super) async fn plan(host: &Probe, patterns: &[String]) -> Result<Plan> {
    let facts = host.facts().await?;
    let facts = chosen(&facts, patterns);
    let mut plan = Plan::default();
    let prefixed: Returns = facts
        .iter()
        .map(|(name, value)| (format!("ansible_{name}"), value.clone()))
        .collect();
    plan.returns("ansible_facts", prefixed);
    plan.effect(Effect::Facts(facts));
    Ok(plan)
}

/// The facts that a pattern names, with or without `ansible_`; all where there is none.
fn chosen(facts: &Facts, patterns: &[String]) -> Facts {
    let patterns: Vec<_> = patterns
        .iter()
        .filter(|pattern| !pattern.is_empty())
        .collect();
    if patterns.is_empty() {
        return facts.clone();
    }
    let patterns: Vec<_> = patterns
        .iter()
        .filter_map(|pattern| glob(pattern))
        .collect();
    let wanted = |name: &str| {
        patterns
            .iter()
            .any(|it| it.is_match(name) || it.is_match(&format!("ansible_{name}")))
    };
    facts
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// A pattern of names with `*`, `?` and `[...]`.
fn glob(pattern: &str) -> Option<Regex> {
    let mut regex = String::from("^(?s:");
    let mut rest = pattern.chars();
    while let Some(next) = rest.next() {
        match next {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' if rest.as_str().contains(']') => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let (not, class) = match class.strip_prefix('!') {
                    Some(class) => ("^", class),
                    None => ("", class.as_str()),
                };
                let class = class.replace('\\', r"\\").replace('[', r"\[");
                regex.push_str(&format!("[{not}{class}]"));
            }
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    Regex::new(&(regex + ")$")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_choose_facts_with_and_without_prefix() {
        let facts = json!({"distribution": 1, "distribution_version": 2, "eth0": 3, "kernel": 4});
        let facts = facts.as_object().unwrap();
        let names = |patterns: &[&str]| {
            let patterns: Vec<_> = patterns.iter().map(|it| (*it).to_owned()).collect();
            let chosen = chosen(facts, &patterns);
            chosen.keys().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&[]), "distribution distribution_version eth0 kernel");
        assert_eq!(
            names(&["ansible_dist*", "kernel"]),
            "distribution distribution_version kernel"
        );
        assert_eq!(names(&["ansible_eth[0-2]"]), "eth0");
        assert_eq!(names(&["eth[!0]", "kern.l"]), "");
    }
}
