//! What an open tab asks the provider while nobody uses it.

use super::tab::Tab;
use super::{Answer, Stage};

const HOUR: u64 = 3600;

/// Requests to the provider in an hour by the shared clock.
pub(crate) async fn requests_in_an_hour(stage: &Stage) -> usize {
    let mut tab = Tab::sign_in(stage, "alice").await;
    let before = stage.provider.requests();
    for _ in 0..HOUR {
        stage.clock.advance(1);
        let over = tab.caller.tick().await;
        assert!(!over || stage.answer == Answer::LongLived, "nobody has signed out");
    }
    stage.provider.requests() - before
}
