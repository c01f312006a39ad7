//! The national clouds of Microsoft, by the names they have here. Their addresses belong to the
//! settings; this is only which there are.

/// What public clients take for the audience of the BAP admin API of GCC High. They disagree, and
/// nobody has verified which is right.
pub const GCC_HIGH_BAP: [&str; 2] =
    ["https://high.service.powerapps.us/", "https://high.service.apps.appsplatform.us/"];

/// One of Microsoft's clouds. They share no accounts and no addresses, but for the sign-in of
/// [`National::Gcc`], which is that of the public cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum National {
    /// The public cloud.
    #[default]
    Public,
    /// United States, Government Community Cloud.
    Gcc,
    /// United States, Government Community Cloud High.
    GccHigh,
    /// United States, Department of Defense.
    Dod,
    /// China, operated by 21Vianet.
    China,
}

impl National {
    /// All of them, the most likely first.
    pub const ALL: [Self; 5] = [Self::Public, Self::Gcc, Self::GccHigh, Self::Dod, Self::China];

    /// Its name on the command line and in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Gcc => "gcc",
            Self::GccHigh => "gcc-high",
            Self::Dod => "dod",
            Self::China => "china",
        }
    }

    /// Its name in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Public => "Public cloud",
            Self::Gcc => "US Government, GCC",
            Self::GccHigh => "US Government, GCC High",
            Self::Dod => "US Government, DoD",
            Self::China => "China, operated by 21Vianet",
        }
    }

    /// The cloud of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.name() == name)
    }

    /// Where an app is registered in this cloud (national clouds, the portals of Microsoft Entra).
    pub fn portal(self) -> &'static str {
        match self {
            Self::Public | Self::Gcc => "https://entra.microsoft.com",
            Self::GccHigh | Self::Dod => "https://portal.azure.us",
            Self::China => "https://portal.azure.cn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_found_by_its_own_name_alone() {
        for cloud in National::ALL {
            assert_eq!(National::named(cloud.name()), Some(cloud));
        }
        assert_eq!(National::named("GCC"), None);
        assert_eq!(National::named(""), None);
    }
}
