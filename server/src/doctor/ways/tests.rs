#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::doctor::facts::KeyFacts;

fn facts(members: Value) -> Facts {
    Facts::read(&members, "https://login.example", KeyFacts::Read { rs256: true, es256: true }, false)
}

fn cells(way: Way, members: Value) -> [Verdict; 4] {
    judge(way, &facts(members)).0.cells()
}

/// What the specifications say of a missing member, and what a missing `sid` costs.
#[test]
fn the_two_channels_and_what_their_members_promise() {
    let table = [
        (json!({}), No, No),
        (json!({ "backchannel_logout_supported": true }), Partly, No),
        (json!({ "backchannel_logout_supported": true, "backchannel_logout_session_supported": false }), Partly, No),
        (json!({ "backchannel_logout_supported": true, "backchannel_logout_session_supported": true }), Works, No),
        (json!({ "backchannel_logout_supported": false, "backchannel_logout_session_supported": true }), No, No),
        (json!({ "backchannel_logout_supported": "true" }), No, No),
        (json!({ "frontchannel_logout_supported": true }), No, Unknown),
        (json!({ "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": false }), No, No),
        (json!({ "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true }), No, Works),
        (json!({ "frontchannel_logout_supported": false, "frontchannel_logout_session_supported": true }), No, No),
    ];
    for (members, back, front) in table {
        assert_eq!(cells(Way::BackChannel, members.clone()), [back; 4], "{members}");
        assert_eq!(cells(Way::FrontChannel, members.clone()), [front; 4], "{members}");
        assert_eq!(cells(Way::Frame, members.clone()), [No, No, front, front], "{members}");
    }
}

#[test]
fn a_sign_out_leaves_an_app_by_the_end_session_endpoint_only() {
    for (members, expected) in [
        (json!({}), No),
        (json!({ "end_session_endpoint": null }), No),
        (json!({ "end_session_endpoint": "not a url" }), No),
        (json!({ "end_session_endpoint": "https://login.example/logout" }), Works),
    ] {
        assert_eq!(cells(Way::EndSession, members.clone()), [expected; 4], "{members}");
    }
}

#[test]
fn a_page_to_poll_is_no_way_even_where_it_is_the_only_one() {
    let iframe = json!({ "check_session_iframe": "https://login.example/check" });
    let (settings, says) = judge(Way::CheckSession, &facts(iframe.clone()));
    assert_eq!(settings.cells(), [No; 4]);
    assert!(says.contains("all that the provider has"), "{says}");
    let mut with_more = iframe;
    with_more["backchannel_logout_supported"] = true.into();
    assert!(!judge(Way::CheckSession, &facts(with_more)).1.contains("all that"));
}

#[test]
fn whether_a_refused_renewal_tells_depends_on_what_ends_refresh_tokens() {
    let (code, refresh) = (json!(["authorization_code"]), json!(["authorization_code", "refresh_token"]));
    let (plain, offline) = (json!(["openid"]), json!(["openid", "offline_access"]));
    for (back, grants, scopes, expected) in [
        (true, &code, &plain, No),
        (true, &refresh, &plain, Works),
        (true, &refresh, &offline, Partly),
        (true, &refresh, &Value::Null, Works),
        (true, &Value::Null, &plain, Unknown),
        (false, &code, &offline, No),
        (false, &refresh, &plain, Unknown),
        (false, &refresh, &offline, Unknown),
    ] {
        let members = json!({ "backchannel_logout_supported": back, "grant_types_supported": grants, "scopes_supported": scopes });
        let found = cells(Way::RefusedRenewal, members.clone());
        assert_eq!(found, [expected, expected, Works, Works], "{members}");
    }
}

#[test]
fn four_settings_in_one_word() {
    for (other_site, same_site, expected) in [
        (Works, Works, Works),
        (No, No, No),
        (Unknown, Unknown, Unknown),
        (No, Works, WorksSameSite),
        (No, Unknown, Partly),
        (Unknown, Works, Partly),
        (Partly, Works, Partly),
    ] {
        assert_eq!(Settings::of(other_site, same_site).verdict(), expected, "{other_site:?} {same_site:?}");
    }
}

#[test]
fn what_stays_open_follows_from_what_reaches_nobody() {
    let open = |members| until_expiry(&facts(members)).join("\n");
    let nothing = open(json!({}));
    for part in ["after a sign-out at one app", "session_lifetime", "App B's access tokens", "Refresh tokens"] {
        assert!(nothing.contains(part), "{part}: {nothing}");
    }
    let front = open(json!({ "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true }));
    assert!(front.contains("administrator") && !front.contains("session_lifetime"), "{front}");
    let all = open(json!({
        "end_session_endpoint": "https://login.example/logout",
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "grant_types_supported": ["refresh_token"],
    }));
    assert!(!all.contains("administrator") && !all.contains("Refresh tokens"), "{all}");
    assert!(all.contains("without a `sid`") && all.contains("APIs that hear of no sign-outs"), "{all}");
}
