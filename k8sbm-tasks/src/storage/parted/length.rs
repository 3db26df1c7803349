//! Places on a disk, as parted takes them.

use super::print::Disk;

const UNITS: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// A number with a unit; without one it counts what the task says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Length<'a> {
    pub(super) number: f64,
    pub(super) unit: &'a str,
}

impl<'a> Length<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let digits = |sign: char| sign.is_ascii_digit() || sign == '.' || sign == '-';
        let at = text.find(|sign| !digits(sign)).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = unit.trim_start();
        let known = ["", "s", "%", "cyl", "chs", "compact"].contains(&unit)
            || UNITS.iter().any(|(name, _)| *name == unit);
        let number = number.parse().ok()?;
        known.then_some(Self { number, unit })
    }

    /// How many bytes from the beginning of the disk; nothing in units that only the disk's geometry explains.
    ///
    /// `disk` is told in bytes.
    pub(super) fn bytes(self, disk: &Disk, default: &'a str) -> Option<f64> {
        let unit = if self.unit.is_empty() {
            default
        } else {
            self.unit
        };
        let one = match unit {
            "%" => disk.size / 100.0,
            "s" => disk.logical_block as f64,
            // parted takes a bare number for megabytes then.
            "compact" => 1e6,
            unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
        };
        let bytes = self.number * one;
        Some(if bytes < 0.0 {
            disk.size + bytes
        } else {
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_a_number_and_a_unit() {
        let length = |number, unit| Some(Length { number, unit });
        assert_eq!(Length::read("10GiB"), length(10.0, "GiB"));
        assert_eq!(Length::read("-1.5 GB"), length(-1.5, "GB"));
        assert_eq!(Length::read("2048s"), length(2048.0, "s"));
        assert_eq!(Length::read("100%"), length(100.0, "%"));
        assert_eq!(Length::read("512"), length(512.0, ""));
        for wrong in ["", "gib", "10gib", "10 GiB more", "1-2", "%"] {
            assert_eq!(Length::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_place_may_be_counted_from_the_end() {
        let disk = Disk {
            size: 1e9,
            logical_block: 512,
            ..Disk::default()
        };
        let bytes = |text| Length::read(text).unwrap().bytes(&disk, "KiB");
        assert_eq!(bytes("50%"), Some(5e8));
        assert_eq!(bytes("-1MB"), Some(9.99e8));
        assert_eq!(bytes("1"), Some(1024.0));
        assert_eq!(bytes("2s"), Some(1024.0));
        assert_eq!(bytes("3cyl"), None);
    }
}
