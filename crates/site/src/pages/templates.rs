//! The templates, and the filters that they use.

use crate::show::file_name;
use ingot_core::error::{Error, Result};
use ingot_core::report::{bytes, seconds, thousands};
use minijinja::{AutoEscape, Environment, Value};

/// All templates by their names.
const TEMPLATES: [(&str, &str); 24] = [
    ("bare.html", include_str!("../../templates/bare.html")),
    ("base.html", include_str!("../../templates/base.html")),
    ("contract.html", include_str!("../../templates/contract.html")),
    ("contracts.html", include_str!("../../templates/contracts.html")),
    ("frame.html", include_str!("../../templates/frame.html")),
    ("lineage.html", include_str!("../../templates/lineage.html")),
    ("macro.html", include_str!("../../templates/macro.html")),
    ("macros.html", include_str!("../../templates/macros.html")),
    ("metrics.html", include_str!("../../templates/metrics.html")),
    ("node.html", include_str!("../../templates/node.html")),
    ("now.html", include_str!("../../templates/now.html")),
    ("overview.html", include_str!("../../templates/overview.html")),
    ("owners.html", include_str!("../../templates/owners.html")),
    ("parts.html", include_str!("../../templates/parts.html")),
    ("quality.html", include_str!("../../templates/quality.html")),
    ("rejects.html", include_str!("../../templates/rejects.html")),
    ("reports.html", include_str!("../../templates/reports.html")),
    ("run.html", include_str!("../../templates/run.html")),
    ("runs.html", include_str!("../../templates/runs.html")),
    ("single.html", include_str!("../../templates/single.html")),
    ("sql.html", include_str!("../../templates/sql.html")),
    ("why.html", include_str!("../../templates/why.html")),
    ("tables.html", include_str!("../../templates/tables.html")),
    ("tests.html", include_str!("../../templates/tests.html")),
];

/// Templates, parsed once.
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// # Errors
    /// A template cannot be parsed, which the tests exclude.
    pub(super) fn new() -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_trim_blocks(true);
        environment.add_filter("number", |count: u64| thousands(count));
        environment.add_filter("counted", |count: u64, what: &str| {
            format!("{} {what}{}", thousands(count), if count == 1 { "" } else { "s" })
        });
        environment.add_filter("seconds", |time: f64| seconds(time));
        environment.add_filter("bytes", |size: u64| bytes(size));
        environment.add_filter("slug", |text: &str| slug(text));
        // Rounded down, so that only what is complete is 100 %.
        environment
            .add_filter("percent", |rate: f64| format!("{:.2} %", (rate * 100.0 + 1e-6).floor() / 100.0));
        for (name, text) in TEMPLATES {
            environment.add_template(name, text).map_err(|error| defect(&error))?;
        }
        Ok(Self { environment })
    }

    /// # Errors
    /// A template asks for what there is not, which the tests exclude.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String> {
        let template = self.environment.get_template(name).map_err(|error| defect(&error))?;
        template.render(context).map_err(|error| defect(&error))
    }
}

fn defect(error: &minijinja::Error) -> Error {
    Error::defect(format!("a page cannot be made: {error:#}"))
}

/// A name as part of an address; script.js makes the same of it.
fn slug(text: &str) -> String {
    file_name(text).replace('.', "-")
}
