//! The standard library for `wasm32-unknown-unknown`: by rustup, or from the sources of exactly this compiler's version.
//!
//! The second way serves machines whose rustup cannot reach its server: Debian packages the library's sources as
//! `rust-src`, also for recent compilers, in the backports of its next stable release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process::{cargo, output, run, rustc};
use crate::workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that the target's standard library is installed.
pub(crate) fn ensure() -> Result<(), Error> {
    let libdir = PathBuf::from(output(rustc().args(["--print", "target-libdir", "--target", TARGET]))?);
    if has_std(&libdir) {
        println!("      {TARGET}: already there");
        return Ok(());
    }
    let from_source = std::env::var("CURFEW_WASM_STD").is_ok_and(|way| way == "source");
    if !from_source && run(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_std(&libdir) {
        return Ok(());
    }
    install_from_source(&libdir)
}

/// Two copies of the library break every build (E0464), so any copy at all counts as installed.
fn has_std(libdir: &Path) -> bool {
    files(libdir).iter().any(|file| file.starts_with("libstd-"))
}

fn files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn install_from_source(libdir: &Path) -> Result<(), Error> {
    if !files(libdir).is_empty() {
        return Err(Error::WasmTarget(format!(
            "{} holds files but no standard library: empty it, then run this again",
            libdir.display()
        )));
    }
    let work = workspace::target().join("wasm-std");
    let sources = match own_sources()? {
        Some(sources) => sources,
        None => debian_sources(&work)?,
    };
    println!("      building the standard library for {TARGET} from {} (about half a minute)", sources.display());
    let built = work.join("build");
    run(cargo()
        .current_dir(sources.join("sysroot"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Cembed-bitcode=yes")
        .env("__CARGO_DEFAULT_LIB_METADATA", "curfew")
        .env("CARGO_TARGET_DIR", &built)
        .args(["build", "--release", "--target", TARGET, "--no-default-features", "--features", "panic-unwind"])
        .arg("--locked"))?;
    let deps = built.join(TARGET).join("release/deps");
    // Copied under another name first: a run that is cut short must not leave half a library that looks whole.
    let parent = libdir.parent().unwrap_or(libdir);
    let unfinished = parent.join("lib.unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).map_err(Error::file(&unfinished))?;
    for name in files(&deps).iter().filter(|name| name.ends_with(".rlib")) {
        fs::copy(deps.join(name), unfinished.join(name)).map_err(Error::file(deps.join(name)))?;
    }
    let _ = fs::remove_dir(libdir);
    fs::rename(&unfinished, libdir).map_err(Error::file(libdir))?;
    if !has_std(libdir) {
        return Err(Error::WasmTarget(format!("the build in {} made no libstd", deps.display())));
    }
    let _ = fs::remove_dir_all(&work);
    Ok(())
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
    let deb = files(work).into_iter().find(|file| file.starts_with("rust-src_") && file.ends_with(".deb"));
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
