//! What `parted -m ... print` tells.

use k8sbm_core::task::Returns;
use serde_json::{Value as Json, json};
use std::fmt;

/// A disk, and the partitions on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Disk {
    pub(super) device: String,
    pub(super) size: f64,
    /// The unit of all its numbers, in lower case.
    pub(super) unit: String,
    /// The kind of partition table; `unknown` where there is none.
    pub(super) table: String,
    pub(super) model: String,
    pub(super) logical_block: u64,
    pub(super) physical_block: u64,
    /// The disk told in cylinders.
    pub(super) geometry: Option<Json>,
    pub(super) partitions: Vec<Partition>,
}

/// A partition. Where it begins and ends are numbers, or a cylinder, a head and a sector.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Partition {
    pub(super) number: u32,
    begin: Json,
    pub(super) end: Json,
    size: Json,
    fstype: String,
    pub(super) name: String,
    pub(super) flags: Vec<String>,
}

impl Disk {
    /// Reads the output; what stands before it are messages.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(|line| line.trim_end());
        let kind = lines.find(|line| ["BYT;", "CHS;", "CYL;"].contains(line))?;
        let about = fields(lines.next()?);
        let [device, size, _, logical, physical, table, model, ..] = &*about else {
            return None;
        };
        let (size, unit) = if kind == "CHS;" {
            (0.0, "chs")
        } else {
            measure(size)?
        };
        let geometry = match kind {
            "BYT;" => None,
            _ => Some(geometry(lines.next()?)?),
        };
        let partitions = lines
            .filter(|line| !line.is_empty())
            .map(|line| Partition::read(&fields(line), kind == "CHS;"));
        Some(Self {
            device: device.clone(),
            size,
            unit: unit.to_lowercase(),
            table: table.clone(),
            model: model.clone(),
            logical_block: logical.parse().ok()?,
            physical_block: physical.parse().ok()?,
            geometry,
            partitions: partitions.collect::<Option<_>>()?,
        })
    }

    pub(super) fn partition(&self, number: Option<u32>) -> Option<&Partition> {
        self.partitions.iter().find(|it| Some(it.number) == number)
    }

    /// What `register` sees.
    pub(super) fn returns(&self, script: Vec<String>) -> Returns {
        let mut disk = json!({
            "dev": self.device,
            "size": self.size,
            "unit": self.unit,
            "table": self.table,
            "model": self.model,
            "logical_block": self.logical_block,
            "physical_block": self.physical_block,
        });
        if let Some(geometry) = &self.geometry {
            disk["chs_info"] = geometry.clone();
        }
        let partition = |it: &Partition| {
            json!({
                "num": it.number,
                "begin": it.begin,
                "end": it.end,
                "size": it.size,
                "fstype": it.fstype,
                "name": it.name,
                "flags": it.flags,
                "unit": self.unit,
            })
        };
        let partitions: Vec<Json> = self.partitions.iter().map(partition).collect();
        let all = [
            ("disk", disk),
            ("partitions", partitions.into()),
            ("script", script.into()),
        ];
        all.into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

/// A line for the table and for each partition, as diffs show them.
impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "table: {}", self.table)?;
        for it in &self.partitions {
            writeln!(
                f,
                "{}",
                line(it.number, &it.places(&self.unit), &it.name, &it.flags)
            )?;
        }
        Ok(())
    }
}

/// A partition in a diff.
pub(super) fn line(number: u32, places: &str, name: &str, flags: &[impl AsRef<str>]) -> String {
    let words = [places, name]
        .into_iter()
        .chain(flags.iter().map(AsRef::as_ref));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{number}: {}", words.join(" "))
}

impl Partition {
    /// From where to where it goes.
    pub(super) fn places(&self, unit: &str) -> String {
        format!("{} to {} {unit}", self.begin, self.end)
    }

    /// Cylinders, heads and sectors come without a size.
    fn read(fields: &[String], chs: bool) -> Option<Self> {
        let [number, begin, end, rest @ ..] = fields else {
            return None;
        };
        let place = |text: &str| -> Option<Json> {
            if chs {
                triple(text)
            } else {
                Some(measure(text)?.0.into())
            }
        };
        let (size, rest) = if chs {
            ("".into(), rest)
        } else {
            let (size, rest) = rest.split_first()?;
            (place(size)?, rest)
        };
        let [fstype, name, flags, ..] = rest else {
            return None;
        };
        let flags = flags
            .split(',')
            .map(str::trim)
            .filter(|flag| !flag.is_empty());
        Some(Self {
            number: number.parse().ok()?,
            begin: place(begin)?,
            end: place(end)?,
            size,
            fstype: fstype.clone(),
            name: name.clone(),
            flags: flags.map(str::to_owned).collect(),
        })
    }
}

/// The fields of a line: a backslash stands before a colon that is part of one.
fn fields(line: &str) -> Vec<String> {
    let line = line.strip_suffix(';').unwrap_or(line);
    let mut fields = vec![String::new()];
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        let taken = match sign {
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => signs.next(),
            sign => Some(sign),
        };
        if let Some(last) = fields.last_mut() {
            last.extend(taken);
        }
    }
    fields
}

/// `65536kiB`
fn measure(text: &str) -> Option<(f64, &str)> {
    let at = text.find(|sign: char| sign != '.' && sign != '-' && !sign.is_ascii_digit());
    let (number, unit) = text.split_at(at.unwrap_or(text.len()));
    Some((number.parse().ok()?, unit))
}

/// `257,0,1`
fn triple(text: &str) -> Option<Json> {
    let mut numbers = text.split(',').map(|it| it.parse::<u64>().ok());
    let mut next = || numbers.next().flatten();
    Some(json!({ "cylinder": next()?, "head": next()?, "sector": next()? }))
}

/// `257:255:2:261kB;`
fn geometry(line: &str) -> Option<Json> {
    let fields = fields(line);
    let [cylinders, heads, sectors, size] = &*fields else {
        return None;
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let (size, unit) = measure(size)?;
    Some(json!({
        "cylinders": number(cylinders)?,
        "heads": number(heads)?,
        "sectors": number(sectors)?,
        "cyl_size": size,
        "cyl_size_unit": unit.to_lowercase(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_colons() {
        let text = "Warning: something.\nBYT;\n/dev/loop6:64.0MiB:loopback:512:512:gpt:Loopback device:;\n1:0.02MiB:32.0MiB:32.0MiB::my:;\n2:32.0MiB:64.0MiB:32.0MiB:ext4:a\\:b;c\\\\:boot, esp;\n";
        let disk = Disk::read(text).unwrap();
        assert_eq!((disk.size, &*disk.unit, &*disk.table), (64.0, "mib", "gpt"));
        let [one, two] = &*disk.partitions else {
            panic!("{disk:?}");
        };
        assert_eq!((one.number, &*one.name, one.flags.len()), (1, "my", 0));
        assert_eq!((&*two.name, &*two.fstype), ("a:b;c\\", "ext4"));
        assert_eq!(two.flags, ["boot", "esp"]);
        assert_eq!(
            disk.to_string(),
            "table: gpt\n1: 0.02 to 32.0 mib my\n2: 32.0 to 64.0 mib a:b;c\\ boot esp\n"
        );
    }

    #[test]
    fn a_disk_can_be_told_in_cylinders() {
        let about = |unit: &str, size: &str, one: &str| {
            format!(
                "{unit};\n/dev/sda:{size}:scsi:512:4096:gpt:A disk:;\n257:255:2:261kB;\n1:{one}::my:boot;\n"
            )
        };
        let chs = Disk::read(&about("CHS", "257,0,1", "0,17,0:128,127,1")).unwrap();
        assert_eq!(
            chs.partitions[0].begin,
            json!({"cylinder": 0, "head": 17, "sector": 0})
        );
        assert_eq!(
            (&*chs.unit, &*chs.partitions[0].flags),
            ("chs", &["boot".to_owned()][..])
        );
        let cylinders = Disk::read(&about("CYL", "257cyl", "0cyl:128cyl:128cyl")).unwrap();
        assert_eq!((cylinders.size, &*cylinders.unit), (257.0, "cyl"));
        assert_eq!(
            cylinders.returns(Vec::new())["disk"]["chs_info"]["cyl_size"],
            261.0
        );
    }

    #[test]
    fn what_is_no_disk_is_not_read() {
        assert_eq!(Disk::read("Error: Could not stat device /dev/x\n"), None);
        assert_eq!(Disk::read("BYT;\n/dev/x:1B;\n"), None);
    }
}
