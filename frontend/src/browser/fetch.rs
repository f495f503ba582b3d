use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response};

/// The methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Reads.
    Get,
    /// Changes, or asks for tokens.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request without cookies, which follows no redirect and is never answered from the cache.
#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    /// Name and value.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a str>,
    /// Whether it outlives the page.
    pub(crate) keepalive: bool,
}

/// An answer, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) text: String,
}

/// There was no answer, which says nothing about the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// The connection was refused or broke, or the browser's policies forbid the request.
    #[error("it cannot be reached")]
    Network,
    /// Nothing came in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// This browser could not make the proof of possession that belongs to the request; nothing was sent.
    #[error("this browser could not use its key")]
    Unproven,
}

impl FetchError {
    fn of(error: &JsValue) -> Self {
        let name = Reflect::get(error, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
        if name.as_deref() == Some("TimeoutError") { Self::TimedOut } else { Self::Network }
    }
}

/// Reads an answer to its end.
pub(crate) async fn read(response: Response) -> Result<Reply, FetchError> {
    let status = response.status();
    let body = response.text().map_err(|error| FetchError::of(&error))?;
    let text = JsFuture::from(body).await.map_err(|error| FetchError::of(&error))?;
    Ok(Reply { status, text: text.as_string().unwrap_or_default() })
}

impl Request<'_> {
    /// A GET without headers.
    pub(crate) const fn get(url: &str) -> Request<'_> {
        Request { method: Method::Get, url, headers: &[], body: None, keepalive: false }
    }

    /// Sends it and reads the answer; both together take at most `timeout` milliseconds.
    pub(crate) async fn send(&self, timeout: u32) -> Result<Reply, FetchError> {
        read(self.open(&AbortSignal::timeout_with_u32(timeout)).await?).await
    }

    /// Sends it and returns as soon as the answer's head is there.
    pub(crate) async fn open(&self, signal: &AbortSignal) -> Result<Response, FetchError> {
        let promise = self.start(Some(signal)).ok_or(FetchError::Network)?;
        let response = JsFuture::from(promise).await.map_err(|error| FetchError::of(&error))?;
        response.dyn_into().map_err(|_| FetchError::Network)
    }

    /// Sends it; None if the browser would not even begin.
    fn start(&self, signal: Option<&AbortSignal>) -> Option<Promise> {
        let headers = Headers::new().ok()?;
        for (name, value) in self.headers {
            headers.set(name, value).ok()?;
        }
        let init = RequestInit::new();
        init.set_method(self.method.as_str());
        init.set_headers_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(RequestCredentials::Omit);
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(signal);
        if let Some(body) = self.body {
            init.set_body_opt_str(Some(body));
        }
        if self.keepalive {
            // web-sys has no setter for it.
            _ = Reflect::set(&init, &JsValue::from_str("keepalive"), &JsValue::TRUE);
        }
        Some(web_sys::window()?.fetch_with_str_and_init(self.url, &init))
    }
}
