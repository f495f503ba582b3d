//! The open tabs of App B: each holds a stream, and hears of its own session only.

use tokio::task::JoinHandle;

use super::model::Model;
use super::op::App;
use super::wire::Heard;
use super::world::soon;

#[derive(Default)]
pub(super) struct Streams(Vec<Stream>);

struct Stream {
    sid: String,
    /// The stream's text, when it has ended.
    text: JoinHandle<String>,
}

impl Streams {
    /// Opens the stream of a tab.
    pub(super) async fn open(&mut self, client: &reqwest::Client, app_b: &str, sid: &str, token: &str) {
        let request = client.get(format!("{app_b}/api/events")).bearer_auth(token);
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), reqwest::StatusCode::OK);
        // The comment that it begins with: from here on it is open.
        let mut text = String::from_utf8(answer.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        let text = tokio::spawn(async move {
            while let Ok(Some(chunk)) = answer.chunk().await {
                text.push_str(&String::from_utf8_lossy(&chunk));
            }
            text
        });
        self.0.push(Stream { sid: sid.to_owned(), text });
    }

    /// App B has stopped: all streams have ended, and none of a live session says anything.
    pub(super) async fn cut(&mut self, model: &Model, heard: &Heard) {
        for stream in self.0.drain(..) {
            let text = soon(stream.text).await.unwrap();
            let may_say = model.may_be_told(App::B, &stream.sid, heard);
            assert!(may_say || !text.contains("event: sign-out"), "T-09: the session lives: {text}");
        }
    }

    /// T-09: a tab whose session's end App B knows has heard it, and no other has.
    pub(super) async fn check(&mut self, model: &Model, before: &Heard, now: u64) {
        let mut open = Vec::new();
        for stream in self.0.drain(..) {
            if model.is_told(App::B, &stream.sid, before, now) {
                let text = soon(stream.text).await.unwrap();
                assert!(text.contains("event: sign-out") && text.contains(&stream.sid), "T-09: {text}");
            } else {
                open.push(stream);
            }
        }
        self.0 = open;
    }

    /// The streams that are left are open.
    pub(super) fn check_open(&self, model: &Model, after: &Heard) {
        for stream in &self.0 {
            let may_end = model.may_be_told(App::B, &stream.sid, after);
            assert!(may_end || !stream.text.is_finished(), "T-09: the tab of a live session was told");
        }
    }
}
