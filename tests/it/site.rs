//! `ingot docs`: pages that open from disk.

use crate::support::Sandbox;
use std::collections::BTreeMap;
use std::path::Path;

/// A feed with personal columns, and a model that has one of its own.
fn members() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write(
        "in/members.csv",
        "member_id,full_name,email,plan,joined\n\
         1,Zebedee Quillfeather,zq@quill.example,gold,2026-01-02\n\
         2,Oona Thistlewick,oona@thistle.example,basic,2026-02-03\n\
         3,Barnaby Snodgrassle,barnaby@snod.example,basic,2026-03-04\n",
    );
    sandbox.ingot(&["init", "p", "--from", "in/members.csv"]).success();
    sandbox.write("p/models/gold/greetings.sql", "select member_id, 'Dear ' || full_name as greeting, upper(plan) as plan from {{ ref('stg_members') }}\n");
    // What an analyst knows of a column that no contract describes, and where it comes from.
    sandbox.write(
        "p/models/gold/codes.sql",
        "select member_id, code as secret_code, code || '!' as louder from {{ ref('raw_codes') }}\n",
    );
    sandbox.write("p/seeds/raw_codes.csv", "member_id,code,note\n1,Xylophonic-77,plain-note\n");
    sandbox.write(
        "p/models/gold/_gold.yml",
        "models:\n  - name: greetings\n    description: \"How each is greeted. <script>alert(1)</script>\"\n    config: {meta: {owner: Post room}}\n\
         \x20   columns:\n      - {name: member_id, description: Who., data_tests: [unique]}\n\
         \x20 - name: codes\n    columns:\n      - {name: secret_code, config: {meta: {classification: personal}}}\n",
    );
    sandbox
}

/// Every file below a folder, by its path with `/`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    add(folder, folder, &mut found);
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn in_project(sandbox: &Sandbox, arguments: &[&str]) -> crate::support::Ran {
    sandbox.ingot(&[&["--project-dir", "p"], arguments].concat())
}

#[test]
fn no_byte_of_the_pages_is_a_value_of_a_personal_column() {
    let sandbox = members();
    in_project(&sandbox, &["load-bronze"]).success();
    in_project(&sandbox, &["run-models"]).success();
    in_project(&sandbox, &["docs", "--with-samples"]).success();
    in_project(&sandbox, &["docs", "--with-samples", "--single-file"]).success();
    let mut all = files(&sandbox.join("p/target/docs"));
    all.insert("docs.html".to_owned(), std::fs::read(sandbox.join("p/target/docs.html")).unwrap());
    for (file, bytes) in &all {
        // Names and addresses are said to be personal by the contract, codes by the meta of a model: what that is made of, and
        // what is made of it, holds the same values.
        for value in ["Quillfeather", "Thistlewick", "Snodgrassle", "quill.example", "Xylophonic"] {
            assert!(!holds(bytes, value), "{file} holds '{value}'");
        }
    }
    let page = String::from_utf8_lossy(&all["tables/main.greetings.html"]).into_owned();
    assert!(
        page.contains("<td>GOLD</td>") && page.contains("Left out"),
        "the other columns are shown: {page}"
    );
    assert!(page.contains("Post room") && !page.contains("<script>alert"), "{page}");
    let seed = String::from_utf8_lossy(&all["tables/main.raw_codes.html"]).into_owned();
    assert!(seed.contains("<td>plain-note</td>"), "{seed}");
    // Without being asked, pages hold no rows at all.
    in_project(&sandbox, &["docs"]).success();
    for (file, bytes) in files(&sandbox.join("p/target/docs")) {
        assert!(!holds(&bytes, "plain-note"), "{file} holds a row");
    }
}

#[test]
fn every_link_leads_to_a_page() {
    let sandbox = members();
    in_project(&sandbox, &["docs"]).success();
    let all = files(&sandbox.join("p/target/docs"));
    let link = regex::Regex::new(r#"\s(?:href|src)="([^"]*)""#).unwrap();
    let mut count = 0;
    for (file, bytes) in all.iter().filter(|(name, _)| name.ends_with(".html")) {
        let text = String::from_utf8_lossy(bytes);
        for found in link.captures_iter(&text) {
            let link = found[1].replace("&#x2f;", "/");
            let target = link.split(['#', '?']).next().unwrap_or_default();
            assert!(!target.contains("//"), "{file} asks a network: {target}");
            if target.is_empty() || target.starts_with("data:") {
                continue;
            }
            let path = match target.strip_prefix("../") {
                Some(rest) => rest.to_owned(),
                None => target.to_owned(),
            };
            assert!(all.contains_key(&path), "{file} leads to {target}, which is not there");
            count += 1;
        }
    }
    assert!(count > 200, "{count} links");
}

#[test]
fn metrics_and_functions_have_pages_and_are_in_the_graph() {
    let sandbox = Sandbox::empty();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/models/tests/it/cases/semantic_layer");
    for (file, bytes) in files(&case) {
        sandbox.write(&format!("p/{file}"), std::str::from_utf8(&bytes).unwrap());
    }
    sandbox.write(
        "p/profiles.yml",
        "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb}\n",
    );
    in_project(&sandbox, &["docs"]).success();
    let all = files(&sandbox.join("p/target/docs"));
    let page = |name: &str| {
        String::from_utf8_lossy(
            all.get(name).unwrap_or_else(|| panic!("there is no {name}: {:?}", all.keys())),
        )
        .into_owned()
    };
    let metric = page("metrics/metric.revenue_growth.html");
    for part in [
        "revenue - revenue_last_month",
        "revenue_last_month = revenue, 1 month before",
        "ingot metrics query --metrics revenue_growth --group-by metric_time",
        "metric.revenue.html",
    ] {
        assert!(metric.contains(part), "'{part}' is not in\n{metric}");
    }
    let filtered = page("metrics/metric.web_revenue.html");
    assert!(filtered.contains("Dimension(&#x27;order__channel&#x27;) }} = &#x27;web&#x27;"), "{filtered}");
    let model = page("metrics/semantic_model.orders.html");
    for part in [
        "primary entity",
        "time dimension by day",
        "measure (count distinct)",
        "<code>amount &gt; 4</code>",
        "main.orders.html",
    ] {
        assert!(model.contains(part), "'{part}' is not in\n{model}");
    }
    assert!(page("metrics.html").contains("Web revenue") && page("macros.html").contains("double_it"));
    assert!(page("functions/function.double_it.html").contains("A number"));
    assert!(page("tables/main.orders.html").contains("semantic_model.orders.html"));
    let graph = page("assets/graph.js");
    for kind in ["\"semantic model\"", "\"saved query\"", "\"function\""] {
        assert!(graph.contains(kind), "{kind} is not a kind of the graph");
    }
}

#[test]
fn pages_of_before_go_and_files_of_others_stay() {
    let sandbox = members();
    in_project(&sandbox, &["docs", "--out", "site"]).success();
    assert!(sandbox.join("site/tables/main.codes.html").is_file());
    std::fs::remove_file(sandbox.join("p/models/gold/codes.sql")).unwrap();
    in_project(&sandbox, &["docs", "--out", "site"]).success();
    assert!(!sandbox.join("site/tables/main.codes.html").exists());
    sandbox.write("notes/mine.txt", "mine");
    in_project(&sandbox, &["docs", "--out", "notes"])
        .fails_with(2, &["the folder holds files that `ingot docs` did not write"]);
    assert_eq!(files(&sandbox.join("notes")).len(), 1);
}

#[test]
fn dbt_docs_generate_writes_the_pages_beside_the_artifacts() {
    let sandbox = members();
    in_project(&sandbox, &["load-bronze"]).success();
    in_project(&sandbox, &["dbt", "seed"]).success();
    in_project(&sandbox, &["dbt", "run"]).success();
    in_project(&sandbox, &["dbt", "docs", "generate"]).success();
    for file in ["manifest.json", "catalog.json", "index.html", "docs/index.html", "docs/assets/search.js"] {
        assert!(sandbox.join(&format!("p/target/{file}")).is_file(), "{file}");
    }
    in_project(&sandbox, &["dbt", "docs", "generate", "--static"]).success();
    let one = std::fs::read_to_string(sandbox.join("p/target/static_index.html")).unwrap();
    assert!(one.contains("INGOT_SEARCH=") && !one.contains("src=\""), "everything is in the file");
}
