//! Which distribution it is, in Ansible's words.

use super::Facts;
use super::gathered::{Gathered, assignments};
use std::collections::BTreeMap;

/// Ansible's names for the `ID` of os-release.
const NAMES: &[(&str, &str)] = &[
    ("almalinux", "AlmaLinux"),
    ("alpine", "Alpine"),
    ("altlinux", "Altlinux"),
    ("amzn", "Amazon"),
    ("arch", "Archlinux"),
    ("centos", "CentOS"),
    ("clear-linux-os", "Clear Linux OS"),
    ("cloudlinux", "CloudLinux"),
    ("cumulus-linux", "Cumulus Linux"),
    ("debian", "Debian"),
    ("deepin", "Deepin"),
    ("devuan", "Devuan"),
    ("fedora", "Fedora"),
    ("flatcar", "Flatcar"),
    ("gentoo", "Gentoo"),
    ("kali", "Kali"),
    ("kylin", "Kylin Linux Advanced Server"),
    ("linuxmint", "Linux Mint"),
    ("manjaro", "Manjaro"),
    ("ol", "OracleLinux"),
    ("openEuler", "openEuler"),
    ("opensuse-leap", "openSUSE Leap"),
    ("opensuse-microos", "openSUSE MicroOS"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed"),
    ("parrot", "Parrot"),
    ("pop", "Pop!_OS"),
    ("raspbian", "Raspbian"),
    ("rhel", "RedHat"),
    ("rocky", "Rocky"),
    ("scientific", "Scientific"),
    ("sl-micro", "SL-Micro"),
    ("sled", "SLED"),
    ("sles", "SLES"),
    ("sles_sap", "SLES_SAP"),
    ("tencentos", "TencentOS"),
    ("ubuntu", "Ubuntu"),
    ("uos", "Uos"),
];

/// Families by the distributions that belong to them; another distribution is its own family.
const FAMILIES: &[(&str, &[&str])] = &[
    (
        "RedHat",
        &[
            "RedHat",
            "Fedora",
            "CentOS",
            "Scientific",
            "CloudLinux",
            "OracleLinux",
            "Amazon",
            "Virtuozzo",
            "XenServer",
            "Alibaba",
            "EulerOS",
            "openEuler",
            "AlmaLinux",
            "Rocky",
            "TencentOS",
            "EuroLinux",
            "Kylin Linux Advanced Server",
            "MIRACLE",
        ],
    ),
    (
        "Debian",
        &[
            "Debian",
            "Ubuntu",
            "Raspbian",
            "Neon",
            "KDE neon",
            "Linux Mint",
            "SteamOS",
            "Devuan",
            "Kali",
            "Cumulus Linux",
            "Pop!_OS",
            "Parrot",
            "Pardus GNU/Linux",
            "Uos",
            "Deepin",
            "OSMC",
        ],
    ),
    (
        "Suse",
        &[
            "SLES",
            "SLED",
            "SLES_SAP",
            "openSUSE Leap",
            "openSUSE Tumbleweed",
            "openSUSE MicroOS",
            "SL-Micro",
            "ALP-Dolomite",
        ],
    ),
    ("Archlinux", &["Archlinux", "Antergos", "Manjaro"]),
    ("Gentoo", &["Gentoo", "Funtoo"]),
    ("ClearLinux", &["Clear Linux OS", "Clear Linux Mix"]),
];

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let path = ["/etc/os-release", "/usr/lib/os-release"]
        .into_iter()
        .find(|path| gathered.file(path).is_some());
    let release = assignments(
        path.and_then(|path| gathered.file(path))
            .unwrap_or_default(),
    );
    let found = identify(gathered, &release);
    let family = FAMILIES
        .iter()
        .find(|(_, names)| names.contains(&&found.name[..]))
        .map_or(&found.name[..], |(family, _)| family);
    let mut parts = found.version.split('.');
    let major = parts.next().unwrap_or_default();
    let mut put = |name: &str, value: &str| {
        facts.insert(name.to_owned(), value.into());
    };
    put("os_family", family);
    put("distribution", &found.name);
    put("distribution_version", &found.version);
    put("distribution_major_version", major);
    put("distribution_release", &found.release);
    if let Some(minor) = parts.next().filter(|_| found.name == "Debian") {
        put("distribution_minor_version", minor);
    }
    put("distribution_file_path", found.path);
    put("distribution_file_variety", found.variety);
    facts.insert("distribution_file_parsed".into(), true.into());
}

struct Distribution {
    name: String,
    version: String,
    release: String,
    path: &'static str,
    variety: &'static str,
}

fn identify(gathered: &Gathered, release: &BTreeMap<&str, String>) -> Distribution {
    let field = |name: &str| release.get(name).map(String::as_str).unwrap_or_default();
    let id = field("ID");
    let known = NAMES.iter().find(|(known, _)| *known == id);
    let name = known.map_or_else(|| field("NAME").to_owned(), |(_, name)| (*name).to_owned());
    let version = or_na(field("VERSION_ID"));
    let code_name = or_na(field("VERSION_CODENAME"));
    let found = |variety, path| Distribution {
        name: name.clone(),
        version: version.clone(),
        release: code_name.clone(),
        path,
        variety,
    };
    let of_red_hat = gathered.value("/etc/redhat-release");
    match &name[..] {
        "Debian" | "Raspbian" => {
            // Only this file knows the point release.
            let point = gathered.value("/etc/debian_version");
            let point = point.filter(|text| text.starts_with(|first: char| first.is_ascii_digit()));
            Distribution {
                version: point.map_or(version.clone(), str::to_owned),
                ..found("Debian", "/etc/os-release")
            }
        }
        "Alpine" => Distribution {
            version: or_na(gathered.value("/etc/alpine-release").unwrap_or_default()),
            ..found("Alpine", "/etc/alpine-release")
        },
        "Archlinux" | "Manjaro" => Distribution {
            version: or_na(field("BUILD_ID")),
            ..found("Archlinux", "/etc/arch-release")
        },
        "Amazon" => found("Amazon", "/etc/os-release"),
        "Flatcar" => found("Flatcar", "/etc/os-release"),
        name if name.starts_with("openSUSE") || name.starts_with("SL") => {
            let minor = version.split_once('.').map_or("0", |(_, minor)| minor);
            Distribution {
                release: or_na(minor),
                ..found("SUSE", "/etc/os-release")
            }
        }
        _ if of_red_hat.is_some() => red_hat(
            of_red_hat.unwrap_or_default(),
            gathered,
            found("RedHat", "/etc/redhat-release"),
        ),
        _ => found("Debian", "/etc/os-release"),
    }
}

/// A distribution that has `/etc/redhat-release`, such as `CentOS Linux release 7.9.2009 (Core)`.
fn red_hat(line: &str, gathered: &Gathered, mut found: Distribution) -> Distribution {
    if let Some((_, rest)) = line.split_once('(') {
        found.release = rest.split(')').next().unwrap_or_default().to_owned();
    }
    match &found.name[..] {
        "CentOS" => {
            (found.path, found.variety) = ("/etc/centos-release", "CentOS");
            let version = line
                .split(' ')
                .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
            let parts: Vec<_> = version
                .unwrap_or(&found.version)
                .split('.')
                .take(2)
                .collect();
            let version = parts.join(".");
            if line.contains("Stream") {
                found.release = "Stream".into();
            }
            found.version = version;
        }
        "OracleLinux" if gathered.file("/etc/oracle-release").is_some() => {
            (found.path, found.variety) = ("/etc/oracle-release", "OracleLinux");
        }
        "" => found.name = line.split(' ').next().unwrap_or_default().to_owned(),
        _ => {}
    }
    found
}

fn or_na(text: &str) -> String {
    if text.is_empty() { "NA" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> String {
        let mut text = "\u{1e}files\u{1f}".to_owned();
        for (number, (path, content)) in files.iter().enumerate() {
            let between = if number > 0 { "\n" } else { "" };
            text += &format!("{between}==> {path} <==\n{content}");
        }
        let mut facts = Facts::new();
        add(&Gathered::read(text.as_bytes()), &mut facts);
        let names = [
            "os_family",
            "distribution",
            "distribution_version",
            "distribution_major_version",
            "distribution_release",
        ];
        names
            .map(|name| facts[name].as_str().unwrap_or("?").to_owned())
            .join(" | ")
    }

    #[test]
    fn distributions_have_ansibles_names() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n";
        assert_eq!(
            told(&[
                ("/etc/debian_version", "12.8\n"),
                ("/etc/os-release", debian)
            ]),
            "Debian | Debian | 12.8 | 12 | bookworm"
        );
        let ubuntu = "NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n";
        assert_eq!(
            told(&[
                ("/etc/debian_version", "trixie/sid\n"),
                ("/etc/os-release", ubuntu)
            ]),
            "Debian | Ubuntu | 24.04 | 24 | noble"
        );
        let rocky = "NAME=\"Rocky Linux\"\nID=\"rocky\"\nVERSION_ID=\"9.4\"\n";
        assert_eq!(
            told(&[
                ("/etc/os-release", rocky),
                (
                    "/etc/redhat-release",
                    "Rocky Linux release 9.4 (Blue Onyx)\n"
                )
            ]),
            "RedHat | Rocky | 9.4 | 9 | Blue Onyx"
        );
        let centos = "NAME=\"CentOS Linux\"\nID=\"centos\"\nVERSION_ID=\"7\"\n";
        assert_eq!(
            told(&[
                ("/etc/os-release", centos),
                (
                    "/etc/redhat-release",
                    "CentOS Linux release 7.9.2009 (Core)\n"
                )
            ]),
            "RedHat | CentOS | 7.9 | 7 | Core"
        );
        let leap = "NAME=\"openSUSE Leap\"\nID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n";
        assert_eq!(
            told(&[("/etc/os-release", leap)]),
            "Suse | openSUSE Leap | 15.6 | 15 | 6"
        );
        let flatcar =
            "NAME=\"Flatcar Container Linux by Kinvolk\"\nID=flatcar\nVERSION_ID=3975.2.0\n";
        assert_eq!(
            told(&[("/etc/os-release", flatcar)]),
            "Flatcar | Flatcar | 3975.2.0 | 3975 | NA"
        );
        assert_eq!(
            told(&[]),
            "NA | NA | NA | NA | NA".replacen("NA | NA", " | ", 1)
        );
    }
}
