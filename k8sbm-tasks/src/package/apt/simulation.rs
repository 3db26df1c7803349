//! What apt-get would do, read from what `apt-get --simulate` prints.

use k8sbm_core::{host::Output, task::Diff};

/// What apt-get would do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Simulation {
    /// Packages with the version that is there and the one that would be; absent where there is none.
    moves: Vec<Move>,
}

/// What would happen to one package.
#[derive(Debug, PartialEq, Eq)]
struct Move {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

impl Simulation {
    /// Reads what apt-get printed.
    pub(super) fn read(output: &Output) -> Self {
        Self {
            moves: output.text().lines().filter_map(read_move).collect(),
        }
    }

    /// Whether nothing would happen.
    pub(super) fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// The version of a package that would be installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        let named = |it: &&Move| it.name == name || it.name.split(':').next() == Some(name);
        self.moves.iter().find(named)?.after.as_deref()
    }

    /// The packages that would be removed.
    pub(super) fn removed(&self) -> Vec<&str> {
        let gone = self.moves.iter().filter(|it| it.after.is_none());
        gone.map(|it| it.name.as_str()).collect()
    }

    /// The packages before and after, a line each.
    pub(super) fn diff(&self) -> Diff {
        let mut moves: Vec<_> = self.moves.iter().collect();
        moves.sort_by(|one, other| one.name.cmp(&other.name));
        let side = |version: fn(&Move) -> &Option<String>| {
            let line = |it: &&Move| Some(format!("{} {}\n", it.name, version(it).as_ref()?));
            moves.iter().filter_map(line).collect::<String>()
        };
        Diff::text("packages", side(|it| &it.before), side(|it| &it.after))
    }
}

/// `Inst curl [7.1] (7.2 Debian:12 [amd64])`, `Remv curl [7.1]`, `Purg curl [7.1]`.
fn read_move(line: &str) -> Option<Move> {
    let mut words = line.split_whitespace();
    let what = words.next()?;
    let name = words.next()?.to_owned();
    let rest: Vec<&str> = words.collect();
    let before = rest
        .first()
        .and_then(|word| word.strip_prefix('[')?.strip_suffix(']'))
        .map(str::to_owned);
    let after = rest
        .iter()
        .find_map(|word| word.strip_prefix('('))
        .map(|word| word.trim_end_matches(')').to_owned());
    match what {
        "Inst" => Some(Move {
            name,
            before,
            after,
        }),
        "Remv" | "Purg" => Some(Move {
            name,
            before: before.or_else(|| Some("(configuration)".into())),
            after: None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read_and_shown() {
        let text = "Reading package lists...\n\
            Remv exim4 [4.96]\n\
            Inst libjq1 (1.6-2.1 Debian:12/stable [amd64])\n\
            Inst curl [7.88.1-10] (7.88.1-11 Debian:12/stable [amd64]) []\n\
            Purg nullmailer []\n\
            Conf curl (7.88.1-11 Debian:12/stable [amd64])\n";
        let simulation = Simulation::read(&Output {
            stdout: text.into(),
            ..Output::default()
        });
        let diff = simulation.diff();
        insta::assert_snapshot!(format!("{}---\n{}", diff.before, diff.after), @r"
        curl 7.88.1-10
        exim4 4.96
        nullmailer 
        ---
        curl 7.88.1-11
        libjq1 1.6-2.1
        ");
        assert_eq!(simulation.version("libjq1"), Some("1.6-2.1"));
        assert_eq!(simulation.removed(), ["exim4", "nullmailer"]);
    }
}
