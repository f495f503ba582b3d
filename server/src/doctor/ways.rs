//! The rules for the ways of signing out. `docs/channels.md` has what was measured in browsers; here is what of it a
//! provider makes possible.

use serde::Serialize;

use super::facts::{Facts, Says};
use super::report::Verdict::{self, No, Partly, Unknown, Works, WorksSameSite};

/// A way in which a sign-out gets somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// From an app to the provider.
    EndSession,
    /// From the provider to the servers of the apps.
    BackChannel,
    /// The same by frames.
    FrontChannel,
    /// From such a frame to the open tabs of its app.
    Frame,
    /// The provider's page that a tab may poll.
    CheckSession,
    /// To a tab of App B that renews.
    RefusedRenewal,
    /// By the end of the tokens' time.
    Expiry,
}

impl Way {
    pub(super) const ALL: [Self; 7] = [
        Self::EndSession,
        Self::BackChannel,
        Self::FrontChannel,
        Self::Frame,
        Self::CheckSession,
        Self::RefusedRenewal,
        Self::Expiry,
    ];

    /// Its name in the JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::EndSession => "end-session",
            Self::BackChannel => "back-channel",
            Self::FrontChannel => "front-channel",
            Self::Frame => "frame",
            Self::CheckSession => "check-session",
            Self::RefusedRenewal => "refused-renewal",
            Self::Expiry => "expiry",
        }
    }

    /// Its name in the table.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::EndSession => "an app to the provider",
            Self::BackChannel => "back channel to an app's server",
            Self::FrontChannel => "front channel to an app's server",
            Self::Frame => "its frame to the open tab",
            Self::CheckSession => "check_session_iframe to a tab",
            Self::RefusedRenewal => "refused renewal to App B's tab",
            Self::Expiry => "expiry",
        }
    }
}

/// The verdicts in the settings of a browser: whether provider and apps are one site, and what it does with third-party
/// cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Settings {
    pub(super) other_site_cookies_blocked: Verdict,
    pub(super) other_site_cookies_allowed: Verdict,
    pub(super) same_site_cookies_blocked: Verdict,
    pub(super) same_site_cookies_allowed: Verdict,
}

impl Settings {
    const fn of(other_site: Verdict, same_site: Verdict) -> Self {
        Self {
            other_site_cookies_blocked: other_site,
            other_site_cookies_allowed: other_site,
            same_site_cookies_blocked: same_site,
            same_site_cookies_allowed: same_site,
        }
    }

    pub(super) const fn cells(&self) -> [Verdict; 4] {
        [
            self.other_site_cookies_blocked,
            self.other_site_cookies_allowed,
            self.same_site_cookies_blocked,
            self.same_site_cookies_allowed,
        ]
    }

    /// All settings in one word.
    fn verdict(&self) -> Verdict {
        match self.cells() {
            [first, rest @ ..] if rest == [first; 3] => first,
            [No, No, Works, Works] => WorksSameSite,
            _ => Partly,
        }
    }
}

/// What is found of a way.
#[derive(Clone, Debug, Serialize)]
pub(super) struct WayFinding {
    pub(super) way: Way,
    pub(super) verdict: Verdict,
    pub(super) settings: Settings,
    pub(super) says: String,
}

/// Judges every way.
pub(super) fn all(facts: &Facts) -> Vec<WayFinding> {
    let finding = |way| {
        let (settings, says) = judge(way, facts);
        WayFinding { way, verdict: settings.verdict(), settings, says: says.to_owned() }
    };
    Way::ALL.into_iter().map(finding).collect()
}

fn judge(way: Way, facts: &Facts) -> (Settings, &'static str) {
    let everywhere = |(verdict, says)| (Settings::of(verdict, verdict), says);
    match way {
        Way::EndSession => everywhere(end_session(facts)),
        Way::BackChannel => everywhere(back_channel(facts)),
        Way::FrontChannel => everywhere(front_channel(facts)),
        Way::Frame => frame(facts),
        Way::CheckSession => everywhere(check_session(facts)),
        Way::RefusedRenewal => refused_renewal(facts),
        Way::Expiry => everywhere((Works, "The last resort: sessions and tokens end when their time is up.")),
    }
}

/// RP-Initiated Logout 1.0 section 2.1.
fn end_session(facts: &Facts) -> (Verdict, &'static str) {
    match facts.end_session_endpoint {
        Some(_) => (Works, "Whoever signs out of an app is sent to the end_session_endpoint."),
        None => (
            No,
            "There is no end_session_endpoint: signing out of an app ends that app's session only. The provider's session \
             and all other apps stay signed in, and the next sign-in may ask for no password.",
        ),
    }
}

/// Back-Channel Logout 1.0 section 2.1. A missing member means false there.
fn back_channel(facts: &Facts) -> (Verdict, &'static str) {
    match (facts.back_channel, facts.back_channel_session) {
        (Says::Yes, Says::Yes) => (
            Works,
            "The provider posts a logout token with the session's sid to each app's server, which pushes it to the open \
             tabs. No browser takes part; the provider must be able to reach the apps.",
        ),
        (Says::Yes, Says::No | Says::Nothing) => (
            Partly,
            "The provider posts logout tokens, but promises no sid in them (backchannel_logout_session_supported is false \
             or missing): a sign-out in one browser then ends all of that user's sessions at the app.",
        ),
        (Says::No | Says::Nothing, _) => (
            No,
            "Not announced (backchannel_logout_supported): the apps' servers get no logout token. Some providers have it \
             all the same; their documentation says so.",
        ),
    }
}

/// Front-Channel Logout 1.0 section 3. The apps act by `iss` and `sid`, because across sites a frame has no cookie.
fn front_channel(facts: &Facts) -> (Verdict, &'static str) {
    match (facts.front_channel, facts.front_channel_session) {
        (Says::Yes, Says::Yes) => (
            Works,
            "The provider's sign-out page loads a frame of each app with iss and sid, by which the app's server acts \
             without a cookie. It takes the user's browser at that page: who is signed out in another way is not reached.",
        ),
        (Says::Yes, Says::Nothing) => (
            Unknown,
            "The provider loads frames, but does not say whether it sends iss and sid \
             (frontchannel_logout_session_supported is missing). The apps act by these two only: without them a frame \
             that is on another site is blind where third-party cookies are blocked. Look for `sign-out` refused in an \
             app's log.",
        ),
        (Says::Yes, Says::No) => (
            No,
            "The provider loads frames without iss and sid (frontchannel_logout_session_supported is false). Such a frame \
             has nothing but cookies to go by, and none of them across sites where third-party cookies are blocked; the \
             apps refuse it.",
        ),
        (Says::No | Says::Nothing, _) => (
            No,
            "Not announced (frontchannel_logout_supported): the provider's sign-out page loads no frames of the apps.",
        ),
    }
}

/// A browser partitions the storage of a frame of another site, whatever its cookie setting.
fn frame(facts: &Facts) -> (Settings, &'static str) {
    match front_channel(facts).0 {
        No => (Settings::of(No, No), "There is no frame that could tell a tab."),
        heard => (
            Settings::of(No, heard),
            "On the provider's site the frame tells the tabs itself. On another one its storage and broadcasts are not the \
             tab's, so it cannot; the app's server has to push.",
        ),
    }
}

/// Session Management 1.0 section 3.
fn check_session(facts: &Facts) -> (Verdict, &'static str) {
    let is_the_only_one = back_channel(facts).0 == No && front_channel(facts).0 == No;
    match facts.check_session_iframe {
        None => (No, "There is no check_session_iframe; the apps have no use for it."),
        Some(_) if is_the_only_one => (
            No,
            "This page, to be polled by a tab, is all that the provider has to tell apps of a sign-out. The apps do not \
             poll: it works on the provider's site, or where third-party cookies are allowed, and tells no server.",
        ),
        Some(_) => (
            No,
            "There is a page for tabs to poll. The apps do not: where third-party cookies are blocked it is blind across \
             sites, and it tells no server.",
        ),
    }
}

/// On another site App B renews by refresh tokens, on the same by `prompt=none` in a frame, where the provider's cookie
/// comes along.
fn refused_renewal(facts: &Facts) -> (Settings, &'static str) {
    let (other_site, says) = match (facts.grant_types.say("refresh_token"), facts.back_channel) {
        (Says::No, _) => (
            No,
            "The grant type refresh_token is not offered, and on another site a hidden frame has not got the provider's \
             cookie: App B's tokens are not renewed there, and every session at App B lasts as long as its first token.",
        ),
        (Says::Yes, Says::Yes) if facts.scopes.say("offline_access") != Says::Yes => (
            Works,
            "Refresh tokens are to end with the session (Back-Channel Logout 1.0 section 2.7), so App B's tab learns when it \
             renews. On the provider's site App B asks in a hidden frame instead.",
        ),
        (Says::Yes, Says::Yes) => (
            Partly,
            "Refresh tokens of the session are to end with it (Back-Channel Logout 1.0 section 2.7); those that were \
             given for offline_access go on. On the provider's site App B asks in a hidden frame instead.",
        ),
        _ => (
            Unknown,
            "Nothing says that refresh tokens end with the session; where they do not, App B's tab goes on renewing. On \
             the provider's site App B asks in a hidden frame instead.",
        ),
    };
    (Settings::of(other_site, Works), says)
}

/// What a sign-out leaves open, by what does not reach whom.
pub(super) fn until_expiry(facts: &Facts) -> Vec<String> {
    let mut open = Vec::new();
    let mut add = |text: &str| open.push(text.to_owned());
    let channels = [back_channel(facts).0, front_channel(facts).0];
    if end_session(facts).0 == No {
        add("The provider's session, and every other app, after a sign-out at one app.");
    }
    if channels == [No, No] {
        add("App A's sessions, after a sign-out elsewhere: up to `[app_a] session_lifetime` (24 hours by default).");
        add(
            "App B's access tokens, after a sign-out elsewhere: until they expire, at an API that verifies them itself.",
        );
    } else if channels[0] == No {
        add(
            "Every app, when a sign-out does not come by the provider's page in the user's browser: at an administrator's \
             word, by expiry, or when that page is closed too soon.",
        );
    }
    if facts.back_channel == Says::Yes || facts.front_channel == Says::Yes {
        add(
            "Access tokens without a `sid`, at APIs to which nobody presents the ID token: a sign-out that names a `sid` does \
             not reach them. App B presents it to its own.",
        );
    }
    if refused_renewal(facts).0.other_site_cookies_blocked != Works {
        add("Refresh tokens that the provider does not end with the session: as long as they live.");
    }
    add("Access tokens at APIs that hear of no sign-outs: until they expire.");
    open
}

#[cfg(test)]
mod tests;
