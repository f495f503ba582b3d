//! What the doctor says, in the shape of `--json`: see `docs/doctor.md`. Members are added, never renamed.

use serde::Serialize;

use super::checks::{self, Finding};
use super::configure::Configure;
use super::facts::{Facts, shown};
use super::ways::{self, WayFinding};

/// The version of the JSON's shape.
const VERSION: u32 = 1;

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Yes.
    Works,
    /// Only where the provider and the app are one site.
    WorksSameSite,
    /// With a loss that the finding names.
    Partly,
    /// No.
    No,
    /// The document does not say.
    Unknown,
}

impl Verdict {
    /// As the table and the JSON write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::WorksSameSite => "works-same-site",
            Self::Partly => "partly",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What it comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A sign-out at one app ends the provider's session and reaches every other app.
    Works,
    /// Signing in works, and signing out has gaps.
    Gaps,
    /// The apps cannot sign anybody in, or no sign-out gets from one app to another.
    CannotWork,
}

impl Outcome {
    /// The exit code of the process.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Works => 0,
            Self::Gaps => 1,
            Self::CannotWork => 2,
        }
    }
}

/// All that the doctor says of a provider.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    version: u32,
    pub(super) issuer: String,
    /// What it comes down to.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// Why there is nothing else here.
    pub(super) error: Option<String>,
    /// The ways of signing out.
    pub(super) ways: Vec<WayFinding>,
    /// What else matters.
    pub(super) checks: Vec<Finding>,
    pub(super) configure: Option<Configure>,
    /// What stays open after a sign-out until its time is up.
    pub(super) until_expiry: Vec<String>,
}

impl Report {
    /// Judges the facts.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let ways = ways::all(facts);
        let checks = checks::all(facts);
        let outcome = outcome(&ways, &checks);
        Self {
            version: VERSION,
            issuer: shown(&facts.asked),
            outcome,
            exit_code: outcome.exit_code(),
            error: None,
            until_expiry: ways::until_expiry(facts),
            configure: Some(Configure::of(facts)),
            ways,
            checks,
        }
    }

    pub(super) fn without_facts(issuer: &str, error: &impl std::fmt::Display) -> Self {
        let outcome = Outcome::CannotWork;
        Self {
            version: VERSION,
            issuer: shown(issuer),
            outcome,
            exit_code: outcome.exit_code(),
            error: Some(shown(&error.to_string())),
            ways: Vec::new(),
            checks: Vec::new(),
            configure: None,
            until_expiry: Vec::new(),
        }
    }

    /// The verdict on a way of signing out, or on a check, by its name in the JSON.
    #[must_use]
    pub fn verdict(&self, name: &str) -> Option<Verdict> {
        let way = self.ways.iter().find(|finding| finding.way.as_str() == name).map(|finding| finding.verdict);
        way.or_else(|| self.checks.iter().find(|finding| finding.check.as_str() == name).map(|finding| finding.verdict))
    }
}

/// Signing in must work, then a sign-out must be able to leave the app where it happens, and to reach the others.
fn outcome(ways: &[WayFinding], checks: &[Finding]) -> Outcome {
    use ways::Way;
    let way = |way: Way| ways.iter().find(|finding| finding.way == way).map_or(Verdict::No, |finding| finding.verdict);
    let no_sign_in = checks.iter().any(|finding| finding.check.is_essential() && finding.verdict == Verdict::No);
    let channels = [Way::EndSession, Way::BackChannel, Way::FrontChannel];
    if no_sign_in || channels.into_iter().all(|channel| way(channel) == Verdict::No) {
        return Outcome::CannotWork;
    }
    let reaches_everybody = way(Way::EndSession) == Verdict::Works && way(Way::BackChannel) == Verdict::Works;
    let is_gap = |finding: &Finding| finding.check.counts() && matches!(finding.verdict, Verdict::No | Verdict::Partly);
    if reaches_everybody && !checks.iter().any(is_gap) { Outcome::Works } else { Outcome::Gaps }
}
