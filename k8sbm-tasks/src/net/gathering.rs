//! Gathering facts, for `setup` and `gather_facts`.

use crate::glob::Glob;
use k8sbm_core::{
    host::{Facts, facts::Subset},
    task::{Effect, Error, Plan, Probe, Result, Returns},
};
use std::time::Duration;

/// What to gather.
#[derive(Debug, Default)]
pub(super) struct Gathering<'a> {
    /// Words that choose parts of the facts.
    pub(super) subset: &'a [String],
    /// Patterns that choose among those; all where there is none.
    pub(super) filter: &'a [String],
    /// The directory of the host's own facts.
    pub(super) fact_path: Option<&'a str>,
    /// Seconds to wait.
    pub(super) limit: Option<u64>,
}

impl Gathering<'_> {
    /// The parts of the facts.
    pub(super) fn subset(&self) -> Result<Subset> {
        let words: Vec<_> = self.subset.iter().map(|word| word.trim()).collect();
        let subset = Subset::parse(&words).map_err(Error::arguments)?;
        Ok(match self.fact_path {
            Some(path) => subset.fact_path(path),
            None => subset,
        })
    }

    /// Plans to set the host's facts.
    pub(super) async fn plan(&self, host: &Probe) -> Result<Plan> {
        let limit = self.limit.map(Duration::from_secs);
        let facts = host.gather_facts(&self.subset()?, limit).await?;
        let facts = chosen(&facts, self.filter);
        let mut plan = Plan::default();
        let named: Returns = facts
            .iter()
            .map(|(name, value)| (full_name(name), value.clone()))
            .collect();
        plan.returns("ansible_facts", named);
        plan.effect(Effect::Facts(facts));
        Ok(plan)
    }
}

/// A fact's name as `register` and variables have it.
fn full_name(name: &str) -> String {
    match name {
        "gather_subset" | "module_setup" => name.to_owned(),
        name => format!("ansible_{name}"),
    }
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
            .any(|it| it.matches(name) || it.matches(&full_name(name)))
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
