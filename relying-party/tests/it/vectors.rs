//! Every vector of `tests/vectors`, asked of the extractor and of the router.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::FromRequest as _;
use axum::http::StatusCode;
use relying_party::{Standing, VerifiedLogoutToken, back_channel_endpoint};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::vector::{Ends, Facts, Vector, read};
use crate::support::{CLIENT_ID, Fixture, NOW, TestKey, answer};

const REFUSED: [&str; 3] = ["refused-signatures.json", "refused-claims.json", "refused-requests.json"];

/// A relying party, and the keys that the vectors are signed with.
struct Asked {
    fixture: Fixture,
    stranger: TestKey,
    other_alg: &'static str,
}

impl Asked {
    async fn es256() -> Self {
        Self { fixture: Fixture::new().await, stranger: TestKey::es256("k1"), other_alg: "RS256" }
    }

    async fn rs256() -> Self {
        let mut fixture = Fixture::new().await;
        fixture.provider.rotate_to(TestKey::rs256("k1"));
        fixture.party.refresh_keys().await;
        Self { fixture, stranger: TestKey::rs256("k1"), other_alg: "ES256" }
    }

    fn facts(&self, jti: String, sid: &str, sub: &str) -> Facts<'_> {
        let key = &self.fixture.provider.key;
        let texts = BTreeMap::from([
            ("iss", self.fixture.issuer().to_owned()),
            ("client_id", CLIENT_ID.to_owned()),
            ("sid", sid.to_owned()),
            ("sub", sub.to_owned()),
            ("jti", jti),
            ("alg", format!("{:?}", key.algorithm)),
            ("kid", key.kid.clone()),
            ("other_alg", self.other_alg.to_owned()),
        ]);
        Facts { texts, now: NOW, key, stranger: &self.stranger }
    }

    async fn send(&self, vector: &Vector, facts: &Facts<'_>) -> axum::response::Response {
        let app = Router::new().route("/logout/back-channel", back_channel_endpoint());
        app.with_state(self.fixture.party.clone()).oneshot(vector.request(facts)).await.unwrap()
    }

    async fn send_first(&self, vector: &Vector, facts: &Facts<'_>) {
        if let Some(first) = vector.first() {
            assert_eq!(self.send(&first, facts).await.status(), StatusCode::OK, "{}: the first", vector.name);
        }
    }

    /// The name of the error that the extractor gives; `None` if it takes the request.
    async fn rejection(&self, vector: &Vector, facts: &Facts<'_>) -> Option<String> {
        let taken = VerifiedLogoutToken::from_request(vector.request(facts), &self.fixture.party).await;
        let name = format!("{:?}", taken.err()?);
        let of_token = name.strip_prefix("Token(").and_then(|name| name.strip_suffix(')'));
        Some(of_token.map_or(name.clone(), str::to_owned))
    }

    /// All that a request could have written.
    async fn written(&self) -> [i64; 6] {
        let seq = sqlx::query_scalar("SELECT seq FROM rp_sequence").fetch_one(&self.fixture.pool).await.unwrap();
        let mut written = [seq; 6];
        let tables = ["rp_ended", "rp_session", "rp_unverified", "rp_logout_token", "rp_revoked_token"];
        for (count, table) in written[1..].iter_mut().zip(tables) {
            *count = self.fixture.count(table).await;
        }
        written
    }
}

async fn every_bad_vector_changes_nothing(asked: Asked) {
    let session = asked.fixture.session("s1", "alice");
    asked.fixture.begin(&session, "one").await;
    for vector in REFUSED.into_iter().flat_map(read) {
        let name = &vector.name;
        let refused = vector.refused.as_deref().unwrap_or_else(|| panic!("{name}: says not what it is refused for"));
        let facts = asked.facts(format!("jti of {name}"), "s1", "alice");
        asked.send_first(&vector, &facts).await;
        let before = asked.written().await;

        match refused {
            "Method" => {}
            "Replayed" => assert_eq!(asked.rejection(&vector, &facts).await, None, "{name}: the token alone is good"),
            error => assert_eq!(asked.rejection(&vector, &facts).await.as_deref(), Some(error), "{name}"),
        }
        let response = asked.send(&vector, &facts).await;

        let (status, body) = answer(response).await;
        let expected = vector.status.map_or(StatusCode::BAD_REQUEST, |status| StatusCode::from_u16(status).unwrap());
        assert_eq!((status, &body["error"]), (expected, &json!("invalid_request")), "{name}");
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(refused != "Replayed" || body["error_description"].as_str().unwrap().contains("jti"), "{name}");
        assert_eq!(asked.written().await, before, "{name}: something was written");
        assert_eq!(asked.fixture.party.check(&session).unwrap(), Standing::Live, "{name}");
    }
}

async fn every_good_vector_ends_what_it_says(asked: Asked) {
    let bystander = asked.fixture.session("bystander", "bob");
    asked.fixture.begin(&bystander, "bystander").await;
    for (number, vector) in read("accepted.json").into_iter().enumerate() {
        let name = &vector.name;
        let (sid, sub) = (format!("s{number}"), format!("user {number}"));
        let session = asked.fixture.session(&sid, &sub);
        asked.fixture.begin(&session, &sid).await;
        let facts = asked.facts(format!("jti of {name}"), &sid, &sub);
        asked.send_first(&vector, &facts).await;

        let sent = answer(asked.send(&vector, &facts).await).await;

        assert_eq!(sent, (StatusCode::OK, Value::Null), "{name}");
        let ended = matches!(asked.fixture.party.check(&session).unwrap(), Standing::Ended { .. });
        assert_eq!(ended, vector.ends.unwrap() == Ends::Session, "{name}");
        assert_eq!(asked.fixture.party.check(&bystander).unwrap(), Standing::Live, "{name}");
    }
}

/// BCL-18, BCL-28..36, BCL-38, BCL-39, BCL-47..49, T-30
#[tokio::test]
async fn what_is_bad_is_400_and_changes_nothing_es256() {
    every_bad_vector_changes_nothing(Asked::es256().await).await;
}

/// BCL-30, BCL-31
#[tokio::test]
async fn what_is_bad_is_400_and_changes_nothing_rs256() {
    every_bad_vector_changes_nothing(Asked::rs256().await).await;
}

/// BCL-08, BCL-09, BCL-23, BCL-32, BCL-33, BCL-36..38, BCL-40, BCL-46, BCL-50, T-05
#[tokio::test]
async fn what_is_good_ends_what_it_names_es256() {
    every_good_vector_ends_what_it_says(Asked::es256().await).await;
}

/// BCL-30
#[tokio::test]
async fn what_is_good_ends_what_it_names_rs256() {
    every_good_vector_ends_what_it_says(Asked::rs256().await).await;
}

#[test]
fn every_rule_has_a_vector_and_every_vector_a_name_of_its_own() {
    let bad: Vec<Vector> = REFUSED.into_iter().flat_map(read).collect();
    let good = read("accepted.json");
    assert!(bad.iter().all(|vector| vector.refused.is_some() && vector.ends.is_none()));
    assert!(good.iter().all(|vector| vector.refused.is_none() && vector.ends.is_some()));
    let all: Vec<&Vector> = bad.iter().chain(&good).collect();
    let names: BTreeSet<&str> = all.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
    let rules: BTreeSet<&str> = all.iter().flat_map(|vector| &vector.rules).map(String::as_str).collect();
    for rule in (29..=39).map(|number| format!("BCL-{number}")).chain(["BCL-50".into(), "T-30".into()]) {
        assert!(rules.contains(rule.as_str()), "{rule}");
    }
}
