use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::AbortSignal;

/// How long the lab's server may take, in milliseconds: a switch restarts parties.
const TIMEOUT: u32 = 20_000;

/// What went wrong, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    /// Nobody answered.
    #[error("The lab’s server does not answer. Is the demo still running?")]
    Unreachable,
    /// It refused, and said why.
    #[error("{0}")]
    Refused(String),
    /// What it answered cannot be read.
    #[error("The lab’s server answered something else than was asked for. Reload the page.")]
    Unreadable,
}

#[derive(serde::Deserialize)]
struct Refusal {
    error: String,
}

/// `GET`, and what was asked for.
pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Problem> {
    read(send(builder(Request::get(path)).build()).await?).await
}

/// `PUT`, and what follows from it.
pub(crate) async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    read(send(builder(Request::put(path)).json(body)).await?).await
}

/// `POST`, and what follows from it.
pub(crate) async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    read(send(builder(Request::post(path)).json(body)).await?).await
}

/// `DELETE`.
pub(crate) async fn delete(path: &str) -> Result<(), Problem> {
    let request = builder(Request::delete(path)).header("content-type", "application/json");
    send(request.build()).await.map(|_| ())
}

fn builder(request: RequestBuilder) -> RequestBuilder {
    request.abort_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT)))
}

async fn send(request: Result<Request, gloo_net::Error>) -> Result<Response, Problem> {
    let response = request.map_err(|_| Problem::Unreachable)?.send().await.map_err(|_| Problem::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    match response.json::<Refusal>().await {
        Ok(refusal) => Err(Problem::Refused(refusal.error)),
        Err(_) => Err(Problem::Refused(format!("The lab’s server answered {}.", response.status()))),
    }
}

/// An answer without a body reads as `null`.
async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Problem> {
    let text = response.text().await.map_err(|_| Problem::Unreachable)?;
    let text = if text.is_empty() { "null" } else { &text };
    serde_json::from_str(text).map_err(|_| Problem::Unreadable)
}
