//! What the last run built and tested, from dbt's artifacts: `target/manifest.json` and `target/run_results.json`
//! (<https://docs.getdbt.com/reference/artifacts/dbt-artifacts>).

use crate::dbt_manifest::{DbtManifest, Model, members, read_json};
use ingot_core::error::Result;
use ingot_core::yaml;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Why a model without tests is not trusted.
pub(crate) const NO_TEST: &str = "it has no test";

/// Name and artifacts of a dbt project.
#[derive(Debug)]
pub(crate) struct DbtArtifacts {
    pub project_name: String,
    manifest: DbtManifest,
    run_results: Json,
    /// How each node of the last run ended, by its unique id.
    statuses: HashMap<String, String>,
}

impl DbtArtifacts {
    /// Those in the folder `target` of the project in the folder `project`.
    ///
    /// # Errors
    /// The project has not been run, or a file is not what dbt writes.
    pub(crate) fn read(project: &Path, target: &Path) -> Result<Self> {
        let settings = yaml::read(&project.join("dbt_project.yml"))?;
        let manifest = DbtManifest::read(target)?;
        let run_results = read_json(&target.join("run_results.json"))?;
        let mut statuses = HashMap::new();
        for result in members(&run_results["results"]) {
            if let (Some(id), Some(status)) = (result["unique_id"].as_str(), result["status"].as_str()) {
                statuses.insert(id.to_owned(), status.to_owned());
            }
        }
        let project_name =
            settings.get("name").and_then(yaml::Node::as_str).unwrap_or("warehouse").to_owned();
        Ok(Self { project_name, manifest, run_results, statuses })
    }

    /// `invocation_id` of the last run.
    pub(crate) fn run_id(&self) -> &str {
        self.run_results["metadata"]["invocation_id"].as_str().unwrap_or_default()
    }

    /// When the last run ended, as dbt writes it.
    pub(crate) fn run_ended_at(&self) -> &str {
        self.run_results["metadata"]["generated_at"].as_str().unwrap_or_default()
    }

    /// When the last run began, as dbt writes it.
    pub(crate) fn run_started_at(&self) -> &str {
        self.run_results["metadata"]["invocation_started_at"].as_str().unwrap_or_default()
    }

    /// What the last run did: `build`, `run`, `test`, ….
    pub(crate) fn verb(&self) -> &str {
        self.run_results["args"]["which"].as_str().unwrap_or_default()
    }

    /// Whether the manifest is the one of the last run; another command that parses the project writes it again.
    pub(crate) fn are_of_one_run(&self) -> bool {
        self.manifest.invocation_id() == self.run_id()
    }

    /// How many nodes the last run had.
    pub(crate) fn nodes_run(&self) -> usize {
        self.statuses.len()
    }

    /// The nodes of the last run that failed or were skipped, by their ids.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failed = |status: &str| matches!(status, "error" | "fail" | "skipped" | "runtime error");
        let mut ids: Vec<String> =
            self.statuses.iter().filter(|(_, status)| failed(status)).map(|(id, _)| id.clone()).collect();
        ids.sort();
        ids
    }

    /// The models, seeds and snapshots by `schema.name`, lower case.
    pub(crate) fn models(&self) -> &BTreeMap<String, Model> {
        self.manifest.models()
    }

    /// Why each model (by its id) may not be trusted after the last run; those that are not in it passed all their
    /// tests. A test concerns every model that it reads.
    pub(crate) fn distrust<'m>(&self, models: impl Iterator<Item = &'m Model>) -> BTreeMap<String, String> {
        let tests = self.manifest.tests();
        let mut reasons = BTreeMap::new();
        for model in models {
            let id = model.unique_id.as_str();
            let reason = match self.statuses.get(id).map(String::as_str) {
                None => Some("the last run did not build it".to_owned()),
                Some("success") => None,
                Some(status) => Some(format!("the last run ended with '{status}' for it")),
            };
            let tests = tests.get(id).map(Vec::as_slice).unwrap_or_default();
            let reason = reason.or_else(|| {
                if tests.is_empty() {
                    return Some(NO_TEST.to_owned());
                }
                tests.iter().find_map(|(test, name)| match self.statuses.get(*test).map(String::as_str) {
                    Some("pass" | "warn" | "success") => None,
                    None => Some(format!("the last run did not run its test {name}")),
                    Some(status) => Some(format!("its test {name} ended with '{status}'")),
                })
            });
            if let Some(reason) = reason {
                reasons.insert(id.to_owned(), reason);
            }
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifacts(statuses: &str) -> DbtArtifacts {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("dbt_project.yml", "name: shop\n");
        write(
            "out/manifest.json",
            r#"{"nodes": {
                "model.shop.a": {"resource_type": "model", "name": "a", "schema": "Gold", "description": "All A.",
                                 "columns": {"Id": {"description": "Number."}}},
                "model.shop.b": {"resource_type": "model", "name": "b", "alias": "bee", "schema": "gold"},
                "test.shop.t": {"resource_type": "test", "name": "t", "depends_on": {"nodes": ["model.shop.a"]}}},
              "unit_tests": {"unit_test.shop.u": {"name": "u", "depends_on": {"nodes": ["model.shop.a"]}}}}"#,
        );
        let results: Vec<String> = statuses
            .split_whitespace()
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(id, status)| format!(r#"{{"unique_id": "{id}", "status": "{status}"}}"#))
            .collect();
        write("out/run_results.json", &format!(r#"{{"results": [{}]}}"#, results.join(",")));
        DbtArtifacts::read(folder.path(), &folder.path().join("out")).unwrap()
    }

    #[test]
    fn a_model_is_trusted_if_it_was_built_and_all_its_tests_passed() {
        let good = "model.shop.a=success test.shop.t=warn unit_test.shop.u=pass model.shop.b=success";
        for (statuses, reason) in [
            (good.to_owned(), None),
            (good.replace("t=warn", "t=fail"), Some("its test t ended with 'fail'")),
            (good.replace("u=pass", "u=error"), Some("its test u ended with 'error'")),
            (good.replace("a=success", "a=skipped"), Some("the last run ended with 'skipped' for it")),
            (good.replace("model.shop.a=success", ""), Some("the last run did not build it")),
            (good.replace("test.shop.t=warn", ""), Some("the last run did not run its test t")),
        ] {
            let artifacts = artifacts(&statuses);
            let models = artifacts.models();
            assert_eq!(models.keys().collect::<Vec<_>>(), ["gold.a", "gold.bee"]);
            assert_eq!(models["gold.a"].columns["id"], "Number.");
            let reasons = artifacts.distrust(models.values());
            assert_eq!(reasons.get("model.shop.a").map(String::as_str), reason, "{statuses}");
            assert_eq!(reasons["model.shop.b"], "it has no test");
        }
    }
}
