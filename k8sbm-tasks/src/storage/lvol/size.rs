//! The sizes of logical volumes, as they are written.

use k8sbm_core::task::{Error, Result};

/// What a size without a unit counts.
pub(super) const MEGABYTE: u64 = 1 << 20;

/// A size, or a difference in size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) sign: Option<Sign>,
    pub(super) amount: Amount,
    /// The unit that it is told in, in bytes.
    pub(super) unit: u64,
    /// As LVM takes it, without a sign.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    More,
    Less,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Bytes(u64),
    /// So many hundredths.
    Share(u64, Whole),
}

/// What a share is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Group,
    /// The physical volumes that the volume may lie on.
    Physical,
    Free,
    Origin,
}

impl Size {
    pub(super) fn read(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = || {
            Error::arguments(format!("`{text}` is no size of a logical volume"))
                .hint("say a number with one of the units b, s, k, m, g, t, p and e, or a share such as `100%FREE`")
        };
        let (sign, rest) = match text.chars().next() {
            Some('+') => (Some(Sign::More), &text[1..]),
            Some('-') => (Some(Sign::Less), &text[1..]),
            _ => (None, text),
        };
        if let Some((percent, whole)) = rest.split_once('%') {
            let percent = percent.parse::<u64>().map_err(|_| wrong())?;
            let whole = match whole {
                "VG" => Whole::Group,
                "PVS" => Whole::Physical,
                "FREE" => Whole::Free,
                "ORIGIN" => Whole::Origin,
                _ => {
                    return Err(
                        Error::arguments(format!("`{text}` is a share of nothing known"))
                            .hint("say a share of `VG`, `PVS`, `FREE` or `ORIGIN`"),
                    );
                }
            };
            if percent > 100 {
                return Err(Error::arguments(format!(
                    "`{text}` is more than all there is"
                )));
            }
            return Ok(Self {
                sign,
                amount: Amount::Share(percent, whole),
                unit: MEGABYTE,
                text: rest.to_owned(),
            });
        }
        let (number, unit, written) = match rest.chars().last().map(|it| (it, unit(it))) {
            Some((letter, Some(unit))) => (
                &rest[..rest.len() - letter.len_utf8()],
                unit,
                rest.to_owned(),
            ),
            _ => (rest, MEGABYTE, format!("{rest}m")),
        };
        if !number.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(wrong());
        }
        let bytes = number.parse::<f64>().map_err(|_| wrong())? * unit as f64;
        Ok(Self {
            sign,
            amount: Amount::Bytes(bytes.ceil() as u64),
            unit,
            text: written,
        })
    }

    /// The option of LVM's commands; a new volume has no sign before its size.
    pub(super) fn words(&self, signed: bool) -> Vec<String> {
        let option = match self.amount {
            Amount::Bytes(_) => "-L",
            Amount::Share(..) => "-l",
        };
        let sign = match self.sign.filter(|_| signed) {
            Some(Sign::More) => "+",
            Some(Sign::Less) => "-",
            None => "",
        };
        vec![option.to_owned(), format!("{sign}{}", self.text)]
    }
}

/// LVM takes either case for powers of 1024.
fn unit(letter: char) -> Option<u64> {
    Some(match letter.to_ascii_lowercase() {
        'b' => 1,
        's' => 512,
        'k' => 1 << 10,
        'm' => 1 << 20,
        'g' => 1 << 30,
        't' => 1 << 40,
        'p' => 1 << 50,
        'e' => 1 << 60,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Sign>, Amount, String) {
        let size = Size::read(text).unwrap();
        (size.sign, size.amount, size.words(true).join(" "))
    }

    #[test]
    fn sizes_have_units_or_are_shares() {
        let bytes = |bytes| Amount::Bytes(bytes);
        assert_eq!(read("512"), (None, bytes(512 << 20), "-L 512m".into()));
        assert_eq!(read("1.5G"), (None, bytes(3 << 29), "-L 1.5G".into()));
        assert_eq!(
            read("+8s"),
            (Some(Sign::More), bytes(4096), "-L +8s".into())
        );
        assert_eq!(
            read("-10%VG"),
            (
                Some(Sign::Less),
                Amount::Share(10, Whole::Group),
                "-l -10%VG".into()
            )
        );
        assert_eq!(
            Size::read("+100%FREE").unwrap().words(false),
            ["-l", "100%FREE"]
        );
    }

    #[test]
    fn other_text_is_no_size() {
        for wrong in [
            "", "g", ".5g", "10GiB", "--5", "5x", "101%VG", "5%LV", "x%VG", "1.5%VG",
        ] {
            let read = Size::read(wrong);
            assert!(read.is_err(), "{wrong}: {read:?}");
        }
    }
}
