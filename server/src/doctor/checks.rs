//! The rules for what else matters: whether the apps can sign in at all, and what a sign-out depends on.

use serde::Serialize;

use super::facts::{Facts, KeyFacts, Says, shown};
use super::report::Verdict::{self, No, Partly, Unknown, Works};

/// A question about a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    Issuer,
    Metadata,
    Signatures,
    CodeFlow,
    Pkce,
    ClientAuthentication,
    IssuerParameter,
    Origins,
    Sid,
    AccessTokens,
    RefreshTokens,
    Dpop,
    Revocation,
    Cors,
    GlobalRevocation,
    SharedSignals,
}

impl Check {
    pub(super) const ALL: [Self; 16] = [
        Self::Issuer,
        Self::Metadata,
        Self::Signatures,
        Self::CodeFlow,
        Self::Pkce,
        Self::ClientAuthentication,
        Self::IssuerParameter,
        Self::Origins,
        Self::Sid,
        Self::AccessTokens,
        Self::RefreshTokens,
        Self::Dpop,
        Self::Revocation,
        Self::Cors,
        Self::GlobalRevocation,
        Self::SharedSignals,
    ];

    /// Its name in the table and in the JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Metadata => "metadata",
            Self::Signatures => "signatures",
            Self::CodeFlow => "code-flow",
            Self::Pkce => "pkce",
            Self::ClientAuthentication => "client-authentication",
            Self::IssuerParameter => "issuer-parameter",
            Self::Origins => "origins",
            Self::Sid => "sid",
            Self::AccessTokens => "access-tokens",
            Self::RefreshTokens => "refresh-tokens",
            Self::Dpop => "dpop",
            Self::Revocation => "revocation",
            Self::Cors => "cors",
            Self::GlobalRevocation => "global-revocation",
            Self::SharedSignals => "shared-signals",
        }
    }

    /// Without these nobody signs in.
    pub(super) const fn is_essential(self) -> bool {
        matches!(self, Self::Issuer | Self::Metadata | Self::Signatures | Self::CodeFlow)
    }

    /// Whether a loss here is a gap in signing out; the others are good to know.
    pub(super) const fn counts(self) -> bool {
        self.is_essential() || matches!(self, Self::Pkce | Self::ClientAuthentication | Self::Sid)
    }
}

/// The answer to one of them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) verdict: Verdict,
    pub(super) says: String,
}

/// Answers every question.
pub(super) fn all(facts: &Facts) -> Vec<Finding> {
    let finding = |check| {
        let (verdict, says) = judge(check, facts);
        Finding { check, verdict, says }
    };
    Check::ALL.into_iter().map(finding).collect()
}

fn judge(check: Check, facts: &Facts) -> (Verdict, String) {
    match check {
        Check::Issuer => issuer(facts),
        Check::Metadata => metadata(facts),
        Check::Signatures => signatures(facts),
        Check::CodeFlow => code_flow(facts),
        Check::Pkce => pkce(facts),
        Check::ClientAuthentication => client_authentication(facts),
        Check::IssuerParameter => issuer_parameter(facts),
        Check::Origins => origins(facts),
        Check::Sid => sid(facts),
        Check::AccessTokens => access_tokens(facts),
        Check::RefreshTokens => refresh_tokens(facts),
        Check::Dpop => dpop(facts),
        Check::Revocation => revocation(facts),
        Check::Cors => cors(),
        Check::GlobalRevocation => global_revocation(facts),
        Check::SharedSignals => shared_signals(facts),
    }
}

fn found(verdict: Verdict, says: impl Into<String>) -> (Verdict, String) {
    (verdict, says.into())
}

/// Discovery 1.0 section 4.3: the document's `issuer` is the one that was asked for, character by character.
fn issuer(facts: &Facts) -> (Verdict, String) {
    let asked = &facts.asked;
    match &facts.issuer {
        None => found(No, "The document has no `issuer`."),
        Some(issuer) if issuer == asked => found(Works, "The document speaks for exactly this issuer."),
        Some(issuer) if issuer.contains('{') => found(
            No,
            format!(
                "The document names a template, {}: it is for many tenants. Use your tenant's own issuer, which its \
                 tokens carry.",
                shown(issuer)
            ),
        ),
        Some(issuer) if issuer.trim_end_matches('/') == asked.trim_end_matches('/') => found(
            No,
            format!(
                "It differs by the slash at its end. Configure exactly {}, and ask the doctor again with it.",
                shown(issuer)
            ),
        ),
        Some(issuer) => found(
            No,
            format!(
                "The document speaks for {}. If that is the right provider, configure exactly this, and ask again with it.",
                shown(issuer)
            ),
        ),
    }
}

fn metadata(facts: &Facts) -> (Verdict, String) {
    match &facts.unusable {
        None => found(Works, "The apps can read the document, and its endpoints are https or on loopback."),
        Some(why) => found(No, format!("The apps cannot use the document: {why}.")),
    }
}

/// The apps verify RS256 and ES256.
fn signatures(facts: &Facts) -> (Verdict, String) {
    let (rs256, es256) = match &facts.keys {
        KeyFacts::Unreadable(why) => return found(No, format!("The keys cannot be used: {why}.")),
        KeyFacts::Read { rs256, es256 } => (*rs256, *es256),
    };
    let signs = |alg, key: bool| key && facts.id_token_algs.say(alg) != Says::No;
    match (signs("RS256", rs256), signs("ES256", es256)) {
        (true, true) => found(Works, "RS256 and ES256, and keys for both."),
        (true, false) => found(Works, "RS256, and a key for it."),
        (false, true) => found(Works, "ES256, and a key for it: register `id_token_signed_response_alg` as ES256."),
        (false, false) => found(
            No,
            format!(
                "The apps verify RS256 and ES256. The provider signs with: {}; its keys are for {}.",
                facts.id_token_algs.listed(),
                match (rs256, es256) {
                    (true, true) => "both",
                    (true, false) => "RS256",
                    (false, true) => "ES256",
                    (false, false) => "neither",
                }
            ),
        ),
    }
}

/// A missing `grant_types_supported` has the code in it (Discovery 1.0 section 3).
fn code_flow(facts: &Facts) -> (Verdict, String) {
    match (facts.response_types.say("code"), facts.grant_types.say("authorization_code")) {
        (Says::Yes, Says::Yes | Says::Nothing) => found(Works, "The authorization code flow is there."),
        (Says::Nothing, Says::Yes | Says::Nothing) => {
            found(Unknown, "The document does not say whether the authorization code flow is there.")
        }
        (Says::No, _) | (_, Says::No) => {
            found(No, "The authorization code flow, the only one that the apps use, is not offered.")
        }
    }
}

/// RFC 7636; RFC 8414 section 2 says that a missing member means no support, which is not true of all.
fn pkce(facts: &Facts) -> (Verdict, String) {
    match facts.challenge_methods.say("S256") {
        Says::Yes => found(Works, "PKCE with S256."),
        Says::No => found(
            No,
            "PKCE is offered without S256, which the apps always use: App B, a public client, has nothing else to protect \
             its codes.",
        ),
        Says::Nothing => found(
            Unknown,
            "PKCE is not announced (code_challenge_methods_supported). The apps send S256 all the same; make sure that it \
             is checked, because App B, a public client, has nothing else to protect its codes.",
        ),
    }
}

/// A missing member means `client_secret_basic` (Discovery 1.0 section 3).
fn client_authentication(facts: &Facts) -> (Verdict, String) {
    let methods = &facts.token_endpoint_auth_methods;
    match (methods.say("client_secret_basic"), methods.say("none")) {
        (Says::No, _) => found(
            No,
            format!(
                "App A authenticates with client_secret_basic, which is not offered; {} is.",
                facts.token_endpoint_auth_methods.listed()
            ),
        ),
        (_, Says::Yes) => found(Works, "client_secret_basic for App A, and none for App B, a public client."),
        _ => found(
            Unknown,
            "client_secret_basic for App A. Public clients (none) are not announced: App B must be registered as one.",
        ),
    }
}

/// RFC 9207.
fn issuer_parameter(facts: &Facts) -> (Verdict, String) {
    match facts.iss_parameter {
        Says::Yes => found(Works, "Authorization responses carry `iss`, which the apps then require (RFC 9207)."),
        Says::No | Says::Nothing => found(
            No,
            "Authorization responses need not carry `iss` (RFC 9207). Each app uses one provider only, so there is none \
             to mix it up with.",
        ),
    }
}

/// The apps' policies follow the metadata, but whose frames they may be in is configured: nothing else says where the
/// sign-out page is.
fn origins(facts: &Facts) -> (Verdict, String) {
    if facts.elsewhere.is_empty() {
        return found(Works, "All endpoints are on the issuer's origin.");
    }
    let others: Vec<_> = facts.elsewhere.iter().map(|(name, origin)| format!("{name} ({})", shown(origin))).collect();
    let says = format!("On another origin than the issuer: {}.", others.join(", "));
    match facts.sign_out_page_elsewhere() {
        Some(origin) => found(
            Partly,
            format!(
                "{says} The sign-out page may frame the apps only if `front_channel_ancestors` names {}.",
                shown(origin)
            ),
        ),
        None => found(Works, format!("{says} The apps' policies name these as well.")),
    }
}

/// Which of a user's sessions a sign-out ends is said by `sid`.
fn sid(facts: &Facts) -> (Verdict, String) {
    let promised = facts.back_channel_session == Says::Yes || facts.front_channel_session == Says::Yes;
    match facts.claims.say("sid") {
        _ if promised => found(Works, "ID tokens carry `sid`: a sign-out ends one session and no other."),
        Says::Yes => found(Works, "`sid` is among the claims: a sign-out can end one session and no other."),
        Says::No => found(
            Partly,
            "`sid` is neither promised nor among the claims: sessions of one user cannot be told apart, and a sign-out \
             that is heard of ends all of them. Where `sid` is an optional claim, switch it on for both apps.",
        ),
        Says::Nothing => found(Unknown, "The document does not say whether ID tokens carry `sid`."),
    }
}

/// No member tells of what access tokens are.
fn access_tokens(facts: &Facts) -> (Verdict, String) {
    let introspection = match facts.introspection_endpoint {
        Some(_) => " The introspection_endpoint is no help: App B's API asks nobody.",
        None => "",
    };
    found(
        Unknown,
        format!(
            "No document says what access tokens are. App B's API takes JWTs with typ at+jwt and its `[app_b] audience` \
             (RFC 9068); opaque ones it refuses, so many providers must be told of the API first. Without `sid` in them, \
             App B presents its ID token, and its API learns from that which session they belong to.{introspection}"
        ),
    )
}

/// App B renews by refresh tokens on another site than the provider's.
fn refresh_tokens(facts: &Facts) -> (Verdict, String) {
    match (facts.grant_types.say("refresh_token"), facts.scopes.say("offline_access")) {
        (Says::No, _) => found(No, "Not offered: on another site than the provider's set `[app_b] renew = \"off\"`."),
        (_, Says::Yes) => found(
            Partly,
            "The scope offline_access is there, so refresh tokens may take it: add it to `[app_b] scope` if App B gets \
             none. Such tokens may outlive the sign-out, which App B then does not notice by a refused renewal.",
        ),
        (Says::Yes, _) => found(Works, "Offered without offline_access: App B needs the grant type, and no scope."),
        (Says::Nothing, _) => found(Unknown, "The document does not say whether there are refresh tokens."),
    }
}

/// RFC 9449 section 5.1. App B's key is for ES256.
fn dpop(facts: &Facts) -> (Verdict, String) {
    match facts.dpop_algs.say("ES256") {
        Says::Yes => found(Works, "App B binds its tokens to a key that stays in the browser (ES256)."),
        Says::No => {
            found(No, "Announced without ES256, which App B's key is for: its tokens work for whoever has them.")
        }
        Says::Nothing => found(No, "Not announced: App B's tokens work for whoever has them."),
    }
}

/// RFC 7009.
fn revocation(facts: &Facts) -> (Verdict, String) {
    match facts.revocation_endpoint {
        Some(_) => found(Works, "App B takes its refresh token back at a sign-out."),
        None => found(No, "No revocation_endpoint: App B cannot take its refresh token back at a sign-out."),
    }
}

/// Whom a provider lets call depends on who is registered.
fn cors() -> (Verdict, String) {
    found(
        Unknown,
        "No document says whom the provider lets call from a browser. App B calls discovery, keys, token, userinfo and \
         revocation: allow its origin (some call this web origins), with the headers Authorization, Content-Type and DPoP.",
    )
}

/// draft-parecki-oauth-global-token-revocation.
fn global_revocation(facts: &Facts) -> (Verdict, String) {
    if facts.global_token_revocation {
        found(Works, "An administrator's system can end all of a user's tokens (global_token_revocation_endpoint).")
    } else {
        found(No, "Not announced (global_token_revocation_endpoint); the apps do not need it.")
    }
}

/// The apps are no receivers; who runs an API may want to be one.
fn shared_signals(facts: &Facts) -> (Verdict, String) {
    if facts.shared_signals {
        found(
            Works,
            "The provider shares security events (/.well-known/ssf-configuration). The apps do not receive them.",
        )
    } else {
        found(No, "No /.well-known/ssf-configuration; the apps do not need it.")
    }
}

#[cfg(test)]
mod tests;
