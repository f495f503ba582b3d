use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

use super::{ISSUER, authorize, code_of};

/// A browser: it keeps cookies, and says where its requests come from.
#[derive(Clone)]
pub(crate) struct TestBrowser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What the provider answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TestBrowser {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    /// The user follows a link, from wherever.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[("sec-fetch-site", "cross-site")], None).await
    }

    /// The user sends a form of one of the provider's pages.
    pub(crate) async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[("sec-fetch-site", "same-origin"), ("origin", ISSUER)], Some(form)).await
    }

    /// A page of another site sends a form: `SameSite=Lax` cookies stay behind.
    pub(crate) async fn submit_cross_site(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let cookies = std::mem::take(&mut self.cookies);
        let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example.com")];
        let answer = self.send("POST", path, &headers, Some(form)).await;
        self.cookies.extend(cookies);
        answer
    }

    /// Follows redirects as long as they stay at the provider.
    pub(crate) async fn follow(&mut self, mut answer: Answer) -> Answer {
        while answer.status.is_redirection() && answer.location().as_str().starts_with(ISSUER) {
            let location = answer.location();
            answer = self.get(&location[url::Position::BeforePath..]).await;
        }
        answer
    }

    /// Goes to the app's sign-in and fills in the login form, whose password is the user's name.
    pub(crate) async fn sign_in(&mut self, client_id: &str, username: &str) -> String {
        let page = self.get(&authorize(client_id, &[])).await;
        let page = self.follow(page).await;
        let answer = self.fill_in(&page, username, username).await;
        code_of(&answer)
    }

    pub(crate) async fn fill_in(&mut self, login_page: &Answer, username: &str, password: &str) -> Answer {
        let (request, csrf) = (login_page.input("request"), login_page.input("csrf"));
        let form = [("request", request.as_str()), ("csrf", &csrf), ("username", username), ("password", password)];
        self.submit("/login", &form).await
    }

    /// Answers the question of the sign-out page.
    pub(crate) async fn answer(&mut self, question: &Answer, answer: &str) -> Answer {
        let (request, csrf) = (question.input("request"), question.input("csrf"));
        self.submit("/end_session/confirm", &[("request", &request), ("csrf", &csrf), ("answer", answer)]).await
    }

    /// Answers the question of the consent page.
    pub(crate) async fn consent(&mut self, page: &Answer, answer: &str) -> Answer {
        let (request, csrf) = (page.input("request"), page.input("csrf"));
        self.submit("/consent", &[("request", &request), ("csrf", &csrf), ("answer", answer)]).await
    }

    /// Sends the form of the account page that ends sessions.
    pub(crate) async fn end_sessions(&mut self, choice: (&str, &str)) -> Answer {
        let csrf = self.get("/account").await.input("csrf");
        self.submit("/account/end", &[("csrf", &csrf), choice]).await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Answer {
        let Some(form) = form else { return self.request(method, path, headers, String::new()).await };
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.request(method, path, &headers, form).await
    }

    pub(crate) async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        self.keep_cookies(&answer);
        answer
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where the answer redirects to.
    pub(crate) fn location(&self) -> Url {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        let base: Url = ISSUER.parse().unwrap();
        base.join(self.header("location")).unwrap()
    }

    /// The value of an input of the page.
    pub(crate) fn input(&self, name: &str) -> String {
        self.between(&format!("name=\"{name}\" value=\""), "\"").unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    /// The text between two others.
    pub(crate) fn between(&self, before: &str, after: &str) -> Option<String> {
        let start = self.body.find(before)? + before.len();
        let end = self.body[start..].find(after)?;
        Some(self.body[start..start + end].to_owned())
    }

    /// What the page says of each app: `client_id` and outcome.
    pub(crate) fn outcomes(&self) -> Vec<(String, String)> {
        let attribute = |item: &str, name: &str| {
            let start = item.find(name).unwrap() + name.len() + 2;
            item[start..].split('"').next().unwrap().to_owned()
        };
        let items = self.body.split("data-testid=\"app-result\"").skip(1);
        items.map(|item| (attribute(item, "data-client"), attribute(item, "data-outcome"))).collect()
    }

    /// The sessions that the account page lists: the public id, and whether it is this browser's.
    pub(crate) fn sessions(&self) -> Vec<(String, bool)> {
        let attribute = |item: &str, name: &str| {
            let start = item.find(name).unwrap() + name.len() + 2;
            item[start..].split('"').next().unwrap().to_owned()
        };
        let items = self.body.split("data-testid=\"session\"").skip(1);
        items.map(|item| (attribute(item, "data-session"), attribute(item, "data-here") == "true")).collect()
    }

    /// Asserts that it is a page that says what went wrong, redirects nowhere and is not kept.
    #[track_caller]
    pub(crate) fn assert_error_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(self.headers.get("location").is_none());
        assert!(self.body.contains("role=\"alert\""), "{}", self.body);
        assert_eq!(self.header("cache-control"), "no-store");
    }
}
