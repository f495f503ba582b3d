use std::collections::BTreeSet;

use super::{Html, html};
use crate::config::{ClientLinks, RegisteredUri};
use crate::http::origin;

/// The edge of a logo, in pixels.
const LOGO: &str = "64";

/// Where an app says more of itself ([OpenID Connect Dynamic Client Registration 1.0 section 2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)).
/// Nobody has looked at these pages: they open elsewhere, and do not learn where the user comes from.
pub(super) fn app_links(links: &ClientLinks) -> Option<Html> {
    let link = |text: &str, uri: &Option<RegisteredUri>| {
        uri.as_ref().map(|uri| {
            html!(
                "<li><a href=\"{href}\" rel=\"noreferrer\" target=\"_blank\">{text}</a></li>\n",
                href = uri.url(),
                text = text,
            )
        })
    };
    let items: Vec<Html> = [
        link("About the app", &links.client_uri),
        link("Its privacy policy", &links.policy_uri),
        link("Its terms of service", &links.tos_uri),
    ]
    .into_iter()
    .flatten()
    .collect();
    let logo = links.logo_uri.as_ref().map(|uri| {
        html!(
            "<p><img src=\"{src}\" alt=\"\" width=\"{edge}\" height=\"{edge}\" referrerpolicy=\"no-referrer\" \
             data-testid=\"app-logo\"></p>\n",
            src = uri.url(),
            edge = LOGO,
        )
    });
    if items.is_empty() && logo.is_none() {
        return None;
    }
    let items = (!items.is_empty()).then(|| {
        html!(
            "<ul class=\"list\" data-testid=\"app-links\">\n{items}</ul>\n",
            items = items.into_iter().collect::<Html>()
        )
    });
    Some(html!("{logo}{items}", logo = logo, items = items))
}

/// The origins of the images that they need.
pub(super) fn logo_origins(links: &ClientLinks) -> BTreeSet<String> {
    links.logo_uri.iter().map(|uri| origin(uri.url())).collect()
}
