//! What App A keeps between `/login` and `/callback`, one record a `state`, so that two tabs can sign in at once.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::AppendHeaders;
use openidconnect::{Nonce, PkceCodeVerifier};
use sha2::{Digest, Sha256};
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::AppA;
use super::problem::Problem;
use crate::csrf::random_text;

/// How long a user may take at the provider, in seconds.
const LIFETIME: i64 = 600;
/// How many sign-ins may be under way at once: all browsers together, and one browser.
const MOST: i64 = 10_000;
const MOST_PER_BROWSER: usize = 8;

/// The secrets of one sign-in.
pub(super) struct LoginTransaction {
    pub(super) nonce: Nonce,
    pub(super) pkce_verifier: PkceCodeVerifier,
}

pub(super) type SetCookies = AppendHeaders<Vec<(axum::http::HeaderName, String)>>;

impl LoginTransaction {
    /// Stores it under `state` and returns the cookie that binds it to this browser.
    pub(super) async fn begin(&self, app: &AppA, state: &str, headers: &HeaderMap) -> Result<SetCookies, Problem> {
        let binding = random_text::<16>();
        let now = app.0.clock.now().cast_signed();
        let mut transaction = app.0.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM login_transaction WHERE expires_at <= ?").bind(now).execute(&mut *transaction).await?;
        sqlx::query(
            "DELETE FROM login_transaction WHERE state IN \
             (SELECT state FROM login_transaction ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
        )
        .bind(MOST - 1)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO login_transaction (state, browser, nonce, pkce_verifier, expires_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(hash(state))
        .bind(hash(&binding))
        .bind(self.nonce.secret())
        .bind(self.pkce_verifier.secret())
        .bind(now + LIFETIME)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;

        let mut cookies = vec![cookie(app, cookie_name(app, state), binding, Duration::seconds(LIFETIME))];
        // Browsers send the oldest first.
        let surplus = own_cookies(app, headers).into_iter().rev().skip(MOST_PER_BROWSER - 1);
        cookies.extend(surplus.map(|name| cookie(app, name, String::new(), Duration::ZERO)));
        Ok(AppendHeaders(cookies))
    }

    /// Takes the record of this `state` out, once, if this browser began it.
    pub(super) async fn take(app: &AppA, state: &str, headers: &HeaderMap) -> Result<(Self, SetCookies), Problem> {
        let name = cookie_name(app, state);
        let binding = read_cookie(headers, &name).ok_or(Problem::UnknownState)?;
        let row: Option<(String, String)> = sqlx::query_as(
            "DELETE FROM login_transaction WHERE state = ? AND browser = ? AND expires_at > ? \
             RETURNING nonce, pkce_verifier",
        )
        .bind(hash(state))
        .bind(hash(&binding))
        .bind(app.0.clock.now().cast_signed())
        .fetch_optional(&app.0.pool)
        .await?;
        let (nonce, pkce_verifier) = row.ok_or(Problem::UnknownState)?;
        let done = AppendHeaders(vec![cookie(app, name, String::new(), Duration::ZERO)]);
        Ok((Self { nonce: Nonce::new(nonce), pkce_verifier: PkceCodeVerifier::new(pkce_verifier) }, done))
    }
}

fn hash(secret: &str) -> String {
    Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One cookie a sign-in, named after (not by) its `state`.
fn cookie_name(app: &AppA, state: &str) -> String {
    format!("{}{}", app.cookie_name("-login-"), &hash(state)[..16])
}

fn cookie(app: &AppA, name: String, value: String, max_age: Duration) -> (axum::http::HeaderName, String) {
    let cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config().origin.is_https())
        .max_age(max_age);
    (SET_COOKIE, cookie.to_string())
}

fn all_cookies(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| Cookie::split_parse(text).flatten())
}

pub(super) fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    all_cookies(headers).find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

fn own_cookies(app: &AppA, headers: &HeaderMap) -> Vec<String> {
    let prefix = app.cookie_name("-login-");
    all_cookies(headers).map(|cookie| cookie.name().to_owned()).filter(|name| name.starts_with(&prefix)).collect()
}
