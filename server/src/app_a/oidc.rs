//! The openidconnect client, made from what `relying-party` knows of the provider.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthUrl, Client, ClientId, EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, RedirectUrl, StandardErrorResponse, StandardTokenResponse, TokenUrl,
};
use relying_party::provider::read_body;
use serde::{Deserialize, Serialize};

use super::AppA;
use super::problem::Problem;

/// The claim beside the standard ones: the session's identifier (Front-Channel Logout 1.0 section 3).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SidClaim {
    pub(super) sid: Option<String>,
}

impl AdditionalClaims for SidClaim {}

pub(super) type TokenResponse = StandardTokenResponse<
    IdTokenFields<
        SidClaim,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

pub(super) type OidcClient = Client<
    SidClaim,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// Longer answers of the provider are not read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// Why the provider gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("the provider does not answer: {0}")]
    Unreachable(reqwest::Error),
    #[error("the provider's answer is longer than 256 KiB")]
    TooLong,
}

/// Sends a request of the `openidconnect` crate.
pub(super) async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let response = client.execute(request.try_into()?).await?;
    let mut answer = HttpResponse::default();
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = read(response).await?;
    Ok(answer)
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

/// The body of an answer, within bounds.
pub(super) async fn read(response: reqwest::Response) -> Result<Vec<u8>, HttpError> {
    read_body(response, MAX_BODY).await?.ok_or(HttpError::TooLong)
}

/// The client, from the keys and what of the discovery document is checked: nothing that App A does without can stop it.
pub(super) fn client(app: &AppA) -> Result<OidcClient, Problem> {
    let config = app.config();
    let (metadata, keys) =
        app.relying_party().metadata().zip(app.relying_party().jwks()).ok_or(Problem::ProviderUnknown)?;
    let keys = serde_json::from_value(keys.raw.clone()).map_err(Problem::unusable_metadata)?;
    let issuer = IssuerUrl::new(metadata.issuer.clone()).map_err(Problem::unusable_metadata)?;
    let redirect_uri = RedirectUrl::new(config.origin.with_path("/callback")).map_err(Problem::unusable_metadata)?;
    Ok(Client::new(ClientId::new(config.client_id.clone()), issuer, keys)
        .set_client_secret(config.client_secret.clone())
        .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
        .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
        .set_redirect_uri(redirect_uri))
}
