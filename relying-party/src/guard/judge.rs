//! Whether a request may pass: the steps in their order.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dpop::ProofError;
use logout_event::SessionRef;
use sha2::{Digest as _, Sha256};

use super::access_token::{self, AccessTokenError, Binding, Expected};
use super::refusal::{Reason, Refusal, Refused};
use super::session::name_of;
use super::{Authenticated, Guard};
use crate::jws::MAX_TOKEN;
use crate::ledger::sqlite::Admission;
use crate::settings::CLOCK_SKEW;
use crate::{Jwks, LedgerError, Observation, Refresh, Standing};

pub(super) type TokenHash = [u8; 32];

/// What is known of a token that was seen before.
#[derive(Debug)]
pub(super) struct Checked {
    authenticated: Authenticated,
    /// The guard's name for it, if it does not say itself which session it belongs to.
    unbound: Option<String>,
    /// The keys it was verified by: with other keys it is verified anew, so a withdrawn key's tokens go with it.
    jwks: Arc<Jwks>,
}

/// A request that may pass.
struct Judged {
    authenticated: Authenticated,
    /// Whether its token was not seen before.
    first: bool,
}

/// What of a request is judged.
pub(super) struct Presented<'a> {
    method: &'a str,
    /// As the client sees it, wherever the API is mounted.
    path: &'a str,
    headers: &'a HeaderMap,
}

impl<'a> Presented<'a> {
    pub(super) fn by(request: &'a Request<Body>) -> Self {
        let original = request.extensions().get::<OriginalUri>();
        let path = original.map_or_else(|| request.uri().path(), |OriginalUri(uri)| uri.path());
        Self { method: request.method().as_str(), path, headers: request.headers() }
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl Guard {
    /// Judges, and tells the observers.
    pub(super) async fn judge(&self, request: &Presented<'_>) -> Result<Authenticated, Refusal> {
        let judged = self.judge_request(request).await;
        self.party.observe(|| match &judged {
            Ok(Judged { authenticated, first }) => {
                Observation::RequestAccepted { session: (&authenticated.session).into(), first: *first }
            }
            Err(Refused { refusal, session }) => {
                Observation::RequestRefused { session: session.as_ref().map(Into::into), reason: refusal.reason() }
            }
        });
        match judged {
            Ok(judged) => Ok(judged.authenticated),
            Err(refused) => Err(refused.refusal),
        }
    }

    async fn judge_request(&self, request: &Presented<'_>) -> Result<Judged, Refused> {
        let credentials = Credentials::read(request.headers)?;
        let judged = self.judge_token(credentials.token).await?;
        // Last, so that a token of an ended session is refused as that; and a proof is used up only by a good token.
        let proven = self.check_proof(request, &credentials, &judged.authenticated);
        proven.map_err(|refusal| refusal.of(&judged.authenticated.session))?;
        Ok(judged)
    }

    async fn judge_token(&self, token: &str) -> Result<Judged, Refused> {
        let jwks = self.party.jwks().ok_or(Refusal::NoKeys)?;
        let hash = TokenHash::from(Sha256::digest(token));
        let seen = self.checked.get(&hash).filter(|checked| Arc::ptr_eq(&checked.jwks, &jwks));
        let Some(seen) = seen else { return self.judge_first(token, hash, jwks).await };
        let authenticated = self.with_session(&seen)?;
        let checked = self.check_now(&authenticated).and_then(|()| self.check_scope(&authenticated));
        checked.map_err(|refusal| refusal.of(&authenticated.session))?;
        Ok(Judged { authenticated, first: false })
    }

    /// The first sight of a token, and so perhaps of its session.
    async fn judge_first(&self, token: &str, hash: TokenHash, jwks: Arc<Jwks>) -> Result<Judged, Refused> {
        let (authenticated, jwks) = self.verify(token, jwks).await?;
        let unbound = authenticated.session.sid.is_none().then(|| name_of(token, &authenticated.claims));
        let checked = Checked { authenticated, unbound, jwks };
        let authenticated = self.with_session(&checked)?;
        let admitted = self.admit(&authenticated, hash, checked).await;
        admitted.map_err(|refusal| refusal.of(&authenticated.session))?;
        Ok(Judged { authenticated, first: true })
    }

    async fn admit(&self, authenticated: &Authenticated, hash: TokenHash, checked: Checked) -> Result<(), Refusal> {
        self.check_now(authenticated)?;
        self.begin_session(&authenticated.session).await?;
        self.checked.insert(hash, Arc::new(checked));
        self.check_scope(authenticated)
    }

    /// The session of a token that does not name it may have been named since the token was seen first.
    fn with_session(&self, checked: &Checked) -> Result<Authenticated, Refusal> {
        let mut authenticated = checked.authenticated.clone();
        if let Some(token) = &checked.unbound
            && let Some(session) = self.party.bound(token)?
            // Of another user's token that has the same `jti`, which no provider may make, this says nothing.
            && session.sub == authenticated.session.sub
        {
            authenticated.session = session;
        }
        Ok(authenticated)
    }

    /// Verifies, and once more with new keys if the token names one that is not known.
    async fn verify(&self, token: &str, jwks: Arc<Jwks>) -> Result<(Authenticated, Arc<Jwks>), Refusal> {
        let settings = self.party.settings();
        let expected = Expected {
            issuer: &settings.issuer,
            audience: &self.audience,
            algorithms: &settings.algorithms,
            typed: self.typed,
        };
        let invalid = |error: AccessTokenError| {
            tracing::debug!(%error, "an access token was refused");
            Refusal::Token(Reason::Invalid)
        };
        match access_token::verify(token, &jwks.keys, &expected) {
            Err(AccessTokenError::UnknownKey) => {
                if self.party.refresh_keys().await != Refresh::Fresh {
                    return Err(Refusal::NoKeys);
                }
                let jwks = self.party.jwks().ok_or(Refusal::NoKeys)?;
                let authenticated = access_token::verify(token, &jwks.keys, &expected).map_err(invalid)?;
                Ok((authenticated, jwks))
            }
            verified => Ok((verified.map_err(invalid)?, jwks)),
        }
    }

    /// What may change from one request to the next: first whether the session has ended, then the time, then that the
    /// token may be sent as it was. From memory only.
    fn check_now(&self, authenticated: &Authenticated) -> Result<(), Refusal> {
        let claims = &authenticated.claims;
        if let Standing::Ended { event, .. } = self.party.check(&authenticated.session)? {
            return Err(Refusal::Token(Reason::SessionEnded(Some(event.channel))));
        }
        if let Some(jti) = &claims.jti
            && self.party.is_revoked(jti)?
        {
            return Err(Refusal::Token(Reason::SessionEnded(None)));
        }
        let now = self.party.clock().now();
        if now >= claims.usable_until(self.party.settings().session_lifetime) {
            return Err(Refusal::Token(Reason::Expired));
        }
        if claims.iat.max(claims.nbf.unwrap_or_default()) > now.saturating_add(CLOCK_SKEW) {
            return Err(Refusal::Token(Reason::Invalid));
        }
        Ok(())
    }

    fn check_scope(&self, authenticated: &Authenticated) -> Result<(), Refusal> {
        if let Some(scope) = &self.scope
            && !authenticated.claims.scope.iter().any(|granted| **granted == **scope)
        {
            return Err(Refusal::Scope(scope.to_string()));
        }
        Ok(())
    }

    /// RFC 9449 section 7: a token that is bound to a key comes by the scheme `DPoP` with a proof, any other by `Bearer`.
    fn check_proof(
        &self,
        request: &Presented<'_>,
        credentials: &Credentials<'_>,
        authenticated: &Authenticated,
    ) -> Result<(), Refusal> {
        let (possession, jkt) = match (&authenticated.claims.bound_to, &self.possession) {
            (None, _) if credentials.with_proof => return Err(Refusal::Token(Reason::Invalid)),
            (None, _) => return Ok(()),
            (Some(Binding::Key(jkt)), Some(possession)) if credentials.with_proof => (possession, jkt),
            (Some(_), _) => return Err(Refusal::Proof(ProofError::Missing)),
        };
        let url = format!("{}{}", possession.origin, request.path);
        let now = self.party.clock().now();
        match possession.proofs.check(request.headers, request.method, &url, Some(credentials.token), now) {
            Ok(Some(proven)) if proven == *jkt => Ok(()),
            Ok(Some(_)) => Err(Refusal::Proof(ProofError::OtherKey)),
            Ok(None) => Err(Refusal::Proof(ProofError::Missing)),
            Err(error) => Err(Refusal::Proof(error)),
        }
    }

    /// Rule: a session comes into being only in the transaction that checks the ledger.
    async fn begin_session(&self, session: &SessionRef) -> Result<(), Refusal> {
        let lifetime = self.party.settings().session_lifetime;
        let expires_at = self.party.clock().now().saturating_add(lifetime);
        match self.party.begin_session(session, &local_id(session), expires_at).await? {
            Admission::Admitted => Ok(()),
            Admission::Ended { event, .. } => Err(Refusal::Token(Reason::SessionEnded(Some(event.channel)))),
        }
    }
}

/// A token, and how it came.
#[derive(Debug)]
pub(super) struct Credentials<'a> {
    pub(super) token: &'a str,
    /// By the scheme `DPoP`, and not `Bearer`.
    with_proof: bool,
}

impl<'a> Credentials<'a> {
    /// RFC 6750 section 2.1, RFC 9449 section 7.1; a token anywhere else, such as in the query, is not looked for.
    pub(super) fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(Refusal::NoCredentials)?;
        if values.next().is_some() {
            return Err(Refusal::Ambiguous);
        }
        let value = value.to_str().map_err(|_| Refusal::NoCredentials)?;
        let (scheme, token) = value.split_once(' ').ok_or(Refusal::NoCredentials)?;
        let with_proof = scheme.eq_ignore_ascii_case("dpop");
        if !with_proof && !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::NoCredentials);
        }
        let token = token.trim();
        if token.is_empty() {
            return Err(Refusal::NoCredentials);
        }
        if token.len() > MAX_TOKEN {
            return Err(Refusal::Token(Reason::Invalid));
        }
        Ok(Self { token, with_proof })
    }
}

/// The API's own name for a session: the same for every token of it.
pub(super) fn local_id(session: &SessionRef) -> String {
    let mut hash = Sha256::new();
    let auth_time = session.auth_time.to_string();
    let parts = match &session.sid {
        Some(sid) => ["sid", session.iss.as_str(), sid.as_str(), ""],
        None => ["sub", session.iss.as_str(), session.sub.as_str(), auth_time.as_str()],
    };
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("token:{}", URL_SAFE_NO_PAD.encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn one_header_one_scheme_one_token() {
        for (value, with_proof) in [
            ("Bearer a.b.c", false),
            ("bearer a.b.c", false),
            ("BEARER  a.b.c ", false),
            ("DPoP a.b.c", true),
            ("dpop a.b.c", true),
        ] {
            let headers = headers(&[value]);
            let credentials = Credentials::read(&headers).expect(value);
            assert_eq!((credentials.token, credentials.with_proof), ("a.b.c", with_proof), "{value}");
        }
        for value in ["", "Bearer", "Bearer ", "DPoP ", "Basic YWxpY2U6YWxpY2U=", "a.b.c"] {
            assert!(matches!(Credentials::read(&headers(&[value])), Err(Refusal::NoCredentials)), "{value}");
        }
        assert!(matches!(Credentials::read(&headers(&[])), Err(Refusal::NoCredentials)));
        let two = ["Bearer a.b.c", "Bearer a.b.c"];
        let mut both = headers(&two[..1]);
        both.append(AUTHORIZATION, HeaderValue::from_static(two[1]));
        assert!(matches!(Credentials::read(&both), Err(Refusal::Ambiguous)));
    }

    #[test]
    fn one_name_for_each_session() {
        let session = |sid: Option<&str>, sub: &str, auth_time| SessionRef {
            iss: "op".into(),
            sid: sid.map(Into::into),
            sub: sub.into(),
            auth_time,
        };
        assert_eq!(local_id(&session(Some("s1"), "alice", 1)), local_id(&session(Some("s1"), "alice", 2)));
        let names = [
            session(Some("s1"), "alice", 1),
            session(Some("s2"), "alice", 1),
            session(None, "alice", 1),
            session(None, "alice", 2),
            session(None, "s1", 1),
        ]
        .map(|session| local_id(&session));
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
