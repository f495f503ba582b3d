//! What to configure at both ends, by the names that each end has for it.

use serde::Serialize;
use serde_json::{Value, json};

use super::facts::{Facts, KeyFacts, Says, shown};

/// Where the apps are in what the doctor writes.
const APP_A: &str = "https://app-a.example";
const APP_B: &str = "https://app-b.example";

/// A name and what to set it to.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// What to set for each app.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Apps {
    pub(super) app_a: Vec<Setting>,
    pub(super) app_b: Vec<Setting>,
}

/// What to configure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Configure {
    /// The clients' metadata (OpenID Connect Dynamic Client Registration 1.0 section 2, and the logout specifications).
    pub(super) provider: Apps,
    /// The tables of `curfew.toml`.
    pub(super) curfew: Apps,
}

impl Configure {
    pub(super) fn of(facts: &Facts) -> Self {
        Self {
            provider: Apps { app_a: client_a(facts), app_b: client_b(facts) },
            curfew: Apps { app_a: table(facts, APP_A), app_b: table_b(facts) },
        }
    }
}

fn set(name: &'static str, value: impl Into<Value>) -> Setting {
    Setting { name, value: value.into() }
}

fn client_a(facts: &Facts) -> Vec<Setting> {
    let mut client = vec![
        set("redirect_uris", json!([format!("{APP_A}/callback")])),
        set("token_endpoint_auth_method", "client_secret_basic"),
    ];
    client.extend(logout(facts, APP_A, "/signed-out"));
    client
}

fn client_b(facts: &Facts) -> Vec<Setting> {
    let mut grant_types = vec!["authorization_code"];
    if facts.grant_types.say("refresh_token") != Says::No {
        grant_types.push("refresh_token");
    }
    let mut client = vec![
        set("redirect_uris", json!([format!("{APP_B}/callback"), format!("{APP_B}/callback/silent")])),
        set("token_endpoint_auth_method", "none"),
        set("grant_types", grant_types),
    ];
    client.extend(logout(facts, APP_B, "/"));
    client
}

/// What of a client's metadata has to do with signing out.
fn logout(facts: &Facts, app: &str, after: &str) -> Vec<Setting> {
    let mut client = Vec::new();
    if facts.end_session_endpoint.is_some() {
        client.push(set("post_logout_redirect_uris", json!([format!("{app}{after}")])));
    }
    // What is not announced may be there all the same; what is refused is not.
    if facts.back_channel == Says::Yes {
        client.push(set("backchannel_logout_uri", format!("{app}/logout/back-channel")));
        client.push(set("backchannel_logout_session_required", facts.back_channel_session == Says::Yes));
    }
    if facts.front_channel == Says::Yes && facts.front_channel_session != Says::No {
        client.push(set("frontchannel_logout_uri", format!("{app}/logout/front-channel")));
        client.push(set("frontchannel_logout_session_required", true));
    }
    let only_es256 = matches!(facts.keys, KeyFacts::Read { rs256: false, es256: true });
    if only_es256 || facts.id_token_algs.say("RS256") == Says::No && facts.id_token_algs.say("ES256") == Says::Yes {
        client.push(set("id_token_signed_response_alg", "ES256"));
    }
    client
}

fn table(facts: &Facts, app: &str) -> Vec<Setting> {
    let issuer = facts.issuer.as_deref().filter(|issuer| !issuer.contains('{')).unwrap_or(&facts.asked);
    let mut table = vec![set("origin", app), set("issuer", shown(issuer))];
    // What the provider does not use need not be served. Where it announces neither, it may have one all the same.
    match (facts.back_channel == Says::Yes, facts.front_channel == Says::Yes) {
        (true, false) => table.push(set("logout_channels", json!(["back-channel"]))),
        (false, true) => table.push(set("logout_channels", json!(["front-channel"]))),
        (true, true) | (false, false) => {}
    }
    if let Some(origin) = facts.sign_out_page_elsewhere() {
        table.push(set("front_channel_ancestors", json!([shown(origin)])));
    }
    table
}

fn table_b(facts: &Facts) -> Vec<Setting> {
    let mut table = table(facts, APP_B);
    table.push(set("audience", format!("{APP_B}/api")));
    table
}
