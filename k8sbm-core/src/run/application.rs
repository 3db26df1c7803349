//! A plan is carried out on its host, or told of in check mode.

use super::{
    failure::Cannot,
    instance::Instance,
    outcome::{Round, add_lines},
    prepared::{Planned, Work},
};
use crate::{
    event::Change,
    task::{Returns, Step},
};
use serde_json::Value as Json;

impl Instance {
    pub(super) async fn act(&self, work: Work) -> Round {
        match work {
            Work::Skip(skip) => Round::skipped(skip),
            Work::Cannot(cannot) => self.cannot(cannot),
            Work::Planned(planned) => self.carry_out(*planned).await,
            Work::Open | Work::Control => Round::default(),
        }
    }

    /// Does a plan, or in check mode says what it would do.
    pub(super) async fn carry_out(&self, planned: Planned) -> Round {
        let Planned {
            plan,
            host,
            delegate,
            always_acts,
            ..
        } = planned;
        let check = match self.switch(self.job.spec.check_mode.as_ref(), self.shared.options.check)
        {
            Ok(check) => check,
            Err(cannot) => return self.cannot(cannot),
        };
        let diff = match self.switch(self.job.spec.diff.as_ref(), self.shared.options.diff) {
            Ok(diff) => diff,
            Err(cannot) => return self.cannot(cannot),
        };
        let mut round = Round {
            changed: !plan.is_empty(),
            delegate,
            ..Round::default()
        };
        round.changes = plan
            .steps
            .iter()
            .filter(|step| step.changes)
            .map(|step| change(step, diff))
            .collect();
        round.effects = plan.effects.clone();
        round.skipped = plan.skipped.clone();
        for warning in &plan.warnings {
            self.warn(warning);
        }
        let warnings = plan.warnings.clone();
        let steps = !plan.steps.is_empty();
        let result = if check && steps {
            if !plan.is_empty() && !self.only_asks() {
                let acted_on = round.delegate.as_ref().unwrap_or(self.player.name());
                self.shared.note_would_change(acted_on, &self.job.info.name);
            }
            let procedure = plan
                .steps
                .iter()
                .any(|step| matches!(step.act, crate::task::Act::Procedure(_)));
            if procedure && !self.shared.options.check && always_acts && !plan.certain {
                round.skipped = Some("check mode".into());
                round.changed = false;
            } else if procedure && !self.shared.options.check {
                // The playbook itself asks for it in the midst of a real run: what is not known is left out.
                round.effects.clear();
            } else if procedure {
                round.unknown = Some(format!("the result of `{}`", self.job.info.name));
                round.changed &= plan.certain || !always_acts;
                round.effects.clear();
            }
            let mut returns = plan.returns;
            if procedure && !self.shared.options.check {
                let message = "would have run, were it not for check mode";
                let message = plan.unless_checked.unwrap_or(message);
                returns.entry("msg").or_insert(message.into());
                if round.skipped.is_some() {
                    returns.insert("skipped".into(), true.into());
                }
            }
            Ok(returns)
        } else if steps {
            let changes = !plan.is_empty();
            let result = plan.apply_until(&host, &self.shared.stop).await;
            if changes && result.is_ok() && self.job.spec.changed_when.is_none() {
                self.shared.note_change();
            }
            result
        } else {
            Ok(plan.returns)
        };
        match result {
            Ok(mut result) => {
                if let Some(Json::Bool(changed)) = result.get("changed") {
                    round.changed = *changed;
                }
                if let Some(Json::Bool(true)) = result.get("skipped") {
                    round.skipped.get_or_insert_with(String::new);
                }
                for warning in result
                    .get("warnings")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                {
                    self.warn(warning.as_str().unwrap_or_default());
                }
                self.take_effects(&mut round);
                if round.unknown.is_none() || round.changed || self.only_asks() {
                    result.insert("changed".into(), round.changed.into());
                }
                if diff && round.unknown.is_none() {
                    add_diffs(&mut result, &round.changes);
                }
                result.entry("failed").or_insert(false.into());
                if !warnings.is_empty() {
                    result.entry("warnings").or_insert(warnings.into());
                }
                add_lines(&mut result);
                round.result = result;
                round
            }
            Err(error) => match Cannot::from(error) {
                Cannot::Failed(failure) => Round {
                    delegate: round.delegate,
                    ..Round::failure(*failure)
                },
                cannot => self.cannot(cannot),
            },
        }
    }

    /// Whether the playbook says that the task, such as a command that asks, never changes anything.
    pub(super) fn only_asks(&self) -> bool {
        let said = self.job.spec.changed_when.as_ref();
        said.is_some_and(|node| matches!(node.kind, crate::node::Kind::Bool(false)))
    }
}

/// What a playbook sees of the changes, when diffs are wanted.
fn add_diffs(result: &mut Returns, changes: &[Change]) {
    let diffs = changes.iter().filter_map(|change| {
        let diff = change.diff.as_ref()?;
        serde_json::to_value(diff).ok()
    });
    let diffs: Vec<Json> = diffs.collect();
    if !diffs.is_empty() {
        result.entry("diff").or_insert(diffs.into());
    }
}

fn change(step: &Step, diff: bool) -> Change {
    Change {
        summary: step.summary.clone(),
        diff: step.diff.clone().filter(|_| diff),
    }
}
