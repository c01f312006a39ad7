//! The two ways out of a program without a full screen: standard output and standard error, in ASCII where that is
//! wanted. What a program reads, JSON and documents, is never changed.

use crate::ui::look::in_ascii;
use std::io::{self, Stderr, Stdout, Write};

/// A way out that takes whole texts.
pub struct Way<W> {
    to: W,
    in_ascii: bool,
}

/// Standard output and standard error. `is_document`: what goes to standard output stays as it is.
pub fn out(in_ascii: bool, is_document: bool) -> (Way<Stdout>, Way<Stderr>) {
    (Way { to: io::stdout(), in_ascii: in_ascii && !is_document }, Way { to: io::stderr(), in_ascii })
}

impl<W: Write> Write for Way<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) if self.in_ascii && !text.is_ascii() => {
                self.to.write_all(in_ascii(text).as_bytes())?;
                Ok(bytes.len())
            }
            _ => self.to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_ascii_is_wanted_signs_are_changed_on_their_way() {
        let written = |in_ascii| {
            let mut way = Way { to: Vec::new(), in_ascii };
            write!(way, "“é” …").unwrap();
            String::from_utf8(way.to).unwrap()
        };
        assert_eq!((written(true).as_str(), written(false).as_str()), ("\"é\" ...", "“é” …"));
    }
}
