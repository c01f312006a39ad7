//! What is made from the command line for others: scripts that complete it in a shell, and manual pages.

use super::{Cli, VERSION};
use clap::CommandFactory;
use clap::builder::{PossibleValuesParser, Resettable};

/// What the program reads and writes, for its own page.
const FILES: &str = "Files:
dualwrite/config.toml in the user's directory for settings (~/.config on Linux)
    Clouds and what is preferred; dualwrite config init writes one that explains itself.

dualwrite in the user's directory for state (~/.local/state on Linux)
    The record of each run, the terms that were accepted, who is signed in, without a secret, and
    dualwrite.log, what did not work.
";

/// The variables that it reads, for its own page.
const ENVIRONMENT: &str = "Environment variables:
DUALWRITE_CLOUD, DUALWRITE_ACCOUNT, DUALWRITE_CONFIG, DUALWRITE_STATE_DIR
    As the options of these names.
DUALWRITE_TENANT, DUALWRITE_CLIENT_ID, DUALWRITE_CA_FILE, DUALWRITE_TOKEN_STORE
    As the settings of these names.
DUALWRITE_CLIENT_SECRET, DUALWRITE_CLIENT_CERTIFICATE
    How an application of your own signs in, unattended.
DUALWRITE_TOKEN_BAP, _LCS, _POWER_PLATFORM, _DATAVERSE, _FINANCE_OPERATIONS, _GATEWAY, _GRAPH
    Tokens from outside, used as they are and kept nowhere.
HTTPS_PROXY, NO_PROXY, NO_COLOR
    As everywhere.
";

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
    let usage = page.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let page = page.clone().display_name(&name).after_help(Resettable::Reset);
    let has_commands = page.has_subcommands();
    let man = clap_mangen::Man::new(page).title(name).source(format!("dualwrite {VERSION}"));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    // The one that clap_mangen writes names no values.
    text.extend(format!(".SH SYNOPSIS\n.nf\n{}\n.fi\n", escaped(&usage)).bytes());
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_commands {
        man.render_subcommands_section(&mut text)?;
    }
    text.extend(sections(&after).bytes());
    if command.is_empty() {
        text.extend([FILES, ENVIRONMENT].map(listed).concat().bytes());
    }
    Ok(Some(text))
}

/// What stands below the options, as sections of a page: what is indented line by line, everything else as text.
fn sections(after: &str) -> String {
    let mut roff = String::new();
    for part in after.split("\n\n") {
        let (title, text) = part.split_once(':').unwrap_or(("Notes", part));
        // What is indented stands line by line: commands, codes.
        let is_listed = text.lines().skip(1).all(|line| line.starts_with(' '));
        let lines: Vec<String> =
            text.lines().map(|line| escaped(line.trim())).filter(|line| !line.is_empty()).collect();
        let lines = lines.join("\n");
        let body = if is_listed { format!(".nf\n{lines}\n.fi") } else { lines };
        roff = format!("{roff}.SH {:?}\n{body}\n", title.to_uppercase());
    }
    roff
}

/// A title, then names, each with what is said of it in the indented line below.
fn listed(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let title = lines.next().unwrap_or_default().trim_end_matches(':').to_uppercase();
    let body = lines.map(|line| match line.strip_prefix("    ") {
        Some(words) => format!("{}\n", escaped(words)),
        None => format!(".TP\n{}\n", escaped(line)),
    });
    format!(".SH {title:?}\n{}", body.collect::<String>())
}

/// A line that means what it says: no escapes, no request at its beginning.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}
