//! The comparison of `benches/five_answers/`, played small: what must hold on every machine, and the parts that make the
//! page. Times are for the bench alone.

#[path = "../../benches/five_answers/comparison/mod.rs"]
mod comparison;

use std::fs;
use std::time::Duration;

use comparison::figures::{Call, Figures, Latency, Outage, SignOut, Wait};
use comparison::percentiles::Samples;
use comparison::{Answer, Scale, page, plot, table};

const SMALL: Scale =
    Scale { calls: 20, warm_up: 1, sign_outs: 2, long_lifetime: 90, short_lifetime: 30, renew_before: 5 };

/// BCL-40, T-02: the API that keeps a ledger refuses before the provider sends the user on, and asks nobody; each of the
/// others pays with requests to the provider or goes on serving.
#[tokio::test]
async fn each_answer_pays_somewhere_else() {
    let figures = comparison::run(&SMALL).await;
    let [long, short, introspection, one_time, curfew] = &figures[..] else { panic!("five answers") };

    let asked: Vec<f64> = figures.iter().map(|figures| figures.requests_per_100_calls).collect();
    assert_eq!(asked, [0.0, 0.0, 100.0, 100.0, 0.0]);
    let idle: Vec<usize> = figures.iter().map(|figures| figures.requests_per_idle_hour).collect();
    assert_eq!(idle, [0, 3600 / 25, 0, 0, 0], "a renewal {} s before the end of each token", SMALL.renew_before);

    let refused: Vec<_> = figures.iter().map(|figures| figures.sign_out.refused_at_the_answer).collect();
    assert_eq!(refused, [Some((0, 1)), Some((0, 1)), Some((2, 2)), None, Some((2, 2))]);
    let waits = |figures: &Figures| match (&figures.sign_out.api_refuses, &figures.sign_out.tab_locks) {
        (Wait::Simulated(api), Wait::Simulated(tab)) => (*api, *tab),
        other => panic!("by the shared clock, not {other:?}"),
    };
    assert_eq!((waits(long), waits(short)), ((90, 90), (30, 25)));
    assert_eq!(one_time.sign_out.unspent_is_good_for, Some(30));
    for asking in [introspection, one_time] {
        assert!(matches!(asking.sign_out.tab_locks, Wait::AtNextCall(_)));
    }
    assert!(matches!(curfew.sign_out.tab_locks, Wait::Measured(_)), "told, without asking");
}

/// Rule 4's other side: what does not ask the provider does not need it, and what ends sessions by asking cannot.
#[tokio::test]
async fn each_answer_stands_an_outage_in_its_own_way() {
    use Call::{NoToken, Refused, Served};
    let figures = comparison::run(&Scale { calls: 1, sign_outs: 1, ..SMALL }).await;
    let calls: Vec<_> = figures.iter().map(|figures| (figures.outage.live, figures.outage.ended)).collect();
    let expected = [
        ([Served; 2], [Served; 2]),
        ([Served; 2], [Served; 2]),
        ([Refused(503); 2], [Refused(503); 2]),
        ([Served, NoToken], [Served, NoToken]),
        ([Served; 2], [Refused(401); 2]),
    ];
    assert_eq!(calls, expected);
    let goes_on: Vec<u64> = figures.iter().map(|figures| figures.outage.goes_on_for).collect();
    assert_eq!(goes_on, [90, 30, 0, 0, 90]);
    assert!(figures.iter().all(|figures| !figures.outage.sign_out_arrived));
    let after: Vec<Call> = figures.iter().map(|figures| figures.outage.after_sign_out).collect();
    assert_eq!(after, [Served, Served, Refused(503), NoToken, Served], "a sign-out that reached nobody ended nothing");
}

fn samples(milliseconds: impl IntoIterator<Item = u64>) -> Samples {
    Samples::new(milliseconds.into_iter().map(Duration::from_millis).collect())
}

#[test]
fn a_percentile_is_a_sample_by_its_rank() {
    let hundred = samples((1..=100).rev());
    for (percent, expected) in [(1, 1), (50, 50), (99, 99), (100, 100)] {
        assert_eq!(hundred.percentile(percent), Duration::from_millis(expected), "p{percent}");
    }
    let three = samples([30, 10, 20]);
    assert_eq!([1, 34, 50, 67, 99].map(|percent| three.percentile(percent).as_millis()), [10, 20, 20, 30, 30]);
    assert_eq!((three.median(), three.max()), (Duration::from_millis(20), Duration::from_millis(30)));
    assert_eq!(samples([7]).percentile(99), Duration::from_millis(7));
}

fn figures() -> Vec<Figures> {
    let one = |answer| Figures {
        answer,
        sign_out: SignOut {
            api_refuses: if answer == Answer::Curfew { Wait::Measured(samples([2, 9])) } else { Wait::Simulated(3600) },
            tab_locks: if answer == Answer::Introspection {
                Wait::AtNextCall(samples([1]))
            } else {
                Wait::Simulated(90)
            },
            refused_at_the_answer: None,
            unspent_is_good_for: (answer == Answer::OneTime).then_some(300),
            first_call: samples([1]),
        },
        latency: Latency { open: samples([2, 4]), guarded: samples([3, 3]), prepared: samples([3, 3]) },
        requests_per_100_calls: 100.0,
        requests_per_idle_hour: 13,
        outage: Outage {
            live: [Call::Served, Call::NoToken],
            ended: [Call::Refused(401); 2],
            sign_out_arrived: false,
            after_sign_out: Call::Served,
            goes_on_for: 90,
        },
    };
    Answer::ALL.map(one).into()
}

#[test]
fn the_table_says_how_each_figure_was_got() {
    let table = table::render(&figures(), &SMALL);
    let rows: Vec<&str> = table.lines().collect();
    for row in &rows[..7] {
        assert_eq!(row.matches('|').count(), table::HEAD.len() + 1, "{row}");
    }
    assert!(rows[2].contains("| 1 h (s) | 90 s (s) | 1.00 ms | noise | 1.5 | 100 | 13 |"), "{}", rows[2]);
    assert!(rows[2].contains("live session: 200, then no token for 90 s (s); ended one: 401"), "{}", rows[2]);
    assert!(rows[4].contains("its next call, which takes 1.00 ms (m)"), "{}", rows[4]);
    assert!(rows[5].contains("a token that is not spent yet 5 min (s)"), "{}", rows[5]);
    assert!(rows[6].contains("2.00 ms, at most 9.00 ms (m)"), "{}", rows[6]);
    assert!(table.contains("reached it: never."), "{table}");
}

#[test]
fn the_plot_stands_alone_and_can_be_heard() {
    let svg = plot::render(&figures());
    assert!(svg.contains("aria-labelledby=\"title desc\"") && svg.contains("prefers-color-scheme: dark"));
    for answer in Answer::ALL {
        assert_eq!(svg.matches(answer.name()).count(), 2, "{answer:?} in the picture and in its description");
    }
    for outside in ["href", "url(", "@import", "<script", "NaN", "inf"] {
        assert!(!svg.contains(outside), "{outside}");
    }
    let open = svg.matches("<text").count();
    assert_eq!(open, svg.matches("</text>").count());
}

#[test]
fn a_duration_has_three_digits_at_most() {
    let shown = [8, 99, 100, 9_990, 9_996, 99_960, 335_400].map(|micros| table::short(Duration::from_micros(micros)));
    assert_eq!(shown, ["8 µs", "99 µs", "0.10 ms", "9.99 ms", "10.0 ms", "100 ms", "335 ms"]);
    assert_eq!([0, 90, 270, 300, 3600].map(table::clock), ["0 s", "90 s", "270 s", "5 min", "1 h"]);
}

/// The figures differ from run to run, the answers and the columns do not.
#[test]
fn the_page_shows_all_answers() {
    let page = fs::read_to_string(page::PATH).unwrap();
    let table = page::table(&page);
    assert!(table.starts_with(&format!("| {} |\n", table::HEAD.join(" | "))), "{table}");
    for answer in Answer::ALL {
        assert!(table.contains(&format!("\n| **{}** |", answer.name())), "{answer:?} is missing");
    }
    let other = page::with_table(&page, "x\n");
    assert_eq!((page::table(&other), page::with_table(&other, table)), ("x\n", page));
}
