use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    ISSUER, TestBrowser, TestProvider, Tokens, authorize, claims, code_of, config, config_registering, path,
};

/// Alice, of whom everything is known; App B may ask for all of it.
fn config_with_claims() -> Value {
    let mut config = config();
    config["clients"][1]["scopes"] = json!(["openid", "profile", "email", "address", "phone", "notes"]);
    let alice = &mut config["users"][0];
    alice.as_object_mut().unwrap().extend(of_profile().as_object().unwrap().clone());
    for (name, value) in [
        ("email", json!("alice@example.com")),
        ("email_verified", json!(true)),
        ("phone_number", json!("+44 1632 960001")),
        ("phone_number_verified", json!(false)),
        ("address", json!({"street_address": "1 Looking Glass Lane", "country": "United Kingdom"})),
    ] {
        alice[name] = value;
    }
    config
}

fn of_profile() -> Value {
    json!({
        "given_name": "Alice", "family_name": "Liddell", "middle_name": "Pleasance", "nickname": "Al",
        "profile": "https://alice.example.com/about", "picture": "https://alice.example.com/alice.png",
        "website": "https://alice.example.com/", "gender": "female", "birthdate": "1992-05-04",
        "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": 1_767_225_600,
    })
}

fn merged(parts: &[&Value]) -> Value {
    Value::Object(parts.iter().flat_map(|part| part.as_object().unwrap().clone()).collect())
}

/// The tokens of App B that come of this authorization request.
async fn tokens(provider: &TestProvider, browser: &mut TestBrowser, changes: &[(&str, &str)]) -> Tokens {
    let answer = browser.get(&authorize("app-b", changes)).await;
    provider.exchange("app-b", &code_of(&answer)).await
}

async fn userinfo(provider: &TestProvider, tokens: &Tokens) -> Value {
    let answer = provider.userinfo(&tokens.access_token).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_str(&answer.body).unwrap()
}

/// OpenID Connect Core 1.0 sections 5.1 and 5.4; RFC 6750 sections 2.1 and 2.2
#[tokio::test]
async fn claims_by_scope() {
    let provider = TestProvider::with(config_with_claims()).await;
    let (mut browser, of_a) = provider.signed_in("alice").await;
    let sub = json!({"sub": claims(&of_a.id_token)["sub"]});
    let name = json!({"name": "Alice", "preferred_username": "alice"});
    let email = json!({"email": "alice@example.com", "email_verified": true});
    let address = json!({"address": {"street_address": "1 Looking Glass Lane", "country": "United Kingdom"}});
    let phone = json!({"phone_number": "+44 1632 960001", "phone_number_verified": false});
    let table = [
        ("openid", sub.clone()),
        ("openid profile", merged(&[&sub, &name, &of_profile()])),
        ("openid email", merged(&[&sub, &email])),
        ("openid address", merged(&[&sub, &address])),
        ("openid phone", merged(&[&sub, &phone])),
        ("openid phone email", merged(&[&sub, &phone, &email])),
        ("openid profile email address phone", merged(&[&sub, &name, &of_profile(), &email, &address, &phone])),
    ];
    for (scope, expected) in table {
        let tokens = tokens(&provider, &mut browser, &[("scope", scope)]).await;
        let bearer = format!("Bearer {}", tokens.access_token);
        let form = [("access_token", tokens.access_token.as_str())];
        let answers = [
            browser.send("GET", "/userinfo", &[("authorization", &bearer)], None).await,
            browser.send("POST", "/userinfo", &[("authorization", &bearer)], None).await,
            browser.send("POST", "/userinfo", &[("authorization", &bearer)], Some(&[])).await,
            browser.send("POST", "/userinfo", &[], Some(&form)).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected, "{scope}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }
}

/// RFC 6750 sections 2 and 3.1
#[tokio::test]
async fn a_token_comes_in_one_way() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let bearer = format!("Bearer {}", tokens.access_token);
    let token = ("access_token", tokens.access_token.as_str());
    let form = "application/x-www-form-urlencoded";
    let twice = browser.send("POST", "/userinfo", &[("authorization", &bearer)], Some(&[token])).await;
    let repeated = browser.send("POST", "/userinfo", &[], Some(&[token, token])).await;
    for answer in [twice, repeated] {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"userinfo\", error=\"invalid_request\"");
    }
    let by_get = browser.send("GET", "/userinfo", &[], Some(&[token])).await;
    let empty = browser.send("POST", "/userinfo", &[("content-type", form)], None).await;
    for answer in [by_get, empty] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"userinfo\"");
    }
}

/// OpenID Connect Core 1.0 section 5.5: what was asked for by name is there, where it was asked for, and as long as the
/// tokens are renewed.
#[tokio::test]
async fn claims_by_name() {
    let mut config = config_with_claims();
    config["clients"][1]["grant_types"] = json!(["authorization_code", "refresh_token"]);
    let provider = TestProvider::with(config).await;
    let (mut browser, of_a) = provider.signed_in("alice").await;
    let sub = claims(&of_a.id_token)["sub"].clone();
    let table = [
        (json!({"userinfo": {"name": {"essential": true}}}), json!({"name": "Alice"}), json!({})),
        (
            json!({"userinfo": {"email": null, "phone_number": null}}),
            json!({"email": "alice@example.com", "phone_number": "+44 1632 960001"}),
            json!({}),
        ),
        (
            json!({"id_token": {"email": null, "address": null}}),
            json!({}),
            json!({"email": "alice@example.com", "address": {"street_address": "1 Looking Glass Lane", "country": "United Kingdom"}}),
        ),
        (
            json!({"userinfo": {"locale": {"value": "en-GB"}, "gender": {"value": "male"}}}),
            json!({"locale": "en-GB"}),
            json!({}),
        ),
        (
            json!({"userinfo": {"zoneinfo": {"values": ["UTC", "Europe/London"]}}}),
            json!({"zoneinfo": "Europe/London"}),
            json!({}),
        ),
        (
            json!({"userinfo": {"shoe_size": {"essential": true}}, "id_token": {"auth_time": {"essential": true}, "acr": null}}),
            json!({}),
            json!({}),
        ),
    ];
    for (parameter, at_userinfo, in_id_token) in table {
        let changes = [("scope", "openid"), ("claims", &parameter.to_string())];
        let tokens = tokens(&provider, &mut browser, &changes).await;
        let expected = merged(&[&json!({"sub": sub}), &at_userinfo]);
        assert_eq!(userinfo(&provider, &tokens).await, expected, "{parameter}");
        let id = claims(&tokens.id_token);
        for claim in ["name", "email", "address", "phone_number", "shoe_size"] {
            assert_eq!(id.get(claim), in_id_token.get(claim), "{parameter}: {claim}");
        }
        assert!(id["auth_time"].is_u64());

        let renewal = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.answer["refresh_token"].as_str().unwrap()),
            ("redirect_uri", ""),
            ("code_verifier", ""),
        ];
        let answer = provider.token("app-b", &renewal).await;
        let renewed: Value = serde_json::from_str(&answer.body).unwrap();
        let answer = provider.userinfo(renewed["access_token"].as_str().unwrap()).await;
        assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), expected, "renewed: {parameter}");
    }
}

/// RFC 6749 section 6: a renewal for less tells less, also of what was asked for by name.
#[tokio::test]
async fn a_narrowed_renewal_tells_no_claims_of_the_scope_that_was_left_out() {
    let mut config = config_with_claims();
    config["clients"][1]["grant_types"] = json!(["authorization_code", "refresh_token"]);
    let provider = TestProvider::with(config).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let parameter = json!({"userinfo": {"email": null, "nickname": null}, "id_token": {"email": null}}).to_string();
    let changes = [("scope", "openid email"), ("claims", parameter.as_str())];
    let tokens = tokens(&provider, &mut browser, &changes).await;
    assert_eq!(claims(&tokens.id_token)["email"], "alice@example.com");
    let renewal = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.answer["refresh_token"].as_str().unwrap()),
        ("redirect_uri", ""),
        ("code_verifier", ""),
        ("scope", "openid"),
    ];
    let renewed: Value = serde_json::from_str(&provider.token("app-b", &renewal).await.body).unwrap();
    assert_eq!(claims(renewed["id_token"].as_str().unwrap()).get("email"), None);
    let answer = provider.userinfo(renewed["access_token"].as_str().unwrap()).await;
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((said.get("email"), &said["nickname"]), (None, &json!("Al")), "whose scope was never granted");
}

/// An app learns by name no more than by its scopes.
#[tokio::test]
async fn a_claim_of_a_scope_that_the_client_may_not_have_is_not_told() {
    let mut config = config_with_claims();
    config["clients"][1]["scopes"] = json!(["openid", "profile", "notes"]);
    let provider = TestProvider::with(config).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let parameter = json!({"userinfo": {"email": {"essential": true}, "nickname": null}, "id_token": {"email": null}});
    let tokens = tokens(&provider, &mut browser, &[("scope", "openid"), ("claims", &parameter.to_string())]).await;
    let said = userinfo(&provider, &tokens).await;
    assert_eq!((said.get("email"), &said["nickname"]), (None, &json!("Al")));
    assert_eq!(claims(&tokens.id_token).get("email"), None);
}

/// RFC 6750 section 3
#[tokio::test]
async fn refused_tokens() {
    let provider = TestProvider::init().await;
    let (mut browser, tokens) = provider.signed_in("alice").await;
    let (_, foreign) = TestProvider::foreign().await.signed_in("alice").await;
    let without_token = browser.send("GET", "/userinfo", &[], None).await;
    assert_eq!(without_token.status, StatusCode::UNAUTHORIZED);
    assert_eq!(without_token.header("www-authenticate"), "Bearer realm=\"userinfo\"");

    let in_url = format!("/userinfo?access_token={}", tokens.access_token);
    assert_eq!(browser.send("GET", &in_url, &[], None).await.status, StatusCode::UNAUTHORIZED);
    let basic = format!("Basic {}", tokens.access_token);
    assert_eq!(
        browser.send("GET", "/userinfo", &[("authorization", &basic)], None).await.status,
        StatusCode::UNAUTHORIZED
    );

    let tampered = format!("{}x", tokens.access_token);
    let unsigned = format!("{}.", tokens.access_token.rsplit_once('.').unwrap().0);
    for (what, token) in [
        ("an ID token", &tokens.id_token),
        ("another provider's", &foreign.access_token),
        ("tampered with", &tampered),
        ("unsigned", &unsigned),
        ("nothing", &String::new()),
    ] {
        let answer = provider.userinfo(token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{what}");
    }
    provider.clock.advance(299);
    assert_eq!(provider.userinfo(&tokens.access_token).await.status, StatusCode::OK);
    provider.clock.advance(1);
    let expired = provider.userinfo(&tokens.access_token).await;
    assert!(expired.header("www-authenticate").contains("the token has expired"));
}

/// OpenID Connect Core 1.0 section 5.3.2: signed for the client that registered so, with its name and the provider's.
#[tokio::test]
async fn an_answer_that_is_signed() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    for alg in ["RS256", "ES256"] {
        let app = provider.registered(&json!({"userinfo_signed_response_alg": alg})).await;
        let code = app.allowed_by(&mut browser, &[]).await;
        let tokens: Value = serde_json::from_str(&app.exchange(&provider, &code).await.body).unwrap();
        let answer = provider.userinfo(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(answer.header("content-type"), "application/jwt");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(crate::support::header(&answer.body)["alg"], alg);
        let id = claims(tokens["id_token"].as_str().unwrap());
        let expected = json!({
            "iss": ISSUER, "aud": app.client_id, "sub": id["sub"], "name": "Alice", "preferred_username": "alice",
        });
        assert_eq!(claims(&answer.body), expected);
        // It is no ID token.
        let as_hint = browser.get(&path("/end_session", &[("id_token_hint", &answer.body)])).await;
        as_hint.assert_error_page(400);
    }
}
