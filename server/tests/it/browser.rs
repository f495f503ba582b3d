//! As much of a browser as the tests need: cookies (which ignore ports), redirects one at a time, forms.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};
use url::Url;

/// Its clones are tabs: they share the cookies.
#[derive(Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    /// By host and name.
    cookies: Arc<Mutex<BTreeMap<(String, String), String>>>,
}

/// An answer with its body read.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

pub(crate) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    // A party may be closing a connection that was used before, and then the request fails: each has its own.
    builder.timeout(Duration::from_secs(60)).pool_max_idle_per_host(0).build().unwrap()
}

/// What App A's page says of its own session.
pub(crate) fn claim(home: &str, name: &str) -> Option<String> {
    let row = home.split(&format!("<dt>{name}</dt>")).nth(1)?;
    row.split("<dd>").nth(1)?.split('<').next().map(str::to_owned)
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::with(client())
    }

    /// A browser that sends its requests with this client, which must not follow redirects.
    pub(crate) fn with(client: reqwest::Client) -> Self {
        Self { client, cookies: Arc::default() }
    }

    pub(crate) fn cookie_names(&self) -> Vec<String> {
        self.cookies.lock().unwrap().keys().map(|(_, name)| name.clone()).collect()
    }

    /// The cookie of this name, whichever host it is of.
    pub(crate) fn cookie(&self, wanted: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().find(|((_, name), _)| name == wanted).map(|(_, value)| value.clone())
    }

    /// Loses the cookies whose names begin so, as a browser does that was closed.
    pub(crate) fn forget(&mut self, prefix: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        let before = cookies.len();
        cookies.retain(|(_, name), _| !name.starts_with(prefix));
        assert!(cookies.len() < before, "there was one to lose: {:?}", cookies.keys());
    }

    /// One request, no redirect followed.
    pub(crate) async fn send(&mut self, method: Method, url: &str, form: Option<&[(&str, &str)]>) -> Page {
        self.try_to_send(method, url, form).await.unwrap()
    }

    async fn try_to_send(
        &mut self,
        method: Method,
        url: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Result<Page, reqwest::Error> {
        let url = Url::parse(url).unwrap();
        let mut request = self.request(method, &url);
        if let Some(form) = form {
            // A form of the page itself, as a browser says it.
            request = request.header("sec-fetch-site", "same-origin").form(form);
        }
        let response = request.send().await?;
        self.remember(url.host_str().unwrap(), &response);
        Ok(Page { url, status: response.status(), headers: response.headers().clone(), body: response.text().await? })
    }

    /// A request with the cookies of its host.
    fn request(&self, method: Method, url: &Url) -> reqwest::RequestBuilder {
        let host = url.host_str().unwrap();
        let cookies: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .filter(|((of, _), _)| of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let request = self.client.request(method, url.clone());
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Opens a stream, which this browser's other requests need not wait for.
    pub(crate) async fn stream(&self, url: &str) -> Response {
        self.request(Method::GET, &Url::parse(url).unwrap()).send().await.unwrap()
    }

    fn remember(&self, host: &str, response: &Response) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let key = (host.to_owned(), name.to_owned());
            if value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0") {
                cookies.remove(&key);
            } else {
                cookies.insert(key, value.to_owned());
            }
        }
    }

    /// Follows redirects, at most ten.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        self.try_to_open(url).await.unwrap()
    }

    /// The same where a server may be gone, or go away.
    pub(crate) async fn try_to_open(&mut self, url: &str) -> Result<Page, reqwest::Error> {
        let first = self.try_to_send(Method::GET, url, None).await?;
        self.follow(first).await
    }

    /// Posts a form of the page at hand and follows what comes.
    pub(crate) async fn submit(&mut self, url: &str, form: &[(&str, &str)]) -> Page {
        let first = self.send(Method::POST, url, Some(form)).await;
        self.follow(first).await.unwrap()
    }

    async fn follow(&mut self, mut page: Page) -> Result<Page, reqwest::Error> {
        for _ in 0..10 {
            let Some(next) = page.location() else { return Ok(page) };
            page = self.try_to_send(Method::GET, next.as_str(), None).await?;
        }
        panic!("ten redirects, and still on the way at {}", page.url);
    }
}

impl Page {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(location).unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookie of this name that it sets.
    pub(crate) fn set_cookie(&self, wanted: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
    }

    /// The value of the hidden input of this name.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let inputs = self.body.split("<input").skip(1).map(|input| input.split('>').next().unwrap_or_default());
        let input = inputs
            .into_iter()
            .find(|input| input.contains(&format!("name=\"{name}\"")))
            .unwrap_or_else(|| panic!("no input {name} in {}", self.body));
        input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    /// The names and values of all hidden inputs.
    pub(crate) fn all_hidden(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input").skip(1).map(|input| input.split('>').next().unwrap_or_default());
        let attribute = |input: &str, name: &str| {
            input.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        inputs
            .filter(|input| input.contains("type=\"hidden\""))
            .filter_map(|input| attribute(input, "name").zip(attribute(input, "value")))
            .collect()
    }

    /// Where the page's form posts to.
    pub(crate) fn form_action(&self) -> Url {
        let form = self.body.split("<form").nth(1).unwrap_or_else(|| panic!("no form in {}", self.body));
        let action = form.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        self.url.join(&action.replace("&amp;", "&")).unwrap()
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
