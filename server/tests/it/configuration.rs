//! `docs/configuration.md` has every key, as the types that read the file have it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
const BEGIN: &str = "<!-- keys: written by the test -->\n";
const END: &str = "<!-- keys: end -->\n";

/// A table's name in the file, the folder of its crate's types, and its type.
const TABLES: &[(&str, &str, &str)] = &[
    ("[provider]", "provider/src/config", "ProviderConfig"),
    ("[[provider.clients]]", "provider/src/config", "ClientConfig"),
    ("[[provider.users]]", "provider/src/config", "UserConfig"),
    ("[provider.users.address]", "provider/src/config", "AddressConfig"),
    ("[[provider.resource_servers]]", "provider/src/config", "ResourceServerConfig"),
    ("[[provider.administrators]]", "provider/src/config", "AdministratorConfig"),
    ("[provider.dynamic_registration]", "provider/src/config", "DynamicRegistrationConfig"),
    ("[app_a]", "server/src/config", "AppAConfig"),
    ("[app_b]", "server/src/config", "AppBConfig"),
    ("[metrics]", "server/src/config", "MetricsConfig"),
    ("[traces]", "server/src/config", "TracesConfig"),
    ("[lab]", "server/src/config", "LabConfig"),
];

/// What defaults call what a user writes as words or numbers.
const NAMED: &[(&str, &str)] = &[
    ("LogoutChannel::ALL", r#"["back-channel", "front-channel"]"#),
    ("GrantType::AuthorizationCode", r#""authorization_code""#),
    ("offline_access::SCOPE", r#""offline_access""#),
    ("REGISTERED_SESSION_LIFETIME", "86400"),
];

/// `CURFEW_UPDATE=1` writes the page's tables.
#[test]
fn the_page_has_every_key() {
    let mut tables = String::new();
    for (name, folder, of) in TABLES {
        let sources = sources(folder);
        let keys = keys(&sources, of);
        assert!(!keys.is_empty(), "{of} has no keys: was it renamed?");
        write!(tables, "\n## `{name}`\n\n| key | default | what it says |\n| --- | --- | --- |\n").unwrap();
        for Key { name, default, says } in keys {
            writeln!(tables, "| `{name}` | {default} | {says} |").unwrap();
        }
    }
    tables.push('\n');
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the mark where the tables begin");
    let (written, after) = rest.split_once(END).expect("the page has the mark where the tables end");
    if std::env::var_os("CURFEW_UPDATE").is_some() {
        fs::write(PAGE, format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, tables, "docs/configuration.md is stale: CURFEW_UPDATE=1 writes it");
    }
}

/// A table that is new gets onto the page, or this fails.
#[test]
fn the_page_has_every_table() {
    for folder in ["provider/src/config", "server/src/config"] {
        for source in sources(folder) {
            for (before, rest) in source.match_indices("pub struct ").map(|(at, _)| source.split_at(at)) {
                let name: String = rest["pub struct ".len()..].chars().take_while(|c| c.is_alphanumeric()).collect();
                let item = before.rsplit("\n\n").next().unwrap_or_default();
                if !item.contains("deny_unknown_fields") || name == "Config" {
                    continue;
                }
                assert!(TABLES.iter().any(|(_, _, of)| *of == name), "{name} is not on the page");
            }
        }
    }
}

struct Key {
    name: String,
    default: String,
    says: String,
}

/// The files of a folder, its own tests aside.
fn sources(folder: &str) -> Vec<String> {
    let mut paths: Vec<_> =
        fs::read_dir(Path::new(ROOT).join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_source =
        |path: &&std::path::PathBuf| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs");
    paths.iter().filter(is_source).map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn keys(sources: &[String], of: &str) -> Vec<Key> {
    let start = format!("pub struct {of} {{\n");
    let (source, body) = sources
        .iter()
        .find_map(|source| Some((source, source.split_once(&start)?.1.split_once("\n}").unwrap().0)))
        .unwrap_or_else(|| panic!("no {of}"));
    let mut keys = Vec::new();
    let (mut says, mut attributes) = (Vec::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            says.push(text);
        } else if line.starts_with("#[") {
            attributes.push(line);
        } else if let Some((name, kind)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) {
            let default = default(sources, source, &attributes, kind.trim_end_matches(','));
            keys.push(Key { name: name.to_owned(), default, says: says.join(" ").replace('|', "\\|") });
            says.clear();
            attributes.clear();
        }
    }
    keys
}

/// As a user would write it; `required` where there is none, and a dash where leaving it out means something of its own.
fn default(sources: &[String], source: &str, attributes: &[&str], kind: &str) -> String {
    let Some(attribute) = attributes.iter().find(|attribute| attribute.contains("default")) else {
        return if kind.starts_with("Option<") { "—".to_owned() } else { "required".to_owned() };
    };
    if let Some(function) = attribute.split("default = \"").nth(1).and_then(|rest| rest.split('"').next()) {
        let start = format!("fn {function}() ");
        let body = std::iter::once(source)
            .chain(sources.iter().map(String::as_str))
            .find_map(|source| source.split_once(&start)?.1.split_once("{\n")?.1.split_once("\n}"))
            .unwrap_or_else(|| panic!("no {function}"))
            .0;
        return format!("`{}`", literal(body.trim()));
    }
    match kind {
        "bool" => "`false`".to_owned(),
        kind if kind.starts_with("Option<") => "—".to_owned(),
        kind if kind.starts_with("Vec<") => "`[]`".to_owned(),
        kind if kind.starts_with("BTreeMap<") => "`{}`".to_owned(),
        "DynamicRegistration" => "`false`".to_owned(),
        kind => format!("`\"{}\"`", default_variant(sources, kind)),
    }
}

/// A product as its value, and words as TOML has them.
fn literal(expression: &str) -> String {
    let factors: Option<Vec<u64>> =
        expression.split(" * ").map(|factor| factor.replace('_', "").parse().ok()).collect();
    if let Some(factors) = factors {
        return factors.iter().product::<u64>().to_string();
    }
    let mut text = expression.to_owned();
    for noise in ["vec!", ".to_owned()", ".map(str::to_owned)", ".to_vec()", ".into()", ".unsigned_abs()"] {
        text = text.replace(noise, "");
    }
    for (name, value) in NAMED {
        text = text.replace(name, value);
    }
    let is_code = text.contains("::") || text.contains('(') || text.chars().any(|c| c.is_ascii_uppercase());
    assert!(!is_code, "{expression}: how would a user write it? See NAMED");
    text
}

fn default_variant(sources: &[String], kind: &str) -> String {
    let start = format!("pub enum {kind} {{\n");
    let (before, body) =
        sources.iter().find_map(|source| source.split_once(&start)).unwrap_or_else(|| panic!("no {kind}"));
    let variant: String =
        body.split("#[default]").nth(1).unwrap().trim().chars().take_while(|c| c.is_alphanumeric()).collect();
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    if attributes.contains("rename_all") { variant.to_lowercase() } else { variant }
}
