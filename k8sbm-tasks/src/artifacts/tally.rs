//! How far the fetching of artefacts is, in a line.

use std::collections::BTreeMap;

/// Columns of the bar.
const BAR: usize = 20;

/// How far the fetching of some artefacts is.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    count: usize,
    ended: usize,
    /// Bytes that have come of what is under way, and how many there are if that is known.
    under_way: BTreeMap<String, (u64, Option<u64>)>,
}

impl Tally {
    /// None of `count` was fetched yet.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            ..Self::default()
        }
    }

    /// So many bytes have come of the artefact `name`, of so many if that is known.
    pub fn came(&mut self, name: &str, done: u64, total: Option<u64>) {
        self.under_way.insert(name.to_owned(), (done, total));
    }

    /// An artefact is there, or cannot be had.
    pub fn end(&mut self, name: &str) {
        self.under_way.remove(name);
        self.ended += 1;
    }

    /// A bar with numbers: `[#####...............] 2 of 9, 54.2 MB of 74.1 MB  kubeadm, kubelet`.
    pub fn line(&self) -> String {
        let mut line = self.bar();
        let is_one = self.count == 1;
        if !is_one {
            line.push_str(&format!(" {} of {},", self.ended, self.count));
        }
        let come: u64 = self.under_way.values().map(|(done, _)| done).sum();
        let total: Option<u64> = self.under_way.values().map(|(_, total)| *total).sum();
        line.push_str(&format!(" {}", size(come)));
        if let Some(total) = total {
            line.push_str(&format!(" of {}", size(total)));
        }
        if !is_one {
            let names: Vec<&str> = self.under_way.keys().map(String::as_str).collect();
            line.push_str(&format!("  {}", names.join(", ")));
        }
        line
    }

    /// Each artefact has the same share of it: nobody knows how long those are that were not begun.
    fn bar(&self) -> String {
        let share = |(done, total): &(u64, Option<u64>)| match total {
            Some(total) if *total > 0 => *done as f64 / *total as f64,
            _ => 0.0,
        };
        let whole = self.ended as f64 + self.under_way.values().map(share).sum::<f64>();
        let full = (whole / self.count.max(1) as f64 * BAR as f64) as usize;
        let full = full.min(BAR);
        format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full))
    }
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_artefact_is_told_without_its_name() {
        let mut tally = Tally::new(1);
        tally.came("kubelet", 30_000_000, Some(60_000_000));
        assert_eq!(tally.line(), "[##########..........] 30.0 MB of 60.0 MB");
        tally.came("kubelet", 30_000_000, None);
        assert_eq!(tally.line(), "[....................] 30.0 MB");
    }

    #[test]
    fn several_fill_the_bar_together() {
        let mut tally = Tally::new(4);
        tally.came("etcd", 10, Some(10));
        tally.end("etcd");
        tally.came("kubeadm", 50_000_000, Some(100_000_000));
        tally.came("kubelet", 0, Some(60_000_000));
        assert_eq!(
            tally.line(),
            "[#######.............] 1 of 4, 50.0 MB of 160.0 MB  kubeadm, kubelet"
        );
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 706_560, 74_072_248, 1_250_000_000].map(size);
        assert_eq!(
            sizes,
            ["0 B", "999 B", "1 kB", "707 kB", "74.1 MB", "1.25 GB"]
        );
    }
}
