use sqlx::SqliteConnection;

use super::{AuthorizationRequest, AuthorizationResponse};
use crate::config::ResponseType;
use crate::error::InternalError;
use crate::secret::{Opaque, random_id};
use crate::state::Provider;
use crate::store::authorization_code::{self, AuthorizationCode};
use crate::store::session::Session;
use crate::store::{registered_client, session_client};
use crate::token::issue_directly;

/// How long a code is good for, in seconds.
const LIFETIME: i64 = 60;

/// Makes what the app is answered with: the code, or the tokens themselves. In the same transaction it is recorded that the
/// session reaches the app: from here on the app hears of its end, whatever becomes of the code and the tokens.
pub(crate) async fn issue(
    conn: &mut SqliteConnection,
    provider: &Provider,
    request: &AuthorizationRequest,
    session: &Session,
    now: i64,
) -> Result<AuthorizationResponse, InternalError> {
    let client_id = &request.target.client.client_id;
    session_client::reach(conn, session.id, client_id, &random_id()?, now).await?;
    if request.target.client.is_third_party {
        registered_client::set_used(conn, client_id, now).await?;
    }
    if request.response_type != ResponseType::Code {
        let tokens = issue_directly(conn, provider, request, session, now).await?;
        return Ok(request.target.tokens(tokens, &provider.issuer));
    }
    let code = Opaque::random()?;
    let record = AuthorizationCode {
        session_id: session.id,
        client_id: client_id.clone(),
        redirect_uri: request.target.redirect_uri.as_str().to_owned(),
        scope: request.scope.clone(),
        claims: request.claims.to_stored()?,
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        auth_time: session.auth_time,
        expires_at: now + LIFETIME,
        family_id: None,
    };
    authorization_code::insert(conn, code.hash(), &record).await?;
    Ok(request.target.success(&code, &provider.issuer))
}
