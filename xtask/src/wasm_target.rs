//! The standard library for `wasm32-unknown-unknown`: by rustup, or from the sources of exactly this compiler's version.
//!
//! The second way serves machines whose rustup cannot reach its server: Debian packages the library's sources as
//! `rust-src`, also for recent compilers, in the backports of its next stable release. What it makes is kept in the target
//! folder and made for size, so that it is App B's alone and no other project of this machine meets it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process::{cargo, output, run, rustc};
use crate::workspace;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Where the compiler finds the target's standard library.
pub(crate) enum Std {
    /// Where rustup puts it.
    Installed,
    /// In a sysroot of our own.
    Own(PathBuf),
}

/// Makes sure that there is a standard library for the target.
pub(crate) fn ensure() -> Result<Std, Error> {
    let own = own_sysroot()?;
    if std::env::var("CURFEW_WASM_STD").is_ok_and(|way| way == "source") {
        return build_from_source(own);
    }
    let libdir = PathBuf::from(output(rustc().args(["--print", "target-libdir", "--target", TARGET]))?);
    if has_std(&libdir) {
        println!("      {TARGET}: already there");
        return Ok(Std::Installed);
    }
    if !has_std(&lib(&own)) && run(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_std(&libdir) {
        return Ok(Std::Installed);
    }
    build_from_source(own)
}

impl Std {
    /// What `App B` was built with, in a few words.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Installed => "rustup's standard library; with CURFEW_WASM_STD=source it is smaller",
            Self::Own(_) => "a standard library of our own, made for size",
        }
    }

    /// A cargo command for the target. Flags of the caller's are for the host, as linkers are, and are left out.
    pub(crate) fn cargo(&self, command: &str) -> Result<Command, Error> {
        let mut flags = remapped_sources()?;
        if let Self::Own(sysroot) = self {
            flags.push(format!("--sysroot={}", sysroot.display()));
        }
        let flags: Vec<String> = flags.iter().map(|flag| serde_json::Value::from(flag.as_str()).to_string()).collect();
        let mut cargo = cargo();
        cargo
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .args([command, "--target", TARGET])
            // A JSON string is a TOML string as well.
            .args(["--config", &format!("target.{TARGET}.rustflags=[{}]", flags.join(","))]);
        Ok(cargo)
    }
}

/// Where panics happen is part of what is built: as paths that say nothing of the machine that built it.
fn remapped_sources() -> Result<Vec<String>, Error> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let Some(sources) = home.map(|home| home.join("registry/src")) else { return Ok(Vec::new()) };
    let mut registries = files(&sources);
    registries.sort();
    Ok(registries.iter().map(|name| format!("--remap-path-prefix={}/=", sources.join(name).display())).collect())
}

/// The sysroot of exactly this compiler, made by exactly this recipe.
fn own_sysroot() -> Result<PathBuf, Error> {
    let mut hasher = DefaultHasher::new();
    output(rustc().arg("-vV"))?.hash(&mut hasher);
    include_str!("wasm_target.rs").hash(&mut hasher);
    Ok(workspace::target().join("wasm-std").join(format!("{:016x}", hasher.finish())))
}

fn lib(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Two copies of the library break every build (E0464), so any copy at all counts as installed.
fn has_std(libdir: &Path) -> bool {
    files(libdir).iter().any(|file| file.starts_with("libstd-"))
}

fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What makes App B smaller by a tenth (brotli): a library that is optimised for size, and in which a panic is a trap at
/// once, so that no message for it is made. The compiler knows that as `-C panic=immediate-abort`, and wants every crate
/// built so, which the stable compiler cannot; setting the mark by hand asks the library only.
const SMALL: &str = "-Aexplicit_builtin_cfgs_in_flags --cfg panic=\"immediate-abort\"";

fn build_from_source(sysroot: PathBuf) -> Result<Std, Error> {
    let libdir = lib(&sysroot);
    if has_std(&libdir) {
        println!("      {TARGET}: a standard library of our own, already there");
        return Ok(Std::Own(sysroot));
    }
    let work = workspace::target().join("wasm-std/work");
    let sources = match own_sources()? {
        Some(sources) => sources,
        None => debian_sources(&work)?,
    };
    println!("      building the standard library for {TARGET} from {} (about half a minute)", sources.display());
    let built = work.join("build");
    run(cargo()
        .current_dir(sources.join("sysroot"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", format!("-Zforce-unstable-if-unmarked -Cembed-bitcode=yes {SMALL}"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
        .env("__CARGO_DEFAULT_LIB_METADATA", "curfew")
        .env("CARGO_TARGET_DIR", &built)
        .args(["build", "--release", "--target", TARGET, "--no-default-features"])
        .args(["--features", "panic-unwind,optimize_for_size", "--locked"]))?;
    let deps = built.join(TARGET).join("release/deps");
    // Copied under another name first: a run that is cut short must not leave half a library that looks whole.
    let unfinished = sysroot.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    let unfinished_lib = lib(&unfinished);
    fs::create_dir_all(&unfinished_lib).map_err(Error::file(&unfinished_lib))?;
    for name in files(&deps).iter().filter(|name| name.ends_with(".rlib")) {
        fs::copy(deps.join(name), unfinished_lib.join(name)).map_err(Error::file(deps.join(name)))?;
    }
    let _ = fs::remove_dir_all(&sysroot);
    fs::rename(&unfinished, &sysroot).map_err(Error::file(&sysroot))?;
    if !has_std(&libdir) {
        return Err(Error::WasmTarget(format!("the build in {} made no libstd", deps.display())));
    }
    let _ = fs::remove_dir_all(&work);
    Ok(Std::Own(sysroot))
}

/// The sources that rustup's component `rust-src` has put beside the compiler, if it is there.
fn own_sources() -> Result<Option<PathBuf>, Error> {
    let sysroot = PathBuf::from(output(rustc().args(["--print", "sysroot"]))?);
    let library = sysroot.join("lib/rustlib/src/rust/library");
    Ok(library.join("sysroot/Cargo.toml").is_file().then_some(library))
}

/// Downloads Debian's `rust-src` of the compiler's version into `work`, leaving apt's own lists as they are.
fn debian_sources(work: &Path) -> Result<PathBuf, Error> {
    let version = compiler_version()?;
    println!("      fetching Debian's rust-src {version}");
    let lists = work.join("lists");
    for dir in ["lists/partial", "cache/archives/partial", "unpacked"] {
        let dir = work.join(dir);
        fs::create_dir_all(&dir).map_err(Error::file(dir))?;
    }
    let list = work.join("backports.sources");
    fs::write(&list, backports_of_the_next_release()?).map_err(Error::file(&list))?;
    let apt = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(work).args([
            "-o".to_owned(),
            format!("Dir::Etc::sourcelist={}", list.display()),
            "-o".to_owned(),
            "Dir::Etc::sourceparts=-".to_owned(),
            "-o".to_owned(),
            format!("Dir::State::Lists={}", lists.display()),
            "-o".to_owned(),
            format!("Dir::Cache={}", work.join("cache").display()),
        ]);
        command
    };
    run(apt("apt-get").args(["-qq", "update"]))?;
    let offered = output(apt("apt-cache").args(["madison", "rust-src"]))?;
    let package = pick(&offered, &version).ok_or_else(|| {
        Error::WasmTarget(format!(
            "Debian offers no rust-src for rustc {version}; it offers:\n{offered}\nWhere rustup reaches its server, \
             `rustup target add {TARGET}` does it; else use one of these compilers"
        ))
    })?;
    run(apt("apt-get").args(["-qq", "download", &format!("rust-src={package}")]))?;
    let of_version = format!("rust-src_{version}");
    let deb = files(work).into_iter().find(|file| file.starts_with(&of_version) && file.ends_with(".deb"));
    let deb = deb.ok_or_else(|| Error::WasmTarget("apt-get downloaded no rust-src package".to_owned()))?;
    run(Command::new("dpkg-deb").arg("-x").arg(work.join(deb)).arg(work.join("unpacked")))?;
    let library = work.join(format!("unpacked/usr/src/rustc-{version}/library"));
    if library.join("sysroot/Cargo.toml").is_file() {
        Ok(library)
    } else {
        Err(Error::WasmTarget(format!("the rust-src package has no {}", library.display())))
    }
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-03-21)`.
fn compiler_version() -> Result<String, Error> {
    let text = output(rustc().arg("--version"))?;
    let version = text.split_whitespace().nth(1).unwrap_or_default();
    Ok(version.to_owned())
}

/// The newest package version in `apt-cache madison`'s table that packages this compiler version.
fn pick(madison: &str, compiler: &str) -> Option<String> {
    madison
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|package| package.split(['+', '~', '-']).next() == Some(compiler))
        .map(str::to_owned)
}

const NEXT_STABLE: [(&str, &str); 3] = [("bullseye", "bookworm"), ("bookworm", "trixie"), ("trixie", "forky")];

fn backports_of_the_next_release() -> Result<String, Error> {
    let path = Path::new("/etc/apt/sources.list.d/debian.sources");
    let own = fs::read_to_string(path).map_err(|_| {
        Error::WasmTarget(format!(
            "`rustup target add {TARGET}` did not work, and the library's sources can be fetched on Debian only (there \
             is no {}): install the target by hand",
            path.display()
        ))
    })?;
    rewrite_suites(&own)
        .ok_or_else(|| Error::WasmTarget(format!("{} names no Debian release that this command knows", path.display())))
}

/// The first stanza of a deb822 sources file, with the suite of the next stable release's backports.
fn rewrite_suites(own: &str) -> Option<String> {
    let mut stanza = String::new();
    let mut known = false;
    let lines = own.lines().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty());
    for line in lines {
        if let Some(suites) = line.strip_prefix("Suites:") {
            let (_, next) = NEXT_STABLE.iter().find(|(now, _)| suites.split_whitespace().any(|suite| suite == *now))?;
            stanza.push_str(&format!("Suites: {next}-backports\n"));
            known = true;
        } else {
            stanza.push_str(line);
            stanza.push('\n');
        }
    }
    known.then_some(stanza)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_stanza_is_kept_and_its_suite_is_the_next_releases_backports() {
        let own = "Types: deb\nURIs: mirror\nSuites: bookworm bookworm-updates\nComponents: main\n\nTypes: deb\nSuites: other\n";
        let expected = "Types: deb\nURIs: mirror\nSuites: trixie-backports\nComponents: main\n";
        assert_eq!(rewrite_suites(own).as_deref(), Some(expected));
        assert_eq!(rewrite_suites("Types: deb\nSuites: sid\n"), None);
        assert_eq!(rewrite_suites(""), None);
    }

    #[test]
    fn the_package_of_exactly_this_compiler_is_picked() {
        let madison = " rust-src | 1.96.0+dfsg1-1~bpo13+1 | mirror trixie-backports/main\n rust-src | 1.95.0+dfsg1-1~bpo13+2 | mirror\n";
        assert_eq!(pick(madison, "1.95.0").as_deref(), Some("1.95.0+dfsg1-1~bpo13+2"));
        assert_eq!(pick(madison, "1.95"), None);
        assert_eq!(pick("", "1.95.0"), None);
    }
}
