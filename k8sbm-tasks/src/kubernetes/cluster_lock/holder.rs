//! Who holds a lock, as its file says.

/// Who holds a lock.
#[derive(Debug, PartialEq)]
pub(super) struct Holder {
    /// Which run.
    pub run: String,
    /// Whose, and from which machine.
    pub name: String,
    /// Since when.
    pub since: String,
}

impl Holder {
    /// Reads the file of a lock; what is not in it is not known.
    pub fn read(text: &str) -> Self {
        let field = |name: &str| {
            let found = text.lines().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                (key == name).then(|| value.to_owned())
            });
            found.unwrap_or_else(|| "(not known)".into())
        };
        Self {
            run: field("run"),
            name: field("holder"),
            since: field("since"),
        }
    }

    /// For people.
    pub fn told(&self) -> String {
        format!("held by: {}, since {}\n", self.name, self.since)
    }
}
