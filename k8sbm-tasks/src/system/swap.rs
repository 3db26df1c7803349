//! The `swap` module.

use super::{
    fstab::Entry,
    swap_units::{self, Units},
};
use k8sbm_core::{
    host::{Attributes, Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

const FSTAB: &str = "/etc/fstab";
/// Stands before a line of fstab that was turned off, so that it can be told from other comments.
const MARK: &str = "# swap off: ";
/// The units that were turned off, and how, a line each, so that only these are turned on again.
const RECORD: &str = "/var/lib/k8sbm/swap-off";

/// Turns swap off, now and for good; or on again.
///
/// The kubelet refuses to start on a host with swap, unless it is told otherwise (`failSwapOn: false`): pods are
/// scheduled by the memory that they asked for, and a host that swaps gives them something much slower without saying
/// so. `kubeadm` warns of it.
///
/// `state: off` looks at every way in which swap comes back at boot. It comments out the lines of `/etc/fstab`; masks
/// the swap units of systemd that come from elsewhere (unit files, swap partitions that are found by their type, and
/// zram-generator), or disables them where the administrator's own file is in the way; stops and masks services that make swap (dphys-swapfile, zramswap, zram-config, swapspace); and
/// turns off what is in use. Nothing is deleted.
///
/// `state: on` takes back what `off` did on this host, and turns on what fstab lists. It makes no swap of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Swap {
    /// Whether the host shall swap.
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It does not, now and after every boot.
    Off,
    /// It does again, as it did before.
    On,
}

impl Task for Swap {
    const NAME: &'static str = "swap";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        match self.state {
            State::Off => off(host).await,
            State::On => on(host).await,
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What the kubelet asks of a host",
                yaml: "swap:\n  state: off\n",
            },
            Example {
                title: "A host that leaves the cluster swaps again",
                yaml: "swap:\n  state: on\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "swaps",
                "What was in use before: `device`, `type`, `size` and `used` in KiB of each.",
            ),
            (
                "fstab_lines",
                "The lines of fstab that are commented out, or in again.",
            ),
            ("units", "The units that are turned off, or on again."),
        ]
    }
}

/// A device or file that the kernel swaps to; sizes in KiB.
#[derive(Debug, PartialEq, Eq)]
struct InUse {
    device: String,
    kind: String,
    size: u64,
    used: u64,
}

async fn off(host: &Probe) -> Result<Plan> {
    let (swaps, fstab, units) = tokio::join!(
        host.read_text("/proc/swaps"),
        host.read_text(FSTAB),
        swap_units::to_turn_off(host),
    );
    let (fstab, units) = (fstab?.unwrap_or_default(), units?);
    let swaps: Vec<InUse> = swaps?
        .unwrap_or_default()
        .lines()
        .filter_map(in_use)
        .collect();
    let mut plan = Plan::default();

    let (after, lines) = commented(&fstab);
    if !lines.is_empty() {
        plan.file(host, FSTAB, after).await?;
    }
    let names = units.names();
    if !names.is_empty() {
        record(host, &mut plan, &units).await?;
        systemctl(
            &mut plan,
            &["mask", "--now"],
            &units.mask,
            ("masked: no", "masked: yes"),
        );
        systemctl(
            &mut plan,
            &["disable", "--now"],
            &units.disable,
            ("enabled: yes", "enabled: no"),
        );
    }
    if !swaps.is_empty() {
        turn_off(&mut plan, &swaps);
    }
    if !lines.is_empty() {
        reload(&mut plan);
    }
    let list = swaps.iter().map(
        |it| json!({ "device": it.device, "type": it.kind, "size": it.size, "used": it.used }),
    );
    plan.returns("swaps", list.collect::<Vec<Json>>());
    plan.returns("fstab_lines", lines);
    plan.returns("units", names);
    Ok(plan)
}

async fn on(host: &Probe) -> Result<Plan> {
    let (swaps, fstab, recorded) = tokio::join!(
        host.read_text("/proc/swaps"),
        host.read_text(FSTAB),
        host.read_text(RECORD)
    );
    let fstab = fstab?.unwrap_or_default();
    let swaps: Vec<InUse> = swaps?
        .unwrap_or_default()
        .lines()
        .filter_map(in_use)
        .collect();
    let units = recorded_units(&recorded?.unwrap_or_default());
    let mut plan = Plan::default();
    let (after, lines) = uncommented(&fstab);
    if !lines.is_empty() {
        plan.file(host, FSTAB, after).await?;
    }
    let names = units.names();
    if !names.is_empty() {
        systemctl(
            &mut plan,
            &["unmask"],
            &units.mask,
            ("masked: yes", "masked: no"),
        );
        systemctl(
            &mut plan,
            &["enable"],
            &units.disable,
            ("enabled: no", "enabled: yes"),
        );
        plan.absent(host, RECORD).await?;
    }
    if !lines.is_empty() || !names.is_empty() {
        reload(&mut plan);
        let names = names.clone();
        plan.act("turn swap on", async move |host: Host| {
            host.check(Command::new(["swapon", "-a"])).await?;
            for unit in &names {
                host.check(Command::new(["systemctl", "start", unit]))
                    .await?;
            }
            Ok(Returns::new())
        });
    }
    let list = swaps.iter().map(
        |it| json!({ "device": it.device, "type": it.kind, "size": it.size, "used": it.used }),
    );
    plan.returns("swaps", list.collect::<Vec<Json>>());
    plan.returns("fstab_lines", lines);
    plan.returns("units", names);
    Ok(plan)
}

/// Keeps in mind what is turned off, beside what was before.
async fn record(host: &Probe, plan: &mut Plan, units: &Units) -> Result<()> {
    let known = host.read_text(RECORD).await?.unwrap_or_default();
    let mask = units.mask.iter().map(|it| format!("mask {it}"));
    let disable = units.disable.iter().map(|it| format!("disable {it}"));
    let mut lines: Vec<String> = known
        .lines()
        .map(str::to_owned)
        .chain(mask)
        .chain(disable)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    let directory = RECORD
        .rsplit_once('/')
        .map_or("/", |(directory, _)| directory);
    plan.directory(host, directory, &Attributes::default())
        .await?;
    let file = WriteFile {
        path: RECORD.into(),
        content: format!("{}\n", lines.join("\n")).into(),
        ..WriteFile::default()
    };
    plan.write(host, file).await?;
    Ok(())
}

/// What the services that were stopped turned off already is not turned off again.
fn turn_off(plan: &mut Plan, swaps: &[InUse]) {
    let line = |it: &InUse| format!("{} {} {} KiB\n", it.device, it.kind, it.size);
    let diff = Diff::text(
        "/proc/swaps",
        swaps.iter().map(line).collect::<String>(),
        "",
    );
    let used: u64 = swaps.iter().map(|it| it.used).sum();
    plan.act_with("swapoff -a", diff, async move |host: Host| {
        let output = host.run(Command::new(["swapoff", "-a"])).await?;
        let left = host.probe().read_text("/proc/swaps").await?.unwrap_or_default();
        let left: Vec<InUse> = left.lines().filter_map(in_use).collect();
        if output.success() && left.is_empty() {
            return Ok(Returns::new());
        }
        let devices: Vec<&str> = left.iter().map(|it| it.device.as_str()).collect();
        let said = output.error_text();
        let error = Error::failed(format!("{} cannot be turned off: {}", devices.join(", "), said.trim()))
            .returning("rc", output.status)
            .returning("stderr", said.trim_end());
        Err(if said.contains("Cannot allocate memory") {
            error.hint(format!("{} MiB are swapped out, and there is no memory to take them back: stop something first", used / 1024))
        } else {
            error
        })
    });
}

/// systemd makes units of fstab's lines when it is told to read them.
fn reload(plan: &mut Plan) {
    plan.observe("systemctl daemon-reload", async |host: Host| {
        host.run(Command::new(["systemctl", "daemon-reload"]))
            .await?;
        Ok(Returns::new())
    });
}

fn recorded_units(record: &str) -> Units {
    let named = |how: &str| {
        let units = record
            .lines()
            .filter_map(|line| line.strip_prefix(how)?.strip_prefix(' '));
        units.map(str::to_owned).collect()
    };
    Units {
        mask: named("mask"),
        disable: named("disable"),
    }
}

fn systemctl(plan: &mut Plan, action: &[&str], units: &[String], (before, after): (&str, &str)) {
    if units.is_empty() {
        return;
    }
    let words = ["systemctl"]
        .iter()
        .chain(action)
        .map(|it| (*it).to_owned());
    let side = |state: &str| {
        units
            .iter()
            .map(|it| format!("{it}: {state}\n"))
            .collect::<String>()
    };
    let diff = Diff::text("systemd", side(before), side(after));
    plan.run_command(Command::new(words.chain(units.iter().cloned())), Some(diff));
}

/// `/dev/sda2 partition 1048572 0 -2`
fn in_use(line: &str) -> Option<InUse> {
    let mut words = line.split_whitespace();
    let (device, kind) = (words.next()?, words.next()?);
    Some(InUse {
        device: super::fstab::plain(device),
        kind: kind.to_owned(),
        size: words.next()?.parse().ok()?,
        used: words.next()?.parse().ok()?,
    })
}

fn commented(fstab: &str) -> (String, Vec<String>) {
    let mut lines = Vec::new();
    let after = fstab.split_inclusive('\n').map(|line| {
        if !Entry::parse(line).is_some_and(|it| it.is_swap()) {
            return line.to_owned();
        }
        lines.push(line.trim_end().to_owned());
        format!("{MARK}{line}")
    });
    (after.collect(), lines)
}

fn uncommented(fstab: &str) -> (String, Vec<String>) {
    let mut lines = Vec::new();
    let after = fstab
        .split_inclusive('\n')
        .map(|line| match line.strip_prefix(MARK) {
            Some(entry) => {
                lines.push(entry.trim_end().to_owned());
                entry
            }
            None => line,
        });
    (after.collect(), lines)
}

#[cfg(test)]
mod tests;
