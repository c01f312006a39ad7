//! Standard output of a command that prints and ends. What could not be written is remembered, so that no such command
//! ends as done when nobody could read what it says.

use crate::surface::code;
use crate::ui::text::clean;
use std::io::{self, ErrorKind, Write};

/// A sink that remembers the first error.
struct Printed<'a> {
    out: &'a mut dyn Write,
    error: Option<io::Error>,
}

impl Printed<'_> {
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            let kind = error.kind();
            if kind != ErrorKind::Interrupted {
                self.error.get_or_insert_with(|| io::Error::new(kind, error.to_string()));
            }
        })
    }
}

impl Write for Printed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}

/// Prints; the exit code of `work`, or that of an output that cannot be written.
pub fn print(out: &mut dyn Write, err: &mut dyn Write, work: impl FnOnce(&mut dyn Write, &mut dyn Write) -> u8) -> u8 {
    let mut printed = Printed { out, error: None };
    let code = work(&mut printed, err);
    let _ = printed.flush();
    printed.error.map_or(code, |error| not_written(&error, err))
}

/// The exit code of an output that cannot be written; a reader that went away is told nothing.
pub fn not_written(error: &io::Error, err: &mut dyn Write) -> u8 {
    if error.kind() == ErrorKind::BrokenPipe {
        return code::PIPE;
    }
    let _ = writeln!(err, "Standard output cannot be written: {}.", clean(&error.to_string()));
    code::FAILED
}

/// Prints a text.
pub fn text(out: &mut dyn Write, err: &mut dyn Write, text: &[u8]) -> u8 {
    print(out, err, |out, _| {
        // What went wrong is remembered.
        let _ = out.write_all(text);
        code::DONE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_nobody_could_read_is_not_done() {
        let printed = |kind| {
            let mut err = Vec::new();
            let code = text(&mut Broken(kind), &mut err, b"words\n");
            (code, String::from_utf8(err).unwrap())
        };
        assert_eq!(printed(ErrorKind::BrokenPipe), (code::PIPE, String::new()));
        let (code, words) = printed(ErrorKind::StorageFull);
        assert!(code == code::FAILED && words.starts_with("Standard output cannot be written: "), "{words}");
    }
}
