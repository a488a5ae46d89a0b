//! Warnings under dbt's names, and what `--warn-error` and `--warn-error-options` make of them.

use crate::json_values::{Object, strings};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::report::{Event, Level};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The name that all deprecations have in common.
const DEPRECATIONS: &str = "Deprecations";

/// The names of dbt's events, those that are warnings here and all others.
/// <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/events/types.py>
fn event_names() -> impl Iterator<Item = &'static str> {
    include_str!("dbt_event_names.txt").lines()
}

/// What is warned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WarningKind {
    /// Properties of what is not there.
    NoNodeForYamlKey,
    /// Configs in `dbt_project.yml` that no node takes.
    UnusedResourceConfigPath,
    /// A config that nothing reads.
    CustomKeyInConfigDeprecation,
    /// A key of a properties file that nothing reads.
    CustomKeyInObjectDeprecation,
    /// A section of a properties file that nothing reads.
    CustomTopLevelKeyDeprecation,
    /// A section of a properties file that cannot be read, and need not be.
    WrongResourceSchemaFile,
    /// What overrides a table of a package's source that is not there.
    UnusedTables,
    /// A package's model whose `ref()` leads into the root project.
    PackageNodeDependsOnRootProjectNode,
    /// A package's materialization in place of a built-in one, where the project allows it.
    PackageMaterializationOverrideDeprecation,
    /// A test that refers to what is not there.
    NodeNotFoundOrDisabled,
    /// A test that refers to what is switched off.
    InvalidDisabledTargetInTestNode,
    /// A key that a mapping of a YAML file has twice.
    DuplicateYAMLKeysDeprecation,
    /// A model that is past its deprecation date.
    DeprecatedModel,
    /// A model without versions no longer keeps the contract it had.
    UnversionedBreakingChange,
    /// Constraints of a model that its materialization does not keep.
    UnsupportedConstraintMaterialization,
    /// Two nodes of different types with one name.
    DuplicateNameDistinctNodeTypesDeprecation,
    /// What properties say of a macro's arguments is not what the macro has.
    InvalidMacroAnnotation,
    /// A name with a space in it, where the project allows it.
    SpacesInResourceNameDeprecation,
    /// How many names have spaces in them.
    ResourceNamesWithSpacesDeprecation,
    /// Something in the semantic layer that is allowed and most likely not meant.
    SemanticValidationFailure,
    /// `window` and `grain_to_date` of a metric that are not under `cumulative_type_params`.
    MFCumulativeTypeParamsDeprecation,
    /// A time spine that is one by its name alone.
    MFTimespineWithoutYamlConfigurationDeprecation,
    /// A word of a selection that finds nothing.
    NoNodesForSelectionCriteria,
    /// A test of severity `warn` that found rows.
    LogTestResult,
    /// `exceptions.warn(...)` in a template.
    JinjaLogWarning,
    /// A model that refers to one past its deprecation date.
    DeprecatedReference,
    /// A model that refers to one with a deprecation date to come.
    UpcomingReferenceDeprecation,
    /// `source-paths` in `dbt_project.yml`, now `model-paths`.
    ConfigSourcePathDeprecation,
    /// `data-paths`, now `seed-paths`.
    ConfigDataPathDeprecation,
    /// `log-path`, now a flag.
    ConfigLogPathDeprecation,
    /// `target-path`, now a flag.
    ConfigTargetPathDeprecation,
    /// `dbt_modules` among what `clean` removes.
    PackageInstallPathDeprecation,
    /// The name of an exposure with other characters than letters, digits and `_`.
    ExposureNameDeprecation,
    /// `config:` in `profiles.yml`, now `flags:` of the project.
    ProjectFlagsMovedDeprecation,
    /// An environment variable under its old name.
    EnvironmentVariableRenamed,
    /// An environment variable with dbt's prefix that dbt does not have.
    EnvironmentVariableNamespaceDeprecation,
    /// `modules.itertools` in a template.
    ModulesItertoolsUsageDeprecation,
    /// `--models` in place of `--select`.
    ModelParamUsageDeprecation,
    /// `include` and `exclude` of `warn_error_options`, now `error` and `warn`.
    WEOIncludeExcludeDeprecation,
    /// `source freshness --output`.
    CustomOutputPathInSourceFreshnessDeprecation,
    /// A config of a generic test that is not under `config:`.
    PropertyMovedToConfigDeprecation,
    /// Arguments of a generic test that are not under `arguments:`.
    MissingArgumentsPropertyInGenericTestDeprecation,
    /// `arguments:` of a generic test where the project switched their meaning off.
    ArgumentsPropertyInGenericTestDeprecation,
    /// A git package without a revision, or at a branch.
    DepsUnpinned,
    /// A secret in the address of a package.
    DepsScrubbedPackageName,
    /// A package that has another name at the hub now.
    PackageRedirectDeprecation,
    /// The times of a snapshot's table and of its query are of different types.
    SnapshotTimestampWarning,
    /// A microbatch model none of whose inputs says which column is its time.
    MicrobatchModelNoEventTimeInputs,
    /// The folder of `--state` is the target folder.
    WarnStateTargetEqual,
    /// A microbatch model whose strategy the project has replaced runs outside of batches.
    MicrobatchMacroOutsideOfBatchesDeprecation,
    /// How often each deprecation was met.
    DeprecationsSummary,
}

impl WarningKind {
    /// Whether it is of something that will be an error one day.
    pub(crate) fn is_deprecation(self) -> bool {
        self.name().ends_with("Deprecation") && self != Self::UpcomingReferenceDeprecation
    }

    /// Whether one warning of this kind stands for all. Those that point at slips of the pen are all told.
    pub(crate) fn is_told_once(self) -> bool {
        let points_at_slips = [
            Self::CustomKeyInConfigDeprecation,
            Self::CustomKeyInObjectDeprecation,
            Self::DuplicateYAMLKeysDeprecation,
        ];
        self.is_deprecation() && !points_at_slips.contains(&self)
    }

    /// Whether dbt tells it whatever `--warn-error` and its options say, unless the project's flag
    /// `require_all_warnings_handled_by_warn_error` is on.
    fn is_told_whatever(self) -> bool {
        matches!(
            self,
            Self::SemanticValidationFailure
                | Self::InvalidDisabledTargetInTestNode
                | Self::MicrobatchModelNoEventTimeInputs
                | Self::WarnStateTargetEqual
        )
    }

    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

/// Something worth a warning.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Warning {
    pub kind: WarningKind,
    pub text: String,
    /// What dbt's log says of it beside its text.
    pub data: Json,
}

impl Warning {
    pub(crate) fn new(kind: WarningKind, text: String) -> Self {
        Self { kind, text, data: Json::Null }
    }
    pub(crate) fn with(self, data: Json) -> Self {
        Self { data, ..self }
    }
    /// dbt's own sentence, which its log has as the event's message.
    pub(crate) fn in_dbts_words(mut self, words: impl std::fmt::Display) -> Self {
        if !self.data.is_object() {
            self.data = Json::Object(Object::new());
        }
        self.data["msg"] = words.to_string().into();
        self
    }
    /// With its name in its text, as dbt's flag `require_event_names_in_deprecations` has it.
    pub(crate) fn named(mut self) -> Self {
        let name = self.kind.name();
        if let Some(words) = self.data["msg"].as_str() {
            self.data["msg"] = format!("[WARNING][{name}]: {words}").into();
        }
        self.text = format!("{} [{name}]", self.text);
        self
    }
    /// The text of a warning that is treated as an error.
    pub(crate) fn into_error(mut self) -> Self {
        let words = self.data["msg"].as_str().map(|words| format!("\n  in dbt's words: {words}"));
        self.text = format!("{} [{}]{}", self.text, self.kind.name(), words.unwrap_or_default());
        self
    }
    /// As the report has it; its name is the kind's.
    pub(crate) fn event(self, level: Level) -> Event {
        Event::Named { name: self.kind.name(), level, text: self.text, data: self.data }
    }
    pub(crate) fn all(kind: WarningKind, texts: Vec<String>) -> impl Iterator<Item = Self> {
        texts.into_iter().map(move |text| Self::new(kind, text))
    }
}

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    Tell,
    Error,
    Silence,
}

/// Which warnings are errors, and which are not reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarningRules {
    all_are_errors: bool,
    errors: Vec<String>,
    /// Told all the same, where all others are errors.
    told: Vec<String>,
    silenced: Vec<String>,
    /// Whether the older words `include` and `exclude` were used.
    old_words: (bool, bool),
    /// dbt's flag `require_all_warnings_handled_by_warn_error`.
    handles_all: bool,
    /// dbt's flag `require_event_names_in_deprecations`.
    names_deprecations: bool,
}

impl WarningRules {
    /// The warning about the older words, if they were used.
    pub(crate) fn deprecated_words(&self) -> Option<Warning> {
        let words: Vec<(&str, &str)> =
            [(self.old_words.0, ("include", "error")), (self.old_words.1, ("exclude", "warn"))]
                .into_iter()
                .filter_map(|(used, words)| used.then_some(words))
                .collect();
        let found = words.iter().map(|(old, _)| format!("`{old}`")).collect::<Vec<_>>().join(" and ");
        let advice: String =
            words.iter().map(|(old, new)| format!("; write `{new}` instead of `{old}`")).collect();
        let text = format!("warn_error_options has {found}{advice}");
        (!words.is_empty()).then(|| Warning::new(WarningKind::WEOIncludeExcludeDeprecation, text))
    }

    /// With what the project's `flags:` say of every warning, whoever made the rules.
    pub(crate) fn with_flags(mut self, flag: impl Fn(&str) -> bool) -> Self {
        self.handles_all = flag("require_all_warnings_handled_by_warn_error");
        self.names_deprecations = flag("require_event_names_in_deprecations");
        self
    }

    /// Whether a deprecation is told with its name.
    pub(crate) fn names_deprecations(&self) -> bool {
        self.names_deprecations
    }

    /// `--warn-error`: all are errors.
    pub fn all_errors() -> Self {
        Self { all_are_errors: true, ..Self::default() }
    }

    /// Reads `{error: all, warn: [...], silence: [...]}`; `include` and `exclude` are older words for the first two.
    ///
    /// # Errors
    /// Unknown keys, both words for one thing, names that look misspelt.
    pub fn read(given: &Object) -> Result<Self> {
        let flag = "warn_error_options";
        let known = ["error", "include", "warn", "exclude", "silence"];
        if let Some(unknown) = given.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Error::new(format!("{flag} has no key '{unknown}'"))
                .hint("its keys: error, warn, silence (or include and exclude, for the first two)"));
        }
        let one_of = |new: &str, old: &str| match (given.get(new), given.get(old)) {
            (Some(_), Some(_)) => {
                Err(Error::new(format!("{flag} has both `{new}` and `{old}`, which mean the same"))
                    .in_dbts_words(format!("Only `{old}` or `{new}` can be specified in `{flag}`, not both"))
                    .hint(format!("keep `{new}`")))
            }
            (value, other) => Ok(value.or(other)),
        };
        let errors = one_of("error", "include")?;
        let all_are_errors = matches!(errors.and_then(Json::as_str), Some("all" | "*"));
        let names = |value: Option<&Json>| -> Result<Vec<String>> {
            let names = strings(value);
            let is_known =
                |name: &&String| *name == DEPRECATIONS || event_names().any(|known| known == *name);
            if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
                let near = nearest(unknown, event_names().chain([DEPRECATIONS]));
                let hint = near.map_or("see the names of warnings in dbt's log".to_owned(), |near| {
                    format!("did you mean '{near}'?")
                });
                return Err(Error::new(format!("{flag}: there is no warning '{unknown}'"))
                    .in_dbts_words(format!("{unknown} is not a valid dbt error name."))
                    .hint(hint));
            }
            Ok(names)
        };
        Ok(Self {
            all_are_errors,
            errors: if all_are_errors { Vec::new() } else { names(errors)? },
            told: names(one_of("warn", "exclude")?)?,
            silenced: names(given.get("silence"))?,
            old_words: (given.contains_key("include"), given.contains_key("exclude")),
            ..Self::default()
        })
    }

    /// As [`WarningRules::read`] takes them, and artifacts have them.
    pub(crate) fn to_json(&self) -> Json {
        let errors = if self.all_are_errors { json!("all") } else { json!(self.errors) };
        json!({"error": errors, "warn": self.told, "silence": self.silenced})
    }

    /// What becomes of a warning of this kind.
    pub fn of(&self, kind: WarningKind) -> Treatment {
        if kind.is_told_whatever() && !self.handles_all {
            return Treatment::Tell;
        }
        let name = kind.name();
        let by_name = |name: &str| {
            let is_in = |names: &[String]| names.iter().any(|one| one == name);
            let all = [&self.silenced, &self.told, &self.errors];
            let treatments = [Treatment::Silence, Treatment::Tell, Treatment::Error];
            all.into_iter().zip(treatments).find(|(names, _)| is_in(names)).map(|(_, treatment)| treatment)
        };
        // Deprecations have a name in common, which counts for less than their own.
        by_name(&name)
            .or_else(|| name.ends_with("Deprecation").then(|| by_name(DEPRECATIONS)).flatten())
            .unwrap_or(if self.all_are_errors { Treatment::Error } else { Treatment::Tell })
    }
    pub fn is_error(&self, kind: WarningKind) -> bool {
        self.of(kind) == Treatment::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(given: Json) -> Result<WarningRules> {
        WarningRules::read(given.as_object().unwrap())
    }

    #[test]
    fn names_go_before_all() {
        let all_but =
            rules(json!({"error": "all", "warn": ["LogTestResult"], "silence": ["Deprecations"]})).unwrap();
        assert_eq!(all_but.of(WarningKind::LogTestResult), Treatment::Tell);
        assert_eq!(all_but.of(WarningKind::JinjaLogWarning), Treatment::Error);
        assert_eq!(all_but.of(WarningKind::CustomKeyInConfigDeprecation), Treatment::Silence);
        let one = rules(json!({"include": ["NoNodeForYamlKey"]})).unwrap();
        assert!(one.is_error(WarningKind::NoNodeForYamlKey) && !one.is_error(WarningKind::LogTestResult));
        let named = json!({"silence": ["Deprecations"], "error": ["CustomKeyInConfigDeprecation"]});
        let named = rules(named).unwrap();
        assert_eq!(named.of(WarningKind::CustomKeyInConfigDeprecation), Treatment::Error);
        assert_eq!(named.of(WarningKind::CustomKeyInObjectDeprecation), Treatment::Silence);
        assert_eq!(WarningRules::default().of(WarningKind::DeprecatedModel), Treatment::Tell);
    }

    #[test]
    fn what_dbt_tells_whatever_the_rules_say_is_handled_under_its_flag() {
        let kind = WarningKind::SemanticValidationFailure;
        let silent = json!({"silence": ["SemanticValidationFailure"]});
        assert_eq!(WarningRules::all_errors().of(kind), Treatment::Tell);
        assert_eq!(rules(silent.clone()).unwrap().of(kind), Treatment::Tell);
        let flag = |name: &str| name == "require_all_warnings_handled_by_warn_error";
        assert_eq!(WarningRules::all_errors().with_flags(flag).of(kind), Treatment::Error);
        assert_eq!(rules(silent).unwrap().with_flags(flag).of(kind), Treatment::Silence);
    }

    #[test]
    fn slips_of_the_pen_are_told() {
        assert!(
            rules(json!({"error": ["LogTestResults"]}))
                .unwrap_err()
                .hint_text()
                .unwrap()
                .contains("LogTestResult")
        );
        assert!(rules(json!({"errors": "all"})).is_err());
        assert!(rules(json!({"error": "all", "include": "all"})).is_err());
        assert!(rules(json!({"silence": ["NoSuchWarning"]})).unwrap_err().dbts_words().is_some());
        // A name of dbt's that means nothing here.
        assert!(rules(json!({"error": ["FreshnessConfigProblem", "TestsConfigDeprecation"]})).is_ok());
    }

    #[test]
    fn warnings_have_names_of_dbt() {
        let all = [
            WarningKind::NoNodeForYamlKey,
            WarningKind::UnusedResourceConfigPath,
            WarningKind::CustomKeyInConfigDeprecation,
            WarningKind::CustomKeyInObjectDeprecation,
            WarningKind::NodeNotFoundOrDisabled,
            WarningKind::InvalidDisabledTargetInTestNode,
            WarningKind::DuplicateYAMLKeysDeprecation,
            WarningKind::DeprecatedModel,
            WarningKind::UnversionedBreakingChange,
            WarningKind::UnsupportedConstraintMaterialization,
            WarningKind::DuplicateNameDistinctNodeTypesDeprecation,
            WarningKind::InvalidMacroAnnotation,
            WarningKind::SpacesInResourceNameDeprecation,
            WarningKind::ResourceNamesWithSpacesDeprecation,
            WarningKind::SemanticValidationFailure,
            WarningKind::MFCumulativeTypeParamsDeprecation,
            WarningKind::MFTimespineWithoutYamlConfigurationDeprecation,
            WarningKind::NoNodesForSelectionCriteria,
            WarningKind::LogTestResult,
            WarningKind::JinjaLogWarning,
            WarningKind::DeprecatedReference,
            WarningKind::UpcomingReferenceDeprecation,
            WarningKind::ConfigSourcePathDeprecation,
            WarningKind::ConfigDataPathDeprecation,
            WarningKind::ConfigLogPathDeprecation,
            WarningKind::ConfigTargetPathDeprecation,
            WarningKind::PackageInstallPathDeprecation,
            WarningKind::ExposureNameDeprecation,
            WarningKind::ProjectFlagsMovedDeprecation,
            WarningKind::EnvironmentVariableRenamed,
            WarningKind::EnvironmentVariableNamespaceDeprecation,
            WarningKind::ModulesItertoolsUsageDeprecation,
            WarningKind::ModelParamUsageDeprecation,
            WarningKind::WEOIncludeExcludeDeprecation,
            WarningKind::CustomOutputPathInSourceFreshnessDeprecation,
            WarningKind::PropertyMovedToConfigDeprecation,
            WarningKind::MissingArgumentsPropertyInGenericTestDeprecation,
            WarningKind::ArgumentsPropertyInGenericTestDeprecation,
            WarningKind::DepsUnpinned,
            WarningKind::DepsScrubbedPackageName,
            WarningKind::PackageRedirectDeprecation,
            WarningKind::SnapshotTimestampWarning,
            WarningKind::MicrobatchModelNoEventTimeInputs,
            WarningKind::WarnStateTargetEqual,
            WarningKind::MicrobatchMacroOutsideOfBatchesDeprecation,
            WarningKind::DeprecationsSummary,
        ];
        for kind in all {
            assert!(event_names().any(|known| known == kind.name()), "{kind:?}");
        }
    }
}
