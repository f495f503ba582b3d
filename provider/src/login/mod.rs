//! The login page: shows the form for a pending authorization, and takes it.

mod check;
mod passwords;
mod sign_in;
mod throttle;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) use check::{LONGEST_PASSWORD, Proven, Verdict, check_password};
pub(crate) use passwords::{Passwords, VerifyError, forget_reconfigured};
use sign_in::sign_in;
pub(crate) use sign_in::{Begun, begin_session};
pub(crate) use throttle::Throttle;

use crate::authorize::{AuthorizationRequest, FormError, PendingForm, kept_request};
use crate::http::{Params, SourceBucket, origin};
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
    show(&provider, &query, &headers).await.unwrap_or_else(refused)
}

/// `POST /login`
pub(crate) async fn post(
    State(provider): State<Arc<Provider>>,
    source: SourceBucket,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    submit(&provider, source, &headers, &body).await.unwrap_or_else(refused)
}

fn refused(error: FormError) -> Response {
    error.told("This sign-in has expired", "Nobody was signed in.")
}

/// The form of one pending authorization, with its request.
struct Form {
    pending: PendingForm,
    /// What the request was parsed from.
    params: Params,
    request: AuthorizationRequest,
}

impl Form {
    async fn find(provider: &Provider, headers: &HeaderMap, pending: PendingForm) -> Result<Self, FormError> {
        let mut conn = provider.store.read().await?;
        let now = provider.clock.now();
        let kept = pending_authorization::find(&mut conn, pending.handle.hash(), pending.browser.hash(), now).await?;
        let kept = kept.ok_or(FormError::NotPending)?;
        let (params, request) = kept_request(provider, headers, &kept.form)?;
        Ok(Self { pending, params, request })
    }

    fn page(&self, status: StatusCode, username: &str, error: Option<&str>) -> Response {
        LoginPage {
            status,
            action: "/login",
            going_to: &self.request.target.client.name,
            request: Some(self.pending.handle.as_str()),
            csrf_token: &self.pending.csrf_token(),
            username,
            error,
            redirect_origin: Some(origin(self.request.target.redirect_uri.url())),
            links: Some(&self.request.target.client.links),
        }
        .into_response()
    }
}

async fn show(provider: &Provider, query: &str, headers: &HeaderMap) -> Result<Response, FormError> {
    let form = Form::find(provider, headers, PendingForm::asked_for(provider, query, headers)?).await?;
    let username = form.request.login_hint.clone().unwrap_or_default();
    Ok(form.page(StatusCode::OK, &username, None))
}

async fn submit(
    provider: &Arc<Provider>,
    source: SourceBucket,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, FormError> {
    let (form, params) = PendingForm::submitted(provider, headers, body, &["username", "password"])?;
    let form = Form::find(provider, headers, form).await?;
    form.pending.require_csrf(&params)?;
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
