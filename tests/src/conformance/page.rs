//! The page that tells the result, and what it told last.

use super::{Asserts, Suite, Tier, Trial, Verdict};
use std::{collections::BTreeMap, fmt::Write as _};

/// A result as it is published.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Whether each target passed, and its asserts.
    pub rows: BTreeMap<String, (bool, usize)>,
}

impl Page {
    /// What trials gave.
    #[must_use]
    pub fn of(trials: &[Trial]) -> Self {
        let row = |trial: &Trial| {
            let passed = trial.verdict == Verdict::Passed;
            (trial.target.name.clone(), (passed, trial.asserts.passed))
        };
        Self {
            rows: trials.iter().map(row).collect(),
        }
    }

    /// Reads a page back.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let row = |line: &str| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.strip_suffix('`')?.to_owned();
            let passed = cells.nth(1)? == "yes";
            let (held, _) = cells.next()?.split_once(" of ")?;
            Some((name, (passed, held.parse().ok()?)))
        };
        Self {
            rows: text.lines().filter_map(row).collect(),
        }
    }

    /// Targets that pass.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.rows.values().filter(|(passed, _)| *passed).count()
    }

    /// Asserts that hold.
    #[must_use]
    pub fn held(&self) -> usize {
        self.rows.values().map(|(_, held)| held).sum()
    }

    /// What an earlier page tells better: a line each, none when nothing fell.
    #[must_use]
    pub fn fallen_since(&self, earlier: &Self) -> Vec<String> {
        let mut fallen = Vec::new();
        for (name, (passed, held)) in &self.rows {
            let Some((passed_then, held_then)) = earlier.rows.get(name) else {
                continue;
            };
            if *passed_then && !passed {
                fallen.push(format!("`{name}` passed, and does not now"));
            } else if held < held_then {
                fallen.push(format!(
                    "`{name}` had {held_then} asserts that held, and has {held}"
                ));
            }
        }
        fallen
    }

    /// The page itself.
    #[must_use]
    pub fn text(trials: &[Trial]) -> String {
        let mut text = format!(
            "# Conformance\n\n\
             How k8sbm does on the integration tests of ansible-core {}, fetched from its source distribution.\n\
             This page is written by `just conformance --write`; `just conformance --check` fails when less passes than it says.\n\
             An assert is a task of the tests that holds whenever it runs; where a target fails, it is run again without stopping at asserts, to count those.\n\
             Some never hold: they are meant to fail, or stand where nothing leads; so the last number is how many hold with ansible-core itself.\n\n",
            Suite::version()
        );
        text.push_str("| tier | targets that pass | asserts that hold | with ansible-core |\n|---|---:|---:|---:|\n");
        for tier in Tier::ALL {
            let of = trials.iter().filter(|trial| trial.target.tier == tier);
            summary(&mut text, &tier.to_string(), of);
        }
        summary(&mut text, "all", trials.iter());
        text.push_str(
            "\nTier A: roles. Tier A-: scripts that ask whether the run succeeded. Tier B: scripts that also read what was printed.\n\
             \n| target | tier | passes | asserts | with ansible-core | why not |\n|---|---|---|---:|---:|---|\n",
        );
        for trial in trials {
            let Asserts { passed, all } = trial.asserts;
            let (word, cause) = match trial.verdict {
                Verdict::Passed => ("yes", ""),
                _ => (
                    "no",
                    trial
                        .target
                        .cause
                        .as_deref()
                        .unwrap_or("not looked into yet"),
                ),
            };
            let (name, tier) = (&trial.target.name, trial.target.tier);
            let reference = all.saturating_sub(trial.target.unheld);
            let _ = writeln!(
                text,
                "| `{name}` | {tier} | {word} | {passed} of {all} | {reference} | {cause} |"
            );
        }
        text
    }
}

fn summary<'a>(text: &mut String, name: &str, trials: impl Iterator<Item = &'a Trial>) {
    let (mut passed, mut all, mut asserts, mut unheld) = (0, 0, Asserts::default(), 0);
    for trial in trials {
        all += 1;
        passed += usize::from(trial.verdict == Verdict::Passed);
        asserts += trial.asserts;
        unheld += trial.target.unheld;
    }
    let _ = writeln!(
        text,
        "| {name} | {passed} of {all} | {} of {} | {} |",
        asserts.passed,
        asserts.all,
        asserts.all.saturating_sub(unheld)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Target;
    use std::time::Duration;

    #[test]
    fn a_page_reads_back_what_it_tells() {
        let trial = |name: &str, verdict, passed| Trial {
            target: Target {
                name: name.to_owned(),
                tier: Tier::Role,
                cause: None,
                unheld: 0,
            },
            verdict,
            asserts: Asserts { passed, all: 5 },
            log: String::new(),
            took: Duration::ZERO,
        };
        let now = [trial("a", Verdict::Passed, 5), trial("b", Verdict::Late, 2)];
        let page = Page::of(&now);
        assert_eq!(Page::read(&Page::text(&now)), page);
        assert_eq!((page.passed(), page.held()), (1, 7));
        let worse = Page::of(&[
            trial("a", Verdict::Failed(2), 5),
            trial("b", Verdict::Late, 1),
        ]);
        assert_eq!(
            worse.fallen_since(&page),
            [
                "`a` passed, and does not now",
                "`b` had 2 asserts that held, and has 1"
            ]
        );
        assert_eq!(page.fallen_since(&worse), Vec::<String>::new());
    }

    /// A target that is no longer run would fall unseen.
    #[test]
    fn the_page_tells_of_every_target() {
        let page = Page::read(include_str!("../../../docs/conformance.md"));
        let told: Vec<_> = page.rows.into_keys().collect();
        let mut run: Vec<_> = Target::all().into_iter().map(|it| it.name).collect();
        run.sort_unstable();
        assert_eq!(told, run);
    }
}
