//! App B with a provider whose access tokens have no `sid`, and that tells apps of sign-outs in one way only.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::config::LogoutChannel;

use super::provider::OtherProvider;
use crate::browser::client;
use crate::curfew::Answer;

const ANNOUNCED_FRONT: &str = "frontchannel_logout_supported";
const ANNOUNCED_BACK: &str = "backchannel_logout_supported";

async fn present(other: &OtherProvider, access_token: &str, id_token: &str) -> Answer {
    let request = client().post(format!("{}/api/session", other.parties.app_b)).bearer_auth(access_token);
    let answer = request.body(id_token.to_owned()).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    assert_eq!(headers["cache-control"], "no-store");
    Answer { status, headers, body: serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null) }
}

async fn call(other: &OtherProvider, access_token: &str) -> (StatusCode, Value) {
    let answer = other.parties.call(Method::GET, "/me", access_token, None).await;
    (answer.status, answer.body["reason"].clone())
}

async fn back_channel(other: &OtherProvider, client_id: &str, app: &str, sid: &str) -> StatusCode {
    let form = [("logout_token", other.logout_token(client_id, sid))];
    client().post(format!("{app}/logout/back-channel")).form(&form).send().await.unwrap().status()
}

async fn front_channel(other: &OtherProvider, app: &str, sid: &str) -> StatusCode {
    let url = format!("{app}/logout/front-channel");
    let query = [("iss", other.parties.provider.as_str()), ("sid", sid)];
    client().get(url).query(&query).send().await.unwrap().status()
}

/// What a stream brings until it ends.
async fn until_the_end(mut stream: reqwest::Response) -> String {
    let mut heard = Vec::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        heard.extend(chunk);
    }
    String::from_utf8(heard).unwrap()
}

/// BCL-40
#[tokio::test]
async fn a_sign_out_by_sid_ends_the_access_token_whose_id_token_names_it() {
    let other = OtherProvider::start(json!({ ANNOUNCED_BACK: true })).await;
    let app_b = &other.parties.app_b;
    let (mine, my_id_token) = other.tokens_of_b("a1", "s1");
    let (others, others_id_token) = other.tokens_of_b("a2", "s2");
    let never_presented = other.tokens_of_b("a3", "s1").0;
    for (access_token, id_token) in [(&mine, &my_id_token), (&others, &others_id_token)] {
        assert_eq!(call(&other, access_token).await.0, StatusCode::OK, "by its user, before the ID token is there");
        assert_eq!(present(&other, access_token, id_token).await.status, StatusCode::NO_CONTENT);
    }
    let replayed = present(&other, &never_presented, &my_id_token).await;
    assert_eq!((replayed.status, &replayed.body["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_id_token")));

    let stream = client().get(format!("{app_b}/api/events")).bearer_auth(&mine).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    assert_eq!(back_channel(&other, "app-b", app_b, "s1").await, StatusCode::OK);
    assert!(until_the_end(stream).await.contains("event: sign-out"));
    assert_eq!(call(&other, &mine).await, (StatusCode::UNAUTHORIZED, json!("session_ended")));
    assert_eq!(call(&other, &others).await.0, StatusCode::OK);

    // Whoever presents it too late hears that the session is over, and it is refused from then on.
    let (late, late_id_token) = other.tokens_of_b("a4", "s1");
    let refused = present(&other, &late, &late_id_token).await;
    assert_eq!((refused.status, &refused.body["reason"]), (StatusCode::UNAUTHORIZED, &json!("session_ended")));
    assert_eq!(call(&other, &late).await, (StatusCode::UNAUTHORIZED, json!("session_ended")));
    other.stop().await;
}

/// FCL-25: nothing but frames, and the API's tokens end all the same.
#[tokio::test]
async fn without_a_back_channel_the_frame_ends_app_bs_tokens() {
    let other =
        OtherProvider::start(json!({ ANNOUNCED_FRONT: true, "frontchannel_logout_session_supported": true })).await;
    let (access_token, id_token) = other.tokens_of_b("a1", "s1");
    assert_eq!(present(&other, &access_token, &id_token).await.status, StatusCode::NO_CONTENT);
    assert_eq!(front_channel(&other, &other.parties.app_b, "s1").await, StatusCode::OK);
    assert_eq!(call(&other, &access_token).await, (StatusCode::UNAUTHORIZED, json!("session_ended")));
    other.stop().await;
}

/// A channel that an app is not to be told by is not there, also where every path is a page.
#[tokio::test]
async fn a_channel_that_is_not_listed_is_not_served() {
    let other = OtherProvider::start_with(json!({ ANNOUNCED_BACK: true, ANNOUNCED_FRONT: true }), |config| {
        config.app_a.as_mut().unwrap().logout_channels = vec![LogoutChannel::FrontChannel];
        config.app_b.as_mut().unwrap().logout_channels = vec![LogoutChannel::BackChannel];
    })
    .await;
    let (app_a, app_b) = (&other.parties.app_a, &other.parties.app_b);
    assert_eq!(front_channel(&other, app_a, "s1").await, StatusCode::OK);
    assert_eq!(back_channel(&other, "app-a", app_a, "s1").await, StatusCode::NOT_FOUND);
    assert_eq!(back_channel(&other, "app-b", app_b, "s1").await, StatusCode::OK);
    assert_eq!(front_channel(&other, app_b, "s1").await, StatusCode::NOT_FOUND);
    let answer = client().get(format!("{app_b}/logout/front-channel")).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    other.stop().await;
}
