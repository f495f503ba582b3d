use std::time::Duration;

/// How long a state may take to come: longer than the longest pause between two attempts of a test's outbox.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long to leave the processes alone between two questions: they need the machine themselves.
const BREATH: Duration = Duration::from_millis(10);

/// Asks until it is so: each answer is a state, and the whole wait is bounded.
pub(super) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(BREATH).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never came true: {what}"));
}
