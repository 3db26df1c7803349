//! Prints what a task on a host costs the controller, for growing numbers of hosts.

use k8sbm_core::run::Options;
use std::fs;

#[expect(clippy::print_stdout, reason = "the table is what it is for")]
#[tokio::main]
async fn main() {
    let tasks = 100;
    // What the program itself needs and what the hosts that are worked on at once need is no host's own.
    let (forks, before) = (Options::default().forks, resident_kib());
    k8sbm_bench::scale::run(forks, tasks).await;
    let working = (resident_kib() - before) / 1024;
    println!("working memory, whatever the number of hosts ({forks} at once): {working} MiB");
    println!(
        "{:>8} {:>8} {:>16} {:>16}",
        "hosts", "tasks", "CPU µs/task/host", "KiB/host"
    );
    for hosts in [100, 1_000, 10_000] {
        let (cpu, memory) = (cpu_seconds(), resident_kib());
        let report = k8sbm_bench::scale::run(hosts, tasks).await;
        assert!(report.success(), "{:?}", report.recap.values().next());
        let cpu = (cpu_seconds() - cpu) * 1e6 / (hosts * tasks) as f64;
        let memory = (resident_kib() - memory) as f64 / hosts as f64;
        println!("{hosts:>8} {tasks:>8} {cpu:>16.1} {memory:>16.1}");
    }
}

/// Seconds of CPU this process has used: fields 14 and 15 of /proc/self/stat, in hundredths (proc(5)).
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.iter().sum::<f64>() / 100.0
}

/// The most memory this process has had, in KiB.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}
