//! The words that arguments can be, as parted knows them.

use schemars::JsonSchema;
use serde::Deserialize;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
        pub(super) enum $name {
            $($(#[$about])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// parted's word for it.
            pub(super) fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }
    };
}

words!(
    /// A kind of partition table.
    Label {
        Aix = "aix",
        Amiga = "amiga",
        Bsd = "bsd",
        Dvh = "dvh",
        Gpt = "gpt",
        Loop = "loop",
        Mac = "mac",
        #[default]
        Msdos = "msdos",
        Pc98 = "pc98",
        Sun = "sun",
    }
);

words!(
    /// A kind of partition.
    PartType {
        /// One that holds logical ones.
        Extended = "extended",
        /// One within the extended one.
        Logical = "logical",
        /// One of the four.
        #[default]
        Primary = "primary",
    }
);

words!(
    /// What a number counts.
    Unit {
        /// Sectors.
        Sector = "s",
        /// Bytes.
        Byte = "B",
        Kilo = "KB",
        #[default]
        Kibi = "KiB",
        Mega = "MB",
        Mebi = "MiB",
        Giga = "GB",
        Gibi = "GiB",
        Tera = "TB",
        Tebi = "TiB",
        /// Hundredths of the disk.
        Percent = "%",
        Cylinder = "cyl",
        /// Cylinder, head and sector.
        Chs = "chs",
        /// What is short to read.
        Compact = "compact",
    }
);

words!(
    /// What partitions are aligned to.
    Align {
        Cylinder = "cylinder",
        /// What the disk needs at least.
        Minimal = "minimal",
        None = "none",
        /// What is fastest.
        #[default]
        Optimal = "optimal",
        /// What parted takes by itself.
        Undefined = "undefined",
    }
);
