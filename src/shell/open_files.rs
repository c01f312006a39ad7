//! How many files and connections this process may have open: some systems begin with 256, which a hundred
//! set-ups with two hosts each would fill.

/// As many as every system lets a process have without asking (`OPEN_MAX` of macOS).
#[cfg(unix)]
const MOST: u64 = 10_240;

/// Raises the limit of this process as far as the system lets it, up to some thousands.
pub fn raise_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        let wanted = now.maximum.map_or(MOST, |maximum| maximum.min(MOST));
        if now.current.is_some_and(|current| current < wanted) {
            // Where it is refused the program works all the same, with fewer set-ups at once.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum });
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn the_limit_is_never_lowered_and_reaches_what_the_system_allows() {
        let before = getrlimit(Resource::Nofile);
        raise_limit();
        let after = getrlimit(Resource::Nofile);
        assert!(after.current.is_none_or(|now| before.current.is_some_and(|then| now >= then)));
        let allowed = after.maximum.map_or(MOST, |maximum| maximum.min(MOST));
        assert!(after.current.is_none_or(|now| now >= allowed), "{after:?}");
    }
}
