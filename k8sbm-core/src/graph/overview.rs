//! A playbook as a picture of one page: what happens in which order, where, and what happens side by side.

use std::fmt::Write as _;

/// A play in the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub title: String,
    /// Its hosts, in a few words.
    pub hosts: String,
    /// Its roles, and its tasks that stand in none.
    pub parts: Vec<String>,
    /// The stages it waits for, by their place in the picture.
    pub after: Vec<usize>,
}

/// How wide a list is for the terminal.
const LINE: usize = 96;

/// How wide a list is in a box.
const BOX: usize = 44;

/// A list for the terminal.
pub fn list(stages: &[Stage]) -> String {
    let mut text = String::new();
    for (at, stage) in stages.iter().enumerate() {
        let needs = needed(stages, at);
        let numbers: Vec<String> = needs.iter().map(|it| (it + 1).to_string()).collect();
        let after = match numbers.split_last() {
            None => String::new(),
            Some((last, [])) => format!(" (after {last})"),
            Some((last, others)) => format!(" (after {} and {last})", others.join(", ")),
        };
        let _ = writeln!(text, "{:>2}. {}{after}", at + 1, stage.title);
        let _ = writeln!(text, "    on {}", stage.hosts);
        for line in wrapped(&stage.parts, LINE) {
            let _ = writeln!(text, "      {line}");
        }
    }
    text
}

/// DOT, for Graphviz: a box for each stage.
pub fn dot(stages: &[Stage]) -> String {
    let mut text = String::from("digraph playbook {\n  node [shape=box, style=rounded];\n");
    for (at, stage) in stages.iter().enumerate() {
        let label = boxed(stage).join("\\n").replace('"', "\\\"");
        let _ = writeln!(text, "  p{at} [label=\"{label}\"];");
    }
    for (later, earlier) in between(stages) {
        let _ = writeln!(text, "  p{earlier} -> p{later};");
    }
    text.push_str("}\n");
    text
}

/// Mermaid, for Markdown pages: a box for each stage.
pub fn mermaid(stages: &[Stage]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (at, stage) in stages.iter().enumerate() {
        let mut lines = boxed(stage);
        lines[0] = format!("<b>{}</b>", lines[0]);
        let label = lines.join("<br/>").replace('"', "'");
        let _ = writeln!(text, "  p{at}[\"{label}\"]");
    }
    for (later, earlier) in between(stages) {
        let _ = writeln!(text, "  p{earlier} --> p{later}");
    }
    text
}

fn boxed(stage: &Stage) -> Vec<String> {
    let head = [stage.title.clone(), format!("on {}", stage.hosts)];
    let mut lines = Vec::from(head);
    lines.extend(wrapped(&stage.parts, BOX));
    lines
}

fn between(stages: &[Stage]) -> impl Iterator<Item = (usize, usize)> {
    (0..stages.len()).flat_map(|later| {
        let needs = needed(stages, later);
        needs.into_iter().map(move |earlier| (later, earlier))
    })
}

/// What a stage waits for, without what follows from the rest.
fn needed(stages: &[Stage], at: usize) -> Vec<usize> {
    let after = &stages[at].after;
    let told = |earlier: usize| {
        let mut others = after.iter().filter(|other| **other != earlier);
        others.any(|other| follows(stages, *other, earlier))
    };
    let mut needed: Vec<usize> = after.iter().copied().filter(|it| !told(*it)).collect();
    needed.sort_unstable();
    needed
}

/// Whether one stage comes after another, however many are between them.
fn follows(stages: &[Stage], later: usize, earlier: usize) -> bool {
    let mut after = stages[later].after.iter();
    after.any(|other| *other == earlier || follows(stages, *other, earlier))
}

/// Words in lines of some width, with commas.
fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() + 2 <= width => {
                let _ = write!(line, " {word}{comma}");
            }
            _ => lines.push(format!("{word}{comma}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages() -> Vec<Stage> {
        let stage = |title: &str, hosts: &str, parts: &[&str], after: &[usize]| Stage {
            title: title.into(),
            hosts: hosts.into(),
            parts: parts.iter().map(ToString::to_string).collect(),
            after: after.into(),
        };
        vec![
            stage("Look", "all hosts", &["Look for \"mistakes\""], &[]),
            stage("Prepare", "cp1, cp2", &["names", "packages", "clock"], &[0]),
            stage("Begin", "cp1", &["control_plane"], &[0, 1]),
            stage("Join", "w1", &["worker"], &[0, 1, 2]),
            stage("Network", "cp1", &["flannel"], &[2]),
            stage("Verify", "cp1", &["verify"], &[0, 2, 3, 4]),
        ]
    }

    #[test]
    fn a_stage_waits_for_what_does_not_follow_from_the_rest() {
        insta::assert_snapshot!(list(&stages()), @r#"
     1. Look
        on all hosts
          Look for "mistakes"
     2. Prepare (after 1)
        on cp1, cp2
          names, packages, clock
     3. Begin (after 2)
        on cp1
          control_plane
     4. Join (after 3)
        on w1
          worker
     5. Network (after 3)
        on cp1
          flannel
     6. Verify (after 4 and 5)
        on cp1
          verify
    "#);
    }

    #[test]
    fn boxes_have_what_happens_and_where() {
        insta::assert_snapshot!(mermaid(&stages()[..3]), @r#"
    flowchart TD
      p0["<b>Look</b><br/>on all hosts<br/>Look for 'mistakes'"]
      p1["<b>Prepare</b><br/>on cp1, cp2<br/>names, packages, clock"]
      p2["<b>Begin</b><br/>on cp1<br/>control_plane"]
      p0 --> p1
      p1 --> p2
    "#);
        assert!(
            dot(&stages()).contains(r#"p0 [label="Look\non all hosts\nLook for \"mistakes\""];"#)
        );
    }

    #[test]
    fn long_lists_are_broken() {
        let words: Vec<String> = (0..9).map(|it| format!("word{it}")).collect();
        assert_eq!(
            wrapped(&words, 24),
            [
                "word0, word1, word2,",
                "word3, word4, word5,",
                "word6, word7, word8"
            ]
        );
    }
}
