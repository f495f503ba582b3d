//! What clients need to know of the provider: [OpenID Connect Discovery 1.0 section 3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::authorize::RESPONSE_MODES;
use crate::claims;
use crate::client_authentication::{API_METHODS, CLIENT_METHODS};
use crate::config::{RequestObjectAlg, ResponseType, SigningAlg};
use crate::http::FIVE_MINUTES;
use crate::state::Provider;

/// What this provider signs with, and what its clients may sign with.
const SIGNING_ALGS: [SigningAlg; 2] = [SigningAlg::RS256, SigningAlg::ES256];

/// What ID tokens say beside what is known of their user.
const OF_ID_TOKENS: &[&str] =
    &["iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid", "at_hash"];

/// The provider's metadata. Only what there is.
#[derive(Debug, Serialize)]
struct Configuration<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: String,
    check_session_iframe: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_signing_alg_values_supported: [SigningAlg; 2],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_signing_alg_values_supported: [SigningAlg; 2],
    #[serde(flatten)]
    global_token_revocation: Option<GlobalTokenRevocation>,
    scopes_supported: Vec<&'a str>,
    response_types_supported: &'static [ResponseType],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: Vec<&'static str>,
    acr_values_supported: [&'static str; 1],
    subject_types_supported: &'static [&'static str],
    id_token_signing_alg_values_supported: [SigningAlg; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_signing_alg_values_supported: Option<[SigningAlg; 2]>,
    request_object_signing_alg_values_supported: [&'static str; 3],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    token_endpoint_auth_signing_alg_values_supported: [SigningAlg; 2],
    code_challenge_methods_supported: &'static [&'static str],
    dpop_signing_alg_values_supported: [&'static str; 1],
    claims_supported: Vec<&'static str>,
    display_values_supported: &'static [&'static str],
    ui_locales_supported: &'static [&'static str],
    prompt_values_supported: &'static [&'static str],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    authorization_response_iss_parameter_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

/// GTR-04: where there is somebody who may use it.
#[derive(Debug, Serialize)]
struct GlobalTokenRevocation {
    global_token_revocation_endpoint: String,
    global_token_revocation_endpoint_auth_methods_supported: [&'static str; 1],
}

pub(crate) async fn configuration(State(provider): State<Arc<Provider>>) -> impl IntoResponse {
    let endpoint = |path| provider.endpoint(path);
    let registration = provider.registry.registration.as_ref();
    let mut grant_types = vec!["authorization_code", "refresh_token"];
    if registration.is_some_and(|limits| limits.allow_implicit_flow) {
        grant_types.push("implicit");
    }
    let configuration = Configuration {
        issuer: &provider.issuer,
        authorization_endpoint: endpoint("/authorize"),
        token_endpoint: endpoint("/token"),
        userinfo_endpoint: endpoint("/userinfo"),
        jwks_uri: endpoint("/jwks"),
        end_session_endpoint: endpoint("/end_session"),
        check_session_iframe: endpoint("/check_session"),
        registration_endpoint: registration.map(|_| endpoint("/register")),
        revocation_endpoint: endpoint("/revoke"),
        revocation_endpoint_auth_methods_supported: CLIENT_METHODS,
        revocation_endpoint_auth_signing_alg_values_supported: SIGNING_ALGS,
        introspection_endpoint: endpoint("/introspect"),
        introspection_endpoint_auth_methods_supported: API_METHODS,
        introspection_endpoint_auth_signing_alg_values_supported: SIGNING_ALGS,
        global_token_revocation: provider.registry.has_administrators().then(|| GlobalTokenRevocation {
            global_token_revocation_endpoint: endpoint("/global-token-revocation"),
            global_token_revocation_endpoint_auth_methods_supported: ["client_secret_basic"],
        }),
        scopes_supported: provider.registry.scopes().into_iter().collect(),
        response_types_supported: provider.registry.response_types(),
        response_modes_supported: RESPONSE_MODES,
        grant_types_supported: grant_types,
        acr_values_supported: [claims::ACR],
        subject_types_supported: &["public"],
        id_token_signing_alg_values_supported: SIGNING_ALGS,
        // Only apps that register themselves can ask for it.
        userinfo_signing_alg_values_supported: registration.map(|_| SIGNING_ALGS),
        request_object_signing_alg_values_supported: RequestObjectAlg::NAMES,
        token_endpoint_auth_methods_supported: CLIENT_METHODS,
        token_endpoint_auth_signing_alg_values_supported: SIGNING_ALGS,
        code_challenge_methods_supported: &["S256"],
        dpop_signing_alg_values_supported: dpop::SIGNING_ALGS,
        claims_supported: OF_ID_TOKENS.iter().copied().chain(claims::supported(&provider.registry)).collect(),
        display_values_supported: &["page", "popup", "touch"],
        ui_locales_supported: &["en"],
        prompt_values_supported: &["none", "login", "consent", "select_account"],
        claims_parameter_supported: true,
        request_parameter_supported: true,
        request_uri_parameter_supported: registration.is_some(),
        require_request_uri_registration: true,
        authorization_response_iss_parameter_supported: true,
        frontchannel_logout_supported: provider.channels.front,
        frontchannel_logout_session_supported: provider.channels.front,
        backchannel_logout_supported: provider.channels.back,
        backchannel_logout_session_supported: provider.channels.back,
    };
    ([FIVE_MINUTES], Json(configuration)).into_response()
}

/// The public keys (RFC 7517 section 5).
pub(crate) async fn jwks(State(provider): State<Arc<Provider>>) -> impl IntoResponse {
    ([FIVE_MINUTES], Json(provider.keys.jwks()))
}
