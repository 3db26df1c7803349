//! Which facts to gather, as `gather_subset` says it.

/// A part of the facts that is gathered as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Distribution, kernel, names, user, package and service manager, and the like.
    Minimal,
    /// Processors, memory, firmware, mounts, devices.
    Hardware,
    /// Interfaces, addresses, routes.
    Network,
    /// What the host runs in, or hosts.
    Virtual,
}

impl Part {
    const ALL: [Self; 4] = [Self::Minimal, Self::Hardware, Self::Network, Self::Virtual];

    pub fn name(self) -> &'static str {
        match self {
            Self::Minimal => "min",
            Self::Hardware => "hardware",
            Self::Network => "network",
            Self::Virtual => "virtual",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// Which facts to gather.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subset {
    parts: Vec<Part>,
    words: Vec<String>,
    directory: String,
}

/// Where a host's own facts are, unless `fact_path` says otherwise.
const DIRECTORY: &str = "/etc/ansible/facts.d";

impl Default for Subset {
    fn default() -> Self {
        Self::all()
    }
}

impl Subset {
    /// All facts.
    pub fn all() -> Self {
        Self {
            parts: Part::ALL.to_vec(),
            words: vec!["all".to_owned()],
            directory: DIRECTORY.to_owned(),
        }
    }

    /// What modules need to know of a host, which costs least.
    pub fn minimal() -> Self {
        Self {
            parts: vec![Part::Minimal],
            words: vec!["min".to_owned()],
            directory: DIRECTORY.to_owned(),
        }
    }

    /// The subset that the words of `gather_subset` choose: names, and names after `!`.
    ///
    /// The minimal facts come always, unless `!min` says otherwise.
    ///
    /// # Errors
    /// Names the word that chooses nothing.
    pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Self, String> {
        let mut wanted = vec![Part::Minimal];
        let mut excluded = Vec::new();
        let mut named = Vec::new();
        if words.is_empty() {
            return Ok(Self::all());
        }
        for word in words {
            let word = word.as_ref();
            match word.strip_prefix('!') {
                Some("all") => excluded.extend(&Part::ALL[1..]),
                // As Ansible does, excluding what does not exist is no mistake.
                Some(word) => excluded.extend(part_of(word)),
                None if word == "all" => wanted.extend(Part::ALL),
                None if ["facter", "ohai"].contains(&word) => {}
                None => {
                    let part = part_of(word).ok_or_else(|| {
                        format!("`{word}` is not a subset of facts: all, min, hardware, network, virtual")
                    })?;
                    named.push(part);
                }
            }
        }
        let parts = Part::ALL.into_iter().filter(|part| {
            named.contains(part) || wanted.contains(part) && !excluded.contains(part)
        });
        Ok(Self {
            parts: parts.collect(),
            words: words.iter().map(|word| word.as_ref().to_owned()).collect(),
            directory: DIRECTORY.to_owned(),
        })
    }

    /// Whether it leaves nothing out.
    pub fn is_whole(&self) -> bool {
        Part::ALL.iter().all(|part| self.has(*part)) && self.directory == DIRECTORY
    }

    pub(super) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// Takes the host's own facts from another directory than `/etc/ansible/facts.d`.
    #[must_use]
    pub fn fact_path(mut self, directory: impl Into<String>) -> Self {
        self.directory = directory.into();
        self
    }

    pub(super) fn directory(&self) -> &str {
        &self.directory
    }

    /// The words that chose it.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// The part that a name chooses: its own, or one of a fact in it.
fn part_of(word: &str) -> Option<Part> {
    const MINIMAL: &[&str] = &[
        "apparmor",
        "caps",
        "cmdline",
        "date_time",
        "distribution",
        "dns",
        "env",
        "fips",
        "fqdn",
        "kernel",
        "local",
        "loadavg",
        "lsb",
        "pkg_mgr",
        "platform",
        "python",
        "selinux",
        "service_mgr",
        "ssh_pub_keys",
        "system",
        "systemd",
        "user",
    ];
    const HARDWARE: &[&str] = &[
        "devices",
        "dmi",
        "memory",
        "mounts",
        "processor",
        "processor_cores",
        "processor_count",
    ];
    const NETWORK: &[&str] = &[
        "all_ipv4_addresses",
        "all_ipv6_addresses",
        "default_ipv4",
        "default_ipv6",
        "interfaces",
        "fibre_channel_wwn",
        "iscsi",
        "nvme",
    ];
    const VIRTUAL: &[&str] = &[
        "virtualization_role",
        "virtualization_tech_guest",
        "virtualization_tech_host",
        "virtualization_type",
        "chroot",
    ];
    Part::named(word).or_else(|| {
        [MINIMAL, HARDWARE, NETWORK, VIRTUAL]
            .iter()
            .position(|names| names.contains(&word))
            .map(|at| Part::ALL[at])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_choose_parts() {
        let parts = |words: &[&str]| {
            let subset = Subset::parse(words).unwrap();
            let names: Vec<_> = subset.parts().iter().map(|part| part.name()).collect();
            names.join(" ")
        };
        assert_eq!(parts(&[]), "min hardware network virtual");
        assert_eq!(parts(&["all", "!hardware"]), "min network virtual");
        assert_eq!(parts(&["!all"]), "min");
        assert_eq!(parts(&["!all", "!min", "network"]), "network");
        assert_eq!(parts(&["!all", "default_ipv4"]), "min network");
        assert_eq!(parts(&["facter", "!ohai"]), "min");
        assert!(Subset::parse(&["netwrok"]).is_err());
    }
}
