//! Configs that are made once and shared by every node that is configured the same.
//!
//! Thousands of nodes say nothing of their own, and each config has some thirty keys: made again for every
//! node they were most of what parsing a large project cost.

use crate::json_values::Object;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::dbt_project_yml::DbtProject;
use ingot_core::sync::lock;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// The configs made so far, by all that they were made of.
#[derive(Default)]
pub(crate) struct ConfigCache(Mutex<HashMap<String, Arc<Object>>>);

/// What a node's config is made of, beside `dbt_project.yml`.
pub(crate) struct Said<'a> {
    pub kind: ConfigKind,
    /// Starts with the package's name.
    pub fqn: &'a [String],
    /// What a YAML file says under `config:`.
    pub properties: &'a Object,
    /// What `config(...)` said while the node was rendered.
    pub in_file: &'a Object,
}

impl ConfigCache {
    /// The final config of a node of the project `own`.
    pub(crate) fn build(&self, said: &Said, own: &DbtProject, root: &DbtProject) -> Arc<Object> {
        let depth = config::depth(&own.configs, said.kind, said.fqn);
        let depth = depth.max(config::depth(&root.configs, said.kind, said.fqn));
        self.get_or_make(said.key('r', depth, own), || {
            config::build(said.kind, said.fqn, own, root, said.properties, said.in_file)
        })
    }

    /// The same with what nobody can take back: see [`config::without_nulls`].
    pub(crate) fn without_nulls(&self, said: &Said, own: &DbtProject, root: &DbtProject) -> Arc<Object> {
        let depth = config::depth(&own.configs, said.kind, said.fqn);
        let depth = depth.max(config::depth(&root.configs, said.kind, said.fqn));
        self.get_or_make(said.key('n', depth, own), || {
            let built = self.build(said, own, root);
            config::without_nulls(said.kind, said.fqn, own, root, &built)
                .unwrap_or_else(|| Object::clone(&built))
        })
    }

    /// The same as it is written: see [`config::unrendered`].
    pub(crate) fn unrendered(&self, said: &Said, own: &DbtProject, root: &DbtProject) -> Arc<Object> {
        let depth = config::depth(&own.unrendered_configs, said.kind, said.fqn);
        let depth = depth.max(config::depth(&root.unrendered_configs, said.kind, said.fqn));
        self.get_or_make(said.key('u', depth, own), || {
            config::unrendered(said.kind, said.fqn, own, root, said.properties, said.in_file)
        })
    }

    fn get_or_make(&self, key: String, make: impl FnOnce() -> Object) -> Arc<Object> {
        if let Some(known) = lock(&self.0).get(&key) {
            return known.clone();
        }
        let made = Arc::new(make());
        lock(&self.0).entry(key).or_insert(made).clone()
    }
}

impl Said<'_> {
    /// Everything that the config depends on; of the path of folders only the part that `dbt_project.yml` names.
    fn key(&self, form: char, depth: usize, own: &DbtProject) -> String {
        let mut key = format!("{form} {:?} {}", self.kind, own.name);
        for part in self.fqn.iter().take(depth) {
            write!(key, "\0{part}").ok();
        }
        for object in [self.properties, self.in_file] {
            key.push_str("\0\0");
            if !object.is_empty() {
                key.push_str(&serde_json::Value::Object(object.clone()).to_string());
            }
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn project() -> DbtProject {
        let folder = tempfile::tempdir().unwrap();
        let text = json!({"name": "shop", "models": {"shop": {"staging": {"+schema": "stg"}}}}).to_string();
        std::fs::write(folder.path().join("dbt_project.yml"), text).unwrap();
        crate::project::dbt_project_yml::read(folder.path(), &|text| Ok(text.into())).unwrap()
    }

    #[test]
    fn nodes_share_what_they_are_told_in_common_and_nothing_else() {
        let (memo, project, nothing) = (ConfigCache::default(), project(), Object::new());
        let own = json!({"tags": ["x"]}).as_object().unwrap().clone();
        let config = |path: &[&str], in_file: &Object| {
            let fqn: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
            let said = Said { kind: ConfigKind::Model, fqn: &fqn, properties: &nothing, in_file };
            (memo.build(&said, &project, &project), memo.unrendered(&said, &project, &project))
        };
        let a = config(&["shop", "staging", "a"], &nothing);
        let b = config(&["shop", "staging", "b"], &nothing);
        assert!(Arc::ptr_eq(&a.0, &b.0) && Arc::ptr_eq(&a.1, &b.1));
        assert_eq!(a.0["schema"], "stg");
        assert_eq!(config(&["shop", "marts", "c"], &nothing).0["schema"], serde_json::Value::Null);
        let tagged = config(&["shop", "staging", "d"], &own);
        assert_eq!((&tagged.0["tags"], &tagged.0["schema"]), (&json!(["x"]), &json!("stg")));
        assert_eq!(config(&["shop", "staging", "e"], &nothing).0["tags"], json!([]));
    }
}
