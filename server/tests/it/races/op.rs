//! What can happen, in any order.

use proptest::prelude::*;

/// The browsers of the machine: the same user may sit at both.
pub(super) const BROWSERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Party {
    Provider,
    AppA,
    AppB,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum App {
    A,
    B,
}

impl App {
    pub(super) fn party(self) -> Party {
        match self {
            Self::A => Party::AppA,
            Self::B => Party::AppB,
        }
    }
}

impl Party {
    pub(super) fn app(self) -> Option<App> {
        match self {
            Self::Provider => None,
            Self::AppA => Some(App::A),
            Self::AppB => Some(App::B),
        }
    }
}

/// How logout tokens get through to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Fair,
    NothingArrives,
    /// The app acts, and the provider never knows.
    AnswersGetLost,
}

/// Where App A's sign-in is stopped on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    BeforeExchange,
    /// The provider has made the tokens, and App A has not stored its session.
    AfterExchange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    Alice,
    Bob,
}

impl User {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        }
    }
}

/// One step. A number names one of the things that are under way or known, the latest being 0; where there are fewer,
/// it wraps, and where there is none, nothing happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// A tab begins to sign in at App A: it ends up at the login form, or on its way back with a code.
    BeginAtA(usize),
    /// The same at App B, with `prompt=login`: the way to a re-authentication, and to another user's sign-in.
    BeginAtB(usize),
    /// App B's `prompt=none`.
    SilentAtB(usize),
    /// Goes on with something that is under way; the user is who fills in a login form.
    Continue(usize, User),
    /// Follows the way back to App A, and stops App A's token request.
    Pause(usize, When),
    /// A tab of App B uses an access token for the first time, and opens its stream.
    FirstCall(usize),
    /// A tab of App B gets an access token that does not name the session of another one that it has.
    Unnamed(usize),
    /// It calls the API with it.
    CallByUnnamed(usize),
    /// It presents the ID token that came with it, which names the session.
    Present(usize),
    /// A request at App A has loaded its session; it saves it when it is continued.
    BeginRequest(usize),
    /// The first half of a sign-out at App A: its own session is gone. The second is under way.
    SignOutAtA(usize),
    /// The first half of a sign-out at App B: its API refuses the access token. The second is under way.
    SignOutAtB(usize),
    /// The user goes to the provider's own sign-out page.
    SignOutAtProvider(usize),
    /// A tab of App B renews with its refresh token.
    Refresh(usize),
    /// A logout token arrives once more, or at last.
    Deliver(usize),
    /// A frame of the provider's page loads.
    LoadFrame(usize),
    /// Somebody sends both apps a front-channel request for a session that does not exist.
    UnknownSid,
    Weather(App, Weather),
    /// Seconds; then the provider delivers what is due.
    Advance(u64),
    /// The provider ends the sessions that have expired.
    Sweep,
    Restart(Party),
}

/// A browser signed in at both apps, its stream open: where most races begin.
pub(super) fn signed_in(browser: usize, user: User) -> Vec<Op> {
    let on = Op::Continue(0, user);
    vec![Op::BeginAtA(browser), on, on, Op::SilentAtB(browser), on, Op::FirstCall(0)]
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let browser = || prop_oneof![3 => Just(0), 1 => Just(1)];
    let user = || prop_oneof![3 => Just(User::Alice), 1 => Just(User::Bob)];
    let recent = || prop_oneof![3 => Just(0usize), 1 => Just(1usize), 1 => 0..6usize];
    let app = || prop_oneof![Just(App::A), Just(App::B)];
    let party = prop_oneof![Just(Party::Provider), Just(Party::AppA), Just(Party::AppB)];
    let weather = prop_oneof![Just(Weather::Fair), Just(Weather::NothingArrives), Just(Weather::AnswersGetLost)];
    let when = prop_oneof![1 => Just(When::BeforeExchange), 2 => Just(When::AfterExchange)];
    // Longer than a gap, a code, a logout token, an access token, a login, a session.
    let seconds = prop_oneof![Just(1), Just(31), Just(61), Just(121), Just(301), Just(601), Just(661), Just(28_801)];
    prop_oneof![
        4 => browser().prop_map(Op::BeginAtA),
        2 => browser().prop_map(Op::BeginAtB),
        4 => browser().prop_map(Op::SilentAtB),
        14 => (recent(), user()).prop_map(|(nth, user)| Op::Continue(nth, user)),
        4 => (recent(), when).prop_map(|(nth, when)| Op::Pause(nth, when)),
        3 => recent().prop_map(Op::FirstCall),
        4 => recent().prop_map(Op::Refresh),
        3 => recent().prop_map(Op::Unnamed),
        2 => recent().prop_map(Op::CallByUnnamed),
        4 => recent().prop_map(Op::Present),
        3 => browser().prop_map(Op::BeginRequest),
        4 => browser().prop_map(Op::SignOutAtA),
        3 => browser().prop_map(Op::SignOutAtB),
        2 => browser().prop_map(Op::SignOutAtProvider),
        2 => recent().prop_map(Op::Deliver),
        3 => recent().prop_map(Op::LoadFrame),
        1 => Just(Op::UnknownSid),
        4 => (app(), weather).prop_map(|(app, weather)| Op::Weather(app, weather)),
        3 => seconds.prop_map(Op::Advance),
        1 => Just(Op::Sweep),
        3 => party.prop_map(Op::Restart),
    ]
}

/// A step; or a few that make a race when something else follows.
fn steps() -> impl Strategy<Value = Vec<Op>> {
    let browser = || prop_oneof![3 => Just(0), 1 => Just(1)];
    let when = prop_oneof![Just(When::BeforeExchange), Just(When::AfterExchange)];
    let on = Op::Continue(0, User::Alice);
    prop_oneof![
        12 => op().prop_map(|op| vec![op]),
        2 => browser().prop_map(move |b| vec![Op::SignOutAtA(b), on]),
        1 => browser().prop_map(|b| vec![Op::SignOutAtB(b), Op::Restart(Party::AppB)]),
        1 => browser().prop_map(|b| vec![Op::BeginRequest(b), Op::SignOutAtA(b), Op::Continue(1, User::Alice)]),
        1 => browser().prop_map(move |b| vec![Op::BeginAtB(b), Op::SignOutAtA(b), on, on]),
        1 => browser().prop_map(move |b| vec![Op::SignOutAtA(b), Op::Refresh(0), on, Op::FirstCall(0), Op::Refresh(0)]),
        1 => Just(vec![Op::Advance(61), Op::Refresh(0), Op::Restart(Party::Provider), Op::Refresh(0), Op::FirstCall(0)]),
        1 => browser().prop_map(move |b| vec![Op::Unnamed(0), Op::Present(0), Op::SignOutAtA(b), on, Op::Present(0)]),
        1 => browser().prop_map(move |b| {
            vec![Op::Unnamed(0), Op::CallByUnnamed(0), Op::SignOutAtB(b), on, Op::Present(0), Op::Restart(Party::AppB)]
        }),
        2 => (browser(), when).prop_map(move |(b, when)| {
            vec![Op::BeginAtA(b), Op::Pause(0, when), Op::SignOutAtA(b), on]
        }),
    ]
}

/// A case: mostly, somebody is signed in to begin with.
pub(super) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let beginning = prop_oneof![
        1 => Just(Vec::new()),
        2 => Just(signed_in(0, User::Alice)),
        2 => Just([signed_in(1, User::Alice), signed_in(0, User::Alice)].concat()),
        1 => Just([signed_in(1, User::Bob), signed_in(0, User::Alice)].concat()),
    ];
    (beginning, prop::collection::vec(steps(), 1..18)).prop_map(|(beginning, then)| [beginning, then.concat()].concat())
}
