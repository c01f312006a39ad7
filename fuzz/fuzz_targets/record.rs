//! Any bytes as the record of a run: as they are, and with every line sealed by the checksum it should have, so
//! that what is behind the checksum is reached too. Whatever can be read can be exported.
#![no_main]

use dualwrite::core::journal::fold;
use dualwrite::shell::journal;
use dualwrite::ui::report::{self, Format};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let sealed: Vec<u8> = lines.flat_map(|(at, line)| seal(at + 1, line)).collect();
    read(&sealed);
});

/// `{"seq":N,` and the rest of a line, with its checksum.
fn seal(number: usize, rest: &[u8]) -> Vec<u8> {
    let mut line = format!("{{\"seq\":{number},").into_bytes();
    line.extend_from_slice(rest);
    let checksum = crc32fast::hash(&line);
    line.pop();
    line.extend_from_slice(format!(",\"crc\":\"{checksum:08x}\"}}\n").as_bytes());
    line
}

fn read(bytes: &[u8]) {
    let path = Path::new("runs/r.jsonl");
    match journal::entries(path, bytes) {
        Err(error) => assert!(error.to_string().contains("r.jsonl, line "), "{error}"),
        Ok(entries) => {
            if let Some(run) = fold(&entries) {
                for format in Format::ALL {
                    drop(report::export(&run, format, &TimeZone::UTC));
                }
            }
        }
    }
}
