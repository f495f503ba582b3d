//! What a page in the browser is made of: wasm by cargo, glue by wasm-bindgen as a library, both made smaller, compressed
//! beside it. App B and the lab are made alike, each apart, so that neither costs the other a byte.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::node;
use crate::process::run;
use crate::trim::trim;
use crate::wasm_target::{Std, TARGET};
use crate::workspace;

const PROFILE: &str = "wasm-release";

/// The crates that may use an unstable option, see [`Bundle::compile`].
const UNSTABLE: &str = "frontend,lab";

/// A package for the browser and the files that go with it.
pub(crate) struct Bundle {
    /// How people call it.
    pub(crate) title: &'static str,
    /// The package, and how its files in `pkg` begin.
    pub(crate) package: &'static str,
    /// The script that starts it, in the package's folder `public`.
    pub(crate) boot: &'static str,
    /// Its stylesheet, in the folder `style`.
    pub(crate) stylesheet: &'static str,
}

/// App B.
pub(crate) const APP_B: Bundle =
    Bundle { title: "App B", package: "frontend", boot: "boot.js", stylesheet: "main.css" };

/// The lab, which has App B's stylesheet as well.
pub(crate) const LAB: Bundle = Bundle { title: "the lab", package: "lab", boot: "lab-boot.js", stylesheet: "lab.css" };

/// Builds `target/site`, of App B and the lab, unless it is of these builds already.
pub(crate) fn build_site(std: &Std) -> Result<(), Error> {
    let bundles = [APP_B, LAB];
    let stamps = bundles.iter().map(|bundle| bundle.build(std)).collect::<Result<Vec<_>, _>>()?;
    let site = workspace::site();
    let is_complete = bundles.iter().flat_map(Bundle::files).all(|file| site.join(file).is_file());
    let stamp = workspace::target().join("bundles/site.stamp");
    assemble(&bundles.map(|bundle| bundle.folder()), &stamps.concat(), &site, &stamp, is_complete)
}

/// Puts the bundles together. What the site was made of is remembered apart from what was built last: where one bundle
/// fails, the other has been built, and is not in the site.
fn assemble(folders: &[PathBuf], stamp: &str, site: &Path, stamp_path: &Path, is_complete: bool) -> Result<(), Error> {
    if is_complete && fs::read_to_string(stamp_path).is_ok_and(|last| last == stamp) {
        return Ok(());
    }
    let _ = fs::remove_file(stamp_path);
    if site.exists() {
        fs::remove_dir_all(site).map_err(Error::file(site))?;
    }
    fs::create_dir_all(site).map_err(Error::file(site))?;
    folders.iter().try_for_each(|folder| copy_folder(folder, site))?;
    fs::write(stamp_path, stamp).map_err(Error::file(stamp_path))
}

impl Bundle {
    /// What the browser loads, as paths in the site.
    pub(crate) fn files(&self) -> [String; 4] {
        let Self { package, boot, stylesheet, .. } = self;
        let glue = format!("pkg/{package}.js");
        [format!("pkg/{package}_bg.wasm"), glue, (*boot).to_owned(), format!("assets/{stylesheet}")]
    }

    /// Where it is made.
    fn folder(&self) -> PathBuf {
        workspace::target().join("bundles").join(self.package)
    }

    /// Builds it, unless nothing has changed since the last build; returns what it is a build of.
    fn build(&self, std: &Std) -> Result<String, Error> {
        self.compile(std)?;
        let built = workspace::target().join(TARGET).join(PROFILE).join(format!("{}.wasm", self.package));
        let public = workspace::root().join(self.package).join("public");
        let css = workspace::root().join("style").join(self.stylesheet);
        let tools = tools()?;

        let folder = self.folder();
        let stamp_path = folder.with_extension("stamp");
        let stamp = fingerprint(&[&built, &css], &public, tools.is_some())?;
        if fs::read_to_string(&stamp_path).is_ok_and(|last| last == stamp) && folder.join("pkg").is_dir() {
            println!("      {}: unchanged", self.title);
            return Ok(stamp);
        }
        let _ = fs::remove_file(&stamp_path);

        let (pkg, assets) = (folder.join("pkg"), folder.join("assets"));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
        }
        fs::create_dir_all(&pkg).map_err(Error::file(&pkg))?;
        fs::create_dir_all(&assets).map_err(Error::file(&assets))?;
        self.bindgen(&built, &pkg)?;
        copy_folder(&public, &folder)?;
        let [wasm, glue, boot, stylesheet] = self.files().map(|file| folder.join(file));
        fs::copy(&css, &stylesheet).map_err(Error::file(&css))?;
        match tools {
            Some(programs) => {
                let (esbuild, wasm_opt) = (programs.join("esbuild"), programs.join("wasm-opt"));
                self.join_scripts(&esbuild, &pkg, &glue)?;
                minify(&esbuild, &boot)?;
                minify(&esbuild, &stylesheet)?;
                trim(&wasm, &glue)?;
                // The second time it still finds a little.
                shrink(&wasm_opt, &wasm)?;
                shrink(&wasm_opt, &wasm)?;
            }
            None => println!("      no Node here, so no wasm-opt: {} works, but is larger", self.title),
        }
        for file in [wasm, glue, boot, stylesheet] {
            compress(&file)?;
        }
        fs::write(&stamp_path, &stamp).map_err(Error::file(&stamp_path))?;
        Ok(stamp)
    }

    /// Where the library's panics say nothing, nothing is kept of where they happen. The compiler's name for that is
    /// unstable, and allowed for these crates alone, into which most of the others' code is compiled; all others are built
    /// as ever. Both are named each time: dependencies' build scripts run again when the variable changes, and what one
    /// page's build had made would be made anew by the other's.
    fn compile(&self, std: &Std) -> Result<(), Error> {
        let mut cargo = std.cargo("rustc")?;
        cargo.args(["--package", self.package, "--lib", "--profile", PROFILE]);
        if let Std::Own(_) = std {
            cargo.env("RUSTC_BOOTSTRAP", UNSTABLE).args(["--", "-Zlocation-detail=none"]);
        }
        run(&mut cargo)
    }

    fn bindgen(&self, wasm: &Path, pkg: &Path) -> Result<(), Error> {
        let failed = |error| Error::Bindgen(format!("{error:#}"));
        wasm_bindgen_cli_support::Bindgen::new()
            .input_path(wasm)
            .web(true)
            .map_err(failed)?
            .typescript(false)
            .remove_name_section(true)
            .remove_producers_section(true)
            .out_name(self.package)
            .generate(pkg)
            .map_err(failed)
    }

    /// Makes one module of the glue and the scripts that it imports, of which only the start is exported. What dependencies
    /// export for use by scripts, and nobody uses, goes: their classes are registered for clean-up and for `using`, which
    /// would keep them.
    fn join_scripts(&self, esbuild: &Path, pkg: &Path, glue: &Path) -> Result<(), Error> {
        let script = fs::read_to_string(glue).map_err(Error::file(glue))?;
        let script = script.replace("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(");
        fs::write(glue, script).map_err(Error::file(glue))?;
        let entry = pkg.join("entry.js");
        let start = format!("export {{ default }} from \"./{}.js\";\n", self.package);
        fs::write(&entry, start).map_err(Error::file(&entry))?;
        run(minifier(esbuild, glue).args(["--bundle", "--define:Symbol.dispose=undefined"]).arg(&entry))?;
        fs::remove_file(&entry).map_err(Error::file(&entry))?;
        let snippets = pkg.join("snippets");
        match fs::remove_dir_all(&snippets) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(&snippets)(error)),
            _ => Ok(()),
        }
    }
}

/// The folder of `wasm-opt` and `esbuild`, from npm, where there is Node.
fn tools() -> Result<Option<PathBuf>, Error> {
    if !node::is_there() {
        return Ok(None);
    }
    let tools = workspace::root().join("xtask/tools");
    node::install(&tools)?;
    Ok(Some(tools.join("node_modules/.bin")))
}

fn shrink(wasm_opt: &Path, wasm: &Path) -> Result<(), Error> {
    let smaller = wasm.with_extension("opt");
    run(Command::new(wasm_opt)
        .args(["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext"])
        .args(["--enable-mutable-globals", "--enable-multivalue", "--enable-reference-types"])
        // Inlining makes the file smaller, and what is sent, which is compressed, larger.
        .args(["-Oz", "--converge", "--one-caller-inline-max-function-size=20", "--strip-debug", "--strip-producers"])
        .arg(wasm)
        .arg("-o")
        .arg(&smaller))?;
    fs::rename(&smaller, wasm).map_err(Error::file(&smaller))
}

/// Comments and indentation are as long as the code.
fn minify(esbuild: &Path, file: &Path) -> Result<(), Error> {
    run(minifier(esbuild, file).arg(file))
}

fn minifier(esbuild: &Path, outfile: &Path) -> Command {
    let mut to = std::ffi::OsString::from("--outfile=");
    to.push(outfile);
    let mut command = Command::new(esbuild);
    command.args(["--minify", "--format=esm", "--target=es2022", "--allow-overwrite", "--log-level=warning"]).arg(to);
    command
}

/// Writes `FILE.br` and `FILE.gz`, which the server sends to browsers that accept them.
fn compress(file: &Path) -> Result<(), Error> {
    let raw = fs::read(file).map_err(Error::file(file))?;
    let beside = |extension: &str| PathBuf::from(format!("{}.{extension}", file.display()));
    fs::write(beside("br"), brotli(&raw)).map_err(Error::file(beside("br")))?;
    fs::write(beside("gz"), gzip(&raw)).map_err(Error::file(beside("gz")))
}

pub(crate) fn brotli(raw: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 1 << 16, 11, 22);
    // Writing into memory does not fail.
    let _ = writer.write_all(raw);
    drop(writer);
    compressed
}

pub(crate) fn gzip(raw: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let _ = writer.write_all(raw);
    writer.finish().unwrap_or_default()
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(from).map_err(Error::file(from))? {
        let entry = entry.map_err(Error::file(from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).map_err(Error::file(&target))?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(Error::file(entry.path()))?;
        }
    }
    Ok(())
}

fn fingerprint(inputs: &[&Path], public: &Path, optimised: bool) -> Result<String, Error> {
    let mut hasher = DefaultHasher::new();
    optimised.hash(&mut hasher);
    // Of these versions.
    include_str!("../tools/package-lock.json").hash(&mut hasher);
    // This recipe itself.
    include_str!("bundle.rs").hash(&mut hasher);
    include_str!("trim.rs").hash(&mut hasher);
    for path in inputs {
        fs::read(path).map_err(Error::file(*path))?.hash(&mut hasher);
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(public).map_err(Error::file(public))?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries.iter().filter(|path| path.is_file()) {
        path.hash(&mut hasher);
        fs::read(path).map_err(Error::file(path))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, text: &str) {
        fs::create_dir_all(folder.join("pkg")).unwrap();
        fs::write(folder.join("pkg/page.js"), text).unwrap();
    }

    #[test]
    fn the_site_follows_a_build_that_another_failed_after() {
        let target = std::env::temp_dir().join(format!("curfew-bundle-{}", std::process::id()));
        let (folder, site, stamp) = (target.join("frontend"), target.join("site"), target.join("site.stamp"));
        let assemble = |now: &str| assemble(std::slice::from_ref(&folder), now, &site, &stamp, site.is_dir()).unwrap();
        let shown = || fs::read_to_string(site.join("pkg/page.js")).unwrap();
        write(&folder, "one");
        assemble("one");
        assert_eq!(shown(), "one");

        // Built anew; the lab's build failed, and nothing was put together. Then nothing has changed since that build.
        write(&folder, "two");
        assemble("two");
        assert_eq!(shown(), "two");

        write(&folder, "not yet");
        assemble("two");
        assert_eq!(shown(), "two", "what has not changed is left alone");
        fs::remove_dir_all(&target).unwrap();
    }
}
