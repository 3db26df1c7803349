//! The units of systemd that bring swap, other than those that it makes of fstab.

use k8sbm_core::task::{Probe, Result};

/// Services of distributions that make swap files or compressed memory.
const SERVICES: [&str; 6] = [
    "dphys-swapfile.service",
    "swapspace.service",
    "zram-config.service",
    "zram-swap.service",
    "zramswap.service",
    "armbian-zram-config.service",
];

/// Where the host's administrator puts unit files; what stands there cannot be masked.
const OWN: &str = "/etc/systemd/system";

/// The units to turn off so that no swap comes back, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Units {
    /// Those that can be masked.
    pub(super) mask: Vec<String>,
    /// Those that can be disabled only, since their file is where the mask would be.
    pub(super) disable: Vec<String>,
}

impl Units {
    /// All of them.
    pub(super) fn names(&self) -> Vec<String> {
        self.mask.iter().chain(&self.disable).cloned().collect()
    }
}

/// Shows the units, and those whose file nothing started yet. systemd takes long to list all files of units, and the
/// shell to look for a few does not.
const SHOW: &str = r#"for folder in /etc /run /usr/local/lib /usr/lib /lib; do
  for file in "$folder"/systemd/system/*.swap; do
    [ ! -e "$file" ] || set -- "$@" "${file##*/}"
  done
done
exec systemctl show --no-pager --property=Id,LoadState,FragmentPath,SourcePath,UnitFileState,ActiveState -- '*.swap' "$@""#;

/// Looks for the units that would bring swap back.
pub(super) async fn to_turn_off(host: &Probe) -> Result<Units> {
    let show = ["sh", "-c", SHOW, "sh"].into_iter().chain(SERVICES);
    let (shown, own) = tokio::join!(host.query(show), host.list(OWN));
    let (shown, own) = (shown?.text(), own?);
    let mut units: Vec<String> = shown.split("\n\n").filter_map(from_properties).collect();
    units.sort();
    units.dedup();
    let is_own = |unit: &String| own.as_ref().is_some_and(|names| names.contains(unit));
    let (disable, mask) = units.into_iter().partition(is_own);
    Ok(Units { mask, disable })
}

fn from_properties(text: &str) -> Option<String> {
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let there = value("LoadState") == "loaded";
    let listed = value("SourcePath") == "/etc/fstab";
    // The kernel's own view of swap in use has no file; it goes when swap is turned off.
    let has_file = !value("FragmentPath").is_empty();
    // A static unit of the administrator's can be neither masked nor disabled.
    let stays = value("FragmentPath").starts_with(OWN) && value("UnitFileState") == "static";
    let is_off =
        value("ActiveState") == "inactive" && (stays || value("UnitFileState") == "disabled");
    (there && has_file && !listed && !is_off).then(|| value("Id").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_that_bring_swap_are_told_from_the_others() {
        let unit = |id: &str, rest: &str| from_properties(&format!("Id={id}\n{rest}"));
        let generated = "LoadState=loaded\nFragmentPath=/run/systemd/generator/dev-zram0.swap\n";
        assert_eq!(
            unit("dev-zram0.swap", generated).as_deref(),
            Some("dev-zram0.swap")
        );
        let listed = "LoadState=loaded\nFragmentPath=/run/systemd/generator/swap.swap\nSourcePath=/etc/fstab\n";
        assert_eq!(unit("swap.swap", listed), None);
        assert_eq!(
            unit(
                "dev-sda2.swap",
                "LoadState=loaded\nFragmentPath=\nActiveState=active\n"
            ),
            None
        );
        assert_eq!(
            unit("zramswap.service", "LoadState=masked\nFragmentPath=\n"),
            None
        );
        let unused =
            "LoadState=loaded\nFragmentPath=/x\nActiveState=inactive\nUnitFileState=disabled\n";
        assert_eq!(unit("zramswap.service", unused), None);
        let own = "LoadState=loaded\nFragmentPath=/etc/systemd/system/x.swap\nActiveState=inactive\nUnitFileState=static\n";
        assert_eq!(unit("x.swap", own), None);
    }
}
