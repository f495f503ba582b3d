//! What observers are told, in which order.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Router, http};
use relying_party::observation::{RefusalReason, Session, Sid};
use relying_party::{
    Channel, FrontChannelRequest, Guard, LedgerError, Observation, Observer, Observers, RelyingParty, Trust,
    back_channel_endpoint, sse,
};
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, CLIENT_ID, Fixture, NOW};

/// Writes down what it is told, without what differs from run to run.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Recorder {
    fn observe(&self, observation: &Observation<'_>) {
        let line = line(observation);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

fn line(observation: &Observation<'_>) -> String {
    let of = |session: &Session<'_>| session.sid.map_or("-", Sid::expose).to_owned();
    match observation {
        Observation::LogoutTokenReceived { sid, jti, .. } => format!("token {} {jti}", sid.map_or("-", Sid::expose)),
        Observation::LogoutTokenRefused { error } => format!("token refused {error:?}"),
        Observation::FrontChannelReceived { sid, storage_access, with_cookies } => {
            format!("front {} {storage_access:?} {with_cookies}", sid.expose())
        }
        Observation::EndRecorded { event, repeated, held_as, sessions, .. } => {
            let sid = event.sid.map_or("-", Sid::expose);
            format!("end {sid} {} repeated={repeated} {held_as:?} sessions={sessions}", event.channel.as_str())
        }
        Observation::EndRefused { event, error } => format!("no end {} {error:?}", event.sid.map_or("-", Sid::expose)),
        Observation::Pushed { streams, .. } => format!("pushed {streams}"),
        Observation::StreamOpened { session, ended } => format!("stream {} ended={ended}", of(session)),
        Observation::StreamClosed { session, told } => format!("closed {} told={told}", of(session)),
        Observation::RequestAccepted { session, first } => format!("pass {} first={first}", of(session)),
        Observation::RequestRefused { session, reason } => {
            format!("refused {} {reason:?}", session.as_ref().map_or("-".to_owned(), of))
        }
        other => format!("{other:?}"),
    }
}

async fn observed() -> (Fixture, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    let observers = Observers::default().and(recorder.clone());
    (Fixture::with(|settings| settings.observers = observers).await, recorder)
}

async fn front_channel(
    State(party): State<RelyingParty>,
    request: FrontChannelRequest,
) -> Result<&'static str, LedgerError> {
    party.end(&request.event(), Trust::Unsigned).await?;
    Ok("signed out")
}

fn app(party: &RelyingParty) -> Router {
    Router::new()
        .route("/api", get(|| async { "alive" }).layer(Guard::new(party.clone(), AUDIENCE).require_scope("notes")))
        .route("/logout/back-channel", back_channel_endpoint())
        .route("/logout/front-channel", get(front_channel))
        .with_state(party.clone())
}

async fn send(fixture: &Fixture, request: http::request::Builder, body: String) -> StatusCode {
    app(&fixture.party).oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status()
}

async fn call(fixture: &Fixture, token: &str) -> StatusCode {
    send(fixture, Request::get("/api").header("authorization", format!("Bearer {token}")), String::new()).await
}

fn access_token(fixture: &Fixture, sid: &str, scope: &str) -> String {
    let claims = json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": "alice", "client_id": "app-b", "jti": "t1", "sid": sid,
        "iat": NOW, "exp": NOW + 300, "auth_time": NOW - 100, "scope": scope,
    });
    fixture.provider.key.sign("at+jwt", &claims)
}

async fn post_token(fixture: &Fixture, jti: &str, sid: &str) -> StatusCode {
    let claims = json!({
        "iss": fixture.issuer(), "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 120, "jti": jti, "sid": sid, "toe": NOW,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let token = fixture.provider.key.sign("logout+jwt", &claims);
    let request = Request::post("/logout/back-channel").header("content-type", "application/x-www-form-urlencoded");
    send(fixture, request, format!("logout_token={token}")).await
}

/// T-13, T-19: from the first request to the refusal, each step once and in its order. The guard's is oneshot, and the
/// guard is new each time: so is each token.
#[tokio::test]
async fn a_sign_out_by_the_back_channel() {
    let (fixture, recorder) = observed().await;
    let token = access_token(&fixture, "s1", "notes");
    assert_eq!(call(&fixture, &token).await, StatusCode::OK);
    let tab = sse::sign_outs(&fixture.party, &fixture.session("s1", "alice"));
    assert_eq!(recorder.taken(), ["pass s1 first=true", "stream s1 ended=false"]);

    assert_eq!(post_token(&fixture, "j1", "s1").await, StatusCode::OK);
    assert_eq!(recorder.taken(), ["token s1 j1", "end s1 back-channel repeated=false Verified sessions=1", "pushed 1"]);
    axum::body::to_bytes(tab.into_body(), 10_000).await.unwrap();
    assert_eq!(recorder.taken(), ["closed s1 told=true"]);
    assert_eq!(call(&fixture, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(recorder.taken(), ["refused s1 SessionEnded(Some(BackChannel))"]);

    // The same by a frame, and a tab that comes too late.
    let request = Request::get(format!("/logout/front-channel?iss={}&sid=s1", fixture.issuer()));
    let request = request.header("sec-fetch-storage-access", "none").header("cookie", "a=b");
    assert_eq!(send(&fixture, request, String::new()).await, StatusCode::OK);
    drop(sse::sign_outs(&fixture.party, &fixture.session("s1", "alice")));
    assert_eq!(
        recorder.taken(),
        [
            "front s1 Some(None) true",
            "end s1 front-channel repeated=true Verified sessions=0",
            "pushed 0",
            "stream s1 ended=true",
            "closed s1 told=false",
        ]
    );
}

/// T-22, BCL-29: what is refused is told of with its reason, and of no session.
#[tokio::test]
async fn what_is_refused() {
    let (fixture, recorder) = observed().await;
    assert_eq!(call(&fixture, "nonsense").await, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&fixture, &access_token(&fixture, "s1", "openid")).await, StatusCode::FORBIDDEN);
    let form = "application/x-www-form-urlencoded";
    let post = || Request::post("/logout/back-channel").header("content-type", form);
    assert_eq!(send(&fixture, post(), "logout_token=a.b.c".to_owned()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(&fixture, post(), String::new()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(&fixture, Request::get("/logout/front-channel"), String::new()).await, StatusCode::BAD_REQUEST);
    let unknown = Request::get(format!("/logout/front-channel?iss={}&sid=s9", fixture.issuer()));
    assert_eq!(send(&fixture, unknown, String::new()).await, StatusCode::OK);
    assert_eq!(post_token(&fixture, "j1", "s2").await, StatusCode::OK);
    assert_eq!(post_token(&fixture, "j1", "s3").await, StatusCode::BAD_REQUEST);
    assert_eq!(
        recorder.taken(),
        [
            "refused - Invalid",
            "refused s1 Scope",
            "token refused Token(Malformed)",
            "token refused NotOneToken",
            "FrontChannelRefused { storage_access: None, with_cookies: false }",
            "front s9 None false",
            "end s9 front-channel repeated=false Unsigned sessions=0",
            "pushed 0",
            "token s2 j1",
            "end s2 back-channel repeated=false Verified sessions=0",
            "pushed 0",
            "token s3 j1",
            "no end s3 Replayed",
        ]
    );
}

/// What an app with sessions of its own does itself comes to the same observers, and no `sid` is ever shown.
#[tokio::test]
async fn what_an_app_tells_itself() {
    #[derive(Default)]
    struct Shown(Mutex<String>);
    impl Observer for Shown {
        fn observe(&self, observation: &Observation<'_>) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(&format!("{observation:?}\n"));
        }
    }
    let (shown, recorder) = (Arc::new(Shown::default()), Arc::new(Recorder::default()));
    let observers = Observers::default().and(shown.clone()).and(recorder.clone());
    let fixture = Fixture::with(|settings| settings.observers = observers).await;
    let session = fixture.session("the-sid-of-alice", "alice");
    fixture.party.observe(|| Observation::SignedIn { session: (&session).into() });
    let reason = RefusalReason::SessionEnded(Some(Channel::Provider));
    fixture.party.observe(|| Observation::RequestRefused { session: Some((&session).into()), reason });
    fixture.party.end(&fixture.ends_sid("the-sid-of-alice", Channel::Provider), Trust::Verified).await.unwrap();
    let shown = shown.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let fingerprint = Sid::new("the-sid-of-alice").fingerprint().to_string();
    assert!(!shown.contains("the-sid-of-alice"), "{shown}");
    assert_eq!(shown.matches(&fingerprint).count(), 4, "{shown}");
    assert_eq!(recorder.taken().len(), 4, "each observer is told");
}
