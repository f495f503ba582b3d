use crate::lab::stage::{Page, Party, Window};

/// As whom scenarios sign in: whose sessions the administrator ends.
pub const USER: &str = "alice";

/// What signs [`USER`] in in an app's window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Nothing: it is done.
    Done,
    /// Nothing that a scenario may do: this other user is signed in.
    Other(String),
    /// To press “Sign in”.
    Press,
    /// To fill in the provider's form.
    Fill,
    /// To wait: it shows a page that leads on by itself, or none yet.
    Wait,
}

/// What to do, by what the window shows.
#[must_use]
pub fn sign_in(window: &Window) -> SignIn {
    let is_at_provider = |page: &Page| page.party == Some(Party::Provider);
    if window.is_signed_in() {
        return match window.own().and_then(|page| page.user.as_deref()) {
            Some(USER) => SignIn::Done,
            Some(other) => SignIn::Other(other.to_owned()),
            // A page says who it is a moment after that somebody is.
            None => SignIn::Wait,
        };
    }
    if window.is_signed_out() {
        SignIn::Press
    } else if window.page.as_ref().is_some_and(is_at_provider) {
        SignIn::Fill
    } else {
        SignIn::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::FromWindow;

    fn shows(origin: &str, session: &str, as_user: Option<&str>) -> Window {
        let state = sample::state();
        let mut window = Window::new(Party::AppA, 1);
        let mut told = sample::shows(1.0, origin, session, None);
        if let FromWindow::State { user, .. } = &mut told {
            *user = as_user.map(str::to_owned);
        }
        window.hear(&told, &state);
        window
    }

    #[test]
    fn who_is_signed_in_is_not_taken_for_another() {
        let state = sample::state();
        let at_a = |session, user| sign_in(&shows(&state.app_a, session, user));
        assert_eq!(at_a("signed-in", Some("alice")), SignIn::Done);
        assert_eq!(at_a("signed-in", Some("bob")), SignIn::Other("bob".to_owned()));
        assert_eq!(at_a("signed-in", None), SignIn::Wait);
    }

    #[test]
    fn what_is_shown_says_what_to_press() {
        let state = sample::state();
        assert_eq!(sign_in(&shows(&state.app_a, "signed-out", None)), SignIn::Press);
        assert_eq!(sign_in(&shows(&state.app_a, "checking", None)), SignIn::Wait);
        assert_eq!(sign_in(&shows(&state.provider, "none", None)), SignIn::Fill);
        assert_eq!(sign_in(&Window::new(Party::AppA, 1)), SignIn::Wait, "it has said nothing yet");
    }
}
