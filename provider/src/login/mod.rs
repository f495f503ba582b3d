//! The login page: shows the form for a pending authorization, and takes it.

mod check;
mod error;
mod passwords;
mod sign_in;
mod throttle;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) use check::{LONGEST_PASSWORD, Proven, Verdict, check_password};
use error::LoginError;
pub(crate) use passwords::{Passwords, VerifyError, forget_reconfigured};
use sign_in::sign_in;
pub(crate) use sign_in::{Begun, begin_session};
pub(crate) use throttle::Throttle;

use crate::authorize::{self, AuthorizationRequest};
use crate::http::{Browser, BrowserState, Params, SourceBucket, form_body, origin, require_same_origin};
use crate::pages::LoginPage;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::pending_authorization;

/// What the form says after a wrong password.
pub(crate) const WRONG: &str = "User name or password is wrong. Check both and try again.";

/// What it says after too many.
pub(crate) fn wait(seconds: i64) -> String {
    format!("There were too many wrong passwords. Wait {seconds} seconds, then try again.")
}

/// The path of the form for a pending authorization.
pub(crate) fn path(handle: &Opaque) -> String {
    format!("/login?request={}", handle.as_str())
}

/// `GET /login`
pub(crate) async fn get(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    show(&provider, &query, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /login`
pub(crate) async fn post(
    State(provider): State<Arc<Provider>>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    submit(&provider, source, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

/// The form of one pending authorization, in one browser.
struct Form {
    handle: Opaque,
    browser: Browser,
    /// What the request was parsed from.
    params: Params,
    request: AuthorizationRequest,
}

impl Form {
    /// Finds the pending authorization; its request is checked again, because the configuration may have changed.
    async fn find(provider: &Provider, headers: &HeaderMap, handle: Option<&str>) -> Result<Self, LoginError> {
        let handle = Opaque::presented(handle.ok_or(LoginError::NotPending)?);
        let browser = Browser::of(&provider.cookies, headers)?;
        let mut conn = provider.store.read().await?;
        let pending =
            pending_authorization::find(&mut conn, handle.hash(), browser.hash(), provider.clock.now()).await?;
        let pending = pending.ok_or(LoginError::NotPending)?;
        let params = authorize::parse(pending.form.as_bytes())?;
        let browser_state = BrowserState::of(&provider.cookies, headers)?;
        let request = AuthorizationRequest::parse(&params, provider, &browser_state)?;
        Ok(Self { handle, browser, params, request })
    }

    fn page(&self, status: StatusCode, username: &str, error: Option<&str>) -> Response {
        LoginPage {
            status,
            action: "/login",
            going_to: &self.request.target.client.name,
            request: Some(self.handle.as_str()),
            csrf_token: &self.browser.csrf_token(self.handle.as_str()),
            username,
            error,
            redirect_origin: Some(origin(self.request.target.redirect_uri.url())),
            links: Some(&self.request.target.client.links),
        }
        .into_response()
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, LoginError> {
    let params = Params::parse(query.as_bytes(), &["request"])?;
    let form = Form::find(provider, headers, params.get("request")).await?;
    let username = form.request.login_hint.clone().unwrap_or_default();
    Ok(form.page(StatusCode::OK, &username, None))
}

async fn submit(
    provider: &Arc<Provider>,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, LoginError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["request", "csrf", "username", "password"])?;
    let form = Form::find(provider, headers, params.get("request")).await?;
    if !form.browser.is_csrf_token(form.handle.as_str(), params.get("csrf").unwrap_or_default()) {
        return Err(LoginError::Csrf);
    }
    let username = params.get("username").unwrap_or_default();
    let password = params.get("password").unwrap_or_default();

    let signed_in = match check_password(provider, source, username, password).await? {
        Verdict::Throttled { seconds } => return Ok(throttled(&form, username, seconds)),
        Verdict::Wrong => None,
        Verdict::Right(proven) => sign_in(provider, &form, &proven, headers).await?,
    };
    let Some(signed_in) = signed_in else {
        return Ok(form.page(StatusCode::FORBIDDEN, username, Some(WRONG)));
    };
    let mut response = signed_in.response;
    if let Some(cookie) = provider.cookies.set_session(&signed_in.cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    signed_in.browser_state.attach(&provider.cookies, &mut response);
    Ok(response)
}

fn throttled(form: &Form, username: &str, seconds: i64) -> Response {
    let mut response = form.page(StatusCode::TOO_MANY_REQUESTS, username, Some(&wait(seconds)));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
