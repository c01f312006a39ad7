//! Geographies of the Power Platform and the Azure regions that belong to them.
//!
//! Owns two spellings of one place: the code of the Power Platform (`europe`) and the display name of
//! a region in Lifecycle Services (`West Europe`). It knows nothing of an environment. A place that is
//! not in its tables is not known, never wrong.

/// Codes of the geographies that have dual-write (dual-write-system-req.md), with the name on the
/// admin's pages and how the Azure regions in it begin.
const SUPPORTED: [(&str, &str, &[&str]); 14] = [
    (
        "unitedstates",
        "United States",
        &["east us", "west us", "central us", "north central us", "south central us", "west central us"],
    ),
    ("europe", "Europe", &["west europe", "north europe"]),
    ("asia", "Asia", &["east asia", "southeast asia"]),
    ("australia", "Australia", &["australia"]),
    ("brazil", "Brazil", &["brazil"]),
    ("canada", "Canada", &["canada"]),
    ("france", "France", &["france"]),
    ("germany", "Germany", &["germany"]),
    ("india", "India", &["central india", "south india", "west india", "india"]),
    ("japan", "Japan", &["japan"]),
    ("southamerica", "South America", &["brazil south"]),
    ("switzerland", "Switzerland", &["switzerland"]),
    ("unitedarabemirates", "UAE", &["uae"]),
    ("unitedkingdom", "United Kingdom", &["uk", "united kingdom"]),
];

fn code(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a geography has dual-write. The first-release ring of the United States counts as them.
pub fn is_supported(geography: &str) -> bool {
    let own = code(geography);
    SUPPORTED.iter().any(|(known, _, _)| *known == own) || own.starts_with("unitedstates")
}

/// The name of a geography, or its code where it is not known.
pub fn title(geography: &str) -> &str {
    let own = code(geography);
    SUPPORTED.iter().find(|(known, _, _)| *known == own).map_or(geography, |(_, name, _)| name)
}

/// The geography of an Azure region by its display name; `None` when it is not in the table.
pub fn of_region(region: &str) -> Option<&'static str> {
    let own = region.trim().to_lowercase();
    let begins = |starts: &&[&str]| starts.iter().any(|start| own == *start || own.starts_with(&format!("{start} ")));
    SUPPORTED.iter().find(|(_, _, starts)| begins(starts)).map(|(geography, _, _)| *geography)
}

/// Whether two codes name one geography. Brazil is a geography of its own and part of South America.
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (code(one), code(other));
    let is_south = |code: &str| matches!(code, "brazil" | "southamerica");
    one == other || is_south(&one) && is_south(&other) || one == "unitedstates" && other.starts_with("unitedstates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_belongs_to_the_geography_that_the_power_platform_names() {
        for (region, geography) in [
            ("West Europe", "europe"),
            ("East US 2", "unitedstates"),
            ("UK South", "unitedkingdom"),
            ("Germany West Central", "germany"),
            ("Southeast Asia", "asia"),
            ("Brazil South", "southamerica"),
        ] {
            let of = of_region(region).unwrap();
            assert!(is_same(of, geography), "{region}: {of}");
        }
        assert!(!is_same(of_region("West Europe").unwrap(), "unitedstates"));
    }

    #[test]
    fn a_region_that_is_not_in_the_table_is_not_known() {
        for region in ["", "Moon North", "westeurope2", "Ukraine"] {
            assert_eq!(of_region(region), None, "{region}");
        }
    }

    #[test]
    fn a_geography_without_dual_write_is_said() {
        assert!(is_supported("unitedstatesfirstrelease") && is_supported("Europe") && !is_supported("norway"));
        assert_eq!((title("unitedarabemirates"), title("norway")), ("UAE", "norway"));
    }
}
