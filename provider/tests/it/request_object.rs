//! OpenID Connect Core 1.0 section 6: requests as JWTs, by value and by reference.

use std::net::TcpListener;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    CALLBACK, ClientKey, ISSUER, Registered, START, TestBrowser, TestProvider, TestSite, authorize, claims, code_of,
    config_registering, config_with, path, redirect_uri, redirected,
};

/// A request object with the algorithm `none`.
fn unsigned(claims: &Value) -> String {
    let [header, claims] = [&json!({"alg": "none"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.")
}

fn danger() -> Value {
    config_registering(json!({"danger_allow_loopback": true}))
}

/// What comes before what, and what is read at all.
#[tokio::test]
async fn what_the_object_says_comes_first() {
    let provider = TestProvider::init().await;
    let (mut browser, _) = provider.signed_in("alice").await;
    let object = unsigned(&json!({
        "client_id": "app-a", "iss": "app-a", "aud": ISSUER, "response_type": "code", "state": "inside",
        "redirect_uri": redirect_uri("app-a"), "nonce": "inside", "prompt": "none", "max_age": 10000,
        "claims": {"userinfo": {"name": null}}, "unknown": [1],
    }));
    // The address beside the object is nobody's: certification asks which one counts.
    let parameters =
        [("request", object.as_str()), ("redirect_uri", "https://nobody.example.com/"), ("nonce", "outside")];
    let answer = browser.get(&authorize("app-a", &parameters)).await;
    assert!(answer.location().as_str().starts_with(redirect_uri("app-a")), "{}", answer.location());
    assert_eq!(redirected(&answer, "state").as_deref(), Some("inside"));
    let tokens = provider.exchange("app-a", &code_of(&answer)).await;
    assert_eq!(claims(&tokens.id_token)["nonce"], "inside");
}

/// A user who signs in first comes back to what the object said.
#[tokio::test]
async fn it_is_kept_while_the_user_signs_in() {
    let provider = TestProvider::init().await;
    let object = unsigned(&json!({"state": "inside", "login_hint": "alice"}));
    let mut browser = provider.browser();
    let page = browser.get(&authorize("app-a", &[("request", &object)])).await;
    let page = browser.follow(page).await;
    assert!(page.body.contains("value=\"alice\""), "{}", page.body);
    let answer = browser.fill_in(&page, "alice", "alice").await;
    assert_eq!(redirected(&answer, "state").as_deref(), Some("inside"));
    provider.exchange("app-a", &code_of(&answer)).await;
}

/// Section 6.1, RFC 9101 section 6: the error, by the address beside the object. Section 6.1 and RFC 9101 section 4: `iss` and
/// `aud` need not be there, signed or not, and must be right where they are.
#[tokio::test]
async fn objects_that_are_not_taken() {
    let key = ClientKey::es256();
    let keys = json!({
        "client_secret": null, "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.jwk("1")]},
    });
    let provider = TestProvider::with(config_with(&[("app-a", keys)])).await;
    let (mut browser, _) = signed_in(&provider).await;
    let signed = |header: Value, claims: Value| key.sign(&header, &claims);
    let own = json!({"alg": "ES256", "kid": "1"});
    let mut forged = signed(own.clone(), json!({"state": "inside"}));
    forged.replace_range(forged.len() - 4.., "AAAA");
    let table = [
        (signed(own.clone(), json!({"prompt": "none"})), None),
        (signed(json!({"alg": "ES256", "kid": "1", "typ": "oauth-authz-req+jwt"}), json!({"prompt": "none"})), None),
        (signed(own.clone(), json!({"prompt": "none", "iss": "app-a", "aud": ISSUER})), None),
        (signed(own.clone(), json!({"prompt": "none", "aud": ["https://other.example.com", ISSUER]})), None),
        (signed(own.clone(), json!({"iss": "app-b", "aud": ISSUER})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"iss": ["app-a"]})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"client_id": "app-b"})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"aud": "https://other.example.com"})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"aud": format!("{ISSUER}/")})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"aud": []})), Some("invalid_request_object")),
        (forged, Some("invalid_request_object")),
        (ClientKey::es256().sign(&own, &json!({})), Some("invalid_request_object")),
        (signed(json!({"alg": "ES256", "kid": "2"}), json!({})), Some("invalid_request_object")),
        (signed(json!({"alg": "ES256", "kid": "1", "typ": "at+jwt"}), json!({})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"sub": "app-a"})), Some("invalid_request_object")),
        (signed(own.clone(), json!({"exp": START})), Some("invalid_request_object")),
        (unsigned(&json!({"client_id": "app-b"})), Some("invalid_request_object")),
        (unsigned(&json!({"aud": "https://other.example.com"})), Some("invalid_request_object")),
        (unsigned(&json!({"scope": ["openid"]})), Some("invalid_request_object")),
        (unsigned(&json!({"request_uri": "https://app.example.com/"})), Some("invalid_request_object")),
        (unsigned(&json!({"response_type": "id_token"})), Some("invalid_request")),
        (unsigned(&json!({"scope": "profile"})), Some("invalid_scope")),
        (unsigned(&json!({"code_challenge": "short", "prompt": "none"})), Some("invalid_request")),
        ("x".to_owned(), Some("invalid_request_object")),
    ];
    for (n, (object, error)) in table.into_iter().enumerate() {
        let answer = browser.get(&authorize("app-a", &[("request", &object)])).await;
        assert_eq!(redirected(&answer, "error").as_deref(), error, "{n}: {}", answer.location());
        assert_eq!(redirected(&answer, "code").is_some(), error.is_none(), "{n}");
    }
    let both = [("request", unsigned(&json!({}))), ("request_uri", "https://app.example.com/".to_owned())];
    let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.get(&authorize("app-a", &both)).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request"));
    // An address of nobody's is not redirected to, whichever says it.
    let elsewhere = unsigned(&json!({"redirect_uri": "https://nobody.example.com/"}));
    browser.get(&authorize("app-a", &[("request", &elsewhere)])).await.assert_error_page(400);
    browser.get(&authorize("app-a", &[("request", "x"), ("redirect_uri", "https://x/")])).await.assert_error_page(400);
}

/// A browser that is signed in by App B, whose client needs no secret.
async fn signed_in(provider: &TestProvider) -> (TestBrowser, String) {
    let mut browser = provider.browser();
    let code = browser.sign_in("app-b", "alice").await;
    (browser, code)
}

/// The app's request by reference; `response_type`, `scope` and `redirect_uri` come beside it, as the section asks.
fn by_reference(app: &Registered, uri: &str) -> String {
    let parameters = [
        ("client_id", app.client_id.as_str()),
        ("response_type", "code"),
        ("scope", "openid"),
        ("redirect_uri", CALLBACK),
        ("request_uri", uri),
    ];
    path("/authorize", &parameters)
}

/// Section 6.2: unsigned, and signed by keys at the `jwks_uri`.
#[tokio::test]
async fn requests_by_reference() {
    let key = ClientKey::rs256();
    let keys = TestSite::serving(json!({"keys": [key.jwk("1")]}).to_string()).await;
    let provider = TestProvider::with(danger()).await;
    for alg in ["none", "RS256"] {
        let site = TestSite::serving(String::new()).await;
        let app = provider
            .registered(&json!({
                "request_uris": [site.uri()], "request_object_signing_alg": alg, "jwks_uri": keys.uri(),
            }))
            .await;
        let claims = json!({
            "client_id": app.client_id, "iss": app.client_id, "aud": ISSUER, "response_type": "code",
            "scope": "openid", "redirect_uri": CALLBACK, "state": "inside", "nonce": "inside",
        });
        let [bare, signed] = [unsigned(&claims), key.sign(&json!({"alg": "RS256", "kid": "1"}), &claims)];
        let (right, wrong) = if alg == "none" { (bare, signed) } else { (signed, bare) };
        site.serve(200, format!("{right}\n"));
        let mut browser = provider.browser();
        let login = browser.get(&by_reference(&app, &format!("{}#hash", site.uri()))).await;
        let login = browser.follow(login).await;
        let page = browser.fill_in(&login, "alice", "alice").await;
        let page = browser.follow(page).await;
        let answer = browser.consent(&page, "allow").await;
        assert_eq!(redirected(&answer, "state").as_deref(), Some("inside"), "{alg}");
        assert!(redirected(&answer, "code").is_some());
        assert_eq!(site.count(), 1, "once, however often the user is asked");
        site.serve(200, wrong);
        let answer = browser.get(&by_reference(&app, &site.uri())).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request_object"), "{alg}");
    }
}

/// Section 6.2: nobody is called but where the client has registered, and only where everybody could be called.
#[tokio::test]
async fn addresses_that_are_not_followed() {
    let site = TestSite::serving(unsigned(&json!({}))).await;
    let provider = TestProvider::with(danger()).await;
    let app = provider.registered(&json!({"request_uris": [site.uri()]})).await;
    let mut browser = provider.browser();
    for other in [format!("{}/other", site.uri()), format!("{}?x", site.uri()), "https://app.example.com/".to_owned()] {
        let answer = browser.get(&by_reference(&app, &other)).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request_uri"), "{other}");
    }
    assert_eq!(site.count(), 0);
    site.serve(404, unsigned(&json!({})));
    let answer = browser.get(&by_reference(&app, &site.uri())).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request_uri"));
    assert_eq!(site.count(), 1);

    let strict = TestProvider::with(config_registering(json!(true))).await;
    let at_localhost = site.uri().replace("http://127.0.0.1", "https://localhost");
    let app = strict.registered(&json!({"request_uris": [at_localhost]})).await;
    let answer = strict.browser().get(&by_reference(&app, &at_localhost)).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request_uri"));
    let description = redirected(&answer, "error_description").unwrap();
    assert!(description.contains("cannot be reached") && !description.contains("loopback"), "{description}");
    assert_eq!(site.count(), 1);

    let off = TestProvider::init().await;
    let answer = off.browser().get(&authorize("app-a", &[("request_uri", "https://app.example.com/")])).await;
    assert_eq!(redirected(&answer, "error").as_deref(), Some("request_uri_not_supported"));
}

/// A client whose server hangs takes no places from the others, however many ask for its requests.
#[tokio::test]
async fn a_server_that_hangs_holds_up_its_own_client_only() {
    let provider = TestProvider::with(danger()).await;
    let (hanging, good) = (TestSite::silent().await, TestSite::serving(unsigned(&json!({}))).await);
    let of_hanging = provider.registered(&json!({"request_uris": [hanging.uri()]})).await;
    let of_good = provider.registered(&json!({"request_uris": [good.uri()]})).await;
    let mut asked = JoinSet::new();
    for _ in 0..24 {
        let (mut browser, path) = (provider.browser(), by_reference(&of_hanging, &hanging.uri()));
        asked.spawn(async move { browser.get(&path).await });
    }
    // Four are fetched and sixteen wait; for more there is no room.
    for _ in 0..4 {
        let answer = asked.join_next().await.unwrap().unwrap();
        assert_eq!(redirected(&answer, "error").as_deref(), Some("temporarily_unavailable"));
    }
    let answer = provider.browser().get(&by_reference(&of_good, &good.uri())).await;
    assert!(answer.location().path().starts_with("/login"), "{}", answer.location());
    // Whoever does not wait any longer leaves their place.
    asked.shutdown().await;
    provider.clock.advance(10);
    hanging.serve(200, unsigned(&json!({})));
    let answer = provider.browser().get(&by_reference(&of_hanging, &hanging.uri())).await;
    assert!(answer.location().path().starts_with("/login"), "{}", answer.location());
    assert!(hanging.count() <= 5, "{}", hanging.count());
}

/// A server that is not there is not called for every request.
#[tokio::test]
async fn a_server_that_cannot_be_reached_is_left_alone_for_a_while() {
    let provider = TestProvider::with(danger()).await;
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = format!("http://{gone}/it");
    let app = provider.registered(&json!({"request_uris": [gone]})).await;
    for (seconds, says) in [(0, "cannot be reached"), (9, "a moment ago"), (1, "cannot be reached")] {
        provider.clock.advance(seconds);
        let answer = provider.browser().get(&by_reference(&app, &gone)).await;
        assert_eq!(redirected(&answer, "error").as_deref(), Some("invalid_request_uri"));
        let description = redirected(&answer, "error_description").unwrap();
        assert!(description.contains(says), "{seconds}: {description}");
    }
}
