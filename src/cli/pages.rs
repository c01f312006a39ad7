//! What is made from the command line for others: scripts that complete it in a shell, and manual pages.

use super::Cli;
use clap::CommandFactory;
use clap::builder::{PossibleValuesParser, Resettable};

/// The script that completes commands, options and the names among their values in a shell. `scenarios`: those that
/// are built in; a path is typed whole.
pub fn completions(shell: clap_complete::Shell, scenarios: impl Iterator<Item = &'static str>) -> Vec<u8> {
    let scenarios = PossibleValuesParser::new(scenarios.collect::<Vec<_>>());
    let mut whole = Cli::command().mut_arg("scenario", |arg| arg.value_parser(scenarios));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut whole, "dualwrite", &mut script);
    script
}

/// The manual page of the program, or of a command and those below it (`runs export`), in roff; none where there is no
/// such command.
///
/// # Errors
/// Never: it is written to memory.
pub fn manual(command: &[String]) -> std::io::Result<Option<Vec<u8>>> {
    let mut whole = Cli::command();
    whole.build();
    let mut page = &whole;
    for name in command {
        match page.find_subcommand(name) {
            Some(found) => page = found,
            None => return Ok(None),
        }
    }
    // Named as a shell finds it: `man dualwrite-setup`.
    let name = std::iter::once("dualwrite").chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let after = page.get_after_help().map(ToString::to_string).unwrap_or_default();
    let page = page.clone().display_name(name).after_help(Resettable::Reset);
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    text.extend(sections(&after).bytes());
    Ok(Some(text))
}

/// What stands below the options, as sections of a page: examples line by line, everything else as text.
fn sections(after: &str) -> String {
    let mut roff = String::new();
    for part in after.split("\n\n") {
        let (title, text) = part.split_once(':').unwrap_or(("Notes", part));
        let lines: Vec<String> =
            text.lines().map(|line| escaped(line.trim())).filter(|line| !line.is_empty()).collect();
        let lines = lines.join("\n");
        let body = if title == "Examples" { format!(".nf\n{lines}\n.fi") } else { lines };
        roff = format!("{roff}.SH {:?}\n{body}\n", title.to_uppercase());
    }
    roff
}

/// A line that means what it says: no escapes, no request at its beginning.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}
