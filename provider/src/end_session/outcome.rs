/// What is known of an app after a sign-out. It is never more than is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The app said so itself: it accepted the logout token, or its frame acknowledged.
    Ended,
    /// The app has a back-channel, and its logout token is still to be delivered.
    Pending,
    /// The app has a frame only, and it said nothing.
    Unconfirmed,
    /// The app has a frame only, which did not load; or nothing at all; or its logout token could not be delivered and will
    /// not be tried again.
    Unreachable,
}

/// What the page says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameReport {
    Acknowledged,
    NotLoaded,
}

impl Outcome {
    /// The name in `data-outcome` and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Pending => "pending",
            Self::Unconfirmed => "unconfirmed",
            Self::Unreachable => "unreachable",
        }
    }

    /// What is known before anybody was told.
    pub(super) fn at_first(has_back_channel: bool, has_frame: bool) -> Self {
        match (has_back_channel, has_frame) {
            (true, _) => Self::Pending,
            (false, true) => Self::Unconfirmed,
            (false, false) => Self::Unreachable,
        }
    }

    /// What is known of an app of which two sessions ended: what is still to come, or else the worse of the two.
    pub(crate) fn together_with(self, other: Self) -> Self {
        let weight = |outcome: Self| match outcome {
            Self::Ended => 0,
            Self::Unconfirmed => 1,
            Self::Unreachable => 2,
            Self::Pending => 3,
        };
        if weight(other) > weight(self) { other } else { self }
    }

    /// What is known after the page reported on the app's frame.
    pub(super) fn after(self, report: FrameReport) -> Self {
        match (self, report) {
            (_, FrameReport::Acknowledged) => Self::Ended,
            (Self::Unconfirmed, FrameReport::NotLoaded) => Self::Unreachable,
            (known, FrameReport::NotLoaded) => known,
        }
    }

    /// What is known when the logout token will not be delivered any more.
    pub(super) fn after_giving_up(self) -> Self {
        match self {
            Self::Pending => Self::Unreachable,
            known => known,
        }
    }
}

/// What a sign-out did for the browser that shows its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultKind {
    /// Its own session ended, and maybe others of its user.
    Here,
    /// Only other sessions of its user ended.
    Elsewhere,
    /// The same, because the user changed their password.
    Password,
}

impl ResultKind {
    /// The name in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Elsewhere => "elsewhere",
            Self::Password => "password",
        }
    }
}

impl TryFrom<String> for ResultKind {
    type Error = UnknownOutcome;

    fn try_from(name: String) -> Result<Self, UnknownOutcome> {
        [Self::Here, Self::Elsewhere, Self::Password]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownOutcome(name))
    }
}

/// There is no such outcome.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no outcome of a sign-out")]
pub struct UnknownOutcome(String);

impl TryFrom<String> for Outcome {
    type Error = UnknownOutcome;

    fn try_from(name: String) -> Result<Self, UnknownOutcome> {
        [Self::Ended, Self::Pending, Self::Unconfirmed, Self::Unreachable]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
            .ok_or(UnknownOutcome(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrameReport::{Acknowledged, NotLoaded};
    use Outcome::{Ended, Pending, Unconfirmed, Unreachable};

    /// FCL-26, T-17: only the app itself can say that it has ended.
    #[test]
    fn what_a_report_changes() {
        let table = [
            (Pending, Acknowledged, Ended),
            (Unconfirmed, Acknowledged, Ended),
            (Unreachable, Acknowledged, Ended),
            (Ended, Acknowledged, Ended),
            (Pending, NotLoaded, Pending),
            (Unconfirmed, NotLoaded, Unreachable),
            (Unreachable, NotLoaded, Unreachable),
            (Ended, NotLoaded, Ended),
        ];
        for (known, report, expected) in table {
            assert_eq!(known.after(report), expected, "{known:?} {report:?}");
        }
    }

    /// What an app said through its frame stays true.
    #[test]
    fn what_giving_up_changes() {
        let table = [(Pending, Unreachable), (Unconfirmed, Unconfirmed), (Unreachable, Unreachable), (Ended, Ended)];
        for (known, expected) in table {
            assert_eq!(known.after_giving_up(), expected, "{known:?}");
        }
    }

    /// It is never more than is known: an app has ended when all of its sessions have.
    #[test]
    fn what_two_sessions_are_together() {
        let from_worst = [Pending, Unreachable, Unconfirmed, Ended];
        for (n, worse) in from_worst.into_iter().enumerate() {
            for other in &from_worst[n..] {
                assert_eq!(worse.together_with(*other), worse, "{worse:?} {other:?}");
                assert_eq!(other.together_with(worse), worse, "{other:?} {worse:?}");
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for outcome in [Ended, Pending, Unconfirmed, Unreachable] {
            assert_eq!(Outcome::try_from(outcome.as_str().to_owned()).unwrap(), outcome);
        }
        assert!(Outcome::try_from("gone".to_owned()).is_err());
    }
}
