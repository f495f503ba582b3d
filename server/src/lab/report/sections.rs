//! The specifications that messages follow.

use ::app::lab::wire;

/// A section, and where it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    name: &'static str,
    url: &'static str,
}

impl From<Section> for wire::Section {
    fn from(section: Section) -> Self {
        Self { name: section.name.to_owned(), url: section.url.to_owned() }
    }
}

macro_rules! sections {
    ($($constant:ident: $name:literal, $url:literal;)*) => {
        $(pub(super) const $constant: Section = Section { name: $name, url: $url };)*

        #[cfg(test)]
        pub(super) const ALL: &[Section] = &[$($constant),*];
    };
}

sections! {
    AUTHENTICATION: "OpenID Connect Core 1.0, section 3.1.2.3",
        "https://openid.net/specs/openid-connect-core-1_0.html#Authenticates";
    AUTHENTICATION_RESPONSE: "OpenID Connect Core 1.0, section 3.1.2.5",
        "https://openid.net/specs/openid-connect-core-1_0.html#AuthResponse";
    TOKEN_RESPONSE: "OpenID Connect Core 1.0, section 3.1.3.3",
        "https://openid.net/specs/openid-connect-core-1_0.html#TokenResponse";
    ID_TOKEN_VALIDATION: "OpenID Connect Core 1.0, section 3.1.3.7",
        "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation";
    USERINFO_ERROR: "OpenID Connect Core 1.0, section 5.3.3",
        "https://openid.net/specs/openid-connect-core-1_0.html#UserInfoError";
    OFFLINE_ACCESS: "OpenID Connect Core 1.0, section 11",
        "https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess";
    REFRESH_RESPONSE: "OpenID Connect Core 1.0, section 12.2",
        "https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse";
    TOKEN_ERROR: "RFC 6749, section 5.2", "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    BEARER_ERROR: "RFC 6750, section 3.1", "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    REVOCATION: "RFC 7009, section 2", "https://www.rfc-editor.org/rfc/rfc7009#section-2";
    RP_LOGOUT: "RP-Initiated Logout 1.0, section 2",
        "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
    RP_LOGOUT_BACK: "RP-Initiated Logout 1.0, section 3",
        "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout";
    RP_LOGOUT_INVALID: "RP-Initiated Logout 1.0, section 4",
        "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ValidationAndErrorHandling";
    FRONT_CHANNEL: "Front-Channel Logout 1.0, section 2",
        "https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout";
    FRONT_CHANNEL_OP: "Front-Channel Logout 1.0, section 3",
        "https://openid.net/specs/openid-connect-frontchannel-1_0.html#OPLogout";
    LOGOUT_TOKEN: "Back-Channel Logout 1.0, section 2.4",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken";
    BACK_CHANNEL_ACTIONS: "Back-Channel Logout 1.0, section 2.7",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions";
    BACK_CHANNEL_RESPONSE: "Back-Channel Logout 1.0, section 2.8",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse";
    GLOBAL_TOKEN_REVOCATION: "Global Token Revocation, draft 06, section 3",
        "https://datatracker.ietf.org/doc/html/draft-parecki-oauth-global-token-revocation-06#section-3";
    SERVER_SENT_EVENTS: "HTML, section 9.2",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_has_a_name_with_its_number_and_an_address() {
        for section in ALL {
            assert!(section.name.contains(", section "), "{}", section.name);
            assert!(section.url.starts_with("https://"), "{}", section.url);
        }
    }
}
