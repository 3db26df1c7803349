//! The edit itself: text in, text out.

/// What shall be true of a file of sections.
#[derive(Clone, Debug)]
pub(super) struct IniEdit {
    /// The section; what stands before the first where there is none.
    pub(super) section: Option<String>,
    /// What a section must hold to be meant.
    pub(super) holding: Vec<Holding>,
    /// The option; the section as a whole where there is none.
    pub(super) option: Option<String>,
    /// Its values, each once.
    pub(super) values: Vec<String>,
    /// Whether they shall be there.
    pub(super) present: bool,
    /// Whether no others shall be there.
    pub(super) exclusive: bool,
    /// Whether spaces go around `=`.
    pub(super) spaces: bool,
    /// Whether a line is left alone that differs in spaces.
    pub(super) ignore_spaces: bool,
    /// Whether an option may have no value.
    pub(super) bare: bool,
    /// Whether a commented line counts for the option.
    pub(super) inactive: bool,
}

/// An option by which a section is known.
#[derive(Clone, Debug)]
pub(super) struct Holding {
    /// The option.
    pub(super) option: String,
    /// Values of which it has one; any where there are none.
    pub(super) values: Vec<String>,
}

/// A line of an option.
struct Found<'a> {
    value: &'a str,
    commented: bool,
}

/// Whether a line is one of an option, and with which value.
fn found<'a>(line: &'a str, option: &str, inactive: bool) -> Option<Found<'a>> {
    const BLANK: [char; 2] = [' ', '\t'];
    let line = line.trim_start_matches(BLANK);
    let active = line.strip_prefix(['#', ';']).filter(|_| inactive);
    let rest = active.map_or(line, |rest| rest.trim_start_matches(BLANK));
    let rest = rest.strip_prefix(option)?.trim_start_matches(BLANK);
    let value = match rest.strip_prefix('=') {
        Some(value) => value.trim_start_matches(BLANK),
        None if rest.is_empty() => "",
        None => return None,
    };
    Some(Found {
        value,
        commented: active.is_some(),
    })
}

fn is_header(line: &str, name: &str) -> bool {
    let inside = line.strip_prefix('[').map(str::trim_start);
    let behind = inside.and_then(|it| it.strip_prefix(name.trim()));
    behind.is_some_and(|it| it.trim_start().starts_with(']'))
}

/// A line of a section under way: what it says, and whether it is settled.
struct Line {
    text: String,
    settled: bool,
}

impl IniEdit {
    /// The text as it shall be, and what was done to it.
    pub(super) fn edited(&self, text: &str) -> (String, &'static str) {
        let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines: Vec<String> = plain.lines().map(str::to_owned).collect();
        if lines.is_empty() {
            lines.push(String::new());
        }
        let done = match self.place(&lines) {
            Some((start, end)) => self.within(&mut lines, start, end),
            None if self.present => Some(self.append(&mut lines)),
            None => None,
        };
        let complete = plain.is_empty() || plain.ends_with('\n');
        if done.is_none() && complete {
            return (text.to_owned(), "OK");
        }
        let mut after = lines.join("\n");
        if !lines.is_empty() {
            after.push('\n');
        }
        (after, done.unwrap_or("OK"))
    }

    /// The lines of the section, from its header on.
    fn place(&self, lines: &[String]) -> Option<(usize, usize)> {
        let end = |start: usize| {
            let rest = lines[start..].iter();
            start + rest.take_while(|line| !line.starts_with('[')).count()
        };
        let Some(name) = &self.section else {
            let end = end(0);
            return self.holds(&lines[..end]).then_some((0, end));
        };
        let starts = (0..lines.len()).filter(|at| is_header(&lines[*at], name));
        let mut sections = starts.map(|at| (at, end(at + 1)));
        sections.find(|(start, end)| self.holds(&lines[*start..*end]))
    }

    fn holds(&self, lines: &[String]) -> bool {
        self.holding.iter().all(|held| {
            lines.iter().any(|line| {
                found(line, &held.option, true).is_some_and(|it| {
                    held.values.is_empty() || held.values.iter().any(|value| value == it.value)
                })
            })
        })
    }

    /// Edits a section; says what was done.
    fn within(&self, lines: &mut Vec<String>, start: usize, end: usize) -> Option<&'static str> {
        let first = start + usize::from(self.section.is_some());
        let before: Vec<String> = lines[first..end].to_vec();
        let (after, done) = match (&self.option, self.present) {
            (Some(option), true) => self.present(option, &before),
            (Some(option), false) => (self.absent(option, &before), "option changed"),
            (None, true) => return None,
            (None, false) => {
                lines.drain(start..end);
                return Some("section removed");
            }
        };
        if after == before {
            return None;
        }
        lines.splice(first..end, after);
        Some(done)
    }

    fn absent(&self, option: &str, lines: &[String]) -> Vec<String> {
        let goes = |line: &&String| {
            found(line, option, false).is_some_and(|it| {
                self.exclusive || self.values.iter().any(|value| value == it.value)
            })
        };
        lines.iter().filter(|it| !goes(it)).cloned().collect()
    }

    fn present(&self, option: &str, lines: &[String]) -> (Vec<String>, &'static str) {
        let mut open = self.values.clone();
        let mut bare = false;
        let line = |text: &String| Line {
            text: text.clone(),
            settled: false,
        };
        let mut lines: Vec<Line> = lines.iter().map(line).collect();
        let is_it = |line: &Line| found(&line.text, option, self.inactive).is_some();
        for line in lines.iter_mut().filter(|it| is_it(it)) {
            let value = found(&line.text, option, self.inactive).map_or("", |it| it.value);
            if let Some(at) = open.iter().position(|it| it == value) {
                let value = open.remove(at);
                bare |= value.is_empty() && self.bare;
                self.settle(line, option, &value);
            } else if open.is_empty() && self.bare {
                bare = true;
                self.settle(line, option, "");
                break;
            }
        }
        if self.exclusive && !self.bare {
            for line in lines.iter_mut().filter(|it| !it.settled && is_it(it)) {
                if open.is_empty() {
                    break;
                }
                let value = open.remove(0);
                self.settle(line, option, &value);
            }
            lines.retain(|line| line.settled || !is_it(line));
        }
        let mut lines: Vec<String> = lines.into_iter().map(|it| it.text).collect();
        if open.is_empty() && self.bare && !bare {
            open.push(String::new());
        }
        let adds = !open.is_empty();
        let says = |line: &String| {
            let line = line.trim_start_matches([' ', '\t']);
            !line.is_empty() && !line.starts_with(['#', ';'])
        };
        let at = lines.iter().rposition(says).map_or(0, |at| at + 1);
        let new = open.iter().map(|value| self.assigned(option, value));
        lines.splice(at..at, new.collect::<Vec<_>>());
        (
            lines,
            if adds {
                "option added"
            } else {
                "option changed"
            },
        )
    }

    fn settle(&self, line: &mut Line, option: &str, value: &str) {
        line.settled = true;
        let same = |it: Found<'_>| self.ignore_spaces && !it.commented && it.value == value;
        if !found(&line.text, option, true).is_some_and(same) {
            line.text = self.assigned(option, value);
        }
    }

    fn assigned(&self, option: &str, value: &str) -> String {
        match (value, self.spaces) {
            ("", _) if self.bare => option.to_owned(),
            (_, true) => format!("{option} = {value}"),
            (_, false) => format!("{option}={value}"),
        }
    }

    /// Adds the section with what it must hold.
    fn append(&self, lines: &mut Vec<String>) -> &'static str {
        let mut values = self.values.clone();
        // What stands before the first section has no header, and comes first.
        let mut new: Vec<String> = Vec::new();
        new.extend(self.section.iter().map(|name| format!("[{name}]")));
        for held in &self.holding {
            if Some(&held.option) != self.option.as_ref() {
                new.extend(held.values.iter().map(|it| self.assigned(&held.option, it)));
                if held.values.is_empty() && self.bare {
                    new.push(held.option.clone());
                }
            } else if !self.exclusive {
                let more = held.values.iter().filter(|it| !values.contains(it));
                values.extend(more.cloned().collect::<Vec<_>>());
            }
        }
        let mut done = "only section added";
        if let Some(option) = &self.option {
            if values.is_empty() {
                values.push(String::new());
            }
            new.extend(values.iter().map(|it| self.assigned(option, it)));
            done = "section and option added";
        }
        let at = match self.section {
            Some(_) => lines.len(),
            None => 0,
        };
        lines.splice(at..at, new);
        done
    }
}

#[cfg(test)]
mod tests;
