//! What parted is told.

use super::{
    Parted,
    length::Length,
    print::{Disk, Partition, line},
    words::{Label, PartType},
};
use k8sbm_core::task::{Error, Result};

/// Ends that differ by less are the same: parted aligns them, and a GPT keeps a copy of itself at the end.
const GRAIN: f64 = 1_048_576.0;

/// The script that makes or grows the partition, and the one that names it and sets its flags as far as known.
///
/// `exact` is the disk in bytes, where a partition shall grow.
pub(super) fn layout(
    task: &Parted,
    disk: &Disk,
    exact: Option<&Disk>,
) -> Result<(Vec<String>, Vec<String>)> {
    let anew = disk.table != task.label.word();
    let there = disk.partition(task.number).filter(|_| !anew);
    let mut first: Vec<&str> = Vec::new();
    if anew {
        first.extend(["mklabel", task.label.word()]);
    }
    let number = task.number.unwrap_or_default().to_string();
    match there {
        None => {
            first.extend(["mkpart", task.part_type.word()]);
            first.extend(task.fs_type.as_deref());
            first.extend([&*task.part_start, &task.part_end]);
        }
        Some(_) if grows(task, exact)? => first.extend(["resizepart", &number, &task.part_end]),
        Some(_) => {}
    }
    if !first.is_empty() {
        first.splice(0..0, ["unit", task.unit.word()]);
    }
    let second = match there {
        Some(it) => attributes(task, disk, it),
        None => told(task, &number, None, &wanted(task, task.label.word()), &[]),
    };
    Ok((first.into_iter().map(str::to_owned).collect(), second))
}

fn grows(task: &Parted, exact: Option<&Disk>) -> Result<bool> {
    let Some(disk) = exact else {
        return Ok(false);
    };
    let target = Length::read(&task.part_end).and_then(|it| it.bytes(disk, task.unit.word()));
    let target = target.ok_or_else(|| {
        Error::failed(format!("it cannot be told how far `{}` is", task.part_end))
            .hint("with `resize`, say `part_end` in bytes, sectors or hundredths")
            .about(["part_end"])
    })?;
    let end = disk.partition(task.number).and_then(|it| it.end.as_f64());
    let end = end.unwrap_or_default() + 1.0;
    if target < end - GRAIN {
        return Err(Error::failed(format!(
            "partition {} of {} ends at {end} B, behind `{}`: parted shrinks no partition without being asked by a person",
            task.number.unwrap_or_default(),
            task.device,
            task.part_end
        )));
    }
    Ok(target > end + GRAIN)
}

/// The script that gives a partition its name and flags.
pub(super) fn attributes(task: &Parted, disk: &Disk, it: &Partition) -> Vec<String> {
    // Some versions tell the type of a partition among its flags.
    let has: Vec<&str> = it
        .flags
        .iter()
        .map(|it| &**it)
        .filter(|it| !it.contains('='))
        .collect();
    told(
        task,
        &it.number.to_string(),
        Some(&it.name),
        &wanted(task, &disk.table),
        &has,
    )
}

/// On a GPT `boot` is another name for `esp`; elsewhere a partition for EFI is one to boot from, too.
fn wanted<'a>(task: &'a Parted, table: &str) -> Vec<&'a str> {
    let mut flags: Vec<&str> = task.flags.iter().flatten().map(|it| &**it).collect();
    if flags.contains(&"esp") && !flags.contains(&"boot") {
        flags.push("boot");
    }
    if table == Label::Gpt.word() && flags.contains(&"boot") && !flags.contains(&"esp") {
        flags.push("esp");
    }
    flags
}

/// Flags are taken away first: some exclude each other.
fn told(
    task: &Parted,
    number: &str,
    name: Option<&str>,
    wanted: &[&str],
    has: &[&str],
) -> Vec<String> {
    let mut script: Vec<String> = Vec::new();
    if let Some(wanted) = &task.name
        && name != Some(wanted)
    {
        script.extend(["name".to_owned(), number.into(), format!("\"{wanted}\"")]);
    }
    let mut set = |flag: &str, how: &str| {
        script.extend(["set", number, flag, how].map(str::to_owned));
    };
    // Ansible reads an empty list as none.
    if !wanted.is_empty() {
        has.iter()
            .filter(|it| !wanted.contains(it))
            .for_each(|it| set(it, "off"));
        wanted
            .iter()
            .filter(|it| !has.contains(it))
            .for_each(|it| set(it, "on"));
    }
    script
}

/// Refuses a number that parted would not give: it takes the first that is free.
pub(super) fn numbered_next(task: &Parted, disk: &Disk) -> Result<()> {
    let first = match (task.label, task.part_type) {
        (Label::Msdos, PartType::Logical) => 5,
        (Label::Gpt | Label::Msdos, _) => 1,
        _ => return Ok(()),
    };
    let next = (first..).find(|number| disk.partition(Some(*number)).is_none());
    if next == task.number {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the next partition of {} gets the number {}, not {}",
        task.device,
        next.unwrap_or_default(),
        task.number.unwrap_or_default()
    ))
    .hint("parted numbers partitions itself: make those before it first")
    .about(["number"]))
}

/// What the disk would be, in the words of its diff.
pub(super) fn after(task: &Parted, disk: &Disk, first: &[String]) -> String {
    let does = |deed: &str| first.iter().any(|word| word == deed);
    let number = task.number.unwrap_or_default();
    let table = match does("mklabel") {
        true => task.label.word(),
        false => &disk.table,
    };
    let mut lines = vec![format!("table: {table}")];
    let flags = wanted(task, table);
    let name = task.name.as_deref();
    for it in disk.partitions.iter().filter(|_| !does("mklabel")) {
        let places = it.places(&disk.unit);
        if it.number != number {
            lines.push(line(it.number, &places, &it.name, &it.flags));
        } else if !does("rm") {
            let places = match does("resizepart") {
                true => format!("to {}", task.part_end),
                false => places,
            };
            let name = name.unwrap_or(&it.name);
            lines.push(match flags.is_empty() {
                true => line(number, &places, name, &it.flags),
                false => line(number, &places, name, &flags),
            });
        }
    }
    if does("mkpart") {
        let places = format!("{} to {}", task.part_start, task.part_end);
        lines.push(line(number, &places, name.unwrap_or_default(), &flags));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
