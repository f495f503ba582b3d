use super::checks::{Prompt, Target, claims, dpop_jkt, hint, max_age, pkce, prompt, response, scope};
use super::error::{AuthorizationError, AuthorizeFailure};
use crate::claims::ClaimsRequest;
use crate::config::ResponseType;
use crate::http::{BrowserState, Params};
use crate::offline_access;
use crate::state::Provider;
use crate::store::session::Session;

/// What the endpoint reads; everything else is ignored (RFC 6749 section 3.1). Of `acr_values`, `claims_locales`, `display`
/// and `ui_locales`, which are wishes, it is read whether they are there twice: all sign-ins here are of one class, which
/// ID tokens name, and the pages are in one language and fit every window.
pub(super) const PARAMETERS: &[&str] = &[
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// An authorization request that is in order. There is no other way to make one than [`AuthorizationRequest::parse`].
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    /// Who asks, and where the answer goes.
    pub(crate) target: Target,
    /// What it is answered with.
    pub(crate) response_type: ResponseType,
    /// What is granted, separated by spaces.
    pub(crate) scope: String,
    /// What is asked for by name.
    pub(crate) claims: ClaimsRequest,
    pub(crate) nonce: Option<String>,
    /// Of method S256.
    pub(crate) code_challenge: Option<String>,
    /// The thumbprint of the key that the token request must prove (RFC 9449 section 10).
    pub(crate) dpop_jkt: Option<String>,
    pub(crate) prompt: Prompt,
    /// In seconds.
    pub(crate) max_age: Option<i64>,
    /// The user of the `id_token_hint`.
    expected_sub: Option<String>,
    /// The user name to begin with.
    pub(crate) login_hint: Option<String>,
}

impl AuthorizationRequest {
    /// Checks everything that can be checked without knowing who the user is.
    pub(crate) fn parse(
        params: &Params,
        provider: &Provider,
        browser_state: &BrowserState,
    ) -> Result<Self, AuthorizeFailure> {
        let target = Target::parse(params, &provider.registry, browser_state)?;
        match Self::parse_for(&target, params, provider) {
            Ok(request) => Ok(request),
            Err(error) => Err(target.refuse(&error, &provider.issuer)),
        }
    }

    fn parse_for(target: &Target, params: &Params, provider: &Provider) -> Result<Self, AuthorizationError> {
        let response_type = response::parse(params, &target.client, provider.registry.response_types())?;
        Ok(Self {
            response_type,
            scope: scope::parse(params, &target.client, response_type)?,
            claims: claims::parse(params, &target.client)?,
            nonce: params.get("nonce").map(str::to_owned),
            code_challenge: match response_type {
                ResponseType::Code => pkce::parse(params, &target.client)?,
                // There is no code that it could protect.
                ResponseType::IdToken | ResponseType::IdTokenToken => None,
            },
            dpop_jkt: dpop_jkt::parse(params, response_type)?,
            prompt: prompt::parse(params)?,
            // OpenID Connect Dynamic Client Registration 1.0 section 2, `default_max_age`.
            max_age: max_age::parse(params)?.or(target.client.default_max_age),
            expected_sub: hint::parse(params, provider)?,
            login_hint: params.get("login_hint").map(str::to_owned),
            target: target.clone(),
        })
    }

    /// Whether the app wants access while the user is away.
    pub(crate) fn is_offline(&self) -> bool {
        offline_access::is_in(&self.scope)
    }

    /// Whether the app would take this user.
    pub(crate) fn is_for(&self, sub: &str) -> bool {
        self.expected_sub.as_ref().is_none_or(|expected| expected == sub) && self.claims.accepts_sub(sub)
    }

    /// Whether a sign-in is that of somebody whom the app would take, and not too long ago. Seconds are cut off, so that a
    /// sign-in whose age is `max_age` may be a little older, which must not be.
    pub(crate) fn is_answered_by(&self, session: &Session, now: i64) -> bool {
        let is_fresh = self.max_age.is_none_or(|max_age| max_age > 0 && now - session.auth_time < max_age);
        is_fresh && self.is_for(&session.sub)
    }

    /// What the user has to allow.
    pub(crate) fn consent_scope(&self) -> String {
        offline_access::consent_for(&self.scope, &self.claims)
    }

    /// The same, in a browser whose state was renewed meanwhile.
    pub(crate) fn in_browser_state(&self, browser_state: &BrowserState) -> Self {
        Self { target: self.target.in_browser_state(browser_state), ..self.clone() }
    }

    /// Tells the app why there is no code.
    pub(crate) fn refuse(&self, provider: &Provider, error: AuthorizationError) -> AuthorizeFailure {
        self.target.refuse(&error, &provider.issuer)
    }
}
