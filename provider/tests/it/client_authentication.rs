//! OpenID Connect Core 1.0 section 9, at the three endpoints that ask for it.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provider::ProviderConfig;
use serde_json::{Value, json};

use crate::support::{
    Answer, ClientKey, DpopKey, ISSUER, SECRET, START, TestProvider, VERIFIER, authorize, code_of, config_with,
    redirect_uri,
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
type Form<'a> = &'a [(&'a str, &'a str)];

const TOKEN_ENDPOINT: &str = "http://localhost:4000/token";

fn with_keys(keys: &[&ClientKey]) -> Value {
    let keys: Vec<Value> = keys.iter().enumerate().map(|(n, key)| key.jwk(&n.to_string())).collect();
    let members =
        json!({"client_secret": null, "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": keys}});
    config_with(&[("app-a", members)])
}

/// An assertion in order, with changes; `null` leaves a claim out.
fn assertion(key: &ClientKey, jti: &str, changes: &Value) -> String {
    let mut claims = json!({
        "iss": "app-a", "sub": "app-a", "aud": ISSUER, "jti": jti, "iat": START, "exp": START + 60,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    key.sign(&json!({"alg": key.alg(), "kid": "0"}), &claims)
}

async fn post(provider: &TestProvider, path: &str, basic: Option<&str>, form: &[(&str, &str)]) -> Answer {
    let authorization = basic.map(|credentials| format!("Basic {}", STANDARD.encode(credentials)));
    let headers: Vec<(&str, &str)> =
        authorization.as_deref().map(|value| ("authorization", value)).into_iter().collect();
    provider.browser().send("POST", path, &headers, Some(form)).await
}

fn error(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status.as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

/// Whether the client proved who it is: what it asks for is not there.
async fn is_authenticated(provider: &TestProvider, basic: Option<&str>, form: &[(&str, &str)]) -> bool {
    let form: Vec<_> = form.iter().copied().chain([("token", "x")]).collect();
    let answer = post(provider, "/revoke", basic, &form).await;
    match answer.status {
        StatusCode::OK => true,
        _ => {
            assert_eq!(error(&answer), (401, "invalid_client".to_owned()), "{}", answer.body);
            false
        }
    }
}

/// OpenID Connect Core 1.0 section 9: what a client is registered for works, and nothing else does.
#[tokio::test]
async fn a_client_has_one_method() {
    let key = ClientKey::es256();
    let public = json!({"client_secret": null});
    let post = json!({"token_endpoint_auth_method": "client_secret_post"});
    let configs = [
        ("client_secret_basic", config_with(&[])),
        ("client_secret_post", config_with(&[("app-a", post)])),
        ("private_key_jwt", with_keys(&[&key])),
        ("none", config_with(&[("app-a", public)])),
    ];
    let basic = format!("app-a:{SECRET}");
    for (registered, config) in configs {
        let provider = TestProvider::with(config).await;
        let assertion = assertion(&key, "1", &json!({}));
        let in_order: [(&str, Option<&str>, Form<'_>); 4] = [
            ("client_secret_basic", Some(&basic), &[]),
            ("client_secret_post", None, &[("client_id", "app-a"), ("client_secret", SECRET)]),
            ("private_key_jwt", None, &[("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)]),
            ("none", None, &[("client_id", "app-a")]),
        ];
        for (method, basic, form) in in_order {
            assert_eq!(is_authenticated(&provider, basic, form).await, method == registered, "{method}: {registered}");
        }
    }
}

#[tokio::test]
async fn a_secret_in_the_form_is_compared_too() {
    let provider =
        TestProvider::with(config_with(&[("app-a", json!({"token_endpoint_auth_method": "client_secret_post"}))]))
            .await;
    for (client_id, secret) in [("app-a", "wrong"), ("app-x", SECRET), ("app-b", SECRET)] {
        assert!(!is_authenticated(&provider, None, &[("client_id", client_id), ("client_secret", secret)]).await);
    }
    assert!(!is_authenticated(&provider, None, &[("client_secret", SECRET)]).await);
}

/// RFC 6749 section 5.2, RFC 7521 section 4.2
#[tokio::test]
async fn two_methods_are_one_too_many() {
    let key = ClientKey::es256();
    let provider = TestProvider::with(with_keys(&[&key])).await;
    let jwt = assertion(&key, "1", &json!({}));
    let jwt = [("client_assertion_type", JWT_BEARER), ("client_assertion", jwt.as_str())];
    let secret = [("client_id", "app-a"), ("client_secret", SECRET)];
    let basic = format!("app-a:{SECRET}");
    type Parameters<'a> = Vec<(&'a str, &'a str)>;
    let table: [(Option<&str>, Parameters<'_>, &str); 7] = [
        (Some(&basic), secret.to_vec(), "invalid_request"),
        (Some(&basic), jwt.to_vec(), "invalid_request"),
        (None, [secret, jwt].concat(), "invalid_request"),
        (None, jwt[..1].to_vec(), "invalid_request"),
        (None, jwt[1..].to_vec(), "invalid_request"),
        (None, [jwt.as_slice(), &[("client_id", "app-b")]].concat(), "invalid_request"),
        (
            None,
            vec![("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), jwt[1]],
            "invalid_client",
        ),
    ];
    for (basic, form, expected) in table {
        for path in ["/token", "/revoke", "/introspect"] {
            let form: Vec<_> =
                form.iter().copied().chain([("token", "x"), ("grant_type", "authorization_code")]).collect();
            assert_eq!(error(&post(&provider, path, basic, &form).await).1, expected, "{path} {form:?}");
        }
    }
    assert!(is_authenticated(&provider, None, &[jwt.as_slice(), &[("client_id", "app-a")]].concat()).await);
}

/// RFC 7523 section 3
#[tokio::test]
async fn assertions_that_prove_nothing() {
    let (key, other) = (ClientKey::es256(), ClientKey::es256());
    let provider = TestProvider::with(with_keys(&[&key])).await;
    let signed = |changes: Value| assertion(&key, "1", &changes);
    let headed = |header: Value| {
        key.sign(&header, &json!({"iss": "app-a", "sub": "app-a", "aud": ISSUER, "jti": "1", "exp": START + 60}))
    };
    let good = signed(json!({}));
    let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let changed = signed(json!({"jti": "2"}));
    let table = [
        ("another key's", assertion(&other, "1", &json!({}))),
        ("changed", format!("{header}.{}.{signature}", changed.split('.').nth(1).unwrap())),
        ("unsigned", format!("{header}.{payload}.")),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("HS256", format!("eyJhbGciOiJIUzI1NiJ9.{payload}.{signature}")),
        ("no JWT", "x".to_owned()),
        ("iss", signed(json!({"iss": "app-b"}))),
        ("no iss", signed(json!({"iss": null}))),
        ("sub of another client", signed(json!({"sub": "app-b"}))),
        ("sub of nobody", signed(json!({"sub": "app-x"}))),
        ("no sub", signed(json!({"sub": null}))),
        ("aud", signed(json!({"aud": "https://op.example.com"}))),
        ("aud is the issuer, almost", signed(json!({"aud": format!("{ISSUER}/")}))),
        ("aud of others too", signed(json!({"aud": [ISSUER, "https://op.example.com"]}))),
        ("aud of nobody", signed(json!({"aud": []}))),
        ("no aud", signed(json!({"aud": null}))),
        ("no exp", signed(json!({"exp": null}))),
        ("expired", signed(json!({"exp": START}))),
        ("too long", signed(json!({"exp": START + 601}))),
        ("from the future", signed(json!({"iat": START + 61}))),
        ("not yet", signed(json!({"nbf": START + 61}))),
        ("no jti", signed(json!({"jti": null}))),
        ("empty jti", signed(json!({"jti": ""}))),
        ("endless jti", signed(json!({"jti": "x".repeat(257)}))),
        ("another kid", headed(json!({"alg": "ES256", "kid": "1"}))),
        ("another type", headed(json!({"alg": "ES256", "kid": "0", "typ": "at+jwt"}))),
        ("critical", headed(json!({"alg": "ES256", "kid": "0", "crit": ["x"], "x": 1}))),
    ];
    for (what, jwt) in table {
        let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", jwt.as_str())];
        assert!(!is_authenticated(&provider, None, &form).await, "{what}");
    }
    for (what, jwt) in [
        ("at the token endpoint", signed(json!({"aud": TOKEN_ENDPOINT, "jti": "a"}))),
        ("both of our names", signed(json!({"aud": [ISSUER, TOKEN_ENDPOINT], "jti": "b"}))),
        ("ten minutes", signed(json!({"exp": START + 600, "jti": "c"}))),
        ("a clock that is a little ahead", signed(json!({"iat": START + 60, "nbf": START + 60, "jti": "d"}))),
        ("without iat", signed(json!({"iat": null, "jti": "e"}))),
        ("with a fraction", signed(json!({"exp": START as f64 + 0.5, "jti": "f"}))),
        ("with a type", headed(json!({"alg": "ES256", "kid": "0", "typ": "JWT"}))),
    ] {
        let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", jwt.as_str())];
        assert!(is_authenticated(&provider, None, &form).await, "{what}");
    }
}

/// RFC 7523 section 3, item 7: good once, also where the provider was restarted, as long as it is good.
#[tokio::test]
async fn an_assertion_is_good_once() {
    let key = ClientKey::es256();
    let provider = TestProvider::with(with_keys(&[&key])).await;
    let jwt = assertion(&key, "1", &json!({"exp": START + 600}));
    let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", jwt.as_str())];
    assert!(is_authenticated(&provider, None, &form).await);
    assert!(!is_authenticated(&provider, None, &form).await);
    provider.clock.advance(599);
    provider.state.sweep().await.unwrap();
    assert!(!is_authenticated(&provider, None, &form).await);
    let provider = provider.restart_at(with_keys(&[&key]), START + 599).await;
    assert!(!is_authenticated(&provider, None, &form).await);
    provider.clock.advance(61);
    provider.state.sweep().await.unwrap();
    let provider = provider.restart_at(with_keys(&[&key]), START + 660).await;
    assert_eq!(provider.stored::<i64>("SELECT count(*) FROM client_assertion").await, 0);
}

/// The whole way, with both algorithms.
#[tokio::test]
async fn tokens_for_an_app_that_signs() {
    let (es256, rs256) = (ClientKey::es256(), ClientKey::rs256());
    let provider = TestProvider::with(with_keys(&[&es256, &rs256])).await;
    let mut browser = provider.browser();
    browser.sign_in("app-a", "alice").await;
    for (n, key) in ["0", "1"].into_iter().zip([&es256, &rs256]) {
        let code = code_of(&browser.get(&authorize("app-a", &[])).await);
        let claims = json!({"iss": "app-a", "sub": "app-a", "aud": TOKEN_ENDPOINT, "jti": n, "exp": START + 60});
        let jwt = key.sign(&json!({"alg": key.alg(), "kid": n}), &claims);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri("app-a")),
            ("code_verifier", VERIFIER),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &jwt),
        ];
        let answer = post(&provider, "/token", None, &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

/// RFC 7662 section 2.1: an API authenticates in one way as well.
#[tokio::test]
async fn an_api_that_signs() {
    let key = ClientKey::es256();
    let mut config = config_with(&[]);
    config["resource_servers"] = json!([
        {"id": "api", "auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk("0")]}, "audience": "http://127.0.0.1:4002/api"},
        {"id": "posts", "auth_method": "client_secret_post", "secret": SECRET, "audience": "http://127.0.0.1:4002/api"},
    ]);
    let provider = TestProvider::with(config).await;
    let jwt = assertion(&key, "1", &json!({"iss": "api", "sub": "api"}));
    let jwt = [("token", "x"), ("client_assertion_type", JWT_BEARER), ("client_assertion", jwt.as_str())];
    assert_eq!(post(&provider, "/introspect", None, &jwt).await.status, StatusCode::OK);
    assert_eq!(error(&post(&provider, "/introspect", None, &jwt).await).0, 401, "good once");
    let secret = [("token", "x"), ("client_id", "posts"), ("client_secret", SECRET)];
    assert_eq!(post(&provider, "/introspect", None, &secret).await.status, StatusCode::OK);
    let basic = format!("posts:{SECRET}");
    assert_eq!(error(&post(&provider, "/introspect", Some(&basic), &[("token", "x")]).await).0, 401);
}

#[test]
fn what_a_method_needs_must_be_configured_and_nothing_else() {
    let jwks = json!({"keys": [ClientKey::es256().jwk("0")]});
    let table = [
        (json!({"token_endpoint_auth_method": "client_secret_post"}), None),
        (json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks": jwks}), None),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks": jwks,
                "token_endpoint_auth_signing_alg": "ES256"}),
            None,
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks": jwks,
                "token_endpoint_auth_signing_alg": "RS256"}),
            Some("jwks: has no key"),
        ),
        (json!({"token_endpoint_auth_method": "client_secret_jwt"}), Some("client_secret_jwt")),
        (
            json!({"token_endpoint_auth_method": "none"}),
            Some("client `app-a`: client_secret: must not be there with token_endpoint_auth_method = `none`"),
        ),
        (
            json!({"token_endpoint_auth_method": "client_secret_basic", "client_secret": null}),
            Some("client `app-a`: client_secret: is needed with"),
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null}),
            Some("client `app-a`: jwks: is needed with"),
        ),
        (json!({"client_secret": null, "jwks": jwks}), Some("jwks: must not be there with")),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks_uri": "https://app.example.com/jwks",
                "token_endpoint_auth_signing_alg": "ES256"}),
            None,
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks": jwks,
                "jwks_uri": "https://app.example.com/jwks"}),
            Some("client `app-a`: jwks_uri: must not be there with jwks"),
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks_uri": "http://app.example.com/jwks"}),
            Some(
                "client `app-a`: jwks_uri = `http://app.example.com/jwks`: must be https; http is accepted on loopback only",
            ),
        ),
        (json!({"jwks_uri": "https://app.example.com/jwks"}), Some("client `app-a`: jwks_uri: must not be there with")),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.com/jwks"}),
            Some("client `app-a`: client_secret: must not be there with"),
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "client_secret": null, "jwks": {}}),
            Some("client `app-a`: jwks: must be a JWK Set"),
        ),
        (
            json!({"token_endpoint_auth_signing_alg": "ES256"}),
            Some("token_endpoint_auth_signing_alg: must not be there"),
        ),
    ];
    for (members, expected) in table {
        let config = config_with(&[("app-a", members.clone())]);
        let found = serde_json::from_value::<ProviderConfig>(config)
            .map_err(|error| error.to_string())
            .and_then(|config| config.validate().map_err(|error| error.to_string()));
        match (found, expected) {
            (Ok(()), None) => {}
            (Err(message), Some(expected)) => assert!(message.contains(expected), "{members}: {message}"),
            (found, _) => panic!("{members}: {found:?}"),
        }
    }
}

/// RFC 9449 section 8: the client that is asked for a nonce sends the same form again, with a new proof.
#[tokio::test]
async fn an_assertion_is_good_once_more_where_a_nonce_was_asked_for() {
    let key = ClientKey::es256();
    let provider = TestProvider::with(with_keys(&[&key])).await;
    let code = provider.browser().sign_in("app-a", "alice").await;
    let assertion = assertion(&key, "1", &json!({}));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", redirect_uri("app-a")),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &*assertion),
    ];
    let mut proven = DpopKey::new();
    let send =
        async |proof: String| provider.browser().send("POST", "/token", &[("dpop", proof.as_str())], Some(&form)).await;
    let asked = send(proven.proof("POST", "/token", None, START)).await;
    assert_eq!(error(&asked), (400, "use_dpop_nonce".to_owned()));
    proven.nonce = Some(asked.header("dpop-nonce").to_owned());
    let answer = send(proven.proof("POST", "/token", None, START)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let again = send(proven.proof("POST", "/token", None, START)).await;
    assert_eq!(error(&again), (401, "invalid_client".to_owned()), "and once only");
}
