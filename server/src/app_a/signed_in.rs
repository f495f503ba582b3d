//! Who is there: the session of this request, after asking the ledger.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use logout_event::SessionRef;
use relying_party::observation::RefusalReason;
use relying_party::{LedgerError, Observation, Standing};
use serde::{Deserialize, Serialize};
use tower_sessions::{Session, SessionStore as _};

use super::AppA;
use super::problem::Problem;
use super::session_store::WebSessionStore;
use crate::csrf::CsrfToken;

/// The key under which tower-sessions keeps it.
pub(super) const KEY: &str = "signed_in";

/// What App A remembers of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SignedIn {
    pub(super) session: SessionRef,
    pub(super) username: Option<String>,
    pub(super) name: Option<String>,
    /// The ID token as it came, for `id_token_hint` at sign-out.
    pub(super) id_token: String,
    pub(super) csrf: CsrfToken,
}

impl SignedIn {
    /// `preferred_username`; from a provider that sends none, the name or the identifier.
    pub(super) fn display_name(&self) -> &str {
        self.username.as_deref().or(self.name.as_deref()).unwrap_or(&self.session.sub)
    }
}

/// The browser of this request, signed in or not. Extracting it is how a handler obeys a sign-out: the session is there
/// only if the ledger does not say that it has ended.
pub(super) struct Visitor {
    session: Session,
    signed_in: Option<SignedIn>,
}

impl Visitor {
    pub(super) fn signed_in(&self) -> Option<&SignedIn> {
        self.signed_in.as_ref()
    }

    /// When App A's own record of this session expires, in seconds since the Unix epoch; none if it is gone.
    pub(super) async fn expires_at(&self, app: &AppA) -> Result<Option<u64>, Problem> {
        let Some(id) = self.session.id() else { return Ok(None) };
        let store = WebSessionStore::new(app.0.pool.clone(), app.0.clock.clone());
        let record = store.load(&id).await.map_err(Problem::session_store)?;
        Ok(record.map(|record| record.expiry_date.unix_timestamp().unsigned_abs()))
    }

    /// Ends this browser's session with App A, and nothing else.
    pub(super) async fn sign_out(self) -> Result<(), Problem> {
        self.session.flush().await.map_err(Problem::session_store)
    }
}

/// Asks the ledger, and tells the observers what it says.
fn judge(app: &AppA, signed_in: &SignedIn) -> Result<Standing, LedgerError> {
    let standing = app.relying_party().check(&signed_in.session);
    let refused = |reason| Observation::RequestRefused { session: Some((&signed_in.session).into()), reason };
    app.relying_party().observe(|| match &standing {
        Ok(Standing::Live) => Observation::RequestAccepted { session: (&signed_in.session).into(), first: false },
        Ok(Standing::Ended { event, .. }) => refused(RefusalReason::SessionEnded(Some(event.channel))),
        Err(_) => refused(RefusalReason::Unavailable),
    });
    standing
}

impl FromRequestParts<AppA> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppA) -> Result<Self, Self::Rejection> {
        let session = Session::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let stored =
            session.get::<SignedIn>(KEY).await.map_err(|error| Problem::session_store(error).into_response())?;
        let signed_in = match stored {
            None => None,
            Some(signed_in) => match judge(app, &signed_in).map_err(IntoResponse::into_response)? {
                Standing::Live => Some(signed_in),
                Standing::Ended { .. } => {
                    session.flush().await.map_err(|error| Problem::session_store(error).into_response())?;
                    None
                }
            },
        };
        Ok(Self { session, signed_in })
    }
}
