//! What is said of a statement that failed: the engine's words, at the line of the model as it is written.

use crate::build::output_files::output_file;
use crate::context::node_context::NodeContext;
use crate::project::macros::at_users_line;
use ingot_core::error::{Error, Kind};
use ingot_core::sync::lock;
use ingot_engine::SqlError;

/// A failure in the words of the engine, at the line of the model as it is written, where that can be found.
pub(super) fn explain(context: &NodeContext, error: ingot_jinja::Error, compiled: &str) -> Error {
    let failed = lock(&context.connection).failed_sql.take();
    let Some(engine) = error.host().filter(|_| failed.is_some()) else {
        return at_users_line(error, &context.node);
    };
    let failed = failed.unwrap_or_default();
    let Some(parts) = SqlError::of(engine) else { return at_users_line(error, &context.node) };
    let node = &context.node;
    let mut out = Error::new(parts.summary()).of_kind(Kind::Sql);
    let hint = engine.hint_text().map(str::to_owned);
    // The statement holds the compiled SQL; count lines from where it begins.
    let body = compiled.trim();
    let first = (!body.is_empty()).then(|| failed.find(body)).flatten();
    let at = parts.line.zip(first).and_then(|(line, first)| {
        let before = failed[..first].matches('\n').count();
        let skipped = compiled[..compiled.len() - compiled.trim_start().len()].matches('\n').count();
        let line = (line).checked_sub(before)? + skipped;
        (line >= 1 && line <= compiled.lines().count()).then_some(line)
    });
    let file = output_file(&context.invocation, node, "compiled");
    let shown = file.strip_prefix(&context.invocation.project.root.root).unwrap_or(&file).to_path_buf();
    out = match at {
        Some(line) => match written_line(&node.raw_code, compiled, line) {
            Some(raw) if node.generic_test().is_none() => {
                let (line, column) = (raw + node.line - 1, parts.column);
                let same = node.raw_code.lines().nth(raw - 1) == compiled.lines().nth(at.unwrap_or(1) - 1);
                let column = column.filter(|_| same).and_then(|column| {
                    // On its first line the compiled SQL comes after a part of the statement (`create view … as (`),
                    // and without the white space that it began with.
                    let first = first?;
                    let lead = &compiled[..compiled.len() - compiled.trim_start().len()];
                    let on_first_line = at == Some(lead.matches('\n').count() + 1);
                    if !on_first_line {
                        return Some(column);
                    }
                    let last_line =
                        |text: &str| text.rsplit('\n').next().map_or(0, |line| line.chars().count());
                    (column + last_line(lead))
                        .checked_sub(last_line(&failed[..first]))
                        .filter(|column| *column > 0)
                });
                if node.line == 1 {
                    out.in_text(&node.original_file_path, &node.raw_code, line, column)
                } else {
                    out.at_line(&node.original_file_path, line)
                }
            }
            _ => out.in_text(&shown, compiled, line, None),
        },
        None if node.generic_test().is_some() => out.at_line(&node.original_file_path, node.line),
        None => out.at(&node.original_file_path),
    };
    if node.generic_test().is_some() && at.is_some() {
        out = out.context(format!("{}:{}", node.original_file_path, node.line));
    }
    let see = format!("the SQL that was run: {}", shown.display());
    match hint {
        Some(hint) => out.hint(format!("{hint}\n{see}")),
        None => out.hint(see),
    }
}

/// The line of the model that a line of compiled SQL came from, if it is there word for word once.
fn written_line(raw: &str, compiled: &str, line: usize) -> Option<usize> {
    let wanted = compiled.lines().nth(line - 1)?.trim();
    let places: Vec<usize> = raw
        .lines()
        .enumerate()
        .filter(|(_, text)| text.trim() == wanted)
        .map(|(index, _)| index + 1)
        .collect();
    match places.as_slice() {
        [] => None,
        [one] => Some(*one),
        // Several lines say the same; that with the same number is it, if there is one.
        many => many.contains(&line).then_some(line),
    }
}
