//! The stream that tells an open tab of its session's end.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use relying_party::{Channel, LogoutEvent, Trust, sse};

use crate::support::{Fixture, answer, soon};

/// The next piece of the stream; `None` at its end.
async fn next(response: &mut Response<Body>) -> Option<String> {
    let frame = soon(response.body_mut().frame()).await?;
    Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
}

fn parse(text: &str) -> (u64, LogoutEvent) {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).expect(text);
    assert_eq!(field("event"), "sign-out");
    (field("id").parse().unwrap(), serde_json::from_str(field("data")).unwrap())
}

#[tokio::test]
async fn a_tab_hears_of_its_sessions_end_and_of_nothing_else() {
    let fixture = Fixture::new().await;
    let mut tab = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    assert_eq!(tab.status(), StatusCode::OK);
    assert_eq!(tab.headers()["content-type"], "text/event-stream");
    assert_eq!(tab.headers()["cache-control"], "no-store");
    assert_eq!(next(&mut tab).await.as_deref(), Some(": open\n\n"), "a comment says that the stream is open");

    fixture.party.end(&fixture.ends_sid("s2", Channel::BackChannel), Trust::Verified).await.unwrap();
    let event = fixture.ends_sid("s1", Channel::BackChannel);
    let ended = fixture.party.end(&event, Trust::Verified).await.unwrap();

    assert_eq!(parse(&next(&mut tab).await.expect("the event")), (ended.seq, event));
    assert_eq!(next(&mut tab).await, None, "the stream ends after its event");
    assert_eq!(fixture.party.open_streams(), 0);
}

/// A tab that had no stream at that moment is told when it opens one, also after a restart.
#[tokio::test]
async fn a_tab_that_comes_too_late_is_told_at_once() {
    let mut fixture = Fixture::new().await;
    let event = fixture.ends_sub("alice", fixture.clock.now());
    let ended = fixture.party.end(&event, Trust::Verified).await.unwrap();
    fixture.restart().await;
    let mut tab = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    next(&mut tab).await.expect("the comment");
    assert_eq!(parse(&next(&mut tab).await.expect("the event")), (ended.seq, event));
    assert_eq!(next(&mut tab).await, None);
}

/// T-27
#[tokio::test]
async fn a_shutdown_ends_the_streams() {
    let fixture = Fixture::new().await;
    let mut tab = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    next(&mut tab).await.expect("the comment");
    soon(fixture.party.shutdown()).await;
    assert_eq!(next(&mut tab).await, None);
}

#[tokio::test]
async fn without_push_the_answer_is_204_and_with_too_many_503() {
    let fixture = Fixture::with(|settings| settings.push = false).await;
    let response = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    assert_eq!(answer(response).await.0, StatusCode::NO_CONTENT);

    let fixture = Fixture::with(|settings| settings.max_streams = 1).await;
    let _first = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    let second = sse::sign_outs(&fixture.party, &fixture.session("s2", "alice"));
    assert!(second.headers().contains_key("retry-after"));
    assert_eq!(answer(second).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
