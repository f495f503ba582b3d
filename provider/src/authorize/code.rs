use sqlx::SqliteConnection;

use super::AuthorizationRequest;
use crate::error::InternalError;
use crate::secret::{Opaque, random_id};
use crate::store::authorization_code::{self, AuthorizationCode};
use crate::store::session::Session;
use crate::store::{registered_client, session_client};

/// How long a code is good for, in seconds.
const LIFETIME: i64 = 60;

/// Makes the code and, in the same transaction, records that the session reaches the app: from here on the app hears of
/// its end, whatever becomes of the code and the tokens.
pub(crate) async fn issue_code(
    conn: &mut SqliteConnection,
    request: &AuthorizationRequest,
    session: &Session,
    now: i64,
) -> Result<Opaque, InternalError> {
    let client_id = &request.target.client.client_id;
    session_client::reach(conn, session.id, client_id, &random_id()?, now).await?;
    if request.target.client.is_third_party {
        registered_client::set_used(conn, client_id, now).await?;
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
    Ok(code)
}
