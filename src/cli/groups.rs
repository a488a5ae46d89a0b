//! The commands in `ingot --help`, grouped by what one does with them. Clap lists subcommands under one
//! heading only, so the list is part of the help template.

use clap::builder::Styles;
use std::fmt::Write;

/// Heading of each group, and its commands.
pub(super) const GROUPS: [(&str, &[&str]); 7] = [
    ("Start", &["init", "demo"]),
    ("Bring in", &["contract", "generate", "load-bronze", "watch", "listen", "replay"]),
    ("Build", &["check", "run-models", "dbt", "metrics", "powerbi"]),
    (
        "Look and check",
        &[
            "status", "bronze", "lake", "runs", "quality", "lineage", "why", "docs", "ui", "mcp", "verify",
            "rehearse",
        ],
    ),
    ("Operate", &["publish", "promote", "env", "doctor"]),
    ("Govern", &["domain", "query", "restated", "audit", "erase", "retain"]),
    ("Set up shell and editor", &["schema", "completions", "man"]),
];

/// A help template that lists the subcommands of `parent` by group, each with the first line of its own help.
pub(super) fn help_template(parent: &clap::Command) -> String {
    let styles = Styles::styled();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let width = parent.get_subcommands().map(|command| command.get_name().len()).max().unwrap_or(0);
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (heading, names) in GROUPS {
        let _ = writeln!(text, "\n{header}{heading}:{header:#}");
        for command in names.iter().filter_map(|name| parent.find_subcommand(name)) {
            let (name, about) = (command.get_name(), command.get_about().cloned().unwrap_or_default());
            let _ = writeln!(text, "  {literal}{name:width$}{literal:#}  {about}");
        }
    }
    let _ = writeln!(text, "\n{header}Options:{header:#}\n{{options}}{{after-help}}");
    text
}
