use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PATH;
use super::error::AccountError;
use crate::end_session::tell_observers;
use crate::http::{Browser, Params, SourceBucket, form_body, require_same_origin, see_other};
use crate::login::{self, Begun, Verdict, begin_session, check_password};
use crate::observation::Observation;
use crate::pages::LoginPage;
use crate::state::Provider;

/// What the form's token is bound to, beside the browser.
const CSRF_HANDLE: &str = "account sign-in";

/// The login form, for somebody who comes here without being signed in.
pub(super) fn form(provider: &Provider, headers: &HeaderMap) -> Result<Response, AccountError> {
    let browser = Browser::of(&provider.cookies, headers)?;
    let mut response = page(&browser, StatusCode::OK, "", None);
    browser.attach(&provider.cookies, &mut response);
    Ok(response)
}

fn page(browser: &Browser, status: StatusCode, username: &str, error: Option<&str>) -> Response {
    LoginPage {
        status,
        action: "/account/sign-in",
        going_to: "your account",
        request: None,
        csrf_token: &browser.csrf_token(CSRF_HANDLE),
        username,
        error,
        redirect_origin: None,
        links: None,
    }
    .into_response()
}

/// `POST /account/sign-in`
pub(crate) async fn sign_in(
    State(provider): State<Arc<Provider>>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&provider, source, &headers, &body).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    provider: &Arc<Provider>,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, AccountError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["csrf", "username", "password"])?;
    let browser = Browser::of(&provider.cookies, headers)?;
    if !browser.is_csrf_token(CSRF_HANDLE, params.get("csrf").unwrap_or_default()) {
        return Err(AccountError::Csrf);
    }
    let username = params.get("username").unwrap_or_default();
    let password = params.get("password").unwrap_or_default();
    let wrong = || page(&browser, StatusCode::FORBIDDEN, username, Some(login::WRONG));
    let proven = match check_password(provider, source, username, password).await? {
        Verdict::Right(proven) => proven,
        Verdict::Wrong => return Ok(wrong()),
        Verdict::Throttled { seconds } => {
            let mut response = page(&browser, StatusCode::TOO_MANY_REQUESTS, username, Some(&login::wait(seconds)));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return Ok(response);
        }
    };

    let mut tx = provider.store.begin().await?;
    if !proven.still_counts(&mut tx).await? {
        return Ok(wrong());
    }
    let sub = provider.sub(&mut tx, &proven.username).await?;
    let Begun { session, cookie, browser_state, replaced } =
        begin_session(&mut tx, provider, headers, &sub, provider.clock.now()).await?;
    tx.commit().await?;
    tracing::info!("signed in at the account page");
    tell_observers(provider, &replaced);
    provider.observe(|| Observation::SignedIn { session: &session.public_id, sub: &session.sub, client: None });
    if !replaced.is_empty() {
        provider.back_channel.wake();
    }
    let mut response = see_other(PATH);
    if let Some(cookie) = provider.cookies.set_session(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    browser_state.attach(&provider.cookies, &mut response);
    Ok(response)
}
