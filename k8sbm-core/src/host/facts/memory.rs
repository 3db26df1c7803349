//! Memory, swap, uptime.

use super::Facts;
use super::gathered::Gathered;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    if let Some(text) = gathered.value("/proc/uptime") {
        let seconds = text
            .split(['.', ' '])
            .next()
            .and_then(|text| text.parse::<u64>().ok());
        if let Some(seconds) = seconds {
            facts.insert("uptime_seconds".into(), seconds.into());
        }
    }
    let Some(text) = gathered.file("/proc/meminfo") else {
        return;
    };
    let sizes: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            Some((name, rest.split_whitespace().next()?.parse().ok()?))
        })
        .collect();
    let kib = |name: &str| sizes.get(name).copied().unwrap_or(0);
    let mib = |name: &str| kib(name) / 1024;
    let (total, free) = (kib("MemTotal"), kib("MemFree"));
    let reusable = free + kib("Cached") + kib("Buffers");
    facts.insert("memtotal_mb".into(), (total / 1024).into());
    facts.insert("memfree_mb".into(), (free / 1024).into());
    facts.insert("swaptotal_mb".into(), mib("SwapTotal").into());
    facts.insert("swapfree_mb".into(), mib("SwapFree").into());
    facts.insert(
        "memory_mb".into(),
        json!({
            "real": {
                "total": total / 1024,
                "used": total / 1024 - free / 1024,
                "free": free / 1024,
            },
            "nocache": {
                "free": reusable / 1024,
                "used": total.saturating_sub(reusable) / 1024,
            },
            "swap": {
                "total": mib("SwapTotal"),
                "free": mib("SwapFree"),
                "used": mib("SwapTotal") - mib("SwapFree"),
                "cached": mib("SwapCached"),
            },
        }),
    );
}
