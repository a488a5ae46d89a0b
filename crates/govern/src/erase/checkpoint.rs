//! Checkpoints of a Delta log whose files are replaced by others.

use super::files::path_literal;
use super::values::Values;
use ingot_core::error::{Context as _, Result};
use ingot_engine::{name_literal, text_literal};
use ingot_lake::{ReplacedFile, replace_log_file};
use std::path::Path;

/// Has a checkpoint name the new files, with their lengths and statistics
/// (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints>).
///
/// # Errors
/// It cannot be read or written.
pub(super) fn rewrite_checkpoint(
    root: &Path,
    file: &Path,
    replaced: &[ReplacedFile],
    values: &mut Values,
) -> Result<()> {
    if replaced.is_empty() {
        return Ok(());
    }
    let source = format!("read_parquet({})", path_literal(file));
    let described = values.query(&format!("describe select * from {source}"))?;
    let columns: Vec<String> =
        described.rows.iter().filter_map(|row| Some(row.first()?.to_string())).collect();
    values.execute("create or replace temp table replaced (old varchar, new varchar, size bigint, stats varchar, hash varchar)")?;
    for file in replaced {
        let hash = file.new.hash.as_deref().map_or_else(|| "null".to_owned(), text_literal);
        values.execute(&format!(
            "insert into replaced values ({}, {}, {}, {}, {hash})",
            text_literal(&file.old),
            text_literal(&file.new.relative),
            file.new.bytes,
            text_literal(&file.new.statistics),
        ))?;
    }
    let mut changed = Vec::new();
    let mut touched = Vec::new();
    for action in ["add", "remove"] {
        if !columns.iter().any(|column| column == action) {
            continue;
        }
        let members = values.query(&format!("describe select unnest({action}) from {source}"))?;
        let names: Vec<String> =
            members.rows.iter().filter_map(|row| Some(row.first()?.to_string())).collect();
        let parts: Vec<String> = names
            .iter()
            .map(|name| {
                let member = format!("{action}.{}", name_literal(name));
                let value = match (name.as_str(), action) {
                    ("path", _) => "new".to_owned(),
                    ("size", _) => format!("case when {member} is null then null else size end"),
                    ("stats", "add") => "stats".to_owned(),
                    ("tags", "add") => format!(
                        "case when {member} is null then null else \
                         map_from_entries(list_transform(map_entries({member}), lambda entry: \
                         struct_pack(k := entry.key, v := case when entry.key = 'ingot.xxh3-128' then hash else entry.value end))) end"
                    ),
                    ("stats_parsed" | "stats", _) => "null".to_owned(),
                    _ => member,
                };
                format!("{} := {value}", name_literal(name))
            })
            .collect();
        // Paths are encoded as URLs, and the new name is in the same folder.
        let is_it = format!("{action}.path is not null and url_decode({action}.path) = old");
        let packed = format!("struct_pack({})", parts.join(", "));
        let packed = packed.replace(
            &format!("{} := new", name_literal("path")),
            &format!(
                "{} := regexp_replace({action}.path, '[^/]*$', '') || regexp_extract(new, '[^/]*$')",
                name_literal("path")
            ),
        );
        touched.push(format!("exists (select 1 from replaced where {is_it})"));
        changed
            .push(format!("coalesce((select {packed} from replaced where {is_it}), {action}) as {action}"));
    }
    if changed.is_empty() {
        return Ok(());
    }
    if values.number(&format!("select count(*) from {source} where {}", touched.join(" or ")))? == 0 {
        return Ok(());
    }
    let beside = values.reader.temporary("checkpoint.parquet");
    values.execute(&format!(
        "copy (select * replace ({}) from {source}) to {} (format parquet, compression zstd)",
        changed.join(", "),
        path_literal(&beside)
    ))?;
    let bytes = std::fs::read(&beside).or_cannot_at("read the checkpoint", &beside)?;
    replace_log_file(root, file, &bytes)
}
