//! Tokens that are bound to a key: RFC 9449.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, DpopKey, START, TestProvider, authorize, claims, code_of, config_with, redirect_uri};

async fn init(members: Value) -> TestProvider {
    let mut app_b = json!({"grant_types": ["authorization_code", "refresh_token"]});
    app_b.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    TestProvider::with(config_with(&[("app-b", app_b)])).await
}

/// The token request with this proof.
async fn token(provider: &TestProvider, form: &[(&str, &str)], proof: Option<&str>) -> Answer {
    let mut form = form.to_vec();
    form.push(("client_id", "app-b"));
    let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
    provider.browser().send("POST", "/token", &headers, Some(&form)).await
}

/// The token request as an app sends it: once more with the nonce, if the provider asks for one.
async fn proven(provider: &TestProvider, form: &[(&str, &str)], key: &mut DpopKey) -> Answer {
    let now = START;
    let answer = token(provider, form, Some(&key.proof("POST", "/token", None, now))).await;
    key.nonce = Some(answer.header("dpop-nonce").to_owned());
    if answer.body.contains("use_dpop_nonce") {
        return token(provider, form, Some(&key.proof("POST", "/token", None, now))).await;
    }
    answer
}

fn code_form(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri("app-b")),
        ("code_verifier", crate::support::VERIFIER),
    ]
}

fn refresh_form(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body))
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
}

async fn code(provider: &TestProvider, changes: &[(&str, &str)]) -> String {
    let (mut browser, _) = provider.signed_in("alice").await;
    code_of(&browser.get(&authorize("app-b", changes)).await)
}

/// RFC 9449 sections 5 and 8: the first proof has no nonce, the answer has one, the second proof has it.
#[tokio::test]
async fn tokens_are_bound_to_the_key_that_was_proven() {
    let provider = init(json!({})).await;
    let mut key = DpopKey::new();
    let code = code(&provider, &[]).await;
    let first = token(&provider, &code_form(&code), Some(&key.proof("POST", "/token", None, START))).await;
    assert_eq!((first.status, json_of(&first)["error"].clone()), (StatusCode::BAD_REQUEST, json!("use_dpop_nonce")));
    key.nonce = Some(first.header("dpop-nonce").to_owned());

    let tokens = json_of(&proven(&provider, &code_form(&code), &mut key).await);
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(claims(&text(&tokens, "access_token"))["cnf"], json!({"jkt": key.thumbprint()}));
    assert!(claims(&text(&tokens, "id_token")).get("cnf").is_none());

    // A renewal by the same key; by another, or by none, nothing: and the family lives on.
    let refresh_token = text(&tokens, "refresh_token");
    let mut other = DpopKey::new();
    let stolen = proven(&provider, &refresh_form(&refresh_token), &mut other).await;
    assert_eq!((stolen.status, json_of(&stolen)["error"].clone()), (StatusCode::BAD_REQUEST, json!("invalid_grant")));
    let bare = token(&provider, &refresh_form(&refresh_token), None).await;
    assert_eq!(json_of(&bare)["error"], "invalid_grant");
    let renewed = json_of(&proven(&provider, &refresh_form(&refresh_token), &mut key).await);
    assert_eq!(claims(&text(&renewed, "access_token"))["cnf"], json!({"jkt": key.thumbprint()}));
    // Nor can whoever found the used token end the family by presenting it.
    proven(&provider, &refresh_form(&refresh_token), &mut other).await;
    let again = proven(&provider, &refresh_form(&text(&renewed, "refresh_token")), &mut key).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
}

/// RFC 9449 section 7
#[tokio::test]
async fn a_bound_token_is_refused_without_its_key() {
    let provider = init(json!({})).await;
    let mut key = DpopKey::new();
    let code = code(&provider, &[]).await;
    let access_token = text(&json_of(&proven(&provider, &code_form(&code), &mut key).await), "access_token");
    let mut other = DpopKey::new();
    other.nonce.clone_from(&key.nonce);
    let ask = async |scheme: &str, proof: Option<String>| {
        let authorization = format!("{scheme} {access_token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proof.as_deref().map(|proof| ("dpop", proof)));
        provider.browser().send("GET", "/userinfo", &headers, None).await
    };
    let proof = key.proof("GET", "/userinfo", Some(&access_token), START);
    assert_eq!(ask("DPoP", Some(proof.clone())).await.status, StatusCode::OK);
    let table = [
        ("Bearer", Some(key.proof("GET", "/userinfo", Some(&access_token), START)), "invalid_token"),
        ("Bearer", None, "invalid_token"),
        ("DPoP", None, "invalid_dpop_proof"),
        ("DPoP", Some(proof), "invalid_dpop_proof"),
        ("DPoP", Some(key.proof("POST", "/userinfo", Some(&access_token), START)), "invalid_dpop_proof"),
        ("DPoP", Some(key.proof("GET", "/token", Some(&access_token), START)), "invalid_dpop_proof"),
        ("DPoP", Some(key.proof("GET", "/userinfo", Some("another"), START)), "invalid_dpop_proof"),
        ("DPoP", Some(key.proof("GET", "/userinfo", None, START)), "invalid_dpop_proof"),
        ("DPoP", Some(key.proof("GET", "/userinfo", Some(&access_token), START - 301)), "invalid_dpop_proof"),
        ("DPoP", Some(other.proof("GET", "/userinfo", Some(&access_token), START)), "invalid_dpop_proof"),
    ];
    for (n, (scheme, proof, error)) in table.into_iter().enumerate() {
        let answer = ask(scheme, proof).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{n}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("DPoP ") && challenge.contains(error), "{n}: {challenge}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let bearer = provider.signed_in("alice").await.1.access_token;
    let proof = key.proof("GET", "/userinfo", Some(&bearer), START);
    let headers = [("authorization", format!("DPoP {bearer}")), ("dpop", proof)];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = provider.browser().send("GET", "/userinfo", &headers, None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a bearer token is bound to no key");
}

/// RFC 7009: who has copied a bound token cannot even end it.
#[tokio::test]
async fn a_bound_token_is_taken_back_with_its_key_only() {
    let provider = init(json!({})).await;
    let mut key = DpopKey::new();
    let code = code(&provider, &[]).await;
    let tokens = json_of(&proven(&provider, &code_form(&code), &mut key).await);
    let (access_token, refresh_token) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let mut other = DpopKey::new();
    other.nonce.clone_from(&key.nonce);
    let revoke = async |token: &str, proof: Option<String>| {
        let headers: Vec<(&str, &str)> = proof.as_deref().map(|proof| ("dpop", proof)).into_iter().collect();
        let form = [("client_id", "app-b"), ("token", token)];
        provider.browser().send("POST", "/revoke", &headers, Some(&form)).await
    };
    for token in [&access_token, &refresh_token] {
        assert_eq!(revoke(token, None).await.status, StatusCode::BAD_REQUEST);
        let answer = revoke(token, Some(other.proof("POST", "/revoke", None, START))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
    let renewed = json_of(&proven(&provider, &refresh_form(&refresh_token), &mut key).await);
    let refresh_token = text(&renewed, "refresh_token");

    // As at the token endpoint, a first proof without a nonce is asked for again.
    let nonce = key.nonce.take();
    let first = revoke(&refresh_token, Some(key.proof("POST", "/revoke", None, START))).await;
    assert!(first.body.contains("use_dpop_nonce") && !first.header("dpop-nonce").is_empty(), "{}", first.body);
    key.nonce = nonce;
    let answer = revoke(&refresh_token, Some(key.proof("POST", "/revoke", None, START))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let refused = proven(&provider, &refresh_form(&refresh_token), &mut key).await;
    assert!(refused.body.contains("invalid_grant"), "{}", refused.body);
}

/// RFC 9449 sections 4.3 and 11.1: neither again, nor twice, nor with a nonce of long ago.
#[tokio::test]
async fn proofs_are_good_once_and_for_a_while() {
    let provider = init(json!({})).await;
    let mut key = DpopKey::new();
    let code = code(&provider, &[]).await;
    let tokens = json_of(&proven(&provider, &code_form(&code), &mut key).await);
    let refresh_token = text(&tokens, "refresh_token");
    let form = refresh_form(&refresh_token);
    let proof = key.proof("POST", "/token", None, START);
    assert_eq!(token(&provider, &form, Some(&proof)).await.status, StatusCode::OK);
    let again = token(&provider, &form, Some(&proof)).await;
    assert!(again.body.contains("invalid_dpop_proof") && again.body.contains("used before"), "{}", again.body);

    let [one, two] = [(); 2].map(|()| key.proof("POST", "/token", None, START));
    let mut pairs = form.to_vec();
    pairs.push(("client_id", "app-b"));
    let headers = [("dpop", one.as_str()), ("dpop", two.as_str())];
    let answer = provider.browser().send("POST", "/token", &headers, Some(&pairs)).await;
    assert!(answer.body.contains("more than one"), "{}", answer.body);

    provider.clock.advance(601);
    let late = token(&provider, &form, Some(&key.proof("POST", "/token", None, START + 601))).await;
    assert_eq!(json_of(&late)["error"], "use_dpop_nonce");
    assert_ne!(late.header("dpop-nonce"), key.nonce.as_deref().unwrap());
}

/// RFC 9449 section 5.2
#[tokio::test]
async fn a_client_that_always_proves_gets_nothing_without_proof() {
    let provider = init(json!({"dpop_bound_access_tokens": true})).await;
    let code = code(&provider, &[]).await;
    let answer = token(&provider, &code_form(&code), None).await;
    assert_eq!(json_of(&answer)["error"], "invalid_dpop_proof");
    let answer = proven(&provider, &code_form(&code), &mut DpopKey::new()).await;
    assert_eq!(answer.status, StatusCode::OK, "the code is still good: {}", answer.body);
}

/// RFC 9449 section 10
#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_needs_that_key() {
    let provider = init(json!({})).await;
    let (mut key, mut other) = (DpopKey::new(), DpopKey::new());
    let code = code(&provider, &[("dpop_jkt", &key.thumbprint())]).await;
    assert_eq!(json_of(&token(&provider, &code_form(&code), None).await)["error"], "invalid_grant");
    assert_eq!(json_of(&proven(&provider, &code_form(&code), &mut other).await)["error"], "invalid_grant");
    assert_eq!(proven(&provider, &code_form(&code), &mut key).await.status, StatusCode::OK);
}
