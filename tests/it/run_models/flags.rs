//! The command line of the verbs, and where they print.

use crate::case::chain;
use crate::support::Sandbox;

#[test]
fn a_list_that_cannot_be_written_is_no_success() {
    let case = chain();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_ingot"))
        .args(["dbt", "list"])
        .current_dir(case.folder.path())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("standard output"));
}

/// The command line: verbs list their own flags, dbt's harmless ones are taken before and after the verb.
#[test]
fn flags_of_verbs() {
    let case = chain();
    let sandbox = Sandbox::empty();
    let dir = case.folder.path().to_str().unwrap().to_owned();
    let run = |words: &str| {
        let mut all = vec!["--project-dir", dir.as_str(), "dbt"];
        all.extend(words.split(' '));
        sandbox.ingot(&all)
    };
    for words in [
        "--no-use-colors --no-partial-parse run --threads 2 --no-version-check -s a -q",
        "--warn-error ls -m a",
        "parse --no-static-parser --log-level debug --target dev",
        "--debug debug --connection",
        "compile --models b --no-populate-cache",
        "run -s a --full-refresh -x --no-defer --target-path elsewhere",
    ] {
        run(words).success();
    }
    let help = run("list --help").success().stdout;
    assert!(
        help.contains("--output-keys")
            && !help.contains("--full-refresh")
            && !help.contains("--store-failures"),
        "{help}"
    );
    let help = run("run --help").success().stdout;
    assert!(
        help.contains("--full-refresh") && !help.contains("--store-failures") && !help.contains("--limit"),
        "{help}"
    );
}
