//! What a person sees each morning, and who is woken.

use crate::support::Sandbox;

const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
    schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true}\n\
    slaProperties:\n  - property: freshness\n    value: 24\n    unit: h\n";

#[test]
fn the_status_says_what_to_do_and_tells_somebody() {
    let project = Sandbox::empty();
    project.write("schemas/things.odcs.yaml", CONTRACT);
    project.write("data_raw/things/part-1.csv", "id\n1\n2\n");
    project.ingot(&["status"]).success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    let shown = project.ingot(&["status"]).success().stdout;
    assert!(shown.contains("fresh") && shown.contains("nothing to do"), "{shown}");
    // A reject is a note; a file that cannot be loaded wakes somebody.
    project.write("data_raw/things/part-2.csv", "id\n3\nx\n");
    project.ingot(&["load-bronze", "--quiet"]);
    let shown = project.ingot(&["status"]).success().stdout;
    assert!(shown.contains("1 rejects of things are open"), "{shown}");
    project.write("data_raw/things/part-3.csv", "other\n4\n");
    project.ingot(&["load-bronze", "--quiet"]).fails_with(1, &[]);
    let told = project.join("told.json");
    project
        .ingot(&["status", "--on-alert", "cat > told.json"])
        .fails_with(1, &["1 files of things were not loaded", "the newest load-bronze ended with 'failed'"]);
    let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(told).unwrap()).unwrap();
    let whats: Vec<&str> =
        told["alerts"].as_array().unwrap().iter().map(|alert| alert["what"].as_str().unwrap()).collect();
    assert!(whats.contains(&"1 files of things were not loaded"), "{whats:?}");
    project.ingot(&["status", "--on-alert", "exit 3"]).fails_with(2, &["the command `exit 3` ended with"]);
    std::fs::remove_file(project.join("data_raw/things/part-3.csv")).unwrap();
}
