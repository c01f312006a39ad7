//! The table of the matrix: `docs/faults.md`, made from what was seen. Calls that end alike share a row.

use super::calls::Target;
use super::faults;
use super::run::{Did, Often};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "# What the program does about every fault

Every question and every change of the client meets every fault, once and for ever, over HTTP, in simulated
time: `tests/matrix` runs all of it and holds this table against what it sees
(`FAULT_TABLE=write cargo test --test matrix` writes it anew).

Once: the first request of the call meets the fault, all others are answered. For ever: all of them meet it.
*Harmed* is how many requests met it until the program went on without, gave up, or was left by
`--timeout 1h`. *Exit* is the exit code (– where it was asked for in the wizard). *Said* are the last words for
the person; a run that ends well, or a check that could tell everything, needs none. Whatever the fault, no
change is made twice: after a change whose answer was lost the service is read before anything else.

Longest waits for one request: 10 s for a connection, 30 s for an answer to a question, 60 s to a change, 5 min
to Reset link. No more than 20 MB of an answer are read. A service that asks for a pause (Retry-After) gets it,
up to 10 min at a time.
";

/// What calls have in common that share a row.
type Row = (u32, Option<u8>, String);

pub fn table(targets: &[Target], seen: &BTreeMap<(usize, Often, usize), Did>) -> String {
    let mut text = HEAD.to_owned();
    for (fault, (name, harm)) in faults::ALL.iter().enumerate() {
        let _ = write!(text, "\n## {name}\n");
        if faults::is_none(*harm) {
            text += "\nIt is the right answer all the same, and it is taken as such; once and for ever are one.\n";
        }
        for (often, title) in [(Often::Once, "Once"), (Often::Always, "For ever")] {
            let mut rows = BTreeMap::<Row, Vec<&str>>::new();
            for ((_, _, target), did) in seen.range((fault, often, 0)..=(fault, often, usize::MAX)) {
                let row = (did.harmed, did.code, did.words.clone());
                rows.entry(row).or_default().push(targets[*target].name);
            }
            if rows.is_empty() {
                continue;
            }
            let _ = write!(text, "\n{title}:\n\n| Call | Harmed | Exit | Said |\n|---|---|---|---|\n");
            let mut rows: Vec<(Row, Vec<&str>)> = rows.into_iter().collect();
            rows.sort_by_key(|(_, names)| targets.iter().position(|target| target.name == names[0]));
            let most = rows.iter().map(|(_, names)| names.len()).max();
            for ((harmed, code, words), names) in rows {
                let code = code.map_or_else(|| "–".to_owned(), |code| code.to_string());
                let words = words.replace('|', "\\|");
                let is_usual = words.is_empty() && Some(names.len()) == most;
                let names = if is_usual { "every other call".to_owned() } else { names.join(", ") };
                let _ = writeln!(text, "| {names} | {harmed} | {code} | {words} |");
            }
        }
    }
    text
}
