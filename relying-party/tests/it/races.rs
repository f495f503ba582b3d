//! No interleaving of sign-outs, sign-ins, first sights and restarts revives an ended session, or ends another.

use std::collections::{HashMap, HashSet};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use proptest::prelude::*;
use relying_party::{
    Admission, CLOCK_SKEW, Channel, Guard, LogoutEvent, SessionRef, Standing, Trust, session_endpoint,
};
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, CLIENT_ID, Fixture, NOW, soon};

const SIDS: [&str; 4] = ["s0", "s1", "s2", "s3"];
const USERS: [&str; 2] = ["alice", "bob"];

/// How long an unsigned sign-out of an unknown session is kept, in seconds.
const SUSPICION: u64 = 600 + CLOCK_SKEW;

/// Session `n` is of user `n % 2`, who signed in at `NOW + 10 n`.
fn user(session: usize) -> usize {
    session % USERS.len()
}

fn auth_time(session: usize) -> u64 {
    NOW + 10 * session as u64
}

#[derive(Clone, Debug)]
enum Op {
    /// A back-channel or another verified sign-out of one session.
    End(usize),
    /// A front-channel sign-out of one session.
    EndUnsigned(usize),
    /// A sub-only sign-out up to `NOW + .1`.
    EndUser(usize, u64),
    /// A login callback: the session under a name of its own.
    SignIn(usize, u8),
    /// A request with an access token of the session.
    Request(usize),
    /// An app whose access token has no `sid` presents the ID token that names the session.
    Present(usize),
    /// The two at the same time.
    Together(Box<Op>, Box<Op>),
    Restart,
    Advance(u64),
    Prune,
}

fn op() -> impl Strategy<Value = Op> {
    let session = 0..SIDS.len();
    let ending = prop_oneof![
        session.clone().prop_map(Op::End),
        session.clone().prop_map(Op::EndUnsigned),
        (0..USERS.len(), 0u64..40).prop_map(|(user, instant)| Op::EndUser(user, instant)),
    ];
    let beginning = prop_oneof![
        (session.clone(), 0u8..3).prop_map(|(session, name)| Op::SignIn(session, name)),
        session.clone().prop_map(Op::Request),
        session.prop_map(Op::Present),
    ];
    let together = (ending.clone(), beginning.clone()).prop_map(|(end, begin)| Op::Together(end.into(), begin.into()));
    prop_oneof![
        2 => ending,
        4 => beginning,
        3 => together,
        1 => Just(Op::Restart),
        1 => (0u64..500).prop_map(Op::Advance),
        1 => Just(Op::Prune),
    ]
}

/// What must be true by the rules alone.
#[derive(Debug, Default)]
struct Model {
    ended: HashSet<usize>,
    not_before: HashMap<usize, u64>,
    suspected_until: HashMap<usize, u64>,
    indexed: HashSet<usize>,
    /// Whose access token without `sid` had its ID token presented, whatever the answer was.
    presented: HashSet<usize>,
}

impl Model {
    fn has_ended(&self, session: usize, now: u64) -> bool {
        self.ended.contains(&session)
            || self.not_before.get(&user(session)).is_some_and(|instant| auth_time(session) <= *instant)
            || self.suspected_until.get(&session).is_some_and(|until| now < *until)
    }

    fn end(&mut self, session: usize) {
        self.ended.insert(session);
        self.suspected_until.remove(&session);
    }

    fn settle(&mut self, now: u64) {
        let ended: Vec<usize> = (0..SIDS.len()).filter(|session| self.has_ended(*session, now)).collect();
        self.indexed.retain(|session| !ended.contains(session));
    }
}

struct World {
    fixture: Fixture,
    api: Router,
    model: Model,
}

fn api(fixture: &Fixture) -> Router {
    let routes = Router::new().route("/", get(|| async {})).route("/session", session_endpoint());
    routes.layer(Guard::new(fixture.party.clone(), AUDIENCE)).with_state(fixture.party.clone())
}

fn session(issuer: &str, session: usize) -> SessionRef {
    SessionRef {
        iss: issuer.into(),
        sid: Some(SIDS[session].into()),
        sub: USERS[user(session)].into(),
        auth_time: auth_time(session),
    }
}

fn request(fixture: &Fixture, session: usize) -> Request<Body> {
    let claims = json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": USERS[user(session)], "sid": SIDS[session],
        "jti": format!("a{session}"), "auth_time": auth_time(session), "iat": auth_time(session), "exp": NOW + 80_000,
    });
    let token = fixture.provider.key.sign("at+jwt", &claims);
    Request::get("/").header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap()
}

/// The access token of an app whose provider puts no `sid` into it.
fn sidless(fixture: &Fixture, session: usize) -> String {
    let claims = json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": USERS[user(session)], "jti": format!("b{session}"),
        "auth_time": auth_time(session), "iat": auth_time(session), "exp": NOW + 80_000,
    });
    fixture.provider.key.sign("at+jwt", &claims)
}

fn call_sidless(fixture: &Fixture, session: usize) -> Request<Body> {
    let token = sidless(fixture, session);
    Request::get("/").header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap()
}

fn presentation(fixture: &Fixture, session: usize) -> Request<Body> {
    let claims = json!({
        "iss": fixture.issuer(), "aud": CLIENT_ID, "sub": USERS[user(session)], "sid": SIDS[session],
        "auth_time": auth_time(session), "iat": auth_time(session), "exp": NOW + 80_000,
    });
    let (token, id_token) = (sidless(fixture, session), fixture.provider.key.sign("JWT", &claims));
    Request::post("/session").header("authorization", format!("Bearer {token}")).body(Body::from(id_token)).unwrap()
}

impl World {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let api = api(&fixture);
        Self { fixture, api, model: Model::default() }
    }

    /// A task that does this, so that two can run at the same time.
    fn start(&self, op: &Op) -> tokio::task::JoinHandle<()> {
        let (party, issuer) = (self.fixture.party.clone(), self.fixture.issuer().to_owned());
        let event = |channel, sid: Option<usize>, sub: Option<usize>, not_before| LogoutEvent {
            iss: issuer.clone(),
            sid: sid.map(|sid| SIDS[sid].into()),
            sub: sub.map(|sub| USERS[sub].into()),
            channel,
            not_before,
        };
        match op {
            Op::End(sid) => {
                let event = event(Channel::BackChannel, Some(*sid), None, NOW);
                tokio::spawn(async move { drop(party.end(&event, Trust::Verified).await.unwrap()) })
            }
            Op::EndUnsigned(sid) => {
                let event = event(Channel::FrontChannel, Some(*sid), None, NOW);
                tokio::spawn(async move { drop(party.end(&event, Trust::Unsigned).await.unwrap()) })
            }
            Op::EndUser(sub, instant) => {
                let event = event(Channel::BackChannel, None, Some(*sub), NOW + instant);
                tokio::spawn(async move { drop(party.end(&event, Trust::Verified).await.unwrap()) })
            }
            Op::SignIn(sid, name) => {
                let (session, name) = (session(&issuer, *sid), format!("web-{sid}-{name}"));
                tokio::spawn(async move { drop(party.begin_session(&session, &name, NOW + 80_000).await.unwrap()) })
            }
            Op::Request(sid) => {
                let (api, request) = (self.api.clone(), request(&self.fixture, *sid));
                tokio::spawn(async move {
                    let status = api.oneshot(request).await.unwrap().status();
                    assert!(matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{status}");
                })
            }
            Op::Present(sid) => {
                let (api, request) = (self.api.clone(), presentation(&self.fixture, *sid));
                tokio::spawn(async move {
                    let status = api.oneshot(request).await.unwrap().status();
                    assert!(matches!(status, StatusCode::NO_CONTENT | StatusCode::UNAUTHORIZED), "{status}");
                })
            }
            Op::Together(..) | Op::Restart | Op::Advance(_) | Op::Prune => unreachable!("not a step of its own"),
        }
    }

    async fn apply(&mut self, op: &Op) {
        match op {
            Op::Restart => {
                self.fixture.restart().await;
                soon(self.fixture.party.until_ready()).await;
                self.api = api(&self.fixture);
            }
            Op::Advance(seconds) => self.fixture.clock.advance(*seconds),
            Op::Prune => self.fixture.party.prune().await.unwrap(),
            Op::Together(end, begin) => {
                let (end_task, begin_task) = (self.start(end), self.start(begin));
                end_task.await.unwrap();
                begin_task.await.unwrap();
                self.learn_together(end, begin).await;
            }
            step => {
                self.start(step).await.unwrap();
                self.learn(step);
            }
        }
        self.model.settle(self.fixture.clock.now());
    }

    fn learn(&mut self, op: &Op) {
        let now = self.fixture.clock.now();
        if let Op::Present(sid) = op {
            self.model.presented.insert(*sid);
        }
        match op {
            Op::End(sid) => self.model.end(*sid),
            Op::EndUnsigned(sid) if self.model.indexed.contains(sid) => self.model.end(*sid),
            Op::EndUnsigned(sid) if !self.model.ended.contains(sid) => {
                // A second one does not prolong the first.
                let until = self.model.suspected_until.entry(*sid).or_insert(now + SUSPICION);
                if *until <= now {
                    *until = now + SUSPICION;
                }
            }
            Op::EndUser(user, instant) => {
                let kept = self.model.not_before.entry(*user).or_insert(0);
                *kept = (*kept).max(NOW + instant);
            }
            Op::SignIn(sid, _) | Op::Request(sid) | Op::Present(sid) if !self.model.has_ended(*sid, now) => {
                self.model.indexed.insert(*sid);
            }
            _ => {}
        }
    }

    /// Either may have been first. Where that decides how an unsigned sign-out counts, the store says which it was.
    async fn learn_together(&mut self, end: &Op, begin: &Op) {
        if let Op::EndUnsigned(sid) = end {
            let count = "SELECT count(*) FROM rp_ended WHERE sid = ?";
            let verified: i64 = sqlx::query_scalar(count).bind(SIDS[*sid]).fetch_one(&self.fixture.pool).await.unwrap();
            if verified == 1 {
                self.learn(begin);
                self.model.end(*sid);
                return;
            }
        }
        self.learn(end);
        self.learn(begin);
    }

    /// What a user could see agrees with the rules, for every session.
    async fn verify(&self) {
        let fixture = &self.fixture;
        for (sid, name) in SIDS.into_iter().enumerate() {
            let session = session(fixture.issuer(), sid);
            let ended = self.model.has_ended(sid, fixture.clock.now());
            let standing = fixture.party.check(&session).unwrap();
            assert_eq!(standing != Standing::Live, ended, "{session:?}: {standing:?}, {:?}", self.model);
            let count = "SELECT count(*) FROM rp_session WHERE sid = ?";
            let rows: i64 = sqlx::query_scalar(count).bind(name).fetch_one(&fixture.pool).await.unwrap();
            assert_eq!(rows > 0, self.model.indexed.contains(&sid), "{session:?}: {rows} rows, {:?}", self.model);
            if ended {
                let status = self.api.clone().oneshot(request(fixture, sid)).await.unwrap().status();
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{session:?}");
                if self.model.presented.contains(&sid) {
                    let status = self.api.clone().oneshot(call_sidless(fixture, sid)).await.unwrap().status();
                    assert_eq!(status, StatusCode::UNAUTHORIZED, "{session:?}, by its ID token");
                }
                let admission = fixture.begin(&session, "late").await;
                assert!(matches!(admission, Admission::Ended { .. }), "{session:?}: {admission:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// T-06, T-07, T-10, T-13: rule 8 over the real store, guard and ledger.
    #[test]
    fn a_race_never_revives_a_session(ops in proptest::collection::vec(op(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for op in &ops {
                world.apply(op).await;
                world.verify().await;
            }
            soon(world.fixture.party.shutdown()).await;
        });
    }
}
