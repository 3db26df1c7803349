//! Gathering facts, for `setup` and `gather_facts`.

use crate::glob::Glob;
use k8sbm_core::{
    host::Facts,
    task::{Effect, Plan, Probe, Result, Returns},
};

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
    let patterns: Vec<_> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let wanted = |name: &str| {
        patterns
            .iter()
            .any(|it| it.matches(name) || it.matches(&format!("ansible_{name}")))
    };
    facts
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
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
