//! The page of one entry, for the terminal.

use super::{
    argument::Argument,
    entry::{Entry, listed},
    wrap::wrapped,
};
use crate::report::{Look, Tone};
use k8sbm_core::task::Example;

/// Blanks before what stands under a heading, and before what explains a name there.
const INDENT: usize = 4;
const DEEP: usize = 8;

/// The page of an entry, for the terminal.
pub fn page(entry: &Entry, look: &Look) -> String {
    let mut page = Page {
        text: String::new(),
        look: *look,
    };
    page.heading("NAME");
    page.prose(&format!(
        "{} - {}",
        entry.name,
        entry.summary.trim_end_matches('.')
    ));
    if !entry.aliases.is_empty() {
        page.text.push('\n');
        page.prose(&format!("Also called {}.", entry.aliases.join(", ")));
    }
    page.heading("SYNOPSIS");
    page.synopsis(entry);
    if !entry.description.is_empty() {
        page.heading("DESCRIPTION");
        page.prose(&entry.description);
    }
    if !entry.arguments.is_empty() {
        page.heading("ARGUMENTS");
        page.arguments(&entry.arguments);
    }
    if !entry.returns.is_empty() {
        page.heading("RETURN VALUES");
        page.prose("Beside `changed` and `failed`, `register` sees:");
        page.text.push('\n');
        for (name, meaning) in entry.returns {
            page.entry(name, "", meaning);
        }
    }
    if !entry.examples.is_empty() {
        page.heading("EXAMPLES");
        page.examples(entry.examples);
    }
    page.heading("NOTES");
    page.prose(entry.note);
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

    fn synopsis(&mut self, entry: &Entry) {
        let blanks = " ".repeat(INDENT);
        for line in entry.synopsis().lines() {
            self.text.push_str(&format!("{blanks}{line}\n"));
        }
        if let Some(argument) = entry.free_form {
            self.text.push('\n');
            self.prose(&format!(
                "In short: `{}: TEXT`, where the text is `{argument}`.",
                entry.name
            ));
        }
    }

    fn arguments(&mut self, all: &[Argument]) {
        for (at, argument) in all.iter().enumerate() {
            if at > 0 {
                self.text.push('\n');
            }
            let after = format!(" ({})", argument.facts());
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

    fn examples(&mut self, examples: &[Example]) {
        for (at, example) in examples.iter().enumerate() {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_like_a_manual() {
        let registry = k8sbm_tasks::registry();
        let look = Look::text(false, 80);
        let module = registry.get("sysctl").unwrap();
        insta::assert_snapshot!(page(&Entry::of_module(module, &registry), &look), @r#"
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
