//! Tells the program which commit it is of: `dualwrite --version` and `dualwrite doctor` say it. Without git, or
//! outside a checkout, it says none. A development build says that it is one: else each commit would build everything
//! anew.

use std::process::Command;

fn main() {
    let git = |words: &[&str]| {
        let out = Command::new("git").args(words).output().ok().filter(|out| out.status.success())?;
        String::from_utf8(out.stdout).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("PROFILE").is_none_or(|profile| profile != "release") {
        println!("cargo::rustc-env=DUALWRITE_COMMIT= (development build)");
        return;
    }
    // A commit moves the log of HEAD; in a worktree that is elsewhere.
    for moved in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", moved]).filter(|path| std::path::Path::new(path).exists())
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let commit = git(&["log", "-1", "--format=%h %cs"]).map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=DUALWRITE_COMMIT={commit}");
}
