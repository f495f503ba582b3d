use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::outcome::FrameReport;
use crate::audit::{self, News};
use crate::error::{InternalError, internal_causes};
use crate::http::{CrossOrigin, NO_STORE, Params, ParamsError, form_body, require_same_origin};
use crate::observation::Observation;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::logout;

/// Why a report does not count.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("outcome must be ended or unreachable")]
    Outcome,
    #[error("there is no such result, or no frame of this app in it")]
    NoFrame,
    #[error(transparent)]
    Internal(InternalError),
}

/// `POST /end_session/result/{handle}/report`: the page says what a frame did. It changes what is shown and recorded, and
/// never what is still to be delivered.
pub(crate) async fn report(
    State(provider): State<Arc<Provider>>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&provider, &handle, &headers, &body).await {
        Ok(()) => (StatusCode::NO_CONTENT, [NO_STORE]).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(provider: &Provider, handle: &str, headers: &HeaderMap, body: &Bytes) -> Result<(), ReportError> {
    require_same_origin(headers, &provider.issuer)?;
    let params = Params::parse(form_body(headers, body)?, &["client_id", "outcome"])?;
    let report = match params.get("outcome") {
        Some("ended") => FrameReport::Acknowledged,
        Some("unreachable") => FrameReport::NotLoaded,
        _ => return Err(ReportError::Outcome),
    };
    let mut tx = provider.store.begin().await?;
    let handle = Opaque::presented(handle);
    let now = provider.clock.now();
    let result = logout::by_handle(&mut tx, handle.hash(), now).await?.ok_or(ReportError::NoFrame)?;
    let client_id = params.get("client_id").unwrap_or_default();
    let app = logout::app(&mut tx, result.id, client_id).await?.filter(|app| app.framed);
    let app = app.ok_or(ReportError::NoFrame)?;
    let outcome = app.outcome.after(report);
    if outcome != app.outcome {
        logout::set_outcome(&mut tx, result.id, client_id, outcome).await?;
        let news = match report {
            FrameReport::Acknowledged => News::Acknowledged,
            FrameReport::NotLoaded => News::NotLoaded,
        };
        audit::app_news(&mut tx, result.id, client_id, news, outcome, now).await?;
    }
    tx.commit().await?;
    provider.observe(|| Observation::FrameReported {
        sign_out: result.id,
        client: &app.client_id,
        acknowledged: report == FrameReport::Acknowledged,
        outcome,
    });
    tracing::info!(
        client.id = app.client_id,
        logout.channel = "front-channel",
        logout.outcome = outcome.as_str(),
        "frame reported"
    );
    Ok(())
}

impl IntoResponse for ReportError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "frame report refused");
        let status = match &self {
            Self::Internal(error) => error.report(),
            Self::CrossOrigin(_) => StatusCode::FORBIDDEN,
            Self::NoFrame => StatusCode::NOT_FOUND,
            Self::Params(_) | Self::Outcome => StatusCode::BAD_REQUEST,
        };
        (status, [NO_STORE]).into_response()
    }
}

internal_causes!(ReportError);
