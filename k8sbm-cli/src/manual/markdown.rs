//! The manual as pages of Markdown.

use super::{
    argument::Argument,
    entry::{Entry, entries, listed},
};
use k8sbm_core::task::Registry;

/// All pages by the name of their file, the index among them.
pub fn pages(registry: &Registry) -> Vec<(String, String)> {
    let all = entries(registry);
    let mut index = "# Modules\n\nWhat can stand in a playbook as a task. `k8sbm doc NAME` shows the same in the \
                     terminal.\nThese pages are made by `k8sbm doc --markdown DIRECTORY`.\n\n"
        .to_owned();
    for entry in &all {
        index.push_str(&format!(
            "- [`{0}`]({0}.md): {1}\n",
            entry.name, entry.summary
        ));
    }
    let mut pages = vec![("README.md".to_owned(), index)];
    pages.extend(
        all.iter()
            .map(|entry| (format!("{}.md", entry.name), page(entry))),
    );
    pages
}

fn page(entry: &Entry) -> String {
    let mut text = format!("# {}\n\n{}\n", entry.name, entry.summary);
    if !entry.aliases.is_empty() {
        text.push_str(&format!("\nAlso called {}.\n", code(&entry.aliases)));
    }
    if !entry.description.is_empty() {
        text.push_str(&format!("\n{}\n", entry.description));
    }
    text.push_str(&format!("\n```text\n{}```\n", entry.synopsis()));
    if let Some(argument) = entry.free_form {
        text.push_str(&format!(
            "\nIn short: `{}: TEXT`, where the text is `{argument}`.\n",
            entry.name
        ));
    }
    if !entry.arguments.is_empty() {
        text.push_str("\n## Arguments\n\n");
        entry
            .arguments
            .iter()
            .for_each(|argument| text.push_str(&described(argument)));
    }
    if !entry.returns.is_empty() {
        text.push_str("\n## Return values\n\nBeside `changed` and `failed`, `register` sees:\n\n");
        for (name, meaning) in entry.returns {
            text.push_str(&format!("- `{name}`: {}\n", indented(meaning)));
        }
    }
    if !entry.examples.is_empty() {
        text.push_str("\n## Examples\n");
        for example in entry.examples {
            let yaml = listed(example.yaml);
            text.push_str(&format!(
                "\n{}:\n\n```yaml\n{}\n```\n",
                example.title,
                yaml.trim_end()
            ));
        }
    }
    text.push_str(&format!("\n## Notes\n\n{}\n", entry.note));
    text
}

/// An argument as an item of a list, with the words it can be below it.
fn described(argument: &Argument) -> String {
    let mut text = format!(
        "- `{}` ({}): {}\n",
        argument.name,
        argument.facts(),
        indented(&argument.description)
    );
    for (word, means) in &argument.choices {
        let means = if means.is_empty() {
            String::new()
        } else {
            format!(": {}", means.replace('\n', " "))
        };
        text.push_str(&format!("  - `{word}`{means}\n"));
    }
    text
}

fn code(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The text of an item of a list: its further lines stand below its first one.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            0 => line.to_owned(),
            _ if line.is_empty() => String::new(),
            _ => format!("  {line}"),
        })
        .collect();
    lines.join("\n")
}
