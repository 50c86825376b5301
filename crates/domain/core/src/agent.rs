use crate::Device;

/// What a user agent says of the machine and the program it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Agent {
    pub device: Device,
    pub os: Os,
    pub browser: Browser,
    /// A program that fetches a link to draw a card of it: somebody shared it, and nobody visits.
    pub previews: bool,
}

/// Declares a closed list of words that are kept and shown.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$said:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name {
            $($(#[$said])* $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Reads the words in any case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str().eq_ignore_ascii_case(text))
            }
        }
    };
}

words! {
    /// The operating system that a user agent claims.
    Os {
        /// Nothing is said of it, or nobody looked.
        #[default]
        Unknown = "UNKNOWN",
        Windows = "WINDOWS",
        MacOs = "MACOS",
        Ios = "IOS",
        Android = "ANDROID",
        ChromeOs = "CHROMEOS",
        Linux = "LINUX",
        /// One that is known and not told apart.
        Other = "OTHER",
    }
}

words! {
    /// The browser that a user agent claims.
    Browser {
        /// Nothing is said of it, or nobody looked.
        #[default]
        Unknown = "UNKNOWN",
        Chrome = "CHROME",
        Safari = "SAFARI",
        Firefox = "FIREFOX",
        Edge = "EDGE",
        Opera = "OPERA",
        Samsung = "SAMSUNG",
        InternetExplorer = "INTERNET_EXPLORER",
        /// One that is known and not told apart; pages inside of apps, too.
        Other = "OTHER",
    }
}

impl Agent {
    /// One of whom nothing is known.
    pub const UNKNOWN: Self =
        Self { device: Device::Unknown, os: Os::Unknown, browser: Browser::Unknown, previews: false };

    /// As much as the words of [`Device::of`] say: for those who have nobody to ask.
    pub fn of(user_agent: &str) -> Self {
        Self { device: Device::of(user_agent), ..Self::UNKNOWN }
    }
}
