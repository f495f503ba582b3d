//! `GET /api/clock`: what the clock shows by which the parties and the lab's server report.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use app::lab::wire::Milliseconds;
use axum::Json;

/// When it began, and what the system's clock showed.
static BEGUN: LazyLock<(Instant, Milliseconds)> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (Instant::now(), since.as_secs_f64() * 1_000.0)
});

pub(super) async fn get() -> Json<Milliseconds> {
    Json(now())
}

/// The time now. All parties of the demo are in this process, so they have one clock, and what one of them reports before
/// another is before it. Nobody sets it: the system's clock can be, while somebody looks at a run. The lab's page finds
/// out how it stands to its own.
pub(super) fn now() -> Milliseconds {
    let (begun, showed) = *BEGUN;
    showed + begun.elapsed().as_secs_f64() * 1_000.0
}
