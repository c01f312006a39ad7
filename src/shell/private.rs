//! Files of the state directory: for their owner only, and never anywhere else than they seem.
//!
//! Whoever could write into the directory could lead the record or a sign-in through a link to another
//! place, or hold the program up with a pipe. So every file there is opened here: links are not followed,
//! only regular files are opened, and none is read beyond a limit. [`tend`] looks over the directory once
//! at the start and takes rights back that others should not have. Windows has no such modes: the
//! directory of a user is closed to others there.

use super::log;
use crate::api::opens_nothing_more;
use crate::core::trouble::NOTHING_MORE;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Directories of the state directory. They are ours alone.
const OWN: [&str; 3] = ["runs", "locks", "terms"];
/// Why a link is not opened.
const LINK: &str = "it is a link, and links are not followed here; delete it";
/// Why something else is not opened.
const NO_FILE: &str = "it is no regular file; delete it";

/// Makes a directory for its owner only, with its parents.
///
/// # Errors
/// Fails when it cannot be made, or a link stands in its place.
pub fn directory(path: &Path) -> io::Result<PathBuf> {
    if is_link(path) {
        return Err(io::Error::other(LINK));
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    Ok(path.to_owned())
}

/// Opens a file for its owner only, to append to.
///
/// # Errors
/// Fails when it cannot be opened or made, is a link, or no regular file.
pub fn append(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().create(true).append(true))
}

/// Opens a file to read it.
///
/// # Errors
/// Fails when it cannot be opened, is a link, or no regular file.
pub fn read(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}

/// Everything in a file, up to so many bytes.
///
/// # Errors
/// As [`read`], and when there is more in it.
pub fn read_whole(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    whole(&read(path)?, most)
}

/// Everything that comes from here on in an open file, up to so many bytes.
///
/// # Errors
/// Fails when it cannot be read, and when there is more in it.
pub fn whole(file: &File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == most && file.take(1).read_to_end(&mut Vec::new())? > 0 {
        let words = format!("it is larger than {} MiB", most / (1024 * 1024));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// Writes a file anew, for its owner only: whole or not at all. A link in its place is replaced.
///
/// # Errors
/// Fails when it cannot be written; what was there is then there still.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = std::fs::remove_file(&new);
    let mut file = open(&new, OpenOptions::new().create_new(true).write(true))?;
    io::Write::write_all(&mut file, content)?;
    file.sync_data()?;
    std::fs::rename(&new, path)
}

/// A crash leaves no picture of the memory on a disk: tokens are in it.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe with nobody at its other end would be waited for without NONBLOCK.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        options.mode(0o600).custom_flags(flags.cast_signed());
    }
    let opened = if cfg!(not(unix)) && is_link(path) { Err(io::Error::other(LINK)) } else { options.open(path) };
    let file = match opened {
        Err(_) if is_link(path) => return Err(io::Error::other(LINK)),
        // A pipe cannot be opened to write while nobody reads it.
        Err(error) if error.kind() != io::ErrorKind::NotFound && is_special(path) => {
            return Err(io::Error::other(NO_FILE));
        }
        opened => opened.map_err(in_words)?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other(NO_FILE)) }
}

/// An error with the words of this program, where the number of the system says little.
pub fn in_words(error: io::Error) -> io::Error {
    if opens_nothing_more(&error) { io::Error::other(NOTHING_MORE) } else { error }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_symlink())
}

fn is_special(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| !about.is_file())
}

/// Why the state directory cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// One of its directories leads elsewhere.
    #[error("The state directory cannot be used: {} is a link, and links are not followed there. Delete it, or name another directory with --state-dir.", .0.display())]
    Link(PathBuf),
    /// It is a place for everybody, as `/tmp` is.
    #[error("{} cannot be the state directory: everybody may write into it. Name a directory of your own with --state-dir, for example {}.", .0.display(), .0.join("dualwrite").display())]
    Shared(PathBuf),
    /// Others can write, and it is not ours to change.
    #[error("Others can change {path}, and that cannot be taken from them: {source}. Name another directory with \
             --state-dir, or have this one fixed.", path = .path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Looks over a state directory before it is used, and takes from others what they may do in it. A
/// sentence for each thing that was mended. One that is not there, or is no directory, is left to whoever
/// makes it. A file of tokens that others can read is not mended: somebody may have read it.
///
/// # Errors
/// When it leads elsewhere, or others can change it and that cannot be mended.
pub fn tend(state_dir: &Path) -> Result<Vec<String>, Unfit> {
    let mut mended = Vec::new();
    #[cfg(unix)]
    modes::of_state_dir(state_dir, &mut mended)?;
    for dir in OWN.map(|name| state_dir.join(name)) {
        if is_link(&dir) {
            return Err(Unfit::Link(dir));
        }
        #[cfg(unix)]
        modes::of_own_dir(&dir, &mut mended)?;
    }
    #[cfg(unix)]
    for name in ["accounts.json", log::NAME, log::BEFORE] {
        modes::of_file(&state_dir.join(name), &mut mended)?;
    }
    Ok(mended)
}

#[cfg(unix)]
mod modes {
    use super::Unfit;
    use std::fs::{self, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::Path;

    const OTHERS: u32 = 0o077;
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;

    /// The state directory itself may be a link; nobody else may look at it or write.
    pub(super) fn of_state_dir(dir: &Path, mended: &mut Vec<String>) -> Result<(), Unfit> {
        let Ok(about) = fs::metadata(dir) else { return Ok(()) };
        if !about.is_dir() || about.mode() & OTHERS == 0 {
            return Ok(());
        }
        if about.mode() & OTHERS_WRITE != 0 && about.mode() & STICKY != 0 {
            return Err(Unfit::Shared(dir.to_owned()));
        }
        if about.mode() & OTHERS_WRITE != 0 {
            return take_away(dir, &about, OTHERS, mended);
        }
        // Its files are closed to others anyway: where it is not ours, or on a disk that cannot be written, it stays.
        if about.uid() == rustix::process::geteuid().as_raw() {
            let _ = fs::set_permissions(dir, Permissions::from_mode(about.mode() & 0o7777 & !OTHERS));
        }
        Ok(())
    }

    /// A directory that this program made, with its files.
    pub(super) fn of_own_dir(dir: &Path, mended: &mut Vec<String>) -> Result<(), Unfit> {
        let Ok(about) = dir.symlink_metadata() else { return Ok(()) };
        if !about.is_dir() {
            return Ok(());
        }
        if about.mode() & OTHERS != 0 {
            take_away(dir, &about, OTHERS, mended)?;
        }
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            of_file(&entry.path(), mended)?;
        }
        Ok(())
    }

    /// A file; whatever else stands there is refused when it is opened.
    pub(super) fn of_file(file: &Path, mended: &mut Vec<String>) -> Result<(), Unfit> {
        match file.symlink_metadata() {
            Ok(about) if about.is_file() && about.mode() & OTHERS != 0 => take_away(file, &about, OTHERS, mended),
            _ => Ok(()),
        }
    }

    fn take_away(path: &Path, about: &Metadata, rights: u32, mended: &mut Vec<String>) -> Result<(), Unfit> {
        let open = |source| Unfit::Open { path: path.to_owned(), source };
        if about.uid() != rustix::process::geteuid().as_raw() {
            return Err(open(io::Error::other("it belongs to another user")));
        }
        fs::set_permissions(path, Permissions::from_mode(about.mode() & 0o7777 & !rights)).map_err(open)?;
        let could = if about.mode() & OTHERS_WRITE == 0 { "read" } else { "change" };
        mended.push(format!("Others could {could} {}; now only you can.", path.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
