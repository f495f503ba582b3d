//! What is known of a user: the standard claims ([OpenID Connect Core 1.0 section 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims)).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::UserConfig;
use super::error::{ConfigError, Owner};

/// The longest text of a claim, in bytes.
const LONGEST: usize = 255;

/// The `address` claim ([section 5.1.1](https://openid.net/specs/openid-connect-core-1_0.html#AddressClaim)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressConfig {
    /// All of it, as on a letter; lines end with `\n`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street and house; lines end with `\n`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The state or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The zip code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The claims that there are, by their names.
pub(super) fn parse(owner: &Owner, user: &UserConfig) -> Result<BTreeMap<&'static str, Value>, ConfigError> {
    let refused = |key: &'static str, why: &'static str| ConfigError::Claim { owner: owner.clone(), key, why };
    let texts: [(&'static str, Option<&String>, Check, &'static str); 15] = [
        ("name", Some(&user.name), is_line, LINE),
        ("preferred_username", Some(&user.username), is_line, LINE),
        ("given_name", user.given_name.as_ref(), is_line, LINE),
        ("family_name", user.family_name.as_ref(), is_line, LINE),
        ("middle_name", user.middle_name.as_ref(), is_line, LINE),
        ("nickname", user.nickname.as_ref(), is_line, LINE),
        ("profile", user.profile.as_ref(), is_url, URL),
        ("picture", user.picture.as_ref(), is_url, URL),
        ("website", user.website.as_ref(), is_url, URL),
        ("gender", user.gender.as_ref(), is_line, LINE),
        ("birthdate", user.birthdate.as_ref(), is_birthdate, "must be a date such as 1999-12-31, 0000-12-31 or 1999"),
        ("zoneinfo", user.zoneinfo.as_ref(), is_zoneinfo, "must be a time zone such as Europe/Paris"),
        ("locale", user.locale.as_ref(), is_locale, "must be a language tag such as en-US"),
        ("email", user.email.as_ref(), is_email, "must be an e-mail address"),
        ("phone_number", user.phone_number.as_ref(), is_phone_number, "must be a number such as +1 (555) 555-0100"),
    ];
    let mut claims = BTreeMap::new();
    for (key, text, is_right, why) in texts {
        if let Some(text) = text {
            if !is_right(text) {
                return Err(refused(key, why));
            }
            claims.insert(key, Value::from(text.as_str()));
        }
    }
    let verified = [
        ("email_verified", user.email_verified, "email"),
        ("phone_number_verified", user.phone_number_verified, "phone_number"),
    ];
    for (key, is_verified, of) in verified {
        if let Some(is_verified) = is_verified {
            if !claims.contains_key(of) {
                return Err(refused(key, "says something of a claim that is not there"));
            }
            claims.insert(key, Value::from(is_verified));
        }
    }
    if let Some(updated_at) = user.updated_at {
        claims.insert("updated_at", Value::from(updated_at));
    }
    if let Some(address) = &user.address {
        let address = check_address(address).ok_or_else(|| refused("address", ADDRESS))?;
        claims.insert("address", address);
    }
    Ok(claims)
}

type Check = fn(&str) -> bool;

const LINE: &str = "must be a line of 1 to 255 bytes";
const URL: &str = "must be an http or https URL";
const ADDRESS: &str = "must have at least one member, and each must be a text of 1 to 255 bytes";

fn is_text(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.trim().is_empty()
}

fn is_line(text: &str) -> bool {
    is_text(text) && !text.chars().any(char::is_control)
}

fn is_url(text: &str) -> bool {
    is_line(text) && Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

/// ISO 8601: a year, or a date whose year may be left open as 0000.
fn is_birthdate(text: &str) -> bool {
    let number = |digits: &str, length: usize| {
        (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())?
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year] => number(year, 4).is_some_and(|year| year > 0),
        [year, month, day] => {
            let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
                return false;
            };
            // In the year 0000, which stands for any, 29 February exists.
            let leaps = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            let days = match month {
                2 if leaps => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                1..=12 => 31,
                _ => 0,
            };
            (1..=days).contains(&day)
        }
        _ => false,
    }
}

/// The form of a name in the time zone database.
fn is_zoneinfo(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
    };
    is_line(text) && text.split('/').all(is_part)
}

/// The form of a language tag (RFC 5646); an underscore is common, and section 5.1 bears it.
fn is_locale(text: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut parts = text.split(['-', '_']);
    parts.next().is_some_and(|language| language.len() >= 2 && language.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && text.split(['-', '_']).all(is_part)
        && text.len() <= LONGEST
}

fn is_email(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains('@');
    is_line(text)
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

/// E.164 as people write it, perhaps with an extension (RFC 3966).
fn is_phone_number(text: &str) -> bool {
    let (number, extension) = match text.split_once(";ext=") {
        Some((number, extension)) => (number, Some(extension)),
        None => (text, None),
    };
    let Some(number) = number.strip_prefix('+') else { return false };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (3..=15).contains(&digits)
        && number.bytes().all(|byte| byte.is_ascii_digit() || b" ()-.".contains(&byte))
        && extension.is_none_or(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        && text.len() <= LONGEST
}

fn check_address(address: &AddressConfig) -> Option<Value> {
    let AddressConfig { formatted, street_address, locality, region, postal_code, country } = address;
    let is_lines = |text: &String| is_text(text) && !text.chars().any(|c| c.is_control() && !"\r\n".contains(c));
    let lines = [formatted, street_address].into_iter().flatten().all(is_lines);
    let rest = [locality, region, postal_code, country].into_iter().flatten().all(|text| is_line(text));
    let is_there = *address != AddressConfig::default();
    (lines && rest && is_there).then(|| serde_json::to_value(address).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let table: [(&str, Check, &[&str], &[&str]); 6] = [
            (
                "birthdate",
                is_birthdate,
                &["1999-12-31", "0000-02-29", "2000-02-29", "1852"],
                &[
                    "",
                    "0000",
                    "1999-13-01",
                    "1999-00-01",
                    "1999-02-29",
                    "1900-02-29",
                    "1999-1-1",
                    "99",
                    "1999-12",
                    "31.12.1999",
                ],
            ),
            (
                "zoneinfo",
                is_zoneinfo,
                &["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT-1", "UTC"],
                &["", "Europe/", "+1", "a b"],
            ),
            (
                "locale",
                is_locale,
                &["en", "en-US", "fr_CA", "zh-Hant-TW"],
                &["", "e", "en-", "english-languages", "e n", "1-x"],
            ),
            (
                "email",
                is_email,
                &["alice@example.com", "ä@example.com"],
                &["", "alice", "@example.com", "alice@", "a@b@c", "a b@c"],
            ),
            (
                "phone_number",
                is_phone_number,
                &["+1 (555) 555-0100", "+49 30 123456", "+1 (604) 555-1234;ext=5678"],
                &[
                    "",
                    "555-0100",
                    "+",
                    "+1",
                    "+x 555 0100",
                    "+1 555 555 0100;ext=",
                    "+1 555 555 0100;ext=x",
                    "+1234567890123456",
                ],
            ),
            (
                "website",
                is_url,
                &["https://alice.example.com", "http://example.com/~alice"],
                &["", "alice", "ftp://example.com", "javascript:alert(1)"],
            ),
        ];
        for (claim, is_right, good, bad) in table {
            for text in good {
                assert!(is_right(text), "{claim}: {text}");
            }
            for text in bad {
                assert!(!is_right(text), "{claim}: {text}");
            }
        }
    }
}
