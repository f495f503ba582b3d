//! What the app had before it learnt to obey sign-outs: its pages, its cookie, its table, its sign-in by openidconnect.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use relying_party::{RelyingParty, SessionRef};
use serde::Deserialize;
use sqlx::{Row, SqliteConnection, SqlitePool};

type Error = Box<dyn std::error::Error + Send + Sync>;

const COOKIE_NAME: &str = "axum-app";
/// How long a sign-in may take.
const LOGIN_WITHIN: Duration = Duration::from_secs(600);
/// How many sign-ins may be under way; the oldest gives way.
const MOST_LOGINS: usize = 1_000;

pub(crate) struct Config {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
}

impl Config {
    pub(crate) fn from_environment() -> Result<Self, Error> {
        let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        Ok(Self {
            issuer: variable("ISSUER", "http://localhost:4000"),
            client_id: variable("CLIENT_ID", "app-a"),
            client_secret: std::env::var("CLIENT_SECRET").map_err(|_| "CLIENT_SECRET is not set")?,
            listen: variable("LISTEN", "127.0.0.1:5001").parse()?,
            data: variable("DATA", "data").into(),
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listen)
    }
}

/// Who is signed in, as the table has it.
pub(crate) struct SignedIn {
    pub(crate) session: SessionRef,
    pub(crate) name: String,
    pub(crate) id_token: String,
}

/// The sign-ins that are under way, by `state`, and the cookie that binds each to its browser.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<String, Login>>);

struct Login {
    begun: Instant,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
pub(crate) struct Answer {
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Logins {
    pub(crate) fn begin(&self, config: &Config, party: &RelyingParty) -> Result<Response, Error> {
        let client = client(config, party)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let mut logins = self.0.lock().map_err(|_| "a sign-in broke off")?;
        logins.retain(|_, login| login.begun.elapsed() < LOGIN_WITHIN);
        let oldest = logins.iter().min_by_key(|(_, login)| login.begun).map(|(state, _)| state.clone());
        if let Some(oldest) = oldest.filter(|_| logins.len() >= MOST_LOGINS) {
            logins.remove(&oldest);
        }
        logins.insert(state.secret().clone(), Login { begun: Instant::now(), nonce, verifier });
        let cookie = format!("{COOKIE_NAME}-login={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600", state.secret());
        Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(url.as_str())).into_response())
    }

    pub(crate) async fn finish(
        &self,
        config: &Config,
        party: &RelyingParty,
        headers: &HeaderMap,
        answer: Answer,
    ) -> Result<SignedIn, Error> {
        let bound = cookie(headers, &format!("{COOKIE_NAME}-login"));
        let login = self.0.lock().map_err(|_| "a sign-in broke off")?.remove(&answer.state);
        let login =
            login.filter(|_| bound.as_deref() == Some(&*answer.state)).ok_or("this sign-in was not begun here")?;
        if answer.iss.is_some_and(|iss| iss != config.issuer) {
            return Err("the answer is another provider's (RFC 9207)".into());
        }
        let code = answer.code.ok_or_else(|| answer.error.unwrap_or_else(|| "no code".to_owned()))?;
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(3))
            .build()?;
        let client = client(config, party)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(login.verifier)
            .request_async(&http)
            .await?;
        let id_token = tokens.id_token().ok_or("no ID token")?;
        let claims = id_token.claims(&client.id_token_verifier(), &login.nonce)?;
        let _ = tokens.access_token();
        let auth_time = claims.auth_time().unwrap_or_else(|| claims.issue_time()).timestamp();
        Ok(SignedIn {
            session: super::session(
                claims.issuer().to_string(),
                sid(&id_token.to_string()),
                claims.subject().to_string(),
                u64::try_from(auth_time)?,
            ),
            name: claims.preferred_username().map_or_else(|| "you".to_owned(), |name| name.to_string()),
            id_token: id_token.to_string(),
        })
    }
}

/// openidconnect has checked the token; `sid` is a claim that it does not know.
fn sid(id_token: &str) -> Option<String> {
    use base64::Engine as _;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<serde_json::Value>(&claims).ok()?.get("sid")?.as_str().map(str::to_owned)
}

type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// From what the relying party knows of the provider anyway.
fn client(config: &Config, party: &RelyingParty) -> Result<Client, Error> {
    let (metadata, keys) = party.metadata().zip(party.jwks()).ok_or("the provider has not answered yet")?;
    let metadata: CoreProviderMetadata = serde_json::from_value(metadata.raw.clone())?;
    let metadata = metadata.set_jwks(serde_json::from_value(keys.raw.clone())?);
    let secret = ClientSecret::new(config.client_secret.clone());
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(config.client_id.clone()), Some(secret));
    Ok(client.set_redirect_uri(RedirectUrl::new(config.url("/callback"))?))
}

pub(crate) async fn load(pool: &SqlitePool, id: &str, now: u64) -> Result<Option<SignedIn>, Error> {
    let row = sqlx::query("SELECT * FROM web_session WHERE id = ? AND expires_at > ?")
        .bind(id)
        .bind(i64::try_from(now)?)
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let auth_time = u64::try_from(row.try_get::<i64, _>("auth_time")?)?;
    let session = super::session(row.try_get("iss")?, row.try_get("sid")?, row.try_get("sub")?, auth_time);
    Ok(Some(SignedIn { session, name: row.try_get("name")?, id_token: row.try_get("id_token")? }))
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    id: &str,
    SignedIn { session, name, id_token }: &SignedIn,
    expires_at: u64,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO web_session VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(&session.iss)
        .bind(&session.sid)
        .bind(&session.sub)
        .bind(i64::try_from(session.auth_time)?)
        .bind(name)
        .bind(id_token)
        .bind(i64::try_from(expires_at)?)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) fn random() -> String {
    CsrfToken::new_random_len(32).secret().clone()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE_NAME)
}

/// A sign-out changes the cookie, or the browser could show the page again by "back".
pub(crate) fn no_cookie() -> AppendHeaders<[(HeaderName, String); 1]> {
    AppendHeaders([(SET_COOKIE, format!("{COOKIE_NAME}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"))])
}

/// On https it would be `Secure`, and its name begin with `__Host-`.
pub(crate) fn set_cookie(id: &str) -> AppendHeaders<[(HeaderName, String); 1]> {
    AppendHeaders([(SET_COOKIE, format!("{COOKIE_NAME}={id}; HttpOnly; SameSite=Lax; Path=/"))])
}

/// A page with a cookie behind it is not kept, nor shown again by "back" after a sign-out.
pub(crate) fn no_store(html: String) -> impl IntoResponse {
    let policy = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action *; frame-ancestors 'none'";
    ([(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, policy)], Html(html))
}

pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{title}</title><body><h1>{title}</h1>{body}</html>"
    )
}

pub(crate) fn signed_in_page(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_alphanumeric() || " .-_@".contains(*c)).collect();
    let body =
        "<form method=post action=/logout><button>Sign out</button></form><script src=/open-page.js defer></script>";
    page(&format!("Hello {name}"), body)
}

/// Locks the open page by going to another. App A (`server/src/app_a/tab`) does more: one stream for all tabs, since a browser
/// has six connections to a server over HTTP/1.1, and a question to the server after a sleep.
pub(crate) async fn open_page_script() -> impl IntoResponse {
    let script = r#"
const stream = new EventSource('/events');
const lock = () => { document.body.hidden = true; location.replace('/signed-out'); };
stream.addEventListener('sign-out', lock);
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
addEventListener('pagehide', () => { document.body.hidden = true; stream.close(); });
"#;
    ([(CONTENT_TYPE, "text/javascript")], script)
}

/// To a page that opens its stream too late.
pub(crate) fn already_ended() -> Response {
    ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], "event: sign-out\ndata: {}\n\n")
        .into_response()
}

/// Nobody but the provider may frame it.
pub(crate) fn framed_by(issuer: &str, title: &str) -> Response {
    let origin = issuer.split('/').take(3).collect::<Vec<_>>().join("/");
    let policy = format!("default-src 'none'; frame-ancestors {origin}");
    ([(CACHE_CONTROL, "no-store".to_owned()), (CONTENT_SECURITY_POLICY, policy)], Html(page(title, ""))).into_response()
}
