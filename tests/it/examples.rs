//! The projects below `examples`: each goes from `ingot init` to tested gold with the commands of its README, which shows what they
//! print. The tool knows nothing of them.

use crate::database::Database;
use crate::support::Sandbox;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the examples that are projects.
fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("dbt_project.yml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The blocks of a page that are marked so: ` ```sh `.
fn blocks<'p>(page: &'p str, mark: &str) -> Vec<&'p str> {
    page.split(&format!("```{mark}\n")).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The words of a command line, as a shell takes them apart. Only double quotes are known.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for sign in line.chars() {
        match sign {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            sign => words.last_mut().unwrap().push(sign),
        }
    }
    words
}

#[test]
fn each_example_does_what_its_readme_says() {
    let names = names();
    assert_eq!(names, ["betting", "people", "sensors"]);
    for name in names {
        let sandbox = Sandbox::empty();
        let page = std::fs::read_to_string(root().join("examples").join(&name).join("README.md")).unwrap();
        let mut printed = String::new();
        for line in blocks(&page, "sh").iter().flat_map(|block| block.lines()) {
            let mut words = words(line);
            match words.remove(0).as_str() {
                "cd" => assert_eq!(words.concat(), name),
                "ingot" => {
                    if words[0] != "init" {
                        words.extend(["--project-dir".to_owned(), name.clone()]);
                    }
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let ran = sandbox.ingot(&words).success();
                    printed += &ran.stdout;
                    if words[0] == "run-models" {
                        assert!(ran.stdout.contains("ERROR=0 SKIP=0"), "{name}: {}", ran.stdout);
                    }
                }
                other => panic!("{name}: {other} is not a command of the README"),
            }
        }
        let shown = blocks(&page, "text");
        assert!(!shown.is_empty(), "{name} shows nothing");
        for block in shown {
            assert!(printed.contains(block), "{name} does not print\n{block}\nbut\n{printed}");
        }
        let verified = sandbox.ingot(&["verify", "--project-dir", &name]).success().stdout;
        assert!(verified.contains("no false alarm"), "{name}: {verified}");
        if root().join("examples").join(&name).join("models/gold").is_dir() {
            sandbox.ingot(&["publish", "--project-dir", &name]).success();
        }
    }
}

#[test]
fn an_unknown_example_is_refused_with_the_names() {
    Sandbox::empty()
        .ingot(&["init", "shop", "--example", "airline"])
        .fails_with(2, &["betting", "people", "retail", "sensors"]);
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).unwrap().to_path_buf())
        .collect()
}

/// A report of a day, told again later, is what a run on that day said.
#[test]
fn a_report_as_of_a_day_is_the_report_of_that_day() {
    let sandbox = Sandbox::empty();
    sandbox.ingot(&["init", ".", "--example", "betting"]).success();
    sandbox.ingot(&["generate", "--days", "30", "--out", "later"]).success();
    let (later, raw) = (sandbox.join("later"), sandbox.join("data_raw"));
    let delivered = files_below(&later);
    let reports = |known_on: &str| {
        let database = Database::open(&sandbox.join("duckdb/warehouse.duckdb"));
        database.texts(&format!(
            "select report::varchar from main_gold.fct_reports as report where known_on = '{known_on}' order by 1"
        ))
    };
    let mut said = Vec::new();
    for day in 1..=30 {
        let day = format!("2023-01-{day:02}");
        for file in &delivered {
            let text = file.to_string_lossy();
            let is_there = text.split("day=").nth(1).is_none_or(|rest| rest[..10] <= day[..]);
            let to = raw.join(file);
            if is_there && !text.starts_with('_') && !to.exists() {
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(later.join(file), to).unwrap();
            }
        }
        sandbox.ingot(&["load-bronze", "-q"]).success();
        sandbox.ingot(&["run-models", "-q"]).success();
        let report = reports(&day);
        assert!(!report.is_empty());
        said.push((day, report));
    }
    let mut changed = 0;
    for (day, then) in &said {
        assert_eq!(&reports(day), then, "the report as of {day}");
        changed += usize::from(reports("2023-01-30") != *then);
    }
    assert!(changed > 3, "what was known did change");
}

/// The names of the feeds of a project.
fn feeds(project: &Path) -> Vec<String> {
    files_below(&project.join("schemas"))
        .iter()
        .filter_map(|file| Some(file.file_name()?.to_str()?.strip_suffix(".odcs.yaml")?.to_owned()))
        .collect()
}

/// The texts in quotes of a module, but for its unit tests and comments.
fn quoted(module: &str) -> Vec<&str> {
    let code = module.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

/// Other domains are made by contracts and models alone. The one exception is the generator's retail world.
#[test]
fn the_tool_knows_no_feed_of_any_project() {
    let projects = names().into_iter().map(|name| root().join("examples").join(name));
    let feeds: Vec<String> =
        projects.chain([root().to_path_buf()]).flat_map(|project| feeds(&project)).collect();
    assert!(feeds.len() > 15 && feeds.iter().any(|feed| feed == "settlements"), "{feeds:?}");
    // The one feed that has the name of a key of dbt's YAML, where a function says what it returns.
    let feeds: Vec<String> = feeds.into_iter().filter(|feed| feed != "returns").collect();
    let names_a_feed = |text: &str| text.split(['/', '.']).any(|part| feeds.iter().any(|feed| feed == part));
    assert_eq!(quoted("a(\"b/bets\") // \"c\"")[..1], ["b/bets"]);
    assert!(names_a_feed("b/bets"));
    let mut found = Vec::new();
    let crates = std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for source in crates.chain([root().to_path_buf()]).map(|folder| folder.join("src")) {
        for file in files_below(&source).iter().filter(|file| file.extension().is_some_and(|end| end == "rs"))
        {
            let path = source.join(file);
            if path.components().any(|part| part.as_os_str() == "retail") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let named = quoted(&text).into_iter().filter(|text| names_a_feed(text));
            found.extend(named.map(|text| format!("{}: {text}", path.display())));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
