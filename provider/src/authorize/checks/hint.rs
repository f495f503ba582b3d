use crate::authorize::AuthorizationError;
use crate::http::Params;
use crate::id_token_hint::IdTokenHint;
use crate::state::Provider;

/// OpenID Connect Core 1.0 section 3.1.2.1, `id_token_hint`: the `sub` of the user whom the app expects. CORE-03
pub(in crate::authorize) fn parse(params: &Params, provider: &Provider) -> Result<Option<String>, AuthorizationError> {
    let Some(hint) = params.get("id_token_hint") else { return Ok(None) };
    let hint = IdTokenHint::parse(hint, &provider.keys, &provider.issuer)?;
    Ok(Some(hint.sub))
}
