//! What may stand in a state directory besides what this program put there.

use super::*;
use tempfile::TempDir;

fn said<T>(result: io::Result<T>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("f");
    std::fs::write(&path, [b'x'; 100]).unwrap();
    assert_eq!(read_whole(&path, 100).unwrap().len(), 100);
    assert!(said(read_whole(&path, 99)).contains("larger"));
    assert!(said(read(dir.path())).contains("no regular file"));
}

#[test]
fn a_state_directory_that_is_not_there_is_left_to_whoever_makes_it() {
    let dir = TempDir::new().unwrap();
    assert!(tend(&dir.path().join("none")).unwrap().is_empty());
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert!(tend(&dir.path().join("file")).unwrap().is_empty());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn allow(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_link_is_neither_read_nor_written_nor_followed() {
        let dir = TempDir::new().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        std::fs::write(&target, "mine").unwrap();
        symlink(&target, &link).unwrap();
        symlink(dir.path().join("nowhere"), dir.path().join("dangling")).unwrap();
        for path in [&link, &dir.path().join("dangling")] {
            assert!(said(append(path)).contains("link") && said(read(path)).contains("link"), "{}", path.display());
            assert!(said(directory(path)).contains("link"));
        }
        replace(&link, b"new").unwrap();
        assert_eq!(
            (std::fs::read(&target).unwrap(), std::fs::read(&link).unwrap()),
            (b"mine".to_vec(), b"new".to_vec())
        );
        assert!(!is_link(&link) && !dir.path().join("nowhere").exists());
        // A link that waits where the next version is written leads nowhere either.
        symlink(&target, dir.path().join("other.new")).unwrap();
        replace(&dir.path().join("other"), b"new").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_holds_nobody_up() {
        let dir = TempDir::new().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for why in [said(append(&pipe)), said(read(&pipe)), said(read_whole(&pipe, 10))] {
            assert!(why.contains("no regular file"), "{why}");
        }
    }

    #[test]
    fn what_others_may_do_is_taken_from_them_and_said_once() {
        let dir = TempDir::new().unwrap();
        let (state, runs) = (dir.path().join("state"), dir.path().join("state/runs"));
        directory(&runs).unwrap();
        let (run, tokens) = (runs.join("r.jsonl"), state.join("tokens.json"));
        for file in [&run, &tokens] {
            std::fs::write(file, "").unwrap();
        }
        for (path, rights) in [(&state, 0o777), (&runs, 0o755), (&run, 0o664), (&tokens, 0o644)] {
            allow(path, rights);
        }
        let words = tend(&state).unwrap();
        let expected = [("change", &state), ("read", &runs), ("change", &run)];
        let expected =
            expected.map(|(could, path)| format!("Others could {could} {}; now only you can.", path.display()));
        assert_eq!(words, expected);
        assert_eq!([mode(&state), mode(&runs), mode(&run)], [0o700, 0o700, 0o600]);
        assert_eq!(mode(&tokens), 0o644, "whoever could read it may have: it is refused later");
        assert!(tend(&state).unwrap().is_empty());
    }

    #[test]
    fn a_place_for_everybody_is_refused_and_stays_as_it_is() {
        let dir = TempDir::new().unwrap();
        allow(dir.path(), 0o1777);
        assert!(tend(dir.path()).unwrap_err().to_string().contains("--state-dir"));
        assert_eq!(mode(dir.path()), 0o1777);
    }

    #[test]
    fn a_directory_of_records_that_is_a_link_is_refused() {
        let dir = TempDir::new().unwrap();
        let (state, elsewhere) = (dir.path().join("state"), dir.path().join("elsewhere"));
        directory(&state).unwrap();
        directory(&elsewhere).unwrap();
        allow(&elsewhere, 0o777);
        symlink(&elsewhere, state.join("runs")).unwrap();
        let why = tend(&state).unwrap_err().to_string();
        assert!(why.contains("runs is a link"), "{why}");
        assert_eq!(mode(&elsewhere), 0o777, "what it leads to is not touched");
    }
}
