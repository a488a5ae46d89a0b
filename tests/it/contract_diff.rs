//! `ingot contract diff` through the command line.

use crate::support::Sandbox;
use std::process::Command;

const CONTRACT: &str = "apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
servers: [{server: raw, type: local, path: orders.csv, format: csv}]
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer}
      - {name: note, logicalType: string}
";

fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(arguments);
    assert!(command.current_dir(sandbox.path()).output().unwrap().status.success(), "git {arguments:?}");
}

#[test]
fn files_folders_and_revisions_are_compared() {
    let sandbox = Sandbox::empty();
    sandbox.write("project/schemas/orders.odcs.yaml", CONTRACT);
    sandbox.write("project/dbt_project.yml", "name: p\n");
    git(&sandbox, &["init", "-q"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-qm", "first"]);
    let in_project = |arguments: &[&str]| {
        sandbox.ingot(&[&["contract", "diff"], arguments, &["--project-dir", "project"]].concat())
    };
    assert!(in_project(&["git:HEAD"]).success().stdout.contains("no changes"));
    sandbox.write(
        "project/schemas/orders.odcs.yaml",
        &CONTRACT.replace("string}", "string, description: A note.}"),
    );
    assert!(in_project(&["git:HEAD"]).success().stdout.contains("safe"));
    sandbox
        .write("project/schemas/orders.odcs.yaml", &CONTRACT.replace("integer}", "integer, required: true}"));
    in_project(&["git:HEAD"]).fails_with(1, &["breaking for writers", "column 'id'", "it is required"]);
    in_project(&["git:HEAD:schemas/orders.odcs.yaml", "--format", "markdown"])
        .fails_with(1, &["| **breaking for writers** | orders | column 'id' | it is required |"]);
    let json = in_project(&["git:HEAD", "--format", "json"]).fails_with(1, &["\"is_breaking\": true"]);
    assert!(json.stdout.trim_start().starts_with('{'), "{}", json.stdout);
    sandbox.write("old.odcs.yaml", CONTRACT);
    in_project(&["old.odcs.yaml", "project/schemas"]).fails_with(1, &["breaking for writers"]);
    in_project(&["git:nowhere"]).fails_with(2, &["git:", "git:REV"]);
    sandbox.write("empty/readme.md", "");
    in_project(&["empty"]).fails_with(2, &["there is no contract"]);
}
