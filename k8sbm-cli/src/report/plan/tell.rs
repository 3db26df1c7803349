//! A plan for people: hosts of which the same can be said are told together.

use super::collect::{HostPlan, TaskPlan, WholePlan};
use crate::report::{Look, Tone, unified, why_unknown};
use indexmap::IndexMap;
use std::sync::Arc;

impl WholePlan {
    /// What would happen on each host, with differences if they are wanted, then the counts.
    pub fn told(&self, look: &Look, diffs: bool) -> String {
        let mut together: IndexMap<String, Vec<Arc<str>>> = IndexMap::new();
        for (name, host) in &self.hosts {
            let body = host.body(look, diffs);
            together.entry(body).or_default().push(name.clone());
        }
        let mut text = String::new();
        for (body, names) in together.iter().filter(|(body, _)| !body.is_empty()) {
            let names = look.paint(Tone::Strong, &names.join(", "));
            text.push_str(&format!("{names}\n{body}\n"));
        }
        let longest = self.hosts.keys().map(|name| name.chars().count()).max();
        for (name, host) in &self.hosts {
            text.push_str(&host.counts(name, longest.unwrap_or(0), look));
        }
        text
    }
}

impl HostPlan {
    fn body(&self, look: &Look, diffs: bool) -> String {
        let mut text = String::new();
        for task in &self.changes {
            text.push_str(&task.changing(look, diffs));
        }
        for task in &self.unknown {
            let head = look.paint(Tone::Bright, "unknown:");
            text.push_str(&format!("  {head} {}", task.titled(look)));
            text.push_str(&format!("      {}\n", why_unknown(&task.why, &task.task)));
            for summary in &task.summaries {
                text.push_str(&format!("      {summary}\n"));
            }
        }
        for task in &self.failed {
            let word = if self.unreachable {
                "unreachable:"
            } else {
                "fails:"
            };
            let head = look.paint(Tone::Failed, word);
            text.push_str(&format!("  {head} {}", task.titled(look)));
            for line in task.why.lines() {
                text.push_str(&format!("      {line}\n"));
            }
        }
        text
    }

    fn counts(&self, name: &str, column: usize, look: &Look) -> String {
        let tone = if !self.failed.is_empty() {
            Tone::Failed
        } else if !self.changes.is_empty() {
            Tone::Changed
        } else {
            Tone::Ok
        };
        let name = look.paint(tone, &format!("{name:<column$}"));
        let mut text = format!(
            "{name} : {} would change, {} unknown, {} unchanged",
            self.changes.len(),
            self.unknown.len(),
            self.unchanged
        );
        if self.skipped > 0 {
            text.push_str(&format!(", {} skipped", self.skipped));
        }
        if self.unreachable {
            text.push_str(", unreachable");
        } else if !self.failed.is_empty() {
            text.push_str(&format!(", {} failed", self.failed.len()));
        }
        text + "\n"
    }
}

impl TaskPlan {
    fn titled(&self, look: &Look) -> String {
        let place = look.paint(Tone::Faint, &format!("({})", self.place));
        format!("{}  {place}\n", self.task)
    }

    fn changing(&self, look: &Look, diffs: bool) -> String {
        let head = look.paint(Tone::Changed, "would change:");
        let mut text = format!("  {head} {}", self.titled(look));
        for summary in &self.summaries {
            text.push_str(&format!("      {summary}\n"));
        }
        for diff in self.diffs.iter().filter(|_| diffs) {
            for line in unified(diff, look).lines().filter(|line| !line.is_empty()) {
                text.push_str(&format!("      {line}\n"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::Planned;
    use crate::report::{Look, human::recorded};
    use k8sbm_core::event::Sink as _;

    #[test]
    fn a_plan_names_what_would_change_and_what_nobody_can_say() {
        let planned = Planned::default();
        for event in recorded::events() {
            planned.event(&event);
        }
        let plan = planned.take();
        assert!(plan.changes());
        insta::assert_snapshot!(plan.told(&Look::text(false, 80), true), @"
        h1
          would change: etc : Write the message of the day  (site.yml:20:7)
              write /etc/motd
              --- before: /etc/motd
              +++ after: /etc/motd
              @@ -1,2 +1,2 @@
              -old
              +new
               same
          fails: Wait for it  (site.yml:50:7)
              non-zero return code
          fails: Undefined  (site.yml:70:7)
              `nope` is undefined

        h2
          unknown: Loop  (site.yml:30:7)
              waits for the result of `Ask`
          unreachable: Wait for it  (site.yml:50:7)
              no route to host
          unreachable: Restart it  (site.yml:90:7)
              blocked by `Write` on h1

        h1 : 1 would change, 0 unknown, 4 unchanged, 1 skipped, 2 failed
        h2 : 0 would change, 1 unknown, 1 unchanged, 1 skipped, unreachable
        ");
        insta::assert_snapshot!(serde_json::to_string_pretty(&plan.hosts["h1"].changes).unwrap(), @r#"
        [
          {
            "task": "etc : Write the message of the day",
            "module": "copy",
            "place": "site.yml:20:7",
            "summaries": [
              "write /etc/motd"
            ],
            "diffs": [
              {
                "before_header": "/etc/motd",
                "after_header": "/etc/motd",
                "before": "old\nsame\n",
                "after": "new\nsame\n"
              }
            ]
          }
        ]
        "#);
    }
}
