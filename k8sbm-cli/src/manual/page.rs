//! The page of one module.

use super::{
    argument::{Argument, arguments},
    wrap::wrapped,
};
use crate::report::{Look, Tone};
use k8sbm_core::task::{Module, Registry};

/// Blanks before what stands under a heading, and before what explains a name there.
const INDENT: usize = 4;
const DEEP: usize = 8;

/// The page of a module.
pub fn page(module: &Module, registry: &Registry, look: &Look) -> String {
    let schema = module.schema();
    let described = schema["description"].as_str().unwrap_or_default();
    let (summary, more) = described.split_once("\n\n").unwrap_or((described, ""));
    let all = arguments(&schema);
    let mut page = Page {
        text: String::new(),
        look: *look,
    };
    page.heading("NAME");
    page.prose(&format!(
        "{} - {}",
        module.name,
        summary.trim_end_matches('.')
    ));
    page.names(module, registry);
    page.heading("SYNOPSIS");
    page.synopsis(module, &all);
    if !more.is_empty() {
        page.heading("DESCRIPTION");
        page.prose(more);
    }
    if !all.is_empty() {
        page.heading("ARGUMENTS");
        page.arguments(&all);
    }
    if !module.returns.is_empty() {
        page.heading("RETURN VALUES");
        page.prose("Beside `changed` and `failed`, `register` sees:");
        page.text.push('\n');
        for (name, meaning) in module.returns {
            page.entry(name, "", meaning);
        }
    }
    if !module.examples.is_empty() {
        page.heading("EXAMPLES");
        page.examples(module);
    }
    page.heading("NOTES");
    page.notes(module);
    page.text
}

struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn heading(&mut self, words: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let painted = self.look.paint(Tone::Strong, words);
        self.text.push_str(&painted);
        self.text.push('\n');
    }

    fn prose(&mut self, text: &str) {
        self.text.push_str(&wrapped(text, INDENT, self.look.width));
    }

    fn entry(&mut self, name: &str, after: &str, meaning: &str) {
        let name = self.look.paint(Tone::Strong, name);
        let line = format!("{name}{after}");
        self.text
            .push_str(&format!("{}{}\n", " ".repeat(INDENT), line.trim_end()));
        self.text.push_str(&wrapped(meaning, DEEP, self.look.width));
    }

    fn names(&mut self, module: &Module, registry: &Registry) {
        let mut names: Vec<&str> = registry
            .aliases(module)
            .filter(|name| *name != module.name && !name.starts_with("ansible.legacy."))
            .collect();
        names.sort_unstable();
        if !names.is_empty() {
            self.text.push('\n');
            self.prose(&format!("Also called {}.", names.join(", ")));
        }
    }

    fn synopsis(&mut self, module: &Module, all: &[Argument]) {
        let blanks = " ".repeat(INDENT);
        self.text.push_str(&format!("{blanks}{}:\n", module.name));
        for argument in all {
            let takes = match argument.choices.len() {
                0 => argument.takes.clone(),
                _ => argument
                    .choices
                    .iter()
                    .map(|(word, _)| word.as_str())
                    .collect::<Vec<_>>()
                    .join(" | "),
            };
            let must = if argument.required { ", required" } else { "" };
            self.text
                .push_str(&format!("{blanks}  {}: <{takes}>{must}\n", argument.name));
        }
        if let Some(argument) = module.free_form {
            self.text.push('\n');
            self.prose(&format!(
                "In short: `{}: TEXT`, where the text is `{argument}`.",
                module.name
            ));
        }
    }

    fn arguments(&mut self, all: &[Argument]) {
        for (at, argument) in all.iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            let mut facts = vec![argument.takes.clone()];
            if argument.required {
                facts.push("required".to_owned());
            }
            if let Some(default) = &argument.default {
                facts.push(format!("default: {default}"));
            }
            if !argument.aliases.is_empty() {
                facts.push(format!("also: {}", argument.aliases.join(", ")));
            }
            let after = format!(" ({})", facts.join("; "));
            self.entry(&argument.name, &after, &argument.description);
            let longest = argument.choices.iter().map(|(word, _)| word.len()).max();
            for (word, means) in &argument.choices {
                let first = format!("{word:<0$}  {means}", longest.unwrap_or(0));
                let line = format!("{}{}", " ".repeat(DEEP + 2), first.replace('\n', " "));
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }
        }
    }

    fn examples(&mut self, module: &Module) {
        for (at, example) in module.examples.iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            let title = self
                .look
                .paint(Tone::Faint, &format!("# {}", example.title));
            self.text
                .push_str(&format!("{}{title}\n", " ".repeat(INDENT)));
            for line in listed(example.yaml).lines() {
                let line = format!("{}{line}", " ".repeat(INDENT));
                self.text.push_str(line.trim_end());
                self.text.push('\n');
            }
        }
    }

    fn notes(&mut self, module: &Module) {
        let check = if module.always_acts {
            "It always acts: a second run acts again, and in check mode nothing is done, so that what depends on its \
             result is unknown."
        } else {
            "In check mode it looks, says what would change, and changes nothing. Applied twice, the second time \
             changes nothing."
        };
        self.prose(check);
    }
}

/// An example as a list of tasks, since that is how tasks stand in a playbook.
fn listed(yaml: &str) -> String {
    if yaml.trim_start().starts_with('-') {
        return yaml.to_owned();
    }
    yaml.lines()
        .enumerate()
        .map(|(at, line)| format!("{}{line}\n", if at == 0 { "- " } else { "  " }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_like_a_manual() {
        let registry = k8sbm_tasks::registry();
        let look = Look::text(false, 80);
        let module = registry.get("sysctl").unwrap();
        insta::assert_snapshot!(page(module, &registry, &look), @r#"
        NAME
            sysctl - Sets kernel parameters, for every boot and for now

            Also called ansible.posix.sysctl.

        SYNOPSIS
            sysctl:
              name: <text>, required
              value: <text>
              state: <present | absent>
              sysctl_file: <text>
              reload: <yes or no>
              sysctl_set: <yes or no>
              ignoreerrors: <yes or no>

        DESCRIPTION
            The value is written to a file that is read at boot, and, unless `reload:
            false`, the file is loaded now when the kernel has another value. Values are
            compared word by word, whatever white space is between.

        ARGUMENTS
            name (text; required; also: key)
                Name of the parameter, such as `net.ipv4.ip_forward`.

            value (text; also: val)
                Its value; `yes` and `no` mean 1 and 0.

            state (one of the words below)
                Whether the file shall set it. `absent` takes it out of the file; what
                the kernel has stays until it boots.
                  present  It is set.
                  absent   It is not set.

            sysctl_file (text; default: /etc/sysctl.conf)
                The file. Default `/etc/sysctl.conf`; one below `/etc/sysctl.d` keeps
                things apart.

            reload (yes or no; default: true)
                Loads the file when it changed, or when the kernel has another value.
                Default true.

            sysctl_set (yes or no; default: false)
                Sets the parameter by itself as well, without the rest of the file.

            ignoreerrors (yes or no; default: false)
                Takes no offence at a parameter that the kernel does not have.

        EXAMPLES
            # Let the host forward packets between pods
            - sysctl:
                name: net.ipv4.ip_forward
                value: 1
                sysctl_file: /etc/sysctl.d/99-kubernetes.conf
                sysctl_set: true

            # What bridges carry passes the firewall
            - modprobe:
                name: br_netfilter
                persistent: present
            - sysctl:
                name: net.bridge.bridge-nf-call-iptables
                value: "1"
                sysctl_file: /etc/sysctl.d/99-kubernetes.conf

            # What the kubelet asks for with protectKernelDefaults
            - sysctl:
                name: vm.overcommit_memory
                value: 1

            # No longer set at boot
            - sysctl:
                name: vm.swappiness
                state: absent

        NOTES
            In check mode it looks, says what would change, and changes nothing. Applied
            twice, the second time changes nothing.
        "#);
    }
}
