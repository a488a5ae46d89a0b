//! Findings of a check as text, JSON, SARIF 2.1.0 and annotations of GitHub.

use ingot_core::error::{Error, Result};
use ingot_models::{CheckFinding, CheckOutcome, CheckSeverity, TypedProject};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingFormat {
    /// For people, with the line they point at.
    Text,
    Json,
    /// For code scanning: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
    Sarif,
    /// Annotations in a run of GitHub Actions:
    /// <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>
    Github,
}

/// What a check found, as one text.
///
/// # Errors
/// The document cannot be written, which does not happen.
pub fn findings_text(project: &TypedProject, format: FindingFormat) -> Result<String> {
    match format {
        FindingFormat::Text => Ok(text(project)),
        FindingFormat::Json => written(&as_json(project)),
        FindingFormat::Sarif => written(&sarif(project)),
        FindingFormat::Github => Ok(project.findings.iter().map(annotation).collect::<Vec<_>>().join("\n")),
    }
}

fn written(document: &Json) -> Result<String> {
    serde_json::to_string_pretty(document)
        .map_err(|error| Error::defect("a document cannot be written").caused_by(error))
}

fn word(severity: CheckSeverity) -> &'static str {
    match severity {
        CheckSeverity::Error => "error",
        CheckSeverity::Warning => "warning",
    }
}

/// Each finding as an error is shown: what, where with the lines around it, what next.
fn text(project: &TypedProject) -> String {
    let mut files: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut out = Vec::new();
    for finding in &project.findings {
        let mut error = Error::new(&finding.message);
        let content = files
            .entry(&finding.file)
            .or_insert_with(|| std::fs::read_to_string(project.root.join(&finding.file)).ok());
        error = match (finding.line, content) {
            (Some(line), Some(content)) if line <= content.lines().count() => {
                error.in_text(Path::new(&finding.file), content, line, finding.column)
            }
            (Some(line), _) => error.at_line(&finding.file, line),
            (None, _) if finding.file.is_empty() => error,
            (None, _) => error.at(&finding.file),
        };
        if let Some(hint) = &finding.hint {
            error = error.hint(hint);
        }
        out.push(format!("{}[{}]: {}", word(finding.severity), finding.code, error.with_hint()));
    }
    out.push(summary(project));
    out.join("\n\n")
}

/// Nodes that were not checked, by the reason.
pub(crate) fn unchecked(project: &TypedProject) -> BTreeMap<&str, Vec<&str>> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in &project.nodes {
        // A test of what is not checked says nothing of its own.
        if let CheckOutcome::NotChecked(why) = &node.outcome
            && !matches!(node.resource_type, "test" | "unit_test")
        {
            reasons.entry(why).or_default().push(&node.name);
        }
    }
    reasons
}

fn summary(project: &TypedProject) -> String {
    let count = |severity| project.findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(CheckSeverity::Error), count(CheckSeverity::Warning));
    let checked = project.nodes.iter().filter(|node| node.outcome == CheckOutcome::Checked).count();
    let mut lines = Vec::new();
    for (why, names) in unchecked(project) {
        let shown: Vec<&str> = names.iter().take(3).copied().collect();
        let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
        lines.push(format!("not checked: {}{more}: {why}", shown.join(", ")));
    }
    let number = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    lines.push(format!(
        "{}, {}; {} checked without data",
        number(errors, "error"),
        number(warnings, "warning"),
        number(checked, "node")
    ));
    lines.join("\n")
}

fn as_json(project: &TypedProject) -> Json {
    let findings: Vec<Json> = project.findings.iter().map(finding_json).collect();
    let unchecked: Vec<Json> = project
        .nodes
        .iter()
        .filter_map(|node| match &node.outcome {
            CheckOutcome::NotChecked(why) => Some(json!({"node": node.unique_id, "reason": why})),
            _ => None,
        })
        .collect();
    json!({
        "project": project.name,
        "findings": findings,
        "not_checked": unchecked,
        "nodes": project.nodes.len(),
        "checked": project.nodes.iter().filter(|node| node.outcome == CheckOutcome::Checked).count(),
        "kept_from_last_check": project.kept,
    })
}

fn finding_json(finding: &CheckFinding) -> Json {
    json!({
        "code": finding.code, "severity": word(finding.severity), "node": finding.node,
        "message": finding.message, "hint": finding.hint,
        "file": finding.file, "line": finding.line, "column": finding.column,
    })
}

fn sarif(project: &TypedProject) -> Json {
    let mut codes: Vec<&str> = project.findings.iter().map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Json> = codes.iter().map(|code| json!({"id": code})).collect();
    let results: Vec<Json> = project
        .findings
        .iter()
        .map(|finding| {
            let hint = finding.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            let mut region = json!({"startLine": finding.line.unwrap_or(1)});
            if let Some(column) = finding.column {
                region["startColumn"] = column.into();
            }
            json!({
                "ruleId": finding.code,
                "level": word(finding.severity),
                "message": {"text": format!("{}{hint}", finding.message)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&finding.file), "uriBaseId": "PROJECT"},
                    "region": region,
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "ingot check", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn annotation(finding: &CheckFinding) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let mut place = format!("file={}", property(&finding.file));
    if let Some(line) = finding.line {
        place.push_str(&format!(",line={line}"));
    }
    if let Some(column) = finding.column {
        place.push_str(&format!(",col={column}"));
    }
    let hint = finding.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let message = escaped(&format!("{}{hint}", finding.message));
    format!("::{} {place},title={}::{message}", word(finding.severity), property(&finding.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> TypedProject {
        TypedProject {
            name: "shop".to_owned(),
            root: "/nowhere".into(),
            target_folder: "/nowhere/target".into(),
            nodes: Vec::new(),
            macros: Vec::new(),
            findings: vec![CheckFinding {
                code: "unknown-column".to_owned(),
                severity: CheckSeverity::Error,
                node: "model.shop.a".to_owned(),
                message: "there is no column '100%, x'".to_owned(),
                hint: Some("did you mean 'y'?".to_owned()),
                file: "models/a b.sql".to_owned(),
                line: Some(3),
                column: Some(8),
            }],
            kept: 0,
        }
    }

    #[test]
    fn annotations_escape_what_github_reads() {
        let text = findings_text(&project(), FindingFormat::Github).unwrap();
        assert_eq!(
            text,
            "::error file=models/a b.sql,line=3,col=8,title=unknown-column::there is no column '100%25, x'%0Adid you mean 'y'?"
        );
    }

    #[test]
    fn sarif_names_rule_file_and_line() {
        let text = findings_text(&project(), FindingFormat::Sarif).unwrap();
        let document: Json = serde_json::from_str(&text).unwrap();
        let result = &document["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "unknown-column");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "models/a%20b.sql");
        assert_eq!(place["region"], json!({"startLine": 3, "startColumn": 8}));
    }

    #[test]
    fn text_says_what_where_and_what_next() {
        let text = findings_text(&project(), FindingFormat::Text).unwrap();
        assert_eq!(
            text,
            "error[unknown-column]: there is no column '100%, x'\n  --> models/a b.sql:3\n  hint: did you mean 'y'?\n\n\
             1 error, 0 warnings; 0 nodes checked without data"
        );
    }
}
