//! What the services allow is kept across all set-ups of one process: seen from the services, under load.
#![expect(clippy::unwrap_used, reason = "clippy knows tests only by their attribute")]
#![cfg(unix)]

mod pty;
mod rehearsal;

use dualwrite::api::{Api, Credentials, Outside, Time, Trust};
use dualwrite::core::call::Call;
use dualwrite::core::terms;
use dualwrite::settings::Profile;
use jiff::Timestamp;
use rehearsal::Rehearsal;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

/// So many set-ups run at once.
const SET_UPS: usize = 30;
/// Simulated seconds per second.
const CALMLY: f64 = 50.0;
/// Environments on a page of the list of Lifecycle Services.
const LCS_PAGE: usize = 3;
/// Questions that one Dataverse is asked at once; it allows 52.
const DATAVERSE_AT_ONCE: usize = 16;
const IN_A_FILE: (&str, &str) = ("DUALWRITE_TOKEN_STORE", "file");

#[test]
fn thirty_set_ups_keep_the_budget_of_lifecycle_services_and_install_one_package_at_a_time() {
    // A list of many pages, so that the budget is met.
    let names: Vec<String> = (0..SET_UPS).map(|number| format!("many-{number:02}")).collect();
    let mut scenario = format!("lcs_page_size = {LCS_PAGE}\nonly = {names:?}\n[durations]\npackages = 20\nlink = 20\n");
    for name in &names {
        writeln!(scenario, "[[environment]]\nname = \"{name}\"").unwrap();
    }
    // A request that is late by some milliseconds is late by much less than a second there.
    let rehearsal = Rehearsal::told_at(&scenario, CALMLY);
    let log = rehearsal.dir.path().join("log");
    assert_eq!(rehearsal.command(&[IN_A_FILE], &["sign-in"]).0, 0);
    // What that program has asked is no matter of this one.
    rehearsal.simulator().advance(Duration::from_mins(2));
    let consent = ["--accept-terms", terms::version(), "--yes", "--environment"];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let logged = ["--log-level", "debug", "--log-file", log.to_str().unwrap()];
    let args = [&["setup"], &consent[..], &names, &logged].concat();
    let (code, out, err) = rehearsal.command(&[IN_A_FILE], &args);
    assert_eq!(code, 0, "{out}\n{err}");
    let log = std::fs::read_to_string(log).unwrap();
    let count = |words: &[&str]| log.lines().filter(|line| words.iter().all(|words| line.contains(words))).count();
    // Ten pages are more than a minute allows; the simulator refuses the seventh.
    assert_eq!(count(&["GET ", " /lcs/", "status=200"]), SET_UPS.div_ceil(LCS_PAGE));
    assert_eq!((count(&["status=429"]), count(&["status=409"])), (0, 0), "{log}");
    let counters = rehearsal.counters();
    assert_eq!(counters.installs.values().sum::<u32>() as usize, 2 * SET_UPS);
    assert_eq!(counters.links_completed as usize, SET_UPS);
}

/// A server that answers nothing before `together` requests are open; and how many there were at most.
async fn serve_together(together: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let barrier = Arc::new(Barrier::new(together));
    let seen = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (open, most, barrier) = (Arc::clone(&open), Arc::clone(&most), Arc::clone(&barrier));
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait().await;
                open.fetch_sub(1, Ordering::SeqCst);
                let body = r#"{"Version":"9.2"}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = socket.write_all((head + body).as_bytes()).await;
            });
        }
    });
    (port, seen)
}

#[tokio::test]
async fn dataverse_is_asked_so_many_questions_at_once_and_no_more() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (port, most) = serve_together(DATAVERSE_AT_ONCE).await;
    let base = format!("http://127.0.0.1:{port}");
    let text = format!(
        "name = \"test\"\nauthority = \"{base}/entra\"\nclient_id = \"c\"\nbap = \"{base}\"\npower_platform = \"{base}\"\n"
    );
    let profile = Profile::parse(&text, "test").unwrap();
    let outside = Outside::read(|_| Some("token".to_owned()));
    let time = Time { now: Arc::new(|| Timestamp::UNIX_EPOCH), speed: 1.0 };
    let api = Arc::new(Api::new(profile, Credentials::outside(outside), Trust::default(), time).unwrap());
    let asked = (0..4 * DATAVERSE_AT_ONCE).map(|_| {
        let (api, base) = (Arc::clone(&api), base.clone());
        tokio::spawn(async move { api.call(Call::Version(base)).await })
    });
    for asked in asked.collect::<Vec<_>>() {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), DATAVERSE_AT_ONCE);
}
