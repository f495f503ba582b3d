#![allow(clippy::unwrap_used)]

use super::*;

fn parties() -> [PartyKind; 3] {
    [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB]
}

fn demo_text() -> String {
    demo::toml(Topology::CrossSite, 4000).unwrap()
}

#[test]
fn the_built_in_configuration_is_valid_in_every_topology() {
    for (topology, host) in [(Topology::CrossSite, "127.0.0.1"), (Topology::SameSite, "localhost")] {
        let config = Config::demo(topology, 4100).unwrap();
        config.validate(&parties()).unwrap();
        config.refuse_off_loopback().unwrap();
        assert_eq!(config.provider.unwrap().issuer, "http://localhost:4100");
        assert_eq!(config.app_a.unwrap().origin.to_string(), format!("http://{host}:4101"));
        assert_eq!(config.app_b.unwrap().origin.to_string(), format!("http://{host}:4102"));
    }
}

#[test]
fn ports_that_do_not_exist_or_that_browsers_refuse_are_refused() {
    for (base, why) in [(0, "--port-base 0"), (65_534, "--port-base 65534"), (5_999, "6000")] {
        let error = Config::demo(Topology::CrossSite, base).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{base}: {error:?}");
    }
}

#[test]
fn an_unknown_key_is_refused_by_its_name() {
    for (extra, name) in [
        ("[app_c]\n", "app_c"),
        ("[app_b.extra]\nx = 1\n", "extra"),
        ("[[provider.users]]\nusername = \"x\"\npassword = \"x\"\nshoe_size = 7\n", "shoe_size"),
    ] {
        let error = Config::parse(&format!("{}\n{extra}", demo_text())).expect_err(name).to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_bad_value_is_refused_by_its_key() {
    let table = [
        ("issuer = \"http://localhost:4000\"", "issuer = \"not a url\"", "issuer"),
        ("origin = \"http://127.0.0.1:4001\"", "origin = \"http://app.example\"", "http://app.example"),
        ("origin = \"http://127.0.0.1:4001\"", "origin = \"http://127.0.0.1:4001/x\"", "more than scheme"),
        ("audience = \"http://127.0.0.1:4002/api\"\napp_a", "audience = 7\napp_a", "audience"),
        ("[app_a]", "[app_a]\nid_token_signed_response_alg = \"none\"", "id_token_signed_response_alg"),
        ("[app_a]", "[app_a]\nid_token_signed_response_alg = \"PS256\"", "id_token_signed_response_alg"),
        ("[app_a]", "[app_a]\nprovider_patience_ms = 0", "provider_patience_ms"),
        ("[app_a]", "[app_a]\nprovider_patience_ms = 10001", "provider_patience_ms"),
        ("origin = \"http://localhost:4003\"", "origin = \"https://lab.example\"", "[lab] origin"),
        ("[lab]", "[lab]\nlisten = [\"0.0.0.0:4003\"]", "[lab] listen"),
        ("[provider]", "[provider]\ncookie_same_site = \"strict\"", "cookie_same_site"),
    ];
    for (good, bad, why) in table {
        let text = demo_text();
        assert!(text.contains(good), "{good}");
        let refused = Config::parse(&text.replace(good, bad)).and_then(|config| config.validate(&parties()));
        let error = refused.expect_err(bad).to_string();
        assert!(error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn a_role_needs_its_table_only() {
    let text = demo_text();
    let only_b = &text[text.find("[app_b]").unwrap()..];
    let config = Config::parse(only_b).unwrap();
    config.validate(&[PartyKind::AppB]).unwrap();
    let error = config.validate(&[PartyKind::AppA]).expect_err("no table").to_string();
    assert!(error.contains("[app_a]"), "{error}");
}

#[test]
fn the_built_in_secrets_stay_on_loopback() {
    let text = demo_text().replace("origin = \"http://127.0.0.1:4002\"", "origin = \"https://app.example\"");
    let error = Config::parse(&text).unwrap().refuse_off_loopback().expect_err("not loopback").to_string();
    assert!(error.contains("https://app.example") && error.contains("--config"), "{error}");
}

#[test]
fn a_secret_is_not_printed() {
    let config = Config::demo(Topology::CrossSite, 4000).unwrap();
    assert!(!format!("{config:?}").contains("known-to-everybody"));
}

#[test]
fn each_switch_turns_its_channel_off_and_no_other() {
    let state = |switches: &[Switch]| {
        let mut config = Config::demo(Topology::CrossSite, 4000).unwrap();
        config.switch_off(switches);
        let (provider, a, b) = (config.provider.unwrap(), config.app_a.unwrap(), config.app_b.unwrap());
        assert_eq!((a.push, a.broadcast), (b.push, b.broadcast));
        (provider.front_channel, provider.back_channel, a.push, a.broadcast)
    };
    assert_eq!(state(&[]), (true, true, true, true));
    assert_eq!(state(&[Switch::FrontChannel]), (false, true, true, true));
    assert_eq!(state(&[Switch::BackChannel]), (true, false, true, true));
    assert_eq!(state(&[Switch::Push]), (true, true, false, true));
    assert_eq!(state(&[Switch::Broadcast]), (true, true, true, false));
    assert_eq!(state(&[Switch::Renewal]), (true, true, true, true));
}

#[test]
fn renewal_follows_from_the_sites_unless_it_is_configured() {
    let renewal = |origin: &str, issuer: &str, renew| {
        let mut app_b = Config::demo(Topology::CrossSite, 4000).unwrap().app_b.unwrap();
        (app_b.origin, app_b.issuer, app_b.renew) = (Origin::parse(origin).unwrap(), issuer.to_owned(), renew);
        let Renewal { renew, why } = app_b.renewal();
        (renew, why)
    };
    let (frame, token) = (("iframe", "same-site"), ("refresh-token", "cross-site"));
    for (origin, issuer, expected) in [
        ("http://localhost:4002", "http://localhost:4000", frame),
        ("http://127.0.0.1:4002", "http://localhost:4000", token),
        ("http://127.0.0.1:4002", "http://127.0.0.1:4000", frame),
        ("https://app.example", "https://app.example/realm", frame),
        ("https://b.corp.example", "https://corp.example", frame),
        ("https://corp.example", "https://login.corp.example/realm", frame),
        ("https://b.corp.example", "https://login.corp.example", token),
        ("https://notcorp.example", "https://corp.example", token),
        ("https://localhost:4002", "http://localhost:4000", token),
    ] {
        assert_eq!(renewal(origin, issuer, Renew::Auto), expected, "{origin} {issuer}");
    }
    for (renew, expected) in [(Renew::Iframe, "iframe"), (Renew::RefreshToken, "refresh-token"), (Renew::Off, "off")] {
        assert_eq!(renewal("http://localhost:4002", "http://localhost:4000", renew), (expected, "configured"));
    }
    let parsed = |word: &str| {
        let text = demo_text().replace("[app_b]\n", &format!("[app_b]\nrenew = \"{word}\"\n"));
        Config::parse(&text).map(|config| config.app_b.unwrap().renew).ok()
    };
    assert_eq!((parsed("refresh-token"), parsed("sometimes")), (Some(Renew::RefreshToken), None));
}

#[test]
fn the_demo_hands_out_refresh_tokens_where_a_frame_would_not_do() {
    for (topology, expected) in [(Topology::CrossSite, true), (Topology::SameSite, false)] {
        let toml = demo::toml(topology, 4000).unwrap();
        assert_eq!(toml.contains("\"refresh_token\""), expected, "{topology:?}");
    }
}

#[test]
fn the_sample_in_the_readme_is_valid() {
    let readme = include_str!("../../../README.md");
    let sample = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    Config::parse(sample).unwrap().validate(&[PartyKind::AppA, PartyKind::AppB]).unwrap();
}

#[test]
fn the_sample_in_docs_adopt_is_valid() {
    let page = include_str!("../../../docs/adopt.md");
    let sample = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    Config::parse(sample).unwrap().validate(&[PartyKind::Provider]).unwrap();
}

#[test]
fn the_samples_in_docs_operating_are_valid() {
    let page = include_str!("../../../docs/operating.md");
    let samples = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    for sample in samples {
        let config = Config::parse(sample).unwrap();
        let parties: &[PartyKind] = if config.provider.is_some() { &[PartyKind::Provider] } else { &[] };
        config.validate(parties).unwrap();
    }
}

/// Both, unless an app's table says otherwise; a channel that is none stops the start with its name.
#[test]
fn an_app_says_which_logout_channels_it_serves() {
    let toml = demo_text();
    let channels = |toml: &str| Config::parse(toml).map(|config| config.app_b.unwrap().logout_channels);
    assert_eq!(channels(&toml).unwrap(), LogoutChannel::ALL);
    let with = |value: &str| toml.replace("[app_b]\n", &format!("[app_b]\nlogout_channels = {value}\n"));
    assert_eq!(channels(&with(r#"["back-channel"]"#)).unwrap(), [LogoutChannel::BackChannel]);
    assert_eq!(channels(&with("[]")).unwrap(), []);
    let error = channels(&with(r#"["pigeon"]"#)).unwrap_err().to_string();
    assert!(error.contains("pigeon") && error.contains("back-channel"), "{error}");
}

#[test]
fn the_samples_in_docs_certification_are_valid() {
    let page = include_str!("../../../docs/certification.md");
    let samples: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(samples.len(), 2);
    for (sample, party) in samples.into_iter().zip([PartyKind::Provider, PartyKind::AppA]) {
        Config::parse(sample).unwrap().validate(&[party]).unwrap();
    }
}

/// Off unless there is the table; and a value that cannot be meant stops the start, without repeating what may be a secret.
#[test]
fn traces_are_off_by_default_and_their_table_is_checked() {
    let with = |table: &str| {
        let config = Config::parse(&format!("{}\n{table}", demo_text()))?;
        config.validate(&parties())?;
        Ok::<_, ConfigError>(config.traces.map(|traces| traces.url().unwrap().to_string()))
    };
    assert_eq!(with("").unwrap(), None);
    for (endpoint, url) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://traces.example/otlp", "https://traces.example/otlp/v1/traces"),
    ] {
        assert_eq!(with(&format!("[traces]\nendpoint = \"{endpoint}\"\n")).unwrap().as_deref(), Some(url));
    }
    let headers = "[traces.headers]\nauthorization = \"Bearer hidden-thing\"\n";
    let endpoint = |url: &str| format!("[traces]\nendpoint = \"{url}\"\n{headers}");
    for url in ["https://traces.example", "http://localhost:4318", "http://[::1]:4318"] {
        with(&endpoint(url)).unwrap();
    }
    let config = Config::parse(&format!("{}\n{}", demo_text(), endpoint("https://traces.example"))).unwrap();
    assert!(!format!("{config:?}").contains("hidden-thing"));
    let good = "[traces]\nendpoint = \"http://127.0.0.1:4318\"\n";
    for (table, why) in [
        ("[traces]\n".to_owned(), "endpoint"),
        (endpoint("127.0.0.1:4318"), "[traces] endpoint"),
        (endpoint("localhost:4318"), "must begin with http"),
        (endpoint("grpc://127.0.0.1:4317"), "must begin with http"),
        (endpoint("https://me:hidden-thing@traces.example"), "must hold no password"),
        (endpoint("https://hidden-thing@traces.example"), "must hold no password"),
        (endpoint("https://traces.example/?key=hidden-thing"), "no query"),
        (endpoint("https://traces.example/#hidden-thing"), "no query"),
        (endpoint("http://traces.example"), "[traces] headers"),
        (format!("{good}[traces.headers]\n\"not a name\" = \"hidden-thing\"\n"), "`not a name`"),
        (format!("{good}[traces.headers]\nx = \"hidden-thing\\n\"\n"), "cannot be sent"),
        (format!("{good}[traces.headers]\nx = 7\n"), "must be text"),
        (format!("{good}service = \"\"\n"), "[traces] service"),
        (format!("{good}service = \"a b\"\n"), "[traces] service"),
        (format!("{good}service = \"{}\"\n", "x".repeat(65)), "[traces] service"),
        (format!("{good}sample = 0.0\n"), "[traces] sample"),
        (format!("{good}sample = 1.1\n"), "[traces] sample"),
        (format!("{good}sample = nan\n"), "[traces] sample"),
        (format!("{good}sample_ratio = 1.0\n"), "sample_ratio"),
    ] {
        let error = with(&table).expect_err(&table).to_string();
        assert!(error.contains(why) && !error.contains("hidden-thing"), "{table}: {error}");
    }
}

/// Numbers are for whoever runs the machine, unless somebody says otherwise in so many words.
#[test]
fn metrics_are_off_by_default_and_listen_on_loopback_only() {
    let with = |table: &str| {
        let config = Config::parse(&format!("{}\n{table}", demo_text()))?;
        config.validate(&parties())?;
        Ok::<_, ConfigError>(config.metrics.map(|metrics| metrics.listen.len()))
    };
    assert_eq!(with("").unwrap(), None);
    assert_eq!(with("[metrics]\nlisten = [\"127.0.0.1:9464\", \"[::1]:9464\"]\n").unwrap(), Some(2));
    let public = "[metrics]\nlisten = [\"127.0.0.1:9464\", \"0.0.0.0:9464\"]\n";
    assert_eq!(with(&format!("{public}danger_allow_other_machines = true\n")).unwrap(), Some(2));
    let named = "[metrics]\nlisten = [\"127.0.0.1:9464\"]\nhosts =";
    assert_eq!(with(&format!("{named} [\"curfew.internal\", \"metrics_1\"]\n")).unwrap(), Some(1));
    for host in
        ["", "*", "*.internal", "curfew.internal:9464", "http://curfew.internal", "127.0.0.1", "[::1]", "ä.example"]
    {
        let error = with(&format!("{named} [\"{host}\"]\n")).expect_err(host).to_string();
        assert!(error.contains("[metrics] hosts") && error.contains("is no host name"), "{host}: {error}");
    }
    for (table, why) in [
        (public, "0.0.0.0:9464 is not a loopback address"),
        ("[metrics]\nlisten = []\n", "name an address"),
        ("[metrics]\n", "listen"),
        ("[metrics]\nlisten = [\"localhost\"]\n", "listen"),
        ("[metrics]\nlisten = [\"127.0.0.1:9464\"]\npath = \"/x\"\n", "path"),
    ] {
        let error = with(table).expect_err(table).to_string();
        assert!(error.contains(why), "{table}: {error}");
    }
}
