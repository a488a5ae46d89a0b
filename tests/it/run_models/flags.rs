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
        "--warn-error ls -s a",
        "ls -m a",
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

/// What the flags of dbt do that are not about selection or building.
#[test]
fn flags_about_writing_and_printing_do_what_they_say() {
    let case = chain();
    case.write(
        "macros/say.sql",
        "{% macro say() %}{% do print('printed') %}{% do exceptions.warn('beware') %}{% endmacro %}",
    );
    let sandbox = Sandbox::empty();
    let dir = case.folder.path().to_str().unwrap().to_owned();
    let run = |words: &[&str]| sandbox.ingot(&[&["--project-dir", dir.as_str(), "dbt"], words].concat());
    let artifact = |name: &str| case.folder.path().join("target").join(name);

    run(&["--no-write-json", "run", "--single-threaded"]).success();
    assert!(!artifact("manifest.json").exists() && !artifact("run_results.json").exists());
    run(&["run"]).success();
    assert!(artifact("manifest.json").exists() && artifact("run_results.json").exists());

    let said = run(&["run-operation", "say"]).success();
    assert!(
        said.stdout.contains("printed") && said.stderr.contains("beware"),
        "{}{}",
        said.stdout,
        said.stderr
    );
    let said = run(&["run-operation", "say", "--no-print"]).success();
    assert!(!said.stdout.contains("printed"), "{}", said.stdout);
    // Quiet keeps a warning to itself, not what a template prints.
    let said = run(&["run-operation", "say", "--quiet"]).success();
    assert_eq!((said.stdout.trim(), said.stderr.trim()), ("printed", ""));

    let said = run(&["compile", "--quiet", "--inline", "select {{ 1 + 1 }}"]).success();
    assert_eq!(said.stdout.trim(), "select 2");
    let said = run(&["compile", "--quiet", "--inline-direct", "select '{{ 1 + 1 }}'"]).success();
    assert_eq!(said.stdout.trim(), "select '{{ 1 + 1 }}'");

    let said = run(&["debug", "--config-dir"]).success();
    assert_eq!(said.stdout.trim(), dir);
    for words in [["--version"], ["-v"]] {
        assert!(run(&words).success().stdout.contains("installed: 1.11"));
    }
    assert!(run(&["run", "--version"]).success().stdout.contains("installed: 1.11"));
}
