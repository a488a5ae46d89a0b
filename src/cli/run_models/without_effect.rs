//! dbt's flags that have no effect here, each with the reason. Scripts pass them, so they are accepted before and
//! after the verb.

use clap::Args;

/// Flags that are taken and change nothing. Parsing and caches: there is one parser, and relations are always looked up in one query. Usage statistics:
/// nothing is ever sent.
#[derive(Debug, Default, Args)]
pub(super) struct WithoutEffect {
    #[arg(long, hide = true, global = true, overrides_with = "no_static_parser")]
    static_parser: bool,
    #[arg(long, hide = true, global = true, overrides_with = "static_parser")]
    no_static_parser: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_use_experimental_parser")]
    use_experimental_parser: bool,
    #[arg(long, hide = true, global = true, overrides_with = "use_experimental_parser")]
    no_use_experimental_parser: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_use_colors")]
    use_colors: bool,
    #[arg(long, hide = true, global = true, overrides_with = "use_colors")]
    no_use_colors: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_use_colors_file")]
    use_colors_file: bool,
    #[arg(long, hide = true, global = true, overrides_with = "use_colors_file")]
    no_use_colors_file: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_cache_selected_only")]
    cache_selected_only: bool,
    #[arg(long, hide = true, global = true, overrides_with = "cache_selected_only")]
    no_cache_selected_only: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_populate_cache")]
    populate_cache: bool,
    #[arg(long, hide = true, global = true, overrides_with = "populate_cache")]
    no_populate_cache: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_send_anonymous_usage_stats")]
    send_anonymous_usage_stats: bool,
    #[arg(long, hide = true, global = true, overrides_with = "send_anonymous_usage_stats")]
    no_send_anonymous_usage_stats: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_upload_to_artifacts_ingest_api")]
    upload_to_artifacts_ingest_api: bool,
    #[arg(long, hide = true, global = true, overrides_with = "upload_to_artifacts_ingest_api")]
    no_upload_to_artifacts_ingest_api: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_partial_parse_file_diff")]
    partial_parse_file_diff: bool,
    #[arg(long, hide = true, global = true, overrides_with = "partial_parse_file_diff")]
    no_partial_parse_file_diff: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_log_cache_events")]
    log_cache_events: bool,
    #[arg(long, hide = true, global = true, overrides_with = "log_cache_events")]
    no_log_cache_events: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_macro_debugging")]
    macro_debugging: bool,
    #[arg(long, hide = true, global = true, overrides_with = "macro_debugging")]
    no_macro_debugging: bool,
    #[arg(long, hide = true, global = true, overrides_with = "no_show_resource_report")]
    show_resource_report: bool,
    #[arg(long, hide = true, global = true, overrides_with = "show_resource_report")]
    no_show_resource_report: bool,
    #[arg(long, hide = true, global = true)]
    no_quiet: bool,
    #[arg(long, hide = true, global = true, value_name = "YAML")]
    sqlparse: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "COLUMNS")]
    printer_width: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "FILE")]
    partial_parse_file_path: Option<String>,
    #[arg(long, short, hide = true, global = true, value_name = "FILE")]
    record_timing_info: Option<String>,
    #[arg(long, hide = true, global = true, value_name = "BOOL")]
    deprecated_favor_state: Option<String>,
}
