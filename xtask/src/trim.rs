//! Makes wasm and glue smaller together: what the glue does not name is no longer exported, and what they call each other
//! by, long names with a hash in each, is a letter or two. wasm-opt can then drop what nobody calls.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walrus::{Module, ModuleConfig};

use crate::error::Error;

/// Trims both files in place.
pub(crate) fn trim(wasm: &Path, glue: &Path) -> Result<(), Error> {
    let failed = |why: String| Error::Trim { path: wasm.to_owned(), why };
    let bytes = fs::read(wasm).map_err(Error::file(wasm))?;
    let script = fs::read_to_string(glue).map_err(Error::file(glue))?;
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse(&bytes).map_err(|error| failed(format!("{error:#}")))?;
    drop_exports(&mut module, &script);
    let script = shorten_names(&mut module, script).map_err(failed)?;
    fs::write(wasm, module.emit_wasm()).map_err(Error::file(wasm))?;
    fs::write(glue, script).map_err(Error::file(glue))
}

fn words(script: &str) -> BTreeSet<&str> {
    script.split(|character: char| !is_word(character)).collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

fn drop_exports(module: &mut Module, script: &str) {
    let words = words(script);
    let unused = module.exports.iter().filter(|export| !words.contains(export.name.as_str()));
    for export in unused.map(|export| export.id()).collect::<Vec<_>>() {
        module.exports.delete(export);
    }
}

/// Gives every name that wasm-bindgen made a short one, in both files.
fn shorten_names(module: &mut Module, script: String) -> Result<String, String> {
    let is_made = |name: &str| name.starts_with("__wb") || name.starts_with("wasm_bindgen__");
    let imports = module.imports.iter_mut().map(|import| &mut import.name);
    let exports = module.exports.iter_mut().map(|export| &mut export.name);
    let taken = words(&script);
    let mut short = (0..).map(short_name).filter(|name| !taken.contains(name.as_str()));
    let mut renamed: Vec<(String, String)> = Vec::new();
    for name in imports.chain(exports).filter(|name| is_made(name)) {
        if !taken.contains(name.as_str()) {
            return Err(format!("the glue does not know {name}"));
        }
        let new = match renamed.iter().find(|(old, _)| old == name) {
            Some((_, new)) => new.clone(),
            None => short.next().unwrap_or_default(),
        };
        renamed.push((std::mem::replace(name, new.clone()), new));
    }
    Ok(replace_words(&script, &renamed))
}

/// `_a`, `_b`, and so on. The underscore keeps clear of the words of JavaScript.
fn short_name(mut number: usize) -> String {
    let mut name = String::from("_");
    loop {
        name.push(char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}

fn replace_words(script: &str, renamed: &[(String, String)]) -> String {
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while !rest.is_empty() {
        let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(renamed.iter().find(|(old, _)| old == word).map_or(word, |(_, new)| new));
        let end = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..end]);
        rest = &after[end..];
    }
    out
}

#[cfg(test)]
mod tests {
    use walrus::{FunctionBuilder, ValType};

    use super::*;

    /// A module that imports `__wbg_a_1`, and exports `start` and `__wbg_gone_free`.
    fn module() -> Module {
        let mut module = Module::default();
        let ty = module.types.add(&[], &[]);
        module.add_import_func("./frontend_bg.js", "__wbg_a_1", ty);
        for name in ["start", "__wbg_gone_free", "__wbindgen_malloc"] {
            let function = FunctionBuilder::new(&mut module.types, &[] as &[ValType], &[]);
            let function = function.finish(vec![], &mut module.funcs);
            module.exports.add(name, function);
        }
        module
    }

    fn names(module: &Module) -> (Vec<&str>, Vec<&str>) {
        let imports = module.imports.iter().map(|import| import.name.as_str()).collect();
        (imports, module.exports.iter().map(|export| export.name.as_str()).collect())
    }

    #[test]
    fn what_the_glue_does_not_name_is_dropped_and_what_it_names_gets_a_short_name_in_both() {
        let mut module = module();
        let glue = "const i={__wbg_a_1:()=>{}};w.__wbindgen_malloc(_a);w.start();x.__wbg_a_11()";
        drop_exports(&mut module, glue);
        let glue = shorten_names(&mut module, glue.to_owned()).unwrap();
        // `_a` is taken, and another word that begins alike is another word.
        assert_eq!(glue, "const i={_b:()=>{}};w._c(_a);w.start();x.__wbg_a_11()");
        assert_eq!(names(&module), (vec!["_b"], vec!["start", "_c"]));
    }

    #[test]
    fn an_import_that_the_glue_does_not_offer_is_an_error_and_not_a_page_that_does_not_start() {
        assert!(shorten_names(&mut module(), "w.start()".to_owned()).is_err());
    }

    #[test]
    fn short_names_differ() {
        let names: BTreeSet<String> = (0..2_000).map(short_name).collect();
        assert_eq!(names.len(), 2_000);
    }
}
