//! What is between: a proxy that lets nothing through, one that is not there, one that nobody trusts, one
//! that wants a password, and none.

use crate::proxy::{Answer, Proxy, Tunnel};
use crate::{Bench, SCENARIO, run};
use dualwrite::sim::CLIENT_SECRET;
use rstest::rstest;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use tokio::net::TcpSocket;

const LOGIN: &str = "login.microsoftonline.com";

/// What the program says first of a service that does not answer; then it is ended, because it goes on asking
/// for longer than a test can wait.
fn first_words(mut command: Command) -> String {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.into_iter().find(|line| line.contains("no connection")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

fn through(port: u16, mut command: Command) -> Command {
    command.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}"));
    command
}

/// An application without tokens from outside, so that all begins at the token service.
fn application(bench: &Bench) -> Command {
    let mut command = bench.program(&["status"]);
    command.env("DUALWRITE_CLIENT_SECRET", CLIENT_SECRET);
    command
}

#[rstest]
#[case::password(
    "407 Proxy Authentication Required",
    "wants a user name and a password (HTTP 407); give them in HTTPS_PROXY"
)]
#[case::bad_gateway("502 Bad Gateway", "makes no connection to it; it is named by HTTPS_PROXY")]
fn a_proxy_that_lets_nothing_through_is_said_to_be_between(#[case] answer: &'static str, #[case] words: &str) {
    let bench = Bench::new("public", SCENARIO);
    let proxy = Proxy::start(Tunnel::Refused(answer), |_| Answer::default());
    let words = format!("the proxy in front of {LOGIN} {words}");
    let said = run(through(proxy.port, bench.program(&["sign-in"])));
    assert!(said.code == 4 && said.err.contains(&words), "{} {}", said.code, said.err);
    if answer.starts_with("407") {
        // Asking again does not help, so it ends at once.
        let said = run(through(proxy.port, application(&bench)));
        assert!(said.code == 4 && said.err.contains(&words), "{} {}", said.code, said.err);
        assert!(!said.err.contains("asked again"), "{}", said.err);
    } else {
        let said = first_words(through(proxy.port, application(&bench)));
        assert!(said.contains(&words) && said.contains("asked again"), "{said}");
    }
    let connects = proxy.connects();
    assert!(!connects.is_empty() && connects.iter().all(|connect| connect.target == format!("{LOGIN}:443")));
    assert_eq!((proxy.seen().len(), bench.proxy.connects().len()), (0, 0), "no request was sent");
}

#[test]
fn a_proxy_that_is_not_there_is_said_to_be_between() {
    let bench = Bench::new("public", SCENARIO);
    // Bound and not listening: the port stays ours, so no server of another test can come to it.
    let place = TcpSocket::new_v4().unwrap();
    place.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = place.local_addr().unwrap().port();
    let words = format!("the proxy in front of {LOGIN} cannot be reached: ");
    let said = run(through(port, bench.program(&["sign-in"])));
    assert!(said.code == 4 && said.err.contains(&words) && said.err.contains("HTTPS_PROXY"), "{}", said.err);
    let said = first_words(through(port, application(&bench)));
    assert!(said.contains(&words) && said.to_lowercase().contains("refused"), "{said}");
    assert_eq!(bench.proxy.connects().len(), 0);
}

#[test]
fn a_password_for_the_proxy_goes_to_the_proxy_alone() {
    let bench = Bench::new("public", SCENARIO);
    let log = bench.dir.path().join("debug.log");
    let mut command = application(&bench);
    command.env("HTTPS_PROXY", format!("http://name:pass-word@127.0.0.1:{}", bench.proxy.port));
    command.args(["--log-level", "debug", "--log-file"]).arg(&log);
    let said = run(command);
    assert_eq!(said.code, 0, "{}", said.err);
    let password = "bmFtZTpwYXNzLXdvcmQ=";
    let given = Some(format!("Basic {password}"));
    assert!(bench.proxy.connects().iter().all(|connect| connect.password == given));
    let log = std::fs::read_to_string(&log).unwrap();
    for secret in ["pass-word", password] {
        assert!(bench.proxy.seen().iter().all(|seen| !seen.holds(secret)));
        assert!(![&said.out, &said.err, &log].iter().any(|text| text.contains(secret)), "{log}");
    }
}

#[test]
fn an_authority_that_is_not_trusted_gets_no_request_and_is_named() {
    let bench = Bench::new("public", SCENARIO);
    let untrusting = |mut command: Command| {
        command.env_remove("DUALWRITE_CA_FILE");
        run(command)
    };
    let sign_in = untrusting(bench.program(&["sign-in"]));
    let status = untrusting(bench.application(&["status"]));
    for (said, code) in [(sign_in, 4), (status, 4)] {
        assert_eq!(said.code, code, "{}", said.err);
        for words in [LOGIN, "not trusted here", "ca_file or DUALWRITE_CA_FILE"] {
            assert!(said.err.contains(words), "{words}: {}", said.err);
        }
        assert!(!said.err.contains("asked again"), "{}", said.err);
    }
    assert!(bench.proxy.seen().is_empty() && !bench.proxy.connects().is_empty());
}

#[rstest]
#[case::missing(None, "")]
#[case::no_pem(Some("no certificate"), "there is no certificate in it")]
#[case::no_certificate(
    Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    "certificate 1 in it cannot be read"
)]
#[case::cut(Some("-----BEGIN CERTIFICATE-----\nAAAA\n"), "certificate 1 in it cannot be read")]
fn a_ca_file_that_cannot_be_used_is_refused_before_anything_starts(#[case] text: Option<&str>, #[case] why: &str) {
    let bench = Bench::new("public", SCENARIO);
    match text {
        Some(text) => std::fs::write(bench.ca_file(), text).unwrap(),
        None => std::fs::remove_file(bench.ca_file()).unwrap(),
    }
    for args in [&["status"][..], &["sign-in"], &["setup", "--environment", "contoso-uat"], &["--plain"]] {
        let said = run(bench.program(args));
        let begin = format!("The CA file {} cannot be used: {why}", bench.ca_file().display());
        assert!(said.code == 2 && said.err.starts_with(&begin), "{args:?} {}: {}", said.code, said.err);
        assert!(said.err.contains("Name a PEM file"), "{}", said.err);
    }
    assert!(bench.proxy.connects().is_empty() && !bench.state_dir().exists());
}

#[rstest]
#[case::exempt(Some("127.0.0.1"), true)]
#[case::another(Some("127.0.0.2,example.com"), false)]
#[case::none(None, false)]
fn no_proxy_is_honoured(#[case] exempt: Option<&str>, #[case] is_direct: bool) {
    let bench = Bench::new("public", SCENARIO);
    // Stands for a service inside the company; everything else still needs the proxy.
    let inside = format!("127.0.0.1:{}", bench.proxy.port);
    bench.settings(&format!("[clouds.public]\nlcs_project = 4455667\nlcs = \"https://{inside}\"\n"));
    let mut command = bench.application(&["status"]);
    if let Some(exempt) = exempt {
        command.env("NO_PROXY", exempt);
    }
    let said = run(command);
    assert_eq!(said.code, 0, "{}", said.err);
    let seen = bench.proxy.seen();
    assert!(seen.iter().any(|seen| seen.host == inside), "{seen:?}");
    for seen in seen {
        assert_eq!(seen.is_direct, is_direct && seen.host == inside, "{}{}", seen.host, seen.path);
    }
    assert_eq!(bench.proxy.connects().iter().any(|connect| connect.target == inside), !is_direct);
}
