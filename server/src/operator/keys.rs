//! `server provider keys`: what an operator does with the provider's signing keys. See `docs/operating.md`.

use std::fmt::Write;
use std::path::Path;

use clap::Subcommand;
use provider::{Clock, KeyState, KeyStatus, ProviderConfig, SigningKeys, SigningKeysError};
use time::OffsetDateTime;

/// What is done with the signing keys.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Keys {
    /// Show which keys sign, which will, and which are only kept
    List,
    /// Publish new keys, which sign in ten minutes; the present ones are kept until nothing they signed can matter
    Rotate,
    /// Drop all keys at once, because somebody else may have one; what they signed is good no longer
    Replace,
}

/// Does it, and gives what to print: the keys as they are then.
pub(super) fn run(command: Keys, config: &ProviderConfig, folder: &Path) -> Result<String, SigningKeysError> {
    let now = Clock::system().now();
    let keys = SigningKeys::of(config, folder)?;
    let keys = match command {
        Keys::List => keys.list(now),
        Keys::Rotate => keys.rotate(now),
        Keys::Replace => keys.replace(now),
    };
    Ok(table(&keys?))
}

fn table(keys: &[KeyStatus]) -> String {
    let mut table = format!("{:<9} {:<6} {:<43} WHEN\n", "STATE", "ALG", "KID");
    for KeyStatus { kid, alg, state } in keys {
        let (state, when) = describe(*state);
        let alg = format!("{alg:?}");
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{state:<9} {alg:<6} {kid:<43} {when}");
    }
    table
}

fn describe(state: KeyState) -> (&'static str, String) {
    match state {
        KeyState::Next { signs_from } => ("next", format!("signs from {}", utc(signs_from))),
        KeyState::Active { since: 0 } => ("active", "signs since the first start".to_owned()),
        KeyState::Active { since } => ("active", format!("signs since {}", utc(since))),
        KeyState::Retired { since, kept_until } => {
            ("retired", format!("signed until {}, verifies until {}", utc(since), utc(kept_until)))
        }
        KeyState::Forgotten => ("forgotten", "removed by the next rotation".to_owned()),
    }
}

/// Seconds since the Unix epoch, for people.
fn utc(seconds: i64) -> String {
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(time) => {
            let (date, (hour, minute, second)) = (time.date(), time.to_hms());
            format!("{date} {hour:02}:{minute:02}:{second:02} UTC")
        }
        Err(_) => format!("{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use provider::SigningAlg;

    use super::*;

    #[test]
    fn a_line_for_each_key() {
        let key = |state| KeyStatus { kid: "k".repeat(43), alg: SigningAlg::ES256, state };
        let table = table(&[
            key(KeyState::Active { since: 0 }),
            key(KeyState::Next { signs_from: 1_800_000_000 }),
            key(KeyState::Retired { since: 1_800_000_000, kept_until: 1_800_090_000 }),
            key(KeyState::Forgotten),
        ]);
        let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
        let kid = "k".repeat(43);
        assert_eq!(lines[0], "STATE     ALG    KID                                         WHEN");
        assert_eq!(lines[1], format!("active    ES256  {kid} signs since the first start"));
        assert_eq!(lines[2], format!("next      ES256  {kid} signs from 2027-01-15 08:00:00 UTC"));
        assert_eq!(
            lines[3],
            format!(
                "retired   ES256  {kid} signed until 2027-01-15 08:00:00 UTC, verifies until 2027-01-16 09:00:00 UTC"
            )
        );
        assert_eq!(lines[4], format!("forgotten ES256  {kid} removed by the next rotation"));
    }
}
