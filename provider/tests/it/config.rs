use provider::{ClientConfig, ProviderConfig};
use serde_json::{Value, json};

use crate::support::{config, config_with};

fn validate(config: Value) -> Result<(), String> {
    let config: ProviderConfig = serde_json::from_value(config).map_err(|error| error.to_string())?;
    config.validate().map_err(|error| error.to_string())
}

#[test]
fn the_defaults() {
    let config: ProviderConfig = serde_json::from_value(json!({"issuer": "https://op.example.com"})).unwrap();
    assert_eq!(config.access_token_lifetime, 300);
    assert_eq!(config.session_lifetime, 8 * 60 * 60);
    assert!(config.front_channel && config.back_channel);
    config.validate().unwrap();
}

/// FCL-04, BCL-05
#[test]
fn what_an_app_needs_at_its_logout_endpoints() {
    let client = json!({"client_id": "app", "name": "App", "redirect_uris": ["https://app.example.com/callback"]});
    let by_default: ClientConfig = serde_json::from_value(client.clone()).unwrap();
    assert!(!by_default.frontchannel_logout_session_required && !by_default.backchannel_logout_session_required);
    let mut said = client;
    said["frontchannel_logout_session_required"] = true.into();
    said["backchannel_logout_session_required"] = true.into();
    let said: ClientConfig = serde_json::from_value(said).unwrap();
    assert!(said.frontchannel_logout_session_required && said.backchannel_logout_session_required);
}

#[test]
fn the_issuer_is_an_exact_origin() {
    for (issuer, is_right) in [
        ("https://op.example.com", true),
        ("https://op.example.com:8443", true),
        ("http://localhost:4000", true),
        ("http://127.0.0.1:4000", true),
        ("http://[::1]:4000", true),
        ("https://op.example.com/", false),
        ("https://op.example.com/op", false),
        ("https://op.example.com:443", false),
        ("https://OP.example.com", false),
        ("http://op.example.com", false),
        ("op.example.com", false),
        ("", false),
    ] {
        let mut config = config();
        config["issuer"] = issuer.into();
        assert_eq!(validate(config).is_ok(), is_right, "{issuer}");
    }
}

/// FCL-01, FCL-02, BCL-03, RPI-03: the message names the client and the key.
#[test]
fn clients_that_are_refused() {
    let table = [
        (json!({"redirect_uris": []}), "client `app-b`: redirect_uris"),
        (json!({"redirect_uris": ["/callback"]}), "client `app-b`: redirect_uris = `/callback`: must be an absolute"),
        (json!({"redirect_uris": ["http://app.example.com/"]}), "client `app-b`: redirect_uris"),
        (
            json!({"redirect_uris": ["http://127.0.0.1:4002/", "http://127.0.0.1:4002/"]}),
            "client `app-b`: redirect_uris = `http://127.0.0.1:4002/`: is listed twice",
        ),
        (
            json!({"post_logout_redirect_uris": ["http://127.0.0.1:4002/#top"]}),
            "client `app-b`: post_logout_redirect_uris",
        ),
        (json!({"frontchannel_logout_uri": "logout"}), "client `app-b`: frontchannel_logout_uri"),
        (json!({"frontchannel_logout_uri": "http://127.0.0.1:4002/l#x"}), "client `app-b`: frontchannel_logout_uri"),
        (
            json!({"frontchannel_logout_uri": "http://127.0.0.1:4003/logout"}),
            "client `app-b`: frontchannel_logout_uri = `http://127.0.0.1:4003/logout`: must have the scheme, host and port",
        ),
        (json!({"frontchannel_logout_uri": "http://localhost:4002/logout"}), "client `app-b`: frontchannel_logout_uri"),
        (
            json!({"frontchannel_logout_uri": "https://127.0.0.1:4002/logout"}),
            "client `app-b`: frontchannel_logout_uri",
        ),
        (json!({"backchannel_logout_uri": "logout"}), "client `app-b`: backchannel_logout_uri"),
        (json!({"backchannel_logout_uri": "http://127.0.0.1:4002/l#"}), "client `app-b`: backchannel_logout_uri"),
        (json!({"backchannel_logout_uri": "http://app.example.com/"}), "client `app-b`: backchannel_logout_uri"),
        (json!({"home": "nowhere"}), "client `app-b`: home"),
        (json!({"scopes": ["profile"]}), "client `app-b`: scopes"),
        (json!({"scopes": ["openid", "a b"]}), "client `app-b`: scopes"),
        (json!({"session_lifetime": 0}), "client `app-b`: session_lifetime"),
        (json!({"name": " "}), "client `app-b`: name: must have 1 to 100 characters"),
        (json!({"name": "x".repeat(101)}), "client `app-b`: name: must have 1 to 100 characters"),
        (json!({"name": "Ba\u{202e}nk"}), "client `app-b`: name: must have 1 to 100 characters that can be seen"),
        (json!({"client_secret": "short"}), "client `app-b`: client_secret"),
        (json!({"grant_types": ["refresh_token"]}), "client `app-b`: grant_types: must contain `authorization_code`"),
        (json!({"grant_types": ["password"]}), "password"),
        (
            json!({"scopes": ["openid", "offline_access"]}),
            "client `app-b`: scopes: `offline_access` needs `refresh_token`",
        ),
        (json!({"client_id": "app-a"}), "client `app-a`: is configured twice"),
        (json!({"client_id": ""}), "client_id"),
        (json!({"no_such_key": 1}), "no_such_key"),
        (json!({"id_token_signed_response_alg": "HS256"}), "HS256"),
    ];
    for (members, expected) in table {
        let message = validate(config_with(&[("app-b", members.clone())])).unwrap_err();
        assert!(message.contains(expected), "{members}: {message}");
    }
}

#[test]
fn apis_that_are_refused() {
    let good = json!({"id": "api", "secret": "an-api-secret-for-tests", "audience": "http://127.0.0.1:4002/api"});
    let table = [
        (json!({}), None),
        (json!({"id": ""}), Some("id")),
        (json!({"audience": ""}), Some("resource server `api`: audience")),
        (json!({"secret": "short"}), Some("resource server `api`: secret")),
        (json!({"secret": null}), Some("resource server `api`: secret: is needed with auth_method")),
        (json!({"auth_method": "none", "secret": null}), Some("resource server `api`: auth_method")),
        (json!({"no_such_key": 1}), Some("no_such_key")),
    ];
    for (members, expected) in table {
        let mut config = config();
        let mut api = good.clone();
        api.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        config["resource_servers"] = json!([api]);
        assert_eq!(validate(config).err().map(|message| message.contains(expected.unwrap())), expected.map(|_| true));
    }
    let mut config = config();
    config["resource_servers"] = json!([good, good]);
    assert!(validate(config).unwrap_err().contains("resource server `api`: is configured twice"));
}

#[test]
fn users_that_are_refused() {
    let hash = "$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let table = [
        (json!({"username": "alice", "name": "A", "password": "x"}), Some("user `alice`: is configured twice")),
        (json!({"username": "", "name": "C", "password": "x"}), Some("username")),
        (json!({"username": "bobby", "name": "B"}), Some("user `bobby`: must have exactly one")),
        (json!({"username": "bobby", "name": "B", "password": ""}), Some("user `bobby`: must have exactly one")),
        (json!({"username": "bobby", "name": "B", "password": "x", "password_hash": hash}), Some("exactly one")),
        (json!({"username": "bobby", "name": "B", "password_hash": "x"}), Some("user `bobby`: password_hash")),
        (json!({"username": "bobby", "name": "B", "password_hash": "$scrypt$x"}), Some("user `bobby`: password_hash")),
        (json!({"username": "bobby", "name": "B", "password_hash": hash}), None),
        (json!({"username": "bobby", "name": "", "password": "x"}), Some("user `bobby`: name: must be a line")),
        (json!({"username": "bobby", "name": "B", "password": "x", "given_name": "a\nb"}), Some("given_name: must be")),
        (
            json!({"username": "bobby", "name": "B", "password": "x", "email": "bobby"}),
            Some("user `bobby`: email: must be"),
        ),
        (json!({"username": "bobby", "name": "B", "password": "x", "picture": "bobby.png"}), Some("picture: must be")),
        (
            json!({"username": "bobby", "name": "B", "password": "x", "birthdate": "1.1.2000"}),
            Some("birthdate: must be"),
        ),
        (json!({"username": "bobby", "name": "B", "password": "x", "zoneinfo": "CET "}), Some("zoneinfo: must be")),
        (json!({"username": "bobby", "name": "B", "password": "x", "locale": "x"}), Some("locale: must be")),
        (
            json!({"username": "bobby", "name": "B", "password": "x", "phone_number": "0100"}),
            Some("phone_number: must"),
        ),
        (json!({"username": "bobby", "name": "B", "password": "x", "updated_at": -1}), Some("-1")),
        (
            json!({"username": "bobby", "name": "B", "password": "x", "email_verified": true}),
            Some("email_verified: says"),
        ),
        (json!({"username": "bobby", "name": "B", "password": "x", "address": {}}), Some("address: must have")),
        (
            json!({"username": "bobby", "name": "B", "password": "x", "address": {"region": "\n"}}),
            Some("address: must have"),
        ),
        (json!({"username": "bobby", "name": "B", "password": "x", "address": {"planet": "Earth"}}), Some("planet")),
    ];
    for (user, expected) in table {
        let mut config = config();
        config["users"].as_array_mut().unwrap().push(user.clone());
        match (validate(config), expected) {
            (Ok(()), None) => {}
            (Err(message), Some(expected)) => assert!(message.contains(expected), "{user}: {message}"),
            (result, _) => panic!("{user}: {result:?}"),
        }
    }
}

#[test]
fn lifetimes_are_bounded() {
    for key in [
        "access_token_lifetime",
        "id_token_lifetime",
        "session_lifetime",
        "refresh_token_lifetime",
        "refresh_token_idle_lifetime",
        "offline_access_lifetime",
        "offline_access_idle_lifetime",
    ] {
        for seconds in [0, u64::MAX] {
            let mut config = config();
            config[key] = seconds.into();
            assert!(validate(config).unwrap_err().starts_with(key), "{key}");
        }
    }
}

#[test]
fn waits_are_bounded() {
    for (key, most) in [("sign_out_patience_ms", 10_000), ("back_channel_timeout_ms", 60_000)] {
        for milliseconds in [0, most + 1] {
            let mut config = config();
            config[key] = milliseconds.into();
            assert!(validate(config).unwrap_err().starts_with(key), "{key}");
        }
    }
}

#[test]
fn secrets_do_not_print() {
    let config: ProviderConfig = serde_json::from_value(config()).unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains(crate::support::SECRET));
    assert!(!printed.contains("password: Some(\""));
}
