//! Clients that register and prove who they are by `private_key_jwt`, with keys that they registered or keep at their `jwks_uri`:
//! OpenID Connect Core 1.0 sections 9 and 10.1.1, RFC 7523.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{
    Answer, CALLBACK, ClientKey, ISSUER, Registered, START, TestAuthority, TestProvider, TestSite, VERIFIER, authorize,
    config_registering, config_with, redirect_uri, redirected, refresh_token,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
type Form<'a> = &'a [(&'a str, &'a str)];

/// A key, and what the client calls it.
struct Signer {
    key: ClientKey,
    kid: &'static str,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        Self { key: ClientKey::es256(), kid }
    }

    fn jwks(&self) -> Value {
        json!({"keys": [self.key.jwk(self.kid)]})
    }

    /// A token request with an assertion of its own.
    async fn token(&self, provider: &TestProvider, app: &Registered, jti: &str, form: Form<'_>) -> Answer {
        let claims = json!({
            "iss": app.client_id, "sub": app.client_id, "aud": format!("{ISSUER}/token"), "jti": jti,
            "exp": START + 590,
        });
        let assertion = self.key.sign(&json!({"alg": self.key.alg(), "kid": self.kid}), &claims);
        let form = [&[("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.as_str())], form].concat();
        provider.browser().send("POST", "/token", &[], Some(&form)).await
    }
}

fn members(keys: (&str, Value)) -> Value {
    json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["authorization_code", "refresh_token"],
        keys.0: keys.1,
    })
}

/// App A of the configuration, which has its keys at its own address.
fn configured() -> Registered {
    Registered { client_id: "app-a".to_owned(), access_token: String::new(), information: json!({}) }
}

fn members_configured(site: &TestSite) -> Value {
    json!({"client_secret": null, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": site.uri()})
}

fn exchange(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

fn danger() -> Value {
    config_registering(json!({"danger_allow_loopback": true}))
}

fn error(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status.as_u16(), body["error_description"].as_str().unwrap_or_default().to_owned())
}

/// OpenID Connect Dynamic Client Registration 1.0 section 2, `jwks`: from the registration to the tokens.
#[tokio::test]
async fn a_registered_client_proves_who_it_is_by_its_keys() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let (signer, other) = (Signer::new("1"), Signer::new("1"));
    let app = provider.registered(&members(("jwks", signer.jwks()))).await;
    assert!(app.information.get("client_secret").is_none());
    assert_eq!(app.information["jwks"], signer.jwks());
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = app.allowed_by(&mut browser, &[]).await;
    assert_eq!(error(&other.token(&provider, &app, "a", &exchange(&code)).await).0, 401);
    let answer = signer.token(&provider, &app, "a", &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let replayed = signer.token(&provider, &app, "a", &exchange(&code)).await;
    assert!(error(&replayed).1.contains("used before"), "{}", replayed.body);
}

/// OpenID Connect Core 1.0 section 10.1.1: a client rotates its keys by itself, and the old one is good no longer.
#[tokio::test]
async fn a_client_rotates_the_keys_that_it_publishes() {
    let (old, new) = (Signer::new("1"), Signer::new("2"));
    let site = TestSite::serving(old.jwks().to_string()).await;
    let provider = TestProvider::with(danger()).await;
    let app = provider.registered(&members(("jwks_uri", json!(site.uri())))).await;
    assert_eq!(app.information["jwks_uri"], site.uri());
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = app.allowed_by(&mut browser, &[]).await;
    assert_eq!(site.count(), 0, "not before they are needed");
    let answer = old.token(&provider, &app, "a", &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens: Value = serde_json::from_str(&answer.body).unwrap();
    let object = old.key.sign(&json!({"alg": old.key.alg(), "kid": "1"}), &json!({"prompt": "none"}));
    let answer = browser.get(&app.authorize(&[("request", &object)])).await;
    assert!(redirected(&answer, "code").is_some(), "{}", answer.location());
    assert_eq!(site.count(), 1, "once for all that it signs");

    site.serve(200, new.jwks().to_string());
    provider.clock.advance(60);
    let renewal = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&tokens))];
    let answer = new.token(&provider, &app, "b", &renewal).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(site.count(), 2, "once more, for a key that is not known");
    let renewal = [("grant_type", "refresh_token"), ("refresh_token", refresh_token(&tokens))];
    assert_eq!(error(&old.token(&provider, &app, "c", &renewal).await).0, 401, "withdrawn");
    assert_eq!(new.token(&provider, &app, "d", &renewal).await.status, 200);
    assert_eq!(site.count(), 2, "kept");
}

/// Over TLS, from whom the operator trusts (`trusted_certificates_file`), where the certificate is for that name; without that,
/// from nobody but who everybody trusts. Apps of the configuration are called in another way than those that register.
#[tokio::test]
async fn keys_are_fetched_from_whose_authority_is_trusted() {
    let (authority, signer) = (TestAuthority::new("one"), Signer::new("1"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, &authority.pem).unwrap();
    for (trusted, name, is_fetched) in
        [(Some(&file), "localhost", true), (Some(&file), "app.example.com", false), (None, "localhost", false)]
    {
        let serve = async || TestSite::behind(authority.listener_for(name).await, signer.jwks().to_string());
        let sites = [serve().await, serve().await];
        let mut config = config_with(&[("app-a", members_configured(&sites[0]))]);
        config["dynamic_registration"] = json!({"danger_allow_loopback": true});
        config["trusted_certificates_file"] = json!(trusted);
        let provider = TestProvider::with(config).await;
        let registered = provider.registered(&members(("jwks_uri", json!(sites[1].uri())))).await;
        for (app, site) in [configured(), registered].iter().zip(&sites) {
            let answer = signer.token(&provider, app, "a", &exchange("x")).await;
            // By its key it is known; only the code is none.
            let expected = if is_fetched { (400, 1) } else { (401, 0) };
            assert_eq!((answer.status.as_u16(), site.count()), expected, "{}, {name}: {}", app.client_id, answer.body);
        }
    }
}

/// Whoever makes up names of keys does not have the client's server called for each.
#[tokio::test]
async fn unknown_keys_are_looked_for_now_and_then() {
    let (signer, made_up) = (Signer::new("1"), Signer::new("made-up"));
    let site = TestSite::serving(signer.jwks().to_string()).await;
    let provider = TestProvider::with(danger()).await;
    let app = provider.registered(&members(("jwks_uri", json!(site.uri())))).await;
    for n in 0..5 {
        let answer = made_up.token(&provider, &app, &n.to_string(), &exchange("x")).await;
        assert!(error(&answer).1.contains("not registered"), "{}", answer.body);
    }
    assert_eq!(site.count(), 1);
    let answer = signer.token(&provider, &app, "a", &exchange("x")).await;
    assert_eq!(answer.status, 400, "its own works all the while: {}", answer.body);
    provider.clock.advance(30);
    made_up.token(&provider, &app, "b", &exchange("x")).await;
    assert_eq!(site.count(), 2);
    // So old that they are read again, known or not.
    provider.clock.advance(10 * 60);
    site.serve(500, String::new());
    let answer = signer.token(&provider, &app, "c", &exchange("x")).await;
    assert_eq!((answer.status.as_u16(), site.count()), (401, 3), "{}", answer.body);
}

/// What cannot be read proves nothing, and the client is told why.
#[tokio::test]
async fn keys_that_cannot_be_read() {
    let signer = Signer::new("1");
    let private = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}).to_string();
    let provider = TestProvider::with(danger()).await;
    for (status, body, says) in [
        (404, signer.jwks().to_string(), "answered 404"),
        (302, signer.jwks().to_string(), "answered 302"),
        (200, "x".repeat(64 * 1024 + 1), "64 KiB"),
        (200, "{".to_owned(), "no JWK Set"),
        (200, private, "no JWK Set"),
    ] {
        let site = TestSite::serving(String::new()).await;
        site.serve(status, body);
        let app = provider.registered(&members(("jwks_uri", json!(site.uri())))).await;
        let (status, description) = error(&signer.token(&provider, &app, "a", &exchange("x")).await);
        assert_eq!(status, 401, "{description}");
        assert!(description.contains(says), "{says}: {description}");
    }
}

/// BCL-53 holds for keys as well: nobody is called whom not everybody could call.
#[tokio::test]
async fn keys_on_this_machine_are_not_read() {
    let signer = Signer::new("1");
    let site = TestSite::serving(signer.jwks().to_string()).await;
    let at_localhost = site.uri().replace("http://127.0.0.1", "https://localhost");
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let app = provider.registered(&members(("jwks_uri", json!(at_localhost)))).await;
    let (status, description) = error(&signer.token(&provider, &app, "a", &exchange("x")).await);
    assert_eq!(status, 401);
    assert!(description.contains("cannot be reached, or is at an address that is not called"), "{description}");
    assert_eq!(site.count(), 0);
}

/// A change of where the keys are, or of which they are, ends what was given by the old ones.
#[tokio::test]
async fn other_keys_end_what_was_given() {
    let provider = TestProvider::with(config_registering(json!(true))).await;
    let (old, new) = (Signer::new("1"), Signer::new("1"));
    let app = provider.registered(&members(("jwks", old.jwks()))).await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let code = app.allowed_by(&mut browser, &[]).await;
    let mut changed = members(("jwks", new.jwks()));
    changed["client_id"] = json!(app.client_id);
    changed["redirect_uris"] = json!([CALLBACK]);
    assert_eq!(provider.manage("PUT", &app, Some(&changed)).await.status, 200);
    let (status, description) = error(&new.token(&provider, &app, "a", &exchange(&code)).await);
    assert_eq!((status, description.contains("code is unknown")), (400, true), "{description}");
}

/// While a key is looked for that nobody knows, those that are known are good, and so are other clients'.
#[tokio::test]
async fn nobody_waits_for_the_look_for_another_key() {
    let (signer, made_up, other) = (Signer::new("1"), Signer::new("made-up"), Signer::new("1"));
    let site = TestSite::serving(signer.jwks().to_string()).await;
    let others = TestSite::serving(other.jwks().to_string()).await;
    let provider = Arc::new(TestProvider::with(danger()).await);
    let app = Arc::new(provider.registered(&members(("jwks_uri", json!(site.uri())))).await);
    let another = provider.registered(&members(("jwks_uri", json!(others.uri())))).await;
    let is_known = |answer: &Answer| answer.status == 400;
    assert!(is_known(&signer.token(&provider, &app, "a", &exchange("x")).await));
    provider.clock.advance(30);
    site.fall_silent();
    let look = tokio::spawn({
        let (provider, app) = (Arc::clone(&provider), Arc::clone(&app));
        async move { made_up.token(&provider, &app, "b", &exchange("x")).await }
    });
    site.reached(2).await;
    assert!(is_known(&signer.token(&provider, &app, "c", &exchange("x")).await));
    assert!(is_known(&other.token(&provider, &another, "c", &exchange("x")).await));
    assert!(!look.is_finished(), "all the while");
    site.serve(200, signer.jwks().to_string());
    assert!(error(&look.await.unwrap()).1.contains("not registered"));
    assert_eq!(site.count(), 2);
}

/// Who asks and goes away does not leave the client without keys: the look goes on, and others find what it brings.
#[tokio::test]
async fn a_look_outlives_the_request_that_began_it() {
    let (signer, made_up) = (Signer::new("1"), Signer::new("made-up"));
    let site = TestSite::silent().await;
    let provider = Arc::new(TestProvider::with(danger()).await);
    let app = Arc::new(provider.registered(&members(("jwks_uri", json!(site.uri())))).await);
    let asked = tokio::spawn({
        let (provider, app) = (Arc::clone(&provider), Arc::clone(&app));
        async move { made_up.token(&provider, &app, "a", &exchange("x")).await }
    });
    site.reached(1).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    site.serve(200, signer.jwks().to_string());
    let answer = signer.token(&provider, &app, "b", &exchange("x")).await;
    assert_eq!((answer.status.as_u16(), site.count()), (400, 1), "{}", answer.body);
}

/// RFC 7517 section 5: what is not understood of a set is passed over.
#[tokio::test]
async fn a_published_key_that_is_of_no_use_spoils_no_others() {
    let signer = Signer::new("1");
    let others = [
        json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "2", "pub": "AA"}),
        json!({"kty": "RSA", "kid": "3", "e": "AQAB", "n": "AQAB"}),
        json!({"kty": "EC", "crv": "P-256", "kid": "4"}),
    ];
    let set = |keys: &[Value]| json!({"keys": keys}).to_string();
    let site = TestSite::serving(set(&[&others[..], &[signer.key.jwk("1")]].concat())).await;
    let provider = TestProvider::with(danger()).await;
    let app = provider.registered(&members(("jwks_uri", json!(site.uri())))).await;
    assert_eq!(signer.token(&provider, &app, "a", &exchange("x")).await.status, 400, "known");
    site.serve(200, set(&others));
    provider.clock.advance(10 * 60);
    let (status, description) = error(&signer.token(&provider, &app, "b", &exchange("x")).await);
    assert_eq!((status, description.contains("no JWK Set that can be used")), (401, true), "{description}");
}

/// An app of the configuration can keep its keys at an address as well. It is called wherever its entry says, and nobody who
/// registers can keep it waiting.
#[tokio::test]
async fn a_configured_client_rotates_the_keys_that_it_publishes() {
    let (old, new) = (Signer::new("1"), Signer::new("2"));
    let site = TestSite::serving(old.jwks().to_string()).await;
    let provider = TestProvider::with(config_with(&[("app-a", members_configured(&site))])).await;
    let app = configured();
    let mut browser = provider.browser();
    let code = browser.sign_in("app-a", "alice").await;
    let mut form = exchange(&code);
    form[2].1 = redirect_uri("app-a");
    let answer = old.token(&provider, &app, "a", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let object = old.key.sign(&json!({"alg": old.key.alg(), "kid": "1"}), &json!({"prompt": "none"}));
    let answer = browser.get(&authorize("app-a", &[("request", &object)])).await;
    assert!(redirected(&answer, "code").is_some(), "{}", answer.location());
    assert_eq!(site.count(), 1);

    site.serve(200, new.jwks().to_string());
    provider.clock.advance(30);
    assert_eq!(new.token(&provider, &app, "b", &exchange("x")).await.status, 400, "known");
    assert_eq!(error(&old.token(&provider, &app, "c", &exchange("x")).await).0, 401, "withdrawn");
    assert_eq!(site.count(), 2);
    site.serve(500, String::new());
    provider.clock.advance(10 * 60);
    let (status, description) = error(&new.token(&provider, &app, "d", &exchange("x")).await);
    assert_eq!((status, description.contains("answered 500")), (401, true), "{description}");
}
