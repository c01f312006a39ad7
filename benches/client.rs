//! The smallest ratatui program with an HTTP client: what the memory of the wizard is compared with by
//! `benches/terminal.rs`, which starts it. Alone it does nothing.
#![expect(clippy::expect_used, reason = "a bench that cannot go on says so")]

/// Asked once before the first frame.
const ADDRESS: &str = "DUALWRITE_BENCH_ADDRESS";

fn main() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Neither proxies nor the certificates of the system: the wizard asks for none on this machine either.
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
    let text = runtime.block_on(async { client.get(address).send().await?.text().await }).expect("an answer");
    let mut terminal = ratatui::init();
    let _ = terminal.draw(|frame| {
        let block = ratatui::widgets::Block::bordered().title(text);
        frame.render_widget(block, frame.area());
    });
    let _ = crossterm::event::read();
    ratatui::restore();
}
