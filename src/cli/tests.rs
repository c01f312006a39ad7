use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_of_a_command_begins_with_what_it_does_and_ends_with_an_example() {
    let mut whole = Cli::command();
    whole.build();
    for command in whole.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let words = command.get_about().unwrap().to_string();
        let help = command.render_long_help().to_string().replace('\n', " ");
        assert!(help.starts_with(&words), "{words}: {help}");
        assert!(!words.starts_with("Options of") && !words.starts_with("What to do"), "{help}");
        assert!(help.contains("Example"), "{help}");
    }
}

/// All commands, with those below them, as they are typed.
fn commands(of: &clap::Command) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for command in of.get_subcommands() {
        let name = command.get_name().to_owned();
        all.push(vec![name.clone()]);
        all.extend(commands(command).into_iter().map(|below| [vec![name.clone()], below].concat()));
    }
    all
}

#[test]
fn completions_know_every_command_and_what_can_be_named() {
    let names: Vec<String> = Cli::command().get_subcommands().map(|of| of.get_name().to_owned()).collect();
    for shell in clap_complete::Shell::value_variants() {
        let script = String::from_utf8(completions(*shell, ["dw9003-crm"].into_iter())).unwrap();
        for name in &names {
            assert!(script.contains(name), "{shell} does not know {name}");
        }
        // Elvish and PowerShell are told no values.
        if [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish].contains(shell) {
            assert!(script.contains("dw9003-crm") && script.contains("asset-management"), "{shell}");
        }
    }
}

#[test]
fn every_command_has_a_page_with_its_examples_line_by_line() {
    let page = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        manual(&words).unwrap().map(|page| String::from_utf8(page).unwrap())
    };
    let whole = page(&[]).unwrap();
    for command in commands(&Cli::command()) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let title = format!(".TH dualwrite-{} 1", words.join("-"));
        assert!(page(&words).unwrap().contains(&title), "{title}");
        assert!(whole.contains(&words[0].replace('-', "\\-")), "{title}");
    }
    let setup = page(&["setup"]).unwrap();
    assert!(setup.contains("Set up and link without a screen") && !setup.contains("EXTRA"), "{setup}");
    assert!(setup.contains(".SH \"EXAMPLES\"\n.nf\ndualwrite setup ") && setup.contains(".fi\n.SH \"EXIT CODES\"\n"));
    assert!(setup.contains(".SH SYNOPSIS\n.nf\ndualwrite setup [OPTIONS]\n"), "{setup}");
    assert!(whole.contains(".SH \"FILES\"\n.TP\ndualwrite/config.toml") && !setup.contains("FILES"), "{whole}");
    assert!(whole.contains(".SH \"ENVIRONMENT VARIABLES\"\n.TP\nDUALWRITE_CLOUD, "), "{whole}");
    assert_eq!(page(&["stauts"]), None);
}

#[test]
fn what_is_understood_quickly_means_the_same() {
    let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
    let whole = |line: &str| Cli::try_parse_from(words(line)).ok().map(|cli| format!("{cli:?}"));
    let quick = |line: &str| Cli::quick(&words(line)).map(|cli| format!("{cli:?}"));
    for line in [
        "dualwrite",
        "dualwrite demo",
        "dualwrite --plain demo --speed 60 --ascii",
        "dualwrite --environment status",
        "dualwrite setup --environment a demo b --yes --state-dir d",
        "dualwrite --cloud check runs show 3f0d1c52",
        "dualwrite explain status",
        "dualwrite simulate --write-profile sign-in",
    ] {
        assert_eq!(quick(line), whole(line), "{line}");
        assert!(quick(line).is_some(), "{line}");
    }
    for line in [
        "dualwrite stauts",
        "dualwrite help",
        "dualwrite help demo",
        "dualwrite --version",
        "dualwrite demo --help",
        "dualwrite demo status",
        "dualwrite status stauts",
        "dualwrite --environment",
    ] {
        assert_eq!((quick(line), whole(line)), (None, None), "{line}");
    }
}

#[test]
fn what_would_have_no_effect_is_named() {
    let said = |line: &str| Cli::parse_from(line.split(' ')).ineffective().map(|(option, _)| option);
    assert_eq!(said("dualwrite demo --cloud x.toml"), Some("--cloud"));
    assert_eq!(said("dualwrite --environment x simulate"), Some("--environment"));
    assert_eq!(said("dualwrite demo --environment x"), None);
}

#[test]
fn a_length_has_a_unit_or_is_seconds() {
    assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
    assert_eq!(duration("45m"), Ok(Duration::from_mins(45)));
    assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
    assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
    assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
    for bad in ["", "0", "m", "-1s", "1d", "99999999999999999999h", "18446744073709551615h"] {
        assert!(duration(bad).is_err(), "{bad}");
    }
}

#[test]
fn environments_are_given_one_after_the_other_or_each_with_its_option() {
    let names = |line: &str| match Cli::parse_from(line.split(' ')).command {
        Some(Command::Setup(setup)) => setup.of.environments,
        other => panic!("{other:?}"),
    };
    assert_eq!(names("dualwrite setup --environment a b --yes"), ["a", "b"]);
    assert_eq!(names("dualwrite setup --environment a --environment b"), ["a", "b"]);
}

#[test]
fn a_speed_is_a_sensible_number() {
    assert_eq!(speed("15"), Ok(15.0));
    for bad in ["0", "-1", "NaN", "inf", "fast", ""] {
        assert!(speed(bad).is_err(), "{bad}");
    }
}
