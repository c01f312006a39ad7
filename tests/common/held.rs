//! Answers that do not go on, and time that passes at once while a client waits for one.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How many answers do not go on.
#[derive(Default)]
pub struct Held {
    count: AtomicUsize,
    more: Notify,
}

impl Held {
    pub fn begins(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    pub fn ends(&self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn is_any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// Waits until an answer does not go on while the client waits for it.
    async fn holds(&self) {
        while !self.is_any() {
            self.more.notified().await;
        }
    }
}

/// Waits for `work`; while an answer is held, time passes at once. Also how long that was by the clock of the
/// client, in seconds; `None` where it takes more than `limit`.
pub async fn wait<T>(held: &Held, work: impl Future<Output = T>, limit: u64) -> Option<(T, u64)> {
    let mut work = std::pin::pin!(work);
    let mut passed = 0;
    while passed <= limit {
        tokio::select! {
            biased;
            result = &mut work => return Some((result, passed)),
            () = held.holds() => {}
        }
        // The runtime puts a clock forward that stands still whenever it has nothing to do, so it stands only
        // while it is put forward.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        passed += 1;
    }
    None
}
