//! What the firmware says of the machine.

use super::Facts;
use super::gathered::Gathered;

/// Where the kernel tells it.
pub(super) const DIRECTORY: &str = "/sys/class/dmi/id/";

/// Facts and their files.
const FILES: &[(&str, &str)] = &[
    ("bios_date", "bios_date"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("form_factor", "chassis_type"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

/// Kinds of chassis by their numbers in the SMBIOS specification.
const FORM_FACTORS: &[&str] = &[
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    for (fact, file) in FILES {
        let value = gathered.file(&format!("{DIRECTORY}{file}")).map(str::trim);
        let value = match (*fact, value) {
            (_, None) => "NA".to_owned(),
            ("form_factor", Some(number)) => {
                let known = number.parse::<usize>().ok();
                let known = known.and_then(|number| FORM_FACTORS.get(number));
                known.map_or_else(|| format!("unknown ({number})"), |name| (*name).to_owned())
            }
            (_, Some(value)) => value.to_owned(),
        };
        facts.insert((*fact).to_owned(), value.into());
    }
}
