//! The project at the root is embedded in the binary (src/init.rs): build again when a file of it comes or goes.

fn main() {
    for path in [
        "schemas",
        "models",
        "macros",
        "snapshots",
        "seeds",
        "analyses",
        "tests/data",
        "dbt_project.yml",
        "profiles.yml",
        "generate.yaml",
    ] {
        if std::path::Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}
