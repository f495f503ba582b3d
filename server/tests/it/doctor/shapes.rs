//! Discovery documents in the shape of widely used providers': the members that matter here, and the verdicts.
//!
//! What each publishes is as of 2025, from its documentation or a public instance; a setting may change it.

use serde_json::{Value, json};
use server::doctor::{Facts, KeyFacts, Outcome, Report, Verdict};

use Verdict::{No, Partly, Unknown, Works, WorksSameSite};

/// A provider's shape, and what the doctor says of it.
struct Shape {
    name: &'static str,
    issuer: &'static str,
    members: Value,
    outcome: Outcome,
    verdicts: &'static [(&'static str, Verdict)],
}

/// A document with the members that every provider has, and these.
fn document(issuer: &str, members: &Value) -> Value {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://login.example/token",
        "userinfo_endpoint": "https://login.example/userinfo",
        "jwks_uri": "https://login.example/jwks",
        "response_types_supported": ["code", "id_token", "code id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    document
}

fn report(shape: &Shape) -> Report {
    let keys = KeyFacts::Read { rs256: true, es256: false };
    Report::of(&Facts::read(&document(shape.issuer, &shape.members), shape.issuer, keys, false))
}

/// It offers sign-out, and announces no channel to the apps. Access tokens are for its own APIs.
fn okta_org() -> Shape {
    Shape {
        name: "Okta, org authorization server",
        issuer: "https://login.example",
        members: json!({
            "end_session_endpoint": "https://login.example/oauth2/v1/logout",
            "revocation_endpoint": "https://login.example/oauth2/v1/revoke",
            "introspection_endpoint": "https://login.example/oauth2/v1/introspect",
            "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"],
            "claims_supported": ["iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "nonce", "name"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
            "dpop_signing_alg_values_supported": ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
        }),
        outcome: Outcome::Gaps,
        verdicts: &[
            ("end-session", Works),
            ("back-channel", No),
            ("front-channel", No),
            ("frame", No),
            ("refused-renewal", Partly),
            ("refresh-tokens", Partly),
            ("sid", Partly),
            ("access-tokens", Unknown),
            ("dpop", Works),
            ("pkce", Works),
            ("issuer-parameter", No),
        ],
    }
}

fn okta_custom() -> Shape {
    Shape {
        name: "Okta, custom authorization server",
        issuer: "https://login.example/oauth2/default",
        verdicts: &[
            ("issuer", Works),
            ("end-session", Works),
            ("back-channel", No),
            ("front-channel", No),
            ("sid", Partly),
            ("refresh-tokens", Partly),
        ],
        ..okta_org()
    }
}

/// Front channel only, and nothing said of `sid`, which is an optional claim.
fn entra_id() -> Shape {
    Shape {
        name: "Entra ID, one tenant",
        issuer: "https://login.example/11111111-2222-3333-4444-555555555555/v2.0",
        members: json!({
            "end_session_endpoint": "https://login.example/11111111-2222-3333-4444-555555555555/oauth2/v2.0/logout",
            "userinfo_endpoint": "https://graph.example/oidc/userinfo",
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "subject_types_supported": ["pairwise"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "tenant_region_scope": null,
        }),
        outcome: Outcome::Gaps,
        verdicts: &[
            ("issuer", Works),
            ("metadata", Works),
            ("end-session", Works),
            ("back-channel", No),
            ("front-channel", Unknown),
            ("frame", Partly),
            ("refused-renewal", Partly),
            ("refresh-tokens", Partly),
            ("sid", Partly),
            ("pkce", Unknown),
            ("client-authentication", Unknown),
            ("dpop", No),
            ("revocation", No),
            ("origins", Works),
        ],
    }
}

/// Many tenants, one document: no token's issuer is the one in it.
fn entra_common() -> Shape {
    Shape {
        name: "Entra ID, all tenants",
        issuer: "https://login.example/common/v2.0",
        outcome: Outcome::CannotWork,
        verdicts: &[("issuer", No), ("end-session", Works)],
        ..entra_id()
    }
}

/// Its issuer ends with a slash. `sid` is promised for logout tokens, and not among the claims.
fn auth0() -> Shape {
    Shape {
        name: "Auth0",
        issuer: "https://login.example/",
        members: json!({
            "end_session_endpoint": "https://login.example/oidc/logout",
            "revocation_endpoint": "https://login.example/oauth/revoke",
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "scopes_supported": ["openid", "profile", "offline_access", "name", "email"],
            "claims_supported": ["aud", "auth_time", "email", "exp", "iat", "iss", "name", "nickname", "picture", "sub"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "global_token_revocation_endpoint": "https://login.example/oauth/global-token-revocation/connection/{connectionName}",
        }),
        outcome: Outcome::Works,
        verdicts: &[
            ("issuer", Works),
            ("metadata", Works),
            ("end-session", Works),
            ("back-channel", Works),
            ("front-channel", No),
            ("sid", Works),
            ("refused-renewal", Partly),
            ("refresh-tokens", Partly),
            ("global-revocation", Works),
            ("dpop", Works),
        ],
    }
}

/// All three ways, and a path in its issuer.
fn keycloak() -> Shape {
    Shape {
        name: "Keycloak",
        issuer: "https://login.example/realms/demo",
        members: json!({
            "end_session_endpoint": "https://login.example/realms/demo/protocol/openid-connect/logout",
            "check_session_iframe": "https://login.example/realms/demo/protocol/openid-connect/login-status-iframe.html",
            "revocation_endpoint": "https://login.example/realms/demo/protocol/openid-connect/revoke",
            "introspection_endpoint": "https://login.example/realms/demo/protocol/openid-connect/token/introspect",
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password"],
            "scopes_supported": ["openid", "profile", "email", "offline_access", "web-origins", "basic"],
            "claims_supported": ["aud", "sub", "iss", "auth_time", "name", "preferred_username", "email", "acr"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["PS384", "RS384", "EdDSA", "ES384", "HS256", "ES256", "RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        }),
        outcome: Outcome::Works,
        verdicts: &[
            ("issuer", Works),
            ("end-session", Works),
            ("back-channel", Works),
            ("front-channel", Works),
            ("frame", WorksSameSite),
            ("check-session", No),
            ("refused-renewal", Partly),
            ("signatures", Works),
            ("client-authentication", Unknown),
            ("issuer-parameter", Works),
            ("dpop", No),
        ],
    }
}

/// No sign-out at all; endpoints on several origins.
fn google() -> Shape {
    Shape {
        name: "Google",
        issuer: "https://login.example",
        members: json!({
            "token_endpoint": "https://tokens.example/token",
            "userinfo_endpoint": "https://userinfo.example/v1/userinfo",
            "revocation_endpoint": "https://tokens.example/revoke",
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "scopes_supported": ["openid", "email", "profile"],
            "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }),
        outcome: Outcome::CannotWork,
        verdicts: &[
            ("issuer", Works),
            ("metadata", Works),
            ("end-session", No),
            ("back-channel", No),
            ("front-channel", No),
            ("refused-renewal", Partly),
            ("expiry", Works),
            ("sid", Partly),
            ("revocation", Works),
            ("client-authentication", Unknown),
        ],
    }
}

fn identity_server() -> Shape {
    Shape {
        name: "IdentityServer",
        issuer: "https://login.example",
        members: json!({
            "end_session_endpoint": "https://login.example/connect/endsession",
            "check_session_iframe": "https://login.example/connect/checksession",
            "revocation_endpoint": "https://login.example/connect/revocation",
            "introspection_endpoint": "https://login.example/connect/introspect",
            "frontchannel_logout_supported": true,
            "frontchannel_logout_session_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "scopes_supported": ["openid", "profile", "api", "offline_access"],
            "claims_supported": [],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token", "implicit"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "authorization_response_iss_parameter_supported": true,
            "dpop_signing_alg_values_supported": ["RS256", "PS256", "ES256", "ES384"],
        }),
        outcome: Outcome::Works,
        verdicts: &[
            ("end-session", Works),
            ("back-channel", Works),
            ("front-channel", Works),
            ("frame", WorksSameSite),
            ("check-session", No),
            ("refused-renewal", Partly),
            ("refresh-tokens", Partly),
            ("sid", Works),
            ("dpop", Works),
        ],
    }
}

/// With its back channel switched on.
fn node_oidc_provider() -> Shape {
    Shape {
        name: "node-oidc-provider 9",
        issuer: "https://login.example",
        members: json!({
            "end_session_endpoint": "https://login.example/session/end",
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "scopes_supported": ["openid", "offline_access"],
            "claims_supported": ["sub", "sid", "auth_time", "iss"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code id_token", "code", "id_token", "none"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "dpop_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA"],
            "authorization_response_iss_parameter_supported": true,
        }),
        outcome: Outcome::Works,
        verdicts: &[
            ("end-session", Works),
            ("back-channel", Works),
            ("front-channel", No),
            ("frame", No),
            ("check-session", No),
            ("refused-renewal", Partly),
            ("sid", Works),
            ("client-authentication", Works),
            ("dpop", Works),
            ("revocation", No),
        ],
    }
}

#[test]
fn each_shape_gets_its_verdicts() {
    let shapes = [
        okta_org(),
        okta_custom(),
        entra_id(),
        entra_common(),
        auth0(),
        keycloak(),
        google(),
        identity_server(),
        node_oidc_provider(),
    ];
    for mut shape in shapes {
        if shape.name == "Entra ID, all tenants" {
            // The document calls itself by a template, whoever asks.
            shape.members["issuer"] = json!("https://login.example/{tenantid}/v2.0");
        }
        let report = report(&shape);
        for (name, expected) in shape.verdicts {
            assert_eq!(report.verdict(name), Some(*expected), "{}: {name}", shape.name);
        }
        assert_eq!(report.outcome, shape.outcome, "{}", shape.name);
    }
}

fn json_of(shape: &Shape) -> Value {
    serde_json::to_value(report(shape)).unwrap()
}

/// The value of a setting in `configure`.
fn setting<'v>(report: &'v Value, end: &str, app: &str, name: &str) -> Option<&'v Value> {
    let settings = report["configure"][end][app].as_array().unwrap();
    settings.iter().find(|setting| setting["name"] == name).map(|setting| &setting["value"])
}

#[test]
fn what_to_configure_follows_from_what_there_is() {
    let report = json_of(&keycloak());
    let at_provider = |app, name| setting(&report, "provider", app, name);
    assert_eq!(at_provider("app_a", "backchannel_logout_session_required"), Some(&json!(true)));
    let uri = json!("https://app-a.example/logout/front-channel");
    assert_eq!(at_provider("app_a", "frontchannel_logout_uri"), Some(&uri));
    assert_eq!(at_provider("app_a", "post_logout_redirect_uris"), Some(&json!(["https://app-a.example/signed-out"])));
    assert_eq!(at_provider("app_b", "post_logout_redirect_uris"), Some(&json!(["https://app-b.example/"])));
    assert_eq!(at_provider("app_b", "token_endpoint_auth_method"), Some(&json!("none")));
    let issuer = json!("https://login.example/realms/demo");
    assert_eq!(setting(&report, "curfew", "app_b", "issuer"), Some(&issuer));

    let report = json_of(&google());
    for name in ["post_logout_redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri"] {
        assert_eq!(setting(&report, "provider", "app_a", name), None, "{name}");
    }

    let mut elsewhere = identity_server();
    elsewhere.members["end_session_endpoint"] = json!("https://logout.example/endsession");
    let report = json_of(&elsewhere);
    let ancestors = json!(["https://logout.example"]);
    assert_eq!(setting(&report, "curfew", "app_a", "front_channel_ancestors"), Some(&ancestors));
    assert_eq!(setting(&report, "curfew", "app_b", "front_channel_ancestors"), Some(&ancestors));
}

/// The shape that docs/doctor.md describes.
#[test]
fn the_json_has_its_members() {
    let report = json_of(&keycloak());
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&report),
        ["checks", "configure", "error", "exit_code", "issuer", "outcome", "until_expiry", "version", "ways"]
    );
    assert_eq!((&report["version"], &report["outcome"], &report["exit_code"]), (&json!(1), &json!("works"), &json!(0)));
    assert_eq!(names(&report["ways"][0]), ["says", "settings", "verdict", "way"]);
    assert_eq!(names(&report["checks"][0]), ["check", "says", "verdict"]);
    assert_eq!(
        report["ways"][3]["settings"],
        json!({
            "other_site_cookies_blocked": "no",
            "other_site_cookies_allowed": "no",
            "same_site_cookies_blocked": "works",
            "same_site_cookies_allowed": "works",
        })
    );
    assert_eq!(report["ways"][3]["verdict"], "works-same-site");
}
