//! The built-in configuration, the same for every role.

use clap::ValueEnum;

use super::ConfigError;
use crate::Origin;

/// Which host names the built-in configuration gives the parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Topology {
    /// The provider on `localhost`, the apps on `127.0.0.1`: to a browser they are different sites, as on the open web.
    CrossSite,
    /// All on `localhost`: to a browser one site, as the subdomains of one company are.
    SameSite,
}

const TEMPLATE: &str = include_str!("demo.toml");

/// The configuration with these host names and ports, as TOML.
pub(super) fn toml(topology: Topology, port_base: u16) -> Result<String, ConfigError> {
    if port_base == 0 || port_base > u16::MAX - 3 {
        return Err(ConfigError::PortBase(port_base));
    }
    let app_host = match topology {
        Topology::CrossSite => "127.0.0.1",
        Topology::SameSite => "localhost",
    };
    let origin = |host: &str, offset: u16| format!("http://{host}:{}", port_base + offset);
    let parties = toml_at(&origin("localhost", 0), &origin(app_host, 1), &origin(app_host, 2));
    Ok(format!("{}\n{parties}", LAB.replace("{lab}", &origin("localhost", 3))))
}

/// The lab, and what it calls the provider as: an administrator may end all sessions of a user, and nothing else.
const LAB: &str = include_str!("lab.toml");

/// The configuration of the parties at these origins, as TOML.
pub(super) fn toml_at(provider: &str, app_a: &str, app_b: &str) -> String {
    // Who renews in a frame needs no refresh token, and what is not there cannot be stolen.
    let renews_in_frame = Origin::parse(app_b).is_ok_and(|app_b| app_b.is_one_site_with(provider));
    let grant_types = if renews_in_frame { "" } else { r#", "refresh_token""# };
    TEMPLATE
        .replace("{provider}", provider)
        .replace("{app-a}", app_a)
        .replace("{app-b}", app_b)
        .replace("{and-refresh-token}", grant_types)
}
