//! What this program is made of, against `deny.toml`: licences, crates that must not be, versions of one
//! crate, sources. `cargo deny check` says more (texts of licences, advisories); this runs with every test.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use toml::{Table, Value};

fn table(file: &str) -> Table {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap().parse().unwrap()
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The crates named in a list of `{ crate = ... }`.
fn named(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["crate"].as_str().unwrap()).collect()
}

/// Name, version and licence of every crate that is built for this system: those of others need not be on
/// this machine. `cargo deny check` looks at all of them.
fn built(edges: &str) -> BTreeSet<(String, String, String)> {
    let args = ["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}|{l}", "--edges", edges];
    let output = Command::new(env!("CARGO")).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut all = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (package, licence) = line.split_once('|').unwrap();
        let mut words = package.split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap().trim_start_matches('v'));
        let licence = licence.trim_end_matches(" (*)");
        all.insert((name.to_owned(), version.to_owned(), licence.to_owned()));
    }
    assert!(all.len() > 200, "{} crates", all.len());
    all
}

/// Whether a licence expression can be fulfilled by what is allowed.
fn fulfilled(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    // The old way to write OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (is_fulfilled, rest) = either(&words, allowed);
    assert!(rest.is_empty(), "{expression}");
    is_fulfilled
}

fn either<'a>(words: &'a [&'a str], allowed: &BTreeSet<&str>) -> (bool, &'a [&'a str]) {
    let (mut is_fulfilled, mut rest) = both(words, allowed);
    while let ["OR", after @ ..] = rest {
        let (other, after) = both(after, allowed);
        (is_fulfilled, rest) = (is_fulfilled || other, after);
    }
    (is_fulfilled, rest)
}

fn both<'a>(words: &'a [&'a str], allowed: &BTreeSet<&str>) -> (bool, &'a [&'a str]) {
    let (mut is_fulfilled, mut rest) = one(words, allowed);
    while let ["AND", after @ ..] = rest {
        let (other, after) = one(after, allowed);
        (is_fulfilled, rest) = (is_fulfilled && other, after);
    }
    (is_fulfilled, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &BTreeSet<&str>) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inner @ ..] => match either(inner, allowed) {
            (is_fulfilled, [")", rest @ ..]) => (is_fulfilled, rest),
            (_, rest) => panic!("no ) before {rest:?}"),
        },
        [licence, "WITH", exception, rest @ ..] => {
            (allowed.contains(format!("{licence} WITH {exception}").as_str()), rest)
        }
        [licence, rest @ ..] => (allowed.contains(licence), rest),
        [] => panic!("a licence is missing"),
    }
}

#[test]
fn an_expression_is_fulfilled_as_spdx_says() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
    for good in ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND ISC", "Apache-2.0 WITH LLVM-exception"] {
        assert!(fulfilled(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT OR ISC) AND GPL-3.0", "GPL-3.0 OR MIT AND LGPL-3.0"] {
        assert!(!fulfilled(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_licence_is_allowed() {
    let config = table("deny.toml");
    let allowed = texts(&config["licenses"]["allow"]);
    let exceptions: BTreeMap<&str, BTreeSet<&str>> = config["licenses"]["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["crate"].as_str().unwrap(), texts(&entry["allow"])))
        .collect();
    for (name, version, licence) in built("normal,build,dev") {
        let own = exceptions.get(name.as_str()).cloned().unwrap_or_default();
        let allowed: BTreeSet<&str> = allowed.union(&own).copied().collect();
        assert!(fulfilled(&licence, &allowed), "{name} {version}: {licence}");
    }
}

#[test]
fn no_crate_is_built_that_must_not_be() {
    let config = table("deny.toml");
    let banned = named(&config["bans"]["deny"]);
    let found: Vec<_> = built("normal,build,dev").into_iter().filter(|of| banned.contains(of.0.as_str())).collect();
    assert!(!banned.is_empty() && found.is_empty(), "{found:?}");
}

#[test]
fn two_versions_of_one_crate_are_an_exception_with_a_reason() {
    let config = table("deny.toml");
    let skipped = named(&config["bans"]["skip"]);
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for (name, version, _) in built("normal,build") {
        versions.entry(name.clone()).or_default().push(format!("{name}@{version}"));
    }
    for all in versions.values().filter(|all| all.len() > 1) {
        let new: Vec<_> = all.iter().filter(|of| !skipped.contains(of.as_str())).collect();
        assert_eq!(new.len(), 1, "{all:?}");
    }
    // An exception that nobody needs any more, on whatever system, goes.
    let lock = table("Cargo.lock");
    let locked: BTreeSet<String> = lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| format!("{}@{}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap()))
        .collect();
    for exception in skipped {
        let name = exception.split('@').next().unwrap();
        let others = locked.iter().filter(|of| of.split('@').next() == Some(name)).count();
        assert!(locked.contains(exception) && others > 1, "{exception}");
    }
}

#[test]
fn everything_comes_from_the_registry_and_has_a_checksum() {
    let lock = table("Cargo.lock");
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if name != env!("CARGO_PKG_NAME") {
            let source = package["source"].as_str().unwrap();
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
            assert_eq!(package["checksum"].as_str().unwrap().len(), 64, "{name}");
        }
    }
}
