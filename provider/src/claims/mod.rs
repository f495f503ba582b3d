//! Which claims of a user an app is told: [OpenID Connect Core 1.0 section 5](https://openid.net/specs/openid-connect-core-1_0.html#Claims).

mod request;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::config::{Registry, User};

use request::Wanted;
pub(crate) use request::{ClaimsError, ClaimsRequest};

/// The class of every sign-in here, which ID tokens name (section 2, `acr`): a password, over a protected connection.
pub(crate) const ACR: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
/// How it was done (RFC 8176 section 2).
pub(crate) const AMR: &str = "pwd";

/// What each scope asks for (section 5.4).
const OF_SCOPES: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// The claims that these scopes ask for, which are separated by spaces.
fn of_scopes(scope: &str) -> impl Iterator<Item = &'static str> {
    let asked = move |(name, _): &&(&str, _)| scope.split(' ').any(|scope| scope == *name);
    OF_SCOPES.iter().filter(asked).flat_map(|(_, claims)| claims.iter().copied())
}

/// The scope that a standard claim belongs to.
fn scope_of(claim: &str) -> Option<&'static str> {
    OF_SCOPES.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}

/// The claims that some app may ask for of some user: what metadata promises.
pub(crate) fn supported(registry: &Registry) -> Vec<&'static str> {
    let there: BTreeSet<&str> = registry.users().flat_map(|user| user.claims.keys().copied()).collect();
    let scopes = registry.scopes();
    let asked = OF_SCOPES.iter().filter(|(scope, _)| scopes.contains(scope)).flat_map(|(_, claims)| claims.iter());
    asked.copied().filter(|claim| there.contains(claim)).collect()
}

/// What userinfo says, beside `sub`.
pub(crate) fn for_userinfo(user: &User, scope: &str, request: &ClaimsRequest) -> Map<String, Value> {
    let mut claims: Map<String, Value> = of_scopes(scope).filter_map(|claim| known(user, claim)).collect();
    claims.extend(wanted(user, request.userinfo()));
    claims
}

/// What the ID token says of the user: enough to greet them, and what was asked for by name. What scopes ask for besides is
/// at userinfo (section 5.4).
pub(crate) fn for_id_token(user: &User, scope: &str, request: &ClaimsRequest) -> Map<String, Value> {
    let greeting = ["name", "preferred_username"];
    let mut claims: Map<String, Value> =
        of_scopes(scope).filter(|claim| greeting.contains(claim)).filter_map(|claim| known(user, claim)).collect();
    claims.extend(wanted(user, request.id_token()));
    claims
}

/// What an ID token says that comes without an access token: what scopes ask for as well (section 5.4).
pub(crate) fn for_id_token_alone(user: &User, scope: &str, request: &ClaimsRequest) -> Map<String, Value> {
    let mut claims: Map<String, Value> = of_scopes(scope).filter_map(|claim| known(user, claim)).collect();
    claims.extend(wanted(user, request.id_token()));
    claims
}

/// What was asked for by name, as far as it is known and has a value that was asked for (section 5.5.1). That something is
/// not there is no error, however essential it is.
fn wanted(user: &User, wanted: &BTreeMap<String, Wanted>) -> impl Iterator<Item = (String, Value)> {
    wanted.iter().filter_map(|(claim, wanted)| known(user, claim).filter(|(_, value)| wanted.accepts(value)))
}

fn known(user: &User, claim: &str) -> Option<(String, Value)> {
    user.claims.get(claim).map(|value| (claim.to_owned(), value.clone()))
}
