//! What `docs/certification.md` says is shown by a test is shown by a test that there is.

use std::path::Path;

/// The tests that the page names, as `module::test`, and files of other tests.
#[test]
fn the_page_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../../../docs/certification.md");
    let tables = page.split_once("## Config").unwrap().1;
    let mut tests = 0;
    for name in tables.split('`').skip(1).step_by(2) {
        if let Some((module, test)) = name.rsplit_once("::") {
            let file = root.join("tests/it").join(format!("{}.rs", module.replace("::", "/")));
            let source = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{name}: no {}", file.display()));
            assert!(source.contains(&format!("async fn {test}(")), "{name}");
            tests += 1;
        } else if name.starts_with("end2end/") {
            assert!(root.join("..").join(name).is_file(), "{name}");
        }
    }
    assert!(tests > 60, "{tests}");
}
