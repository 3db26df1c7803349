//! What LVM knows: physical volumes, volume groups, logical volumes.

use crate::program;
use k8sbm_core::{
    host::Command,
    task::{Error, Plan, Probe, Result},
};

/// A volume group; sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    /// How many logical volumes it has.
    pub(super) volumes: u64,
    pub(super) size: u64,
    pub(super) free: u64,
    pub(super) extent: u64,
}

/// A physical volume, which may be in no group; sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Physical {
    pub(super) name: String,
    pub(super) group: String,
    /// The size of the device.
    pub(super) device: u64,
    pub(super) size: u64,
    /// Where the first extent starts.
    pub(super) start: u64,
}

/// A logical volume; sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logical {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) size: u64,
    attributes: String,
    /// Whether it is a part of another.
    pub(super) hidden: bool,
}

impl Logical {
    /// Whether it is active; nothing where LVM was told not to ask the kernel, and where it is only activated by name.
    pub(super) fn active(&self) -> Option<bool> {
        if self.attributes.chars().nth(9) == Some('k') {
            return None;
        }
        match self.attributes.chars().nth(4)? {
            'a' => Some(true),
            'X' => None,
            _ => Some(false),
        }
    }

    pub(super) fn is_thin_pool(&self) -> bool {
        self.attributes.starts_with('t')
    }

    pub(super) fn is_thin(&self) -> bool {
        self.attributes.starts_with('V')
    }
}

/// A command of LVM.
pub(super) fn command<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
    // LVM complains of the files that its caller has open.
    Command::new(words)
        .env("LC_ALL", "C")
        .env("LVM_SUPPRESS_FD_WARNINGS", "1")
}

/// Plans a command of LVM.
pub(super) fn run<S: Into<String>>(plan: &mut Plan, words: impl IntoIterator<Item = S>) {
    plan.run_command(command(words), None);
}

/// All volume groups of the host.
pub(super) async fn groups(host: &Probe) -> Result<Vec<Group>> {
    let fields = "vg_name,lv_count,vg_size,vg_free,vg_extent_size";
    let rows = report(host, &["vgs"], fields).await?;
    let group = |row: &Vec<String>| {
        let [name, volumes, size, free, extent] = &**row else {
            return None;
        };
        Some(Group {
            name: name.clone(),
            volumes: volumes.parse().ok()?,
            size: bytes(size),
            free: bytes(free),
            extent: bytes(extent).max(1),
        })
    };
    Ok(rows.iter().filter_map(group).collect())
}

/// All physical volumes of the host.
pub(super) async fn physical(host: &Probe) -> Result<Vec<Physical>> {
    let rows = report(host, &["pvs"], "pv_name,vg_name,dev_size,pv_size,pe_start").await?;
    let volume = |row: &Vec<String>| {
        let [name, group, device, size, start] = &**row else {
            return None;
        };
        Some(Physical {
            name: name.clone(),
            group: group.clone(),
            device: bytes(device),
            size: bytes(size),
            start: bytes(start),
        })
    };
    Ok(rows.iter().filter_map(volume).collect())
}

/// All logical volumes of the host, with those that others consist of.
pub(super) async fn logical(host: &Probe) -> Result<Vec<Logical>> {
    let rows = report(host, &["lvs", "-a"], "vg_name,lv_name,lv_size,lv_attr").await?;
    let volume = |row: &Vec<String>| {
        let [group, name, size, attributes] = &**row else {
            return None;
        };
        Some(Logical {
            group: group.clone(),
            name: name.trim_matches(['[', ']']).to_owned(),
            size: bytes(size),
            attributes: attributes.clone(),
            hidden: name.starts_with('['),
        })
    };
    Ok(rows.iter().filter_map(volume).collect())
}

/// The rows of one of LVM's reports. It is asked of all there is, so that tasks can share the answer.
async fn report(host: &Probe, tool: &[&str], fields: &str) -> Result<Vec<Vec<String>>> {
    let how = "--noheadings --nosuffix --units b --separator ; -o".split(' ');
    let words = tool.iter().copied().chain(how).chain([fields]);
    let output = host.query_command(command(words)).await?;
    program::found(&output, tool[0], "lvm2")?;
    if !output.success() {
        let said = output.error_text();
        return Err(
            Error::failed(format!("`{}` failed: {}", tool[0], said.trim()))
                .returning("rc", output.status)
                .returning("stderr", said.trim_end()),
        );
    }
    let text = output.text();
    let row = |line: &str| line.trim().split(';').map(str::to_owned).collect();
    Ok(text
        .lines()
        .filter(|line| line.contains(';'))
        .map(row)
        .collect())
}

fn bytes(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

#[cfg(test)]
pub(super) mod testing {
    //! A host with LVM.

    use crate::storage::devices::SCRIPT;
    use k8sbm_core::{connection::FakeHost, host::Output};

    /// A host with these reports, on which `/dev/mapper/disk` leads to `/dev/dm-1`, `/dev/sdx` is missing, and
    /// `/dev/sdu` has a file system.
    pub(crate) fn host(groups: &str, physical: &str, logical: &str) -> FakeHost {
        let report = |program: &str, fields: &str| {
            let how =
                format!("{program} --noheadings --nosuffix --units b --separator ; -o {fields}");
            how.split(' ').map(str::to_owned).collect::<Vec<_>>()
        };
        FakeHost::new()
            .query(
                report("vgs", "vg_name,lv_count,vg_size,vg_free,vg_extent_size"),
                groups,
            )
            .query(
                report("pvs", "pv_name,vg_name,dev_size,pv_size,pe_start"),
                physical,
            )
            .query(report("lvs -a", "vg_name,lv_name,lv_size,lv_attr"), logical)
            .queries(
                |command| {
                    command
                        .line()
                        .contains(SCRIPT.split(' ').nth(3).unwrap_or_default())
                },
                |_, command| {
                    let line = command.line();
                    let paths = line.split(' ').filter(|word| word.starts_with("/dev/"));
                    let real = paths.map(|path| match path {
                        "/dev/mapper/disk" => "/dev/dm-1\n".to_owned(),
                        "/dev/sdx" => "\n".to_owned(),
                        path => format!("{path}\n"),
                    });
                    printed(real.collect())
                },
            )
            .queries(
                |command| command.line().starts_with("blkid "),
                |_, command| match command.line().ends_with("/dev/sdu") {
                    true => printed("TYPE=ext4\n".into()),
                    false => Output {
                        status: 2,
                        ..Output::default()
                    },
                },
            )
    }

    fn printed(text: String) -> Output {
        Output {
            stdout: text.into(),
            ..Output::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Desk, probe};

    #[tokio::test]
    async fn reports_are_read() {
        let host = testing::host(
            "  vg0;2;62914560;46137344;4194304\n",
            "  /dev/loop4;vg0;67108864;62914560;1048576\n  /dev/loop5;;67108864;67108864;0\n",
            "  vg0;a;8388608;-wi-a-----\n  vg0;[a_rimage];8388608;iwi-aor---\n  vg0;snap;4194304;Vwi---tz-k\n  vg0;x;4194304;-wi-XX----\n",
        );
        let host = probe(host, Desk::default());
        let groups = groups(&host).await.unwrap();
        assert_eq!(
            (&*groups[0].name, groups[0].volumes, groups[0].free),
            ("vg0", 2, 46_137_344)
        );
        let physical = physical(&host).await.unwrap();
        assert_eq!(
            (&*physical[1].name, &*physical[1].group),
            ("/dev/loop5", "")
        );
        let logical = logical(&host).await.unwrap();
        let told: Vec<_> = logical
            .iter()
            .map(|it| (&*it.name, it.hidden, it.active()))
            .collect();
        assert_eq!(
            told,
            [
                ("a", false, Some(true)),
                ("a_rimage", true, Some(true)),
                ("snap", false, None),
                ("x", false, None)
            ]
        );
    }
}
