//! The hosts a pattern means in an inventory.

use super::matcher::Matcher;
use super::parse::{How, Pattern, Subscript, Term};
use crate::{
    diagnostic::{Diagnostic, nearest},
    inventory::{HostId, Inventory, LOCAL_NAMES},
};

/// What a pattern means.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The hosts, each once, in the order of the pattern's terms.
    pub hosts: Vec<HostId>,
    /// A warning for each term that no host or group matches.
    pub warnings: Vec<Diagnostic>,
}

impl Inventory {
    /// The hosts a pattern means.
    pub fn select(&self, pattern: &Pattern) -> Result<Selection, Diagnostic> {
        let mut selection = Selection::default();
        let mut inside = vec![false; self.host_count()];
        for term in &pattern.terms {
            let found = self.hosts_of(term, &mut selection.warnings)?;
            match term.how {
                How::Add => {
                    for host in found {
                        if !std::mem::replace(&mut inside[host.index()], true) {
                            selection.hosts.push(host);
                        }
                    }
                    continue;
                }
                How::Keep => {
                    let mut kept = vec![false; inside.len()];
                    found
                        .iter()
                        .for_each(|host| kept[host.index()] = inside[host.index()]);
                    inside = kept;
                }
                How::LeaveOut => found.iter().for_each(|host| inside[host.index()] = false),
            }
            selection.hosts.retain(|host| inside[host.index()]);
        }
        Ok(selection)
    }

    /// The hosts a pattern means, as far as a limit (`--limit`) means them too.
    pub fn select_within(
        &self,
        pattern: &Pattern,
        limit: Option<&Pattern>,
    ) -> Result<Selection, Diagnostic> {
        let mut selection = self.select(pattern)?;
        let Some(limit) = limit else {
            return Ok(selection);
        };
        let limit = self.select(limit)?;
        let mut inside = vec![false; self.host_count()];
        limit
            .hosts
            .iter()
            .for_each(|host| inside[host.index()] = true);
        selection.hosts.retain(|host| inside[host.index()]);
        selection.warnings.extend(limit.warnings);
        Ok(selection)
    }

    fn hosts_of(
        &self,
        term: &Term,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Vec<HostId>, Diagnostic> {
        let (mut hosts, group_matched) = self.matching(&term.matcher);
        if hosts.is_empty() {
            match &term.matcher {
                Matcher::Name(name) if LOCAL_NAMES.contains(&name.as_str()) => {
                    hosts.extend(self.host_id(name));
                }
                Matcher::Name(name) if name == "all" => {}
                _ if group_matched => {}
                _ => warnings.push(self.unmatched(term)),
            }
        }
        let Some(subscript) = term.subscript.filter(|_| !hosts.is_empty()) else {
            return Ok(hosts);
        };
        let count = hosts.len();
        match subscript {
            Subscript::One(at) => {
                let index = if at < 0 { at + count as i64 } else { at };
                let host = usize::try_from(index)
                    .ok()
                    .and_then(|index| hosts.get(index).copied());
                host.map(|host| vec![host]).ok_or_else(|| {
                    Diagnostic::new(format!(
                        "`{}` is out of range: there are {count} hosts",
                        term.text
                    ))
                    .or_at(&term.span)
                })
            }
            Subscript::Range(first, last) => {
                let end = last.map_or(count, |last| last.saturating_add(1).min(count));
                Ok(hosts.get(first..end).unwrap_or_default().to_vec())
            }
        }
    }

    /// The hosts of matching groups and, unless a plain name is a group's, matching hosts; also
    /// whether a group matched.
    fn matching(&self, matcher: &Matcher) -> (Vec<HostId>, bool) {
        if let Matcher::Name(name) = matcher {
            let host = self
                .host_ids
                .get(name.as_str())
                .filter(|host| !self.host(**host).implicit);
            return match (host, self.group_id(name)) {
                (Some(host), group) => (vec![*host], group.is_some()),
                (None, Some(group)) => (self.hosts_in(group).to_vec(), true),
                (None, None) => (Vec::new(), false),
            };
        }
        let mut group_matched = false;
        let mut seen = vec![false; self.host_count()];
        let mut found = Vec::new();
        for (id, _) in self
            .groups()
            .filter(|(_, group)| matcher.matches(&group.name))
        {
            group_matched = true;
            found.extend(self.hosts_in(id).iter().copied());
        }
        found.extend(
            self.hosts()
                .filter(|(_, host)| matcher.matches(&host.name))
                .map(|(id, _)| id),
        );
        found.retain(|host| !std::mem::replace(&mut seen[host.index()], true));
        (found, group_matched)
    }

    fn unmatched(&self, term: &Term) -> Diagnostic {
        let warning =
            Diagnostic::new(format!("no host or group matches `{}`", term.text)).or_at(&term.span);
        let Matcher::Name(name) = &term.matcher else {
            return warning;
        };
        let groups = self.groups().map(|(_, group)| &*group.name);
        match nearest(
            name,
            self.hosts().map(|(_, host)| &*host.name).chain(groups),
        ) {
            Some(near) => warning.help(format!("did you mean `{near}`?")),
            None => warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        inventory::HostOrder,
        node::{Map, Span},
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn inventory() -> Inventory {
        let mut inventory = Inventory::new();
        for (host, groups) in [
            ("web1", &["web", "prod"][..]),
            ("web2", &["web", "test"]),
            ("web3", &["web", "prod"]),
            ("db1", &["db", "prod"]),
            ("10.0.0.7", &["db"]),
            ("alone", &[]),
        ] {
            inventory.add_host(host, groups, Map::new());
        }
        inventory
    }

    fn names(inventory: &Inventory, hosts: &[HostId]) -> String {
        hosts
            .iter()
            .map(|host| &*inventory.host(*host).name)
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn select(pattern: &str) -> String {
        let inventory = inventory();
        let selected =
            Pattern::parse(pattern, &Span::none()).and_then(|pattern| inventory.select(&pattern));
        selected.map_or_else(
            |error| error.message,
            |selected| names(&inventory, &selected.hosts),
        )
    }

    /// What `ansible PATTERN --list-hosts` of ansible-core 2.19 lists for the same inventory.
    #[test]
    fn patterns_mean_what_they_mean_in_ansible() {
        let cases = [
            ("all", "alone web1 web2 web3 db1 10.0.0.7"),
            ("*", "alone web1 web2 web3 db1 10.0.0.7"),
            ("web", "web1 web2 web3"),
            ("web:&prod", "web1 web3"),
            ("web:!web2", "web1 web3"),
            ("!web", "alone db1 10.0.0.7"),
            ("!prod:web", "web2"),
            ("&prod", "web1 web3 db1"),
            ("db,web1", "db1 10.0.0.7 web1"),
            ("web1:db:web", "web1 db1 10.0.0.7 web2 web3"),
            ("web[0]", "web1"),
            ("web[-1]", "web3"),
            ("web[0:1]", "web1 web2"),
            ("web[1:]", "web2 web3"),
            ("web[1:9]", "web2 web3"),
            ("web[5:9]", ""),
            ("prod:!web[0]", "web3 db1"),
            ("web?", "web1 web2 web3"),
            ("w*", "web1 web2 web3"),
            ("~(web|db)[12]", "web1 web2 db1"),
            ("10.0.*", "10.0.0.7"),
            ("10.0.0.7", "10.0.0.7"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            (
                "all:localhost",
                "alone web1 web2 web3 db1 10.0.0.7 localhost",
            ),
            ("ungrouped", "alone"),
            ("web:nothing", "web1 web2 web3"),
        ];
        for (pattern, wanted) in cases {
            assert_eq!(select(pattern), wanted, "{pattern}");
        }
    }

    #[test]
    fn mistakes_and_warnings() {
        let inventory = inventory();
        let warning = |pattern: &str| {
            let selected = inventory
                .select(&Pattern::parse(pattern, &Span::none()).unwrap())
                .unwrap();
            selected
                .warnings
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        };
        insta::assert_snapshot!(warning("wbe:!db"), @"no host or group matches `wbe` (did you mean `web`?)");
        insta::assert_snapshot!(warning("x*"), @"no host or group matches `x*`");
        insta::assert_snapshot!(warning("all:test:!web5"), @"no host or group matches `!web5` (did you mean `web`?)");
        insta::assert_snapshot!(select("web[7]"), @"`web[7]` is out of range: there are 3 hosts");
        insta::assert_snapshot!(select("web:!"), @"nothing follows the `!`");
        insta::assert_snapshot!(select("~web("), @"bad regular expression `web(`: Parsing error at position 4: Opening parenthesis without closing parenthesis");
        insta::assert_snapshot!(select("@/nowhere/hosts"), @"cannot read `/nowhere/hosts`: no such file");
        insta::assert_snapshot!(HostOrder::parse("sortd", &Span::none()).unwrap_err(), @"`order` must be one of inventory, reverse_inventory, sorted, reverse_sorted, shuffle, not `sortd` (did you mean `sorted`?)");
    }

    #[test]
    fn limits_come_from_files_too() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "db1\n# later\n\nweb2\n").unwrap();
        let inventory = inventory();
        let limit = Pattern::parse(&format!("@{}", file.path().display()), &Span::none()).unwrap();
        let selected = inventory
            .select_within(&Pattern::all(), Some(&limit))
            .unwrap();
        assert_eq!(names(&inventory, &selected.hosts), "web2 db1");
    }

    #[test]
    fn orders() {
        let inventory = inventory();
        let ordered = |order: HostOrder| {
            let mut hosts = inventory
                .select(&Pattern::parse("web,10.0.0.7", &Span::none()).unwrap())
                .unwrap()
                .hosts;
            order.apply(&mut hosts, &inventory);
            names(&inventory, &hosts)
        };
        assert_eq!(ordered(HostOrder::Inventory), "web1 web2 web3 10.0.0.7");
        assert_eq!(
            ordered(HostOrder::ReverseInventory),
            "10.0.0.7 web3 web2 web1"
        );
        assert_eq!(ordered(HostOrder::Sorted), "10.0.0.7 web1 web2 web3");
        assert_eq!(ordered(HostOrder::ReverseSorted), "web3 web2 web1 10.0.0.7");
        let mut shuffled: Vec<String> = ordered(HostOrder::Shuffle)
            .split(' ')
            .map(str::to_owned)
            .collect();
        shuffled.sort();
        assert_eq!(shuffled, ["10.0.0.7", "web1", "web2", "web3"]);
    }

    proptest! {
        /// Terms are unions, intersections and differences of sets, in this order.
        #[test]
        fn terms_are_set_algebra(terms in proptest::collection::vec(("[&!]?", 0usize..5), 1..6)) {
            let groups = ["web", "db", "prod", "test", "ungrouped"];
            let inventory = inventory();
            let set = |group: usize| -> BTreeSet<HostId> {
                inventory.hosts_in(inventory.group_id(groups[group]).unwrap()).iter().copied().collect()
            };
            let text = terms.iter().map(|(how, group)| format!("{how}{}", groups[*group])).collect::<Vec<_>>().join(":");
            let of = |mark: &'static str| terms.iter().filter(move |(how, _)| how == mark).map(|(_, group)| set(*group));
            let mut wanted: BTreeSet<HostId> = of("").flatten().collect();
            if of("").next().is_none() {
                wanted = inventory.hosts().map(|(id, _)| id).collect();
            }
            wanted = of("&").fold(wanted, |wanted, set| &wanted & &set);
            wanted = of("!").fold(wanted, |wanted, set| &wanted - &set);
            let selected = inventory.select(&Pattern::parse(&text, &Span::none()).unwrap()).unwrap().hosts;
            prop_assert_eq!(selected.len(), wanted.len());
            prop_assert_eq!(selected.into_iter().collect::<BTreeSet<_>>(), wanted);
        }

        #[test]
        fn parsing_never_panics(text in "[a-c\\[\\]:,!&~@*?0-9. -]{0,20}") {
            if let Ok(pattern) = Pattern::parse(&text.replace('@', "@/nowhere/"), &Span::none()) {
                let _ = inventory().select(&pattern);
            }
        }
    }
}
