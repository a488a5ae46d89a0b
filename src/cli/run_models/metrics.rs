//! `ingot metrics`: the metrics of the semantic layer, listed and computed.

use super::execute;
use super::flags::{Connection, TextOrJson};
use crate::cli::exit::Exit;
use crate::cli::global::Global;
use clap::{Args, Subcommand};
use ingot_core::error::Result;
use ingot_models::{MetricQuery, RunOptions, Verb};

/// List the metrics of the semantic layer, and compute them
#[derive(Debug, Args)]
#[command(after_help = "Names are those of MetricFlow: metric_time__month, customer__region, \
                  \"Dimension('customer__region')\".")]
pub(crate) struct MetricsArguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the metrics, one per line
    List,
    Query(Query),
}

/// Compute metrics, grouped and filtered
#[derive(Debug, Args)]
struct Query {
    /// Metrics to compute
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    metrics: Vec<String>,
    /// Dimensions, entities and periods to group by
    #[arg(long, value_name = "NAME", num_args = 1..)]
    group_by: Vec<String>,
    /// Condition in SQL, with names as templates: "{{ Dimension('order__channel') }} = 'web'"
    #[arg(long = "where", value_name = "SQL")]
    filters: Vec<String>,
    /// Order of the rows; with - in front from the largest on
    #[arg(long = "order", visible_alias = "order-by", value_name = "NAME", allow_hyphen_values = true)]
    order_by: Vec<String>,
    /// Number of rows to show
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// First day or moment of metric_time
    #[arg(long, value_name = "TIME")]
    start_time: Option<String>,
    /// Last day or moment of metric_time
    #[arg(long, value_name = "TIME")]
    end_time: Option<String>,
    /// Saved query to start from
    #[arg(long, value_name = "NAME")]
    saved_query: Option<String>,
    /// Show the SQL instead of the rows
    #[arg(long)]
    explain: bool,
    /// Print the rows as text or as JSON
    #[arg(long, value_enum, default_value_t)]
    output: TextOrJson,
}

pub(crate) fn run_metrics(arguments: &MetricsArguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let mut options = RunOptions::new(Verb::Metrics, project.root());
    arguments.connection.apply(&mut options)?;
    if let Command::Query(query) = &arguments.command {
        options.json = matches!(query.output, TextOrJson::Json);
        options.metric_query = Some(MetricQuery {
            metrics: query.metrics.clone(),
            group_by: apart(&query.group_by),
            filters: query.filters.clone(),
            order_by: apart(&query.order_by),
            limit: query.limit,
            start: query.start_time.clone(),
            end: query.end_time.clone(),
            saved_query: query.saved_query.clone(),
            explain: query.explain,
        });
    }
    Ok(execute(&options, &project, global, global.reporter())?.0)
}

/// Names between commas; those of a call such as `TimeDimension('a', 'day')` stay in it.
fn apart(given: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for text in given {
        let mut depth = 0_usize;
        let mut name = String::new();
        for character in text.chars() {
            match character {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    out.push(std::mem::take(&mut name));
                    continue;
                }
                _ => {}
            }
            name.push(character);
        }
        out.push(name);
    }
    out.retain(|name| !name.trim().is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn commas_part_names_and_not_the_arguments_of_a_call() {
        let given = ["a,b__month".to_owned(), "TimeDimension('metric_time', 'month'),c".to_owned()];
        assert_eq!(apart(&given), ["a", "b__month", "TimeDimension('metric_time', 'month')", "c"]);
    }
}
