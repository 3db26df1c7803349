//! Which tasks have ended on which hosts, and so which may begin.

use crate::graph::{Graph, NodeId, Wait};
use std::collections::HashMap;

/// How a task ended on a host, as far as others wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Well, or it did not apply.
    Well,
    /// Badly, or never begun since the host had failed before.
    Badly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Waiting,
    Begun,
    Ended(Ended),
}

/// A small row per task: where each host stands with it.
#[derive(Debug)]
struct Row {
    cells: Vec<Cell>,
    left: Vec<u16>,
    ended: usize,
}

/// Where all hosts stand with all tasks of a batch.
#[derive(Debug)]
pub(super) struct Board {
    hosts: usize,
    rows: HashMap<NodeId, Row>,
    /// The hosts that `Wait::Hosts` edges name, by edge.
    named: HashMap<(NodeId, NodeId), Vec<usize>>,
}

impl Board {
    pub fn new(hosts: usize) -> Self {
        Self {
            hosts,
            rows: HashMap::new(),
            named: HashMap::new(),
        }
    }

    /// Says which hosts an edge names.
    pub fn name_hosts(&mut self, earlier: NodeId, later: NodeId, hosts: Vec<usize>) {
        self.named.insert((earlier, later), hosts);
    }

    /// Takes nodes in, in an order in which earlier ones come first, and returns what may begin.
    ///
    /// What was taken in before may be given again, to wait for nodes that joined the graph since.
    pub fn take_in(
        &mut self,
        graph: &Graph,
        nodes: impl IntoIterator<Item = NodeId>,
    ) -> Vec<(NodeId, usize)> {
        let mut ready = Vec::new();
        for node in nodes {
            let left: Vec<u16> = (0..self.hosts)
                .map(|host| {
                    let open = graph
                        .before(node)
                        .filter(|(from, wait)| !self.is_met(*from, node, wait, host));
                    u16::try_from(open.count()).unwrap_or(u16::MAX)
                })
                .collect();
            let hosts = self.hosts;
            let row = self.rows.entry(node).or_insert_with(|| Row {
                cells: vec![Cell::Waiting; hosts],
                left: Vec::new(),
                ended: 0,
            });
            row.left = left;
            for host in 0..hosts {
                if row.left[host] == 0 && row.cells[host] == Cell::Waiting {
                    row.cells[host] = Cell::Begun;
                    ready.push((node, host));
                }
            }
        }
        ready
    }

    fn is_met(&self, from: NodeId, to: NodeId, wait: &Wait, host: usize) -> bool {
        let Some(row) = self.rows.get(&from) else {
            return false;
        };
        let ended = |host: usize| matches!(row.cells[host], Cell::Ended(_));
        match wait {
            Wait::SameHost => ended(host),
            Wait::AllHosts => row.ended == self.hosts,
            Wait::Hosts(_) => self
                .named
                .get(&(from, to))
                .is_none_or(|hosts| hosts.iter().all(|host| ended(*host))),
        }
    }

    /// Notes that a task has ended on a host, and returns what may begin now.
    pub fn end(
        &mut self,
        graph: &Graph,
        node: NodeId,
        host: usize,
        ended: Ended,
    ) -> Vec<(NodeId, usize)> {
        let Some(row) = self.rows.get_mut(&node) else {
            return Vec::new();
        };
        if matches!(row.cells[host], Cell::Ended(_)) {
            return Vec::new();
        }
        row.cells[host] = Cell::Ended(ended);
        row.ended += 1;
        let everywhere = row.ended == self.hosts;
        let mut ready = Vec::new();
        for (later, wait) in graph.after(node) {
            match wait {
                Wait::SameHost => self.release(later, host..host + 1, &mut ready),
                Wait::AllHosts if everywhere => self.release(later, 0..self.hosts, &mut ready),
                Wait::AllHosts => {}
                Wait::Hosts(_) => {
                    let named = self.named.get(&(node, later));
                    if named.is_some_and(|hosts| hosts.contains(&host))
                        && self.is_met(node, later, wait, host)
                    {
                        self.release(later, 0..self.hosts, &mut ready);
                    }
                }
            }
        }
        ready
    }

    fn release(
        &mut self,
        node: NodeId,
        hosts: std::ops::Range<usize>,
        ready: &mut Vec<(NodeId, usize)>,
    ) {
        let Some(row) = self.rows.get_mut(&node) else {
            return;
        };
        for host in hosts {
            row.left[host] = row.left[host].saturating_sub(1);
            if row.left[host] == 0 && row.cells[host] == Cell::Waiting {
                row.cells[host] = Cell::Begun;
                ready.push((node, host));
            }
        }
    }

    /// Whether `host` is the only one on which a task has not ended.
    pub fn is_last(&self, node: NodeId, host: usize) -> bool {
        let row = self.rows.get(&node);
        row.is_some_and(|row| {
            row.ended + 1 == self.hosts && !matches!(row.cells[host], Cell::Ended(_))
        })
    }

    /// What a task on a host needs of other hosts that ended badly there: it can never begin.
    pub fn blocked_by(&self, graph: &Graph, node: NodeId, host: usize) -> Option<(NodeId, usize)> {
        graph.before(node).find_map(|(from, wait)| {
            let row = self.rows.get(&from)?;
            let badly =
                |other: &usize| *other != host && row.cells[*other] == Cell::Ended(Ended::Badly);
            let other = match wait {
                Wait::SameHost => None,
                Wait::AllHosts => (0..self.hosts).find(badly),
                Wait::Hosts(_) => self.named.get(&(from, node))?.iter().copied().find(badly),
            };
            other.map(|other| (from, other))
        })
    }
}
